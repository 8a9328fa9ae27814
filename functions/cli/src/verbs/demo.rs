//! `wallwalk demo`: the whole flow on the bundled estate, with a folder for everything AWS would hold.

use wallwalk_checks::Settings;
use wallwalk_collect::load::load_documents;
use wallwalk_model::Time;
use wallwalk_publish::Store;
use wallwalk_publish::folder::Folder;
use wallwalk_scanner::key;

use crate::args::{DemoArgs, Format};
use crate::verbs::scan;
use crate::{Outcome, estate};

/// The bundled estate is judged at the time it was read, so that every run says the same.
const MINUTE: i64 = 60_000;

pub(crate) async fn run(args: DemoArgs) -> anyhow::Result<Outcome> {
    let folder = Folder::new(&args.state);
    let key = key::of_store(&Store::Folder(folder.clone())).await?;
    let loaded = load_documents(&estate::shop(), &key, Time::default())?;
    crate::input::tell_problems(&loaded.problems);
    let read_at = loaded.snapshot.clusters.values().map(|reading| reading.read_at).max().unwrap_or_default();
    let now = read_at.plus_millis(MINUTE);
    let settings = Settings::default();
    let settled = scan::settle(Some(&folder), loaded.snapshot, &settings, read_at, now).await?;
    let outcome = scan::show(&settled, &settings, &args.shape, now, true)?;
    if args.shape.format == Format::Text {
        let path = args.state.display();
        println!("\nwritten to {path}/");
        println!("  findings.asff.json   every finding as Security Hub takes it");
        println!("  alerts/              what on-call would have got");
        println!("  ledger.json          what is remembered of each finding");
        println!("  state/               the state a deployment keeps in S3");
        println!("\nrun it again: nothing will have changed. `wallwalk explain --state {path} recommendations` shows one in depth.");
    }
    // A demonstration that finds what it is meant to find has succeeded.
    Ok(if outcome == Outcome::Failed { Outcome::Clean } else { outcome })
}
