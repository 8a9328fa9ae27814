//! `wallwalk collect`: write a redacted snapshot.

use std::fs;

use anyhow::Context as _;
use wallwalk_scanner::key;

use crate::Outcome;
use crate::args::CollectArgs;
use crate::input;

pub(crate) async fn run(args: CollectArgs) -> anyhow::Result<Outcome> {
    let snapshot = input::facts(&args.source, key::fresh()?, None).await?.snapshot;
    let text = serde_json::to_string_pretty(&snapshot)?;
    if args.output.as_os_str() == "-" {
        println!("{text}");
    } else {
        fs::write(&args.output, text).with_context(|| format!("`{}` cannot be written", args.output.display()))?;
        let counts = snapshot.counts();
        if !args.source.quiet {
            eprintln!("wallwalk: {} facts and {} gaps written to {}", counts.facts, counts.gaps, args.output.display());
        }
    }
    Ok(if snapshot.counts().gaps > 0 { Outcome::Unseen } else { Outcome::Clean })
}
