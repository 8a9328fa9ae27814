//! The `wallwalk` command.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line speaks through its standard streams")]

mod args;
mod estate;
mod input;
mod look;
mod verbs;

use std::process::ExitCode;

use clap::Parser as _;

use crate::args::{Cli, Verb};

/// How a run ended. The numbers are part of the command line's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing failed.
    Clean = 0,
    /// Something failed at or above the threshold.
    Failed = 1,
    /// Wrong use, or input that cannot be read.
    Unusable = 2,
    /// Nothing failed, but something could not be seen.
    Unseen = 3,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Outcome::Unusable as u8 } else { Outcome::Clean as u8 });
        }
    };
    let run = || -> anyhow::Result<Outcome> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(async {
            match cli.verb {
                Verb::Scan(args) => verbs::scan::run(args).await,
                Verb::Demo(args) => verbs::demo::run(args).await,
                Verb::Collect(args) => verbs::collect::run(args).await,
                Verb::Checks(args) => verbs::checks::run(&args),
                Verb::Explain(args) => verbs::explain::run(args).await,
                Verb::Can(args) => verbs::can::run(args).await,
                Verb::Role(args) => verbs::role::run(args).await,
            }
        })
    };
    match run() {
        Ok(outcome) => ExitCode::from(outcome as u8),
        Err(error) => {
            eprintln!("wallwalk: {error:#}");
            ExitCode::from(Outcome::Unusable as u8)
        }
    }
}
