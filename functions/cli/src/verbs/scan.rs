//! `wallwalk scan`: judge and report.

use anyhow::Context as _;
use serde_json::json;
use wallwalk_checks::Settings;
use wallwalk_findings::report::Report;
use wallwalk_findings::{Channel, Policy, State, Verdict};
use wallwalk_model::{Snapshot, Time};
use wallwalk_publish::folder::Folder;
use wallwalk_publish::{Store, files};
use wallwalk_scanner::round::{self, Contribution, Delivered, Settled};
use wallwalk_scanner::{clock, key};

use crate::Outcome;
use crate::args::{Format, ScanArgs, Shape};
use crate::input::{self, Facts};

pub(crate) async fn run(args: ScanArgs) -> anyhow::Result<Outcome> {
    let settings = input::read_settings(args.settings.as_deref())?;
    let folder = args.state.as_ref().map(Folder::new);
    let store = folder.clone().map(Store::Folder);
    let key = match &store {
        Some(store) => key::of_store(store).await?,
        None => key::fresh()?,
    };
    let Facts { snapshot, began } = input::facts(&args.source, key, store.as_ref()).await?;
    let settled = settle(folder.as_ref(), snapshot, &settings, began, clock::now()).await?;
    show(&settled, &settings, &args.shape, clock::now(), folder.is_some())
}

/// Merges, judges, remembers and delivers; without a folder nothing is kept.
pub(crate) async fn settle(
    folder: Option<&Folder>,
    snapshot: Snapshot,
    settings: &Settings,
    began: Time,
    now: Time,
) -> anyhow::Result<Settled> {
    let place = snapshot.place.clone();
    let contribution = Contribution { snapshot, full_since: Some(began), scan: clock::scan_id(), ..Contribution::default() };
    let policy = Policy::default();
    let Some(folder) = folder else {
        let mut state = State::new(place);
        let (changes, verdicts) = round::apply(&mut state, &contribution, settings, &policy, now);
        return Ok(Settled { state, version: None, changes, verdicts, conflicts: 0 });
    };
    let store = Store::Folder(folder.clone());
    let mut settled = round::settle(&store, &place, &contribution, settings, &policy, now).await?;
    let delivered = Delivered { receipts: files::deliver(folder, &settled.state.outbox)?, ..Delivered::default() };
    round::acknowledge(&store, &mut settled, &delivered).await?;
    let ledger = serde_json::to_vec_pretty(&settled.state.ledger).context("the ledger cannot be written")?;
    folder.put_blob("ledger.json", &ledger)?;
    Ok(settled)
}

/// Prints the report and says how the run ended.
pub(crate) fn show(settled: &Settled, settings: &Settings, shape: &Shape, now: Time, remembered: bool) -> anyhow::Result<Outcome> {
    let checks = wallwalk_checks::enabled(settings);
    let snapshot = &settled.state.snapshot;
    let gaps = snapshot.gaps();
    let counts = snapshot.counts();
    let services = snapshot.services().count();
    let scope = format!(
        "{} clusters, {services} services, {} running tasks; {} facts read, {} gaps",
        snapshot.clusters().count(),
        snapshot.tasks().count(),
        counts.facts,
        counts.gaps
    );
    let report = Report {
        place: &settled.state.place,
        now,
        verdicts: &settled.verdicts,
        checks: &checks,
        gaps: &gaps,
        changes: remembered.then_some(&settled.changes),
        scope: &scope,
    };
    match shape.format {
        Format::Text => print!("{}", report.text(shape.color.wanted())),
        Format::Json => {
            let document = json!({
                "account": settled.state.place.account, "region": settled.state.place.region, "at": now,
                "gaps": gaps.keys().collect::<Vec<_>>(), "verdicts": settled.verdicts,
            });
            println!("{}", serde_json::to_string_pretty(&document)?);
        }
        Format::Asff => {
            let findings = asff(settled, settings, now);
            println!("{}", serde_json::to_string_pretty(&json!({ "Findings": findings }))?);
        }
    }
    let failed = report.failed().keys().any(|severity| *severity >= shape.fail_on);
    let unseen = report.unknown() > 0 || !gaps.is_empty();
    Ok(match (failed, unseen && !shape.allow_unknown) {
        (true, _) => Outcome::Failed,
        (false, true) => Outcome::Unseen,
        (false, false) => Outcome::Clean,
    })
}

/// Every open finding as it would be imported, whatever was delivered before.
fn asff(settled: &Settled, settings: &Settings, now: Time) -> Vec<serde_json::Value> {
    let mut fresh = State::new(settled.state.place.clone());
    let snapshot = settled.state.snapshot.clone();
    let contribution = Contribution { snapshot, full_since: Some(now), scan: "-".into(), ..Contribution::default() };
    let _: (_, Vec<Verdict>) = round::apply(&mut fresh, &contribution, settings, &Policy::default(), now);
    fresh.outbox.into_iter().filter(|message| message.channel == Channel::SecurityHub).map(|message| message.body).collect()
}
