//! A worked estate: the bundled shop is judged as of the time it was read, and gives what is written
//! down, no more and no less.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Value, json};
use wallwalk_checks::{Settings, analyse, catalogue};
use wallwalk_collect::load::load_documents;
use wallwalk_findings::{Certainty, Outcome, Verdict};
use wallwalk_model::{Snapshot, Time};
use wallwalk_secrets::Key;
use wallwalk_tests::estates;

/// Set, it has the file with the expected findings rewritten instead of compared.
const REWRITE: &str = "WALLWALK_REWRITE_EXPECTED";

struct Judged {
    snapshot: Snapshot,
    read_at: Time,
    verdicts: Vec<Verdict>,
    problems: Vec<String>,
}

fn judged() -> &'static Judged {
    static JUDGED: OnceLock<Judged> = OnceLock::new();
    JUDGED.get_or_init(|| {
        let documents = estates::shop().unwrap();
        let texts: Vec<(&str, String)> = documents.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
        let loaded = load_documents(&texts, &Key::new([7; 32]), Time::default()).unwrap();
        let read_at = loaded.snapshot.clusters.values().map(|reading| reading.read_at).max().unwrap();
        let verdicts = analyse(&loaded.snapshot, &Settings::default(), read_at).verdicts;
        Judged { snapshot: loaded.snapshot, read_at, verdicts, problems: loaded.problems }
    })
}

fn subject(verdict: &Verdict) -> String {
    match &verdict.subject.container {
        Some(container) => format!("{} [{container}]", verdict.subject.id),
        None => verdict.subject.id.clone(),
    }
}

/// Failed and unknown verdicts, one on a line, sorted by subject.
fn told() -> String {
    let mut lines = BTreeSet::new();
    for verdict in &judged().verdicts {
        let what = match &verdict.outcome {
            Outcome::Failed(failure) if failure.certainty == Certainty::Possibly => format!("{} possibly", failure.severity),
            Outcome::Failed(failure) => failure.severity.to_string(),
            Outcome::Unknown(gap) => format!("unknown: {gap}"),
            Outcome::Passed | Outcome::NotApplicable(_) => continue,
        };
        lines.insert(format!("{}: {}: {what}", subject(verdict), verdict.check));
    }
    lines.iter().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{line}");
        text
    })
}

fn expected_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("estates/shop.expected")
}

#[test]
fn the_shop_is_understood_to_the_last_file() {
    assert!(judged().problems.is_empty(), "{:?}", judged().problems);
}

#[test]
fn the_shop_gives_the_findings_that_are_written_down() {
    let told = told();
    if std::env::var_os(REWRITE).is_some() {
        fs::write(expected_path(), &told).unwrap();
    }
    let expected = fs::read_to_string(expected_path()).unwrap_or_default();
    let (told, expected): (BTreeSet<&str>, BTreeSet<&str>) = (told.lines().collect(), expected.lines().collect());
    let new: Vec<_> = told.difference(&expected).collect();
    let gone: Vec<_> = expected.difference(&told).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "not written down: {new:#?}\nwritten down and not found: {gone:#?}\nif that is right, run the test once with {REWRITE}=1 and review the difference"
    );
}

/// Rows of `What is wrong on purpose` in the estate's README: workloads with the checks expected.
fn promised() -> Vec<(Vec<String>, Vec<String>)> {
    let readme = fs::read_to_string(estates::shop_folder().join("../README.md")).unwrap();
    let table = readme.split("## What is wrong on purpose").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<_> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| Workload") && !line.starts_with("| ---"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            let [workloads, _, checks] = cells.as_slice() else { panic!("{line}: not three cells") };
            let workloads = workloads.replace("hosts ", "").replace(" (latent)", "");
            let words = |text: &str| text.split(',').map(|word| word.trim().trim_matches('`').to_owned()).collect::<Vec<_>>();
            (words(&workloads), words(checks))
        })
        .collect();
    assert!(rows.len() > 25, "{} rows", rows.len());
    rows
}

/// What stands for a workload in the estate: its own identity, or a cluster's or host group's.
fn names(workload: &str) -> Vec<String> {
    vec![
        format!("service/shop-prod/{workload}"),
        format!("service/shop-tools/{workload}"),
        format!("task-group/shop-prod/{workload}"),
        format!("family/shop-{workload}"),
        format!("hosts/{workload}"),
        workload.to_owned(),
    ]
}

/// Labels by which evidence names a workload.
fn labels(workload: &str) -> Vec<String> {
    let mut labels = vec![format!("shop-prod/{workload}"), format!("shop-tools/{workload}"), format!("shop-{workload}")];
    // Hosts and clusters are named after what runs on them where a row is about a workload.
    labels.extend(match workload {
        "image-resizer" => vec!["shop-prod-media".to_owned()],
        "ci-runner" => vec!["tools-runners".to_owned(), "cluster shop-tools".to_owned()],
        _ => Vec::new(),
    });
    labels
}

