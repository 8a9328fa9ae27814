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
