//! The command line's words.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use wallwalk_findings::Severity;

/// Posture scanner for Amazon ECS: least privilege and segmentation.
///
/// Reads the account of the standard AWS credential chain, or a file, and says what is wrong, where,
/// why and how to fix it. It only reads, and never reads the value of a secret.
#[derive(Debug, Parser)]
#[command(name = "wallwalk", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Judge an account or a snapshot, and report.
    Scan(ScanArgs),
    /// Judge the bundled estate: no AWS account needed.
    Demo(DemoArgs),
    /// Write a redacted snapshot to a file.
    Collect(CollectArgs),
    /// List the checks, or show the page of one.
    Checks(ChecksArgs),
    /// Show the chain of evidence of a finding, and how to fix it.
    Explain(ExplainArgs),
    /// Say whether a role may do something, and why.
    Can(CanArgs),
    /// Show what a role may do, what it can become, and the policy that would be enough.
    Role(RoleArgs),
}

/// Where the facts come from.
#[derive(Clone, Debug, Args)]
pub(crate) struct Source {
    /// Snapshot file, or folder of AWS CLI outputs; without it the account is read.
    #[arg(long, value_name = "FILE|FOLDER")]
    pub(crate) snapshot: Option<PathBuf>,
    /// Profile of the AWS configuration.
    #[arg(long, conflicts_with = "snapshot")]
    pub(crate) profile: Option<String>,
    /// Region to read.
    #[arg(long, conflicts_with = "snapshot")]
    pub(crate) region: Option<String>,
    /// Role to assume first.
    #[arg(long, value_name = "ARN", conflicts_with = "snapshot")]
    pub(crate) role_arn: Option<String>,
    /// External id that the role asks for.
    #[arg(long, value_name = "ID", requires = "role_arn")]
    pub(crate) external_id: Option<String>,
    /// How fast to call AWS: 1 keeps to half of the published API rates, 2 to the whole.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, conflicts_with = "snapshot")]
    pub(crate) pace: f64,
    /// Do not show progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// How results are shown.
#[derive(Clone, Debug, Args)]
pub(crate) struct Shape {
    /// Form of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Colours.
    #[arg(long, value_enum, default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
    /// Exit with 1 if something failed at or above this severity.
    #[arg(long, default_value = "high", value_name = "SEVERITY")]
    pub(crate) fail_on: Severity,
    /// Exit with 0, not 3, if nothing failed but something could not be seen.
    #[arg(long)]
    pub(crate) allow_unknown: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    #[command(flatten)]
    pub(crate) shape: Shape,
    /// Settings file (YAML).
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Folder that remembers what was said: shows what is new, worse and resolved.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) state: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    #[command(flatten)]
    pub(crate) shape: Shape,
    /// Folder for state, findings and alerts.
    #[arg(long, value_name = "FOLDER", default_value = "wallwalk-demo")]
    pub(crate) state: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct CollectArgs {
    #[command(flatten)]
    pub(crate) source: Source,
    /// File to write; `-` for standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ChecksArgs {
    /// Name of a check.
    pub(crate) name: Option<String>,
    /// Only checks of this category.
    #[arg(long)]
    pub(crate) category: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Id of a finding, or a part of it, of its subject or of its check.
    pub(crate) finding: String,
    #[command(flatten)]
    pub(crate) source: Source,
    /// Settings file (YAML).
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Folder with the state of an earlier scan, instead of a snapshot or the account.
    #[arg(long, value_name = "FOLDER", conflicts_with = "snapshot")]
    pub(crate) state: Option<PathBuf>,
}

/// Whether a role or user may do something, with the proof.
///
/// Identity policies, permissions boundary and, where they were read, the policies of the resource
/// itself (trust of a role, policy of a secret, key or repository) are evaluated together. `depends` says on what:
/// a condition, a part of what was asked, or one of two readings that AWS leaves open. Policies of the
/// organisation are not read: the answer says what it assumes.
///
/// Exit codes: 0 yes, 1 no, 3 depends or a document that decides was not read, 2 wrong use.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct CanArgs {
    /// Name or ARN of a role or user, or ARN of a role's session.
    pub(crate) role: String,
    /// Action, as `s3:GetObject`; `*` and `?` are wildcards.
    pub(crate) action: String,
    /// ARN, pattern of ARNs, or `*`: every resource, or none for actions that take none.
    pub(crate) resource: String,
    /// Condition key that the request carries; repeat it for further keys, and for further values of a key.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) context: Vec<String>,
    #[command(flatten)]
    pub(crate) source: Source,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// What a role or user may do by service and access level, who uses it, what it can become, and the
/// policy that would be enough.
///
/// For an execution role the policy is derived from the task definitions that use it. For a task role the
/// present policies are trimmed by what IAM reports of their use, where that was read. Every policy is
/// proved before it is shown; nothing is ever applied.
///
/// Exit codes: 0 shown, 3 shown but something that bears on it was not read, 2 wrong use.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct RoleArgs {
    /// Name or ARN of a role or user, or ARN of a role's session.
    pub(crate) role: String,
    /// Show the proposed policies only; from an account, ask IAM first when permissions were last used.
    #[arg(long)]
    pub(crate) trim: bool,
    #[command(flatten)]
    pub(crate) source: Source,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// What is read and how an answer about a role is shown.
#[derive(Clone, Debug, Args)]
pub(crate) struct Look {
    /// Settings file (YAML).
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    /// Folder with the state of an earlier scan, instead of a snapshot or the account.
    #[arg(long, value_name = "FOLDER", conflicts_with = "snapshot")]
    pub(crate) state: Option<PathBuf>,
    /// Form of the answer.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    pub(crate) format: Form,
    /// Colours.
    #[arg(long, value_enum, default_value_t = Colour::Auto)]
    pub(crate) color: Colour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// Every verdict.
    Json,
    /// Findings as Security Hub takes them.
    Asff,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Colour {
    pub(crate) fn wanted(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