/// Whether the verdict is about the workload, or its evidence leads to it.
fn concerns(verdict: &Verdict, workload: &str) -> bool {
    if names(workload).contains(&verdict.subject.id) {
        return true;
    }
    let Outcome::Failed(failure) = &verdict.outcome else { return false };
    let evidence = format!("{}\n{}", verdict.subject.label, failure.evidence.join("\n"));
    let boundary = |c: char| !(c.is_alphanumeric() || c == '-' || c == '/');
    labels(workload).iter().any(|label| {
        evidence.match_indices(label.as_str()).any(|(at, _)| {
            let before = evidence.get(..at).and_then(|text| text.chars().next_back()).is_none_or(|c| boundary(c) || c == '/');
            before && evidence.get(at + label.len()..).and_then(|text| text.chars().next()).is_none_or(boundary)
        })
    })
}

#[test]
fn whatever_is_wrong_on_purpose_is_found_on_the_workload_it_is_told_of() {
    let known: BTreeSet<&str> = catalogue().iter().map(|info| info.name).collect();
    let failed: Vec<&Verdict> = judged().verdicts.iter().filter(|one| matches!(one.outcome, Outcome::Failed(_))).collect();
    let mut missing = Vec::new();
    let mut looked_for = BTreeSet::new();
    for (workloads, checks) in promised() {
        for check in checks.iter().filter(|check| known.contains(check.as_str())) {
            for workload in &workloads {
                looked_for.insert(check.clone());
                if !failed.iter().any(|one| one.check == *check && concerns(one, workload)) {
                    missing.push(format!("{workload}: {check}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(looked_for.len() > 20, "only {looked_for:?}");
}

#[test]
fn every_finding_is_promised_in_the_readme() {
    let mut promised_checks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (workloads, checks) in promised() {
        for check in checks {
            promised_checks.entry(check).or_default().extend(workloads.clone());
        }
    }
    let failed = judged().verdicts.iter().filter(|one| matches!(one.outcome, Outcome::Failed(_)));
    let surplus: Vec<String> = failed
        .filter(|one| !promised_checks.get(&one.check).is_some_and(|workloads| workloads.iter().any(|workload| concerns(one, workload))))
        .map(|one| format!("{}: {}", subject(one), one.check))
        .collect();
    assert!(surplus.is_empty(), "neither a consequence that the README names nor a flaw on purpose: {surplus:#?}");
}

#[test]
fn what_is_clean_has_no_finding_of_its_own() {
    for clean in ["service/shop-prod/storefront", "service/shop-prod/checkout", "service/shop-tools/uptime-probe"] {
        let own: Vec<&Verdict> = judged().verdicts.iter().filter(|one| one.subject.workload.as_deref() == Some(clean)).collect();
        assert!(own.len() > 20, "{clean} was judged by {} checks", own.len());
        for verdict in own {
            let fine = matches!(verdict.outcome, Outcome::Passed | Outcome::NotApplicable(_));
            assert!(fine, "{}: {}: {:?}", subject(verdict), verdict.check, verdict.outcome);
        }
    }
}

/// Every fact and listing of a snapshot's JSON, by table and identifier.
fn places(document: &Value) -> Vec<(String, String)> {
    let tables = document.as_object().unwrap().iter().filter_map(|(table, rows)| Some((table, rows.as_object()?)));
    tables.flat_map(|(table, rows)| rows.keys().map(|id| (table.clone(), id.clone()))).collect()
}

/// The snapshot without one fact or listing: reading it failed later.
fn without(document: &Value, table: &str, id: &str) -> Snapshot {
    let mut document = document.clone();
    let gap = json!({"call": format!("lost:{table}"), "reason": "throttled"});
    let row = document.get_mut(table).unwrap().get_mut(id).unwrap();
    if table == "listings" {
        row.as_object_mut().unwrap().insert("failed".into(), json!({"readAt": "2026-11-23T14:03:00.000Z", "gap": gap}));
    } else {
        row.as_object_mut().unwrap().insert("fact".into(), json!({ "gap": gap }));
    }
    serde_json::from_value(document).unwrap()
}

#[test]
fn whatever_single_fact_of_the_shop_is_not_read_nothing_passes_without_it() {
    let document = serde_json::to_value(&judged().snapshot).unwrap();
    let identity = |one: &Verdict| (one.check.clone(), subject(one));
    let before: BTreeMap<_, &Outcome> = judged().verdicts.iter().map(|one| (identity(one), &one.outcome)).collect();
    let places = places(&document);
    assert!(places.len() > 300, "{} facts", places.len());
    let mut broken = BTreeSet::new();
    let mut changed = 0;
    for (table, id) in &places {
        for verdict in analyse(&without(&document, table, id), &Settings::default(), judged().read_at).verdicts {
            let was = before.get(&identity(&verdict)).copied();
            changed += usize::from(was.is_some_and(|was| was.word() != verdict.outcome.word()));
            let newly = match (&verdict.outcome, was) {
                (Outcome::Passed, was) => was != Some(&Outcome::Passed),
                (Outcome::NotApplicable(_), Some(was)) => !matches!(was, Outcome::NotApplicable(_)),
                _ => false,
            };
            if newly {
                let was = was.map_or("not there", Outcome::word);
                broken.insert(format!(
                    "without {table} {id}: {} of {} was {was} and is {}",
                    verdict.check,
                    subject(&verdict),
                    verdict.outcome.word()
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(changed > 500, "only {changed} verdicts changed");
}
