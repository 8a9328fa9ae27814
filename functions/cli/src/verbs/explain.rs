//! `wallwalk explain`: the chain of evidence of a finding, and the fix.

use anyhow::bail;
use wallwalk_findings::identity::finding_id;
use wallwalk_findings::text::line;
use wallwalk_findings::{Certainty, Outcome as Found, Verdict};
use wallwalk_model::{Snapshot, Time};
use wallwalk_publish::folder::Folder;
use wallwalk_scanner::{clock, key};

use crate::Outcome;
use crate::args::ExplainArgs;
use crate::input;

const MOST: usize = 5;

pub(crate) async fn run(args: ExplainArgs) -> anyhow::Result<Outcome> {
    let settings = input::read_settings(args.settings.as_deref())?;
    // What is remembered is judged as of the time it was written, so that it says what the scan said.
    let (snapshot, now) = match &args.state {
        Some(folder) => stored(&Folder::new(folder))?,
        None => (input::facts(&args.source, key::fresh()?, None).await?.snapshot, clock::now()),
    };
    let verdicts = wallwalk_checks::analyse(&snapshot, &settings, now).verdicts;
    let wanted = |verdict: &&Verdict| {
        let id = finding_id(&snapshot.place, &verdict.check, &verdict.subject);
        let container = verdict.subject.container.as_deref().unwrap_or_default();
        [id.as_str(), &verdict.check, &verdict.subject.id, &verdict.subject.label, container]
            .iter()
            .any(|text| text.contains(&args.finding))
    };
    let matching: Vec<&Verdict> = verdicts.iter().filter(wanted).collect();
    let telling: Vec<&&Verdict> = matching.iter().filter(|one| matches!(one.outcome, Found::Failed(_) | Found::Unknown(_))).collect();
    if matching.is_empty() {
        bail!("no verdict matches `{}`: give a part of a finding's id, its subject or its check", args.finding);
    }
    if telling.is_empty() {
        println!("{} verdicts match `{}`: none failed and none is unknown", matching.len(), args.finding);
        return Ok(Outcome::Clean);
    }
    for verdict in telling.iter().take(MOST) {
        show(&snapshot, verdict);
    }
    if telling.len() > MOST {
        println!("and {} more", telling.len() - MOST);
    }
    let failed = telling.iter().any(|verdict| matches!(verdict.outcome, Found::Failed(_)));
    Ok(if failed { Outcome::Failed } else { Outcome::Unseen })
}

/// The snapshot of the only state in the folder, and when it was written.
pub(crate) fn stored(folder: &Folder) -> anyhow::Result<(Snapshot, Time)> {
    let mut states = Vec::new();
    for account in std::fs::read_dir(folder.path().join("state")).into_iter().flatten().flatten() {
        for file in std::fs::read_dir(account.path()).into_iter().flatten().flatten() {
            let name = format!("state/{}/{}", account.file_name().display(), file.file_name().display());
            if name.ends_with(".json.zst") {
                states.push(name);
            }
        }
    }
    match states.as_slice() {
        [name] => {
            let bytes = folder.blob(name)?.unwrap_or_default();
            let state = wallwalk_publish::codec::decode(name, &bytes)?;
            Ok((state.snapshot, state.written_at))
        }
        [] => bail!("there is no state in `{}`: scan with `--state` first", folder.path().display()),
        _ => bail!("`{}` holds the states of several accounts and Regions: use `--snapshot`", folder.path().display()),
    }
}

fn show(snapshot: &Snapshot, verdict: &Verdict) {
    let id = finding_id(&snapshot.place, &verdict.check, &verdict.subject);
    let info = wallwalk_checks::catalogue().into_iter().find(|info| info.name == verdict.check);
    match &verdict.outcome {
        Found::Failed(failure) => {
            let possibly = if failure.certainty == Certainty::Possibly { "possibly: " } else { "" };
            println!(
                "{} {}: {possibly}{}",
                failure.severity.to_string().to_uppercase(),
                line(&verdict.subject.label, 200),
                line(&failure.claim, 300)
            );
            println!("\nbecause");
            for (n, hop) in failure.evidence.iter().enumerate() {
                println!("  {}. {}", n + 1, line(hop, 600));
            }
            if !failure.in_flight.is_empty() {
                println!("\nwhile a deployment is in flight: {}", line(&failure.in_flight.join(", "), 600));
            }
            for impact in &failure.impact {
                println!("\nso {}", line(impact, 400));
            }
            if let Some(command) = &failure.command {
                println!("\nmended by\n  {command}");
            }
        }
        Found::Unknown(gap) => println!("UNKNOWN {}: {}\n\nbecause {gap}", line(&verdict.subject.label, 200), verdict.check),
        Found::Passed | Found::NotApplicable(_) => {}
    }
    if let Some(info) = info {
        for section in ["Why it matters", "How to fix", "What it does not see"] {
            println!("\n{section}\n\n{}", info.section(section).unwrap_or_default());
        }
    }
    println!("\ncheck    {}\nsubject  {}\nread at  {}\nfinding  {id}\n", verdict.check, verdict.subject.id, verdict.evidence_at);
}
