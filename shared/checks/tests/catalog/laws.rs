//! Laws that hold for every check: a gap never turns into a pass, and the same input gives the same bytes.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use proptest::prelude::*;
use serde_json::{Value, json};
use wallwalk_checks::{Analysis, analyse, catalog};
use wallwalk_findings::verdict::{Outcome, Verdict};
use wallwalk_model::Snapshot;

use super::cases::{Case, cases, now};

/// Every case of every page.
fn all() -> &'static [(&'static str, Case)] {
    static ALL: OnceLock<Vec<(&'static str, Case)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let of_check = |check: &'static wallwalk_checks::Check| cases(check.info.page).into_iter().map(|case| (check.info.name, case));
        catalog::CATALOG.iter().flat_map(of_check).collect()
    })
}

fn judged(case: &Case, snapshot: &Snapshot) -> Analysis {
    analyse(snapshot, &case.settings.clone().unwrap_or_default(), now())
}

/// JSON pointers of every fact and listing of a snapshot.
fn places(document: &Value) -> Vec<(String, String)> {
    let tables = document.as_object().unwrap().iter().filter(|(_, table)| table.is_object());
    tables.flat_map(|(table, rows)| rows.as_object().unwrap().keys().map(|id| (table.clone(), id.clone()))).collect()
}

/// The snapshot with some facts and listings turned into gaps.
fn with_gaps(document: &Value, gaps: &[&(String, String)]) -> Snapshot {
    let mut document = document.clone();
    for (table, id) in gaps {
        let gap = json!({"call": format!("lost:{table}"), "reason": "throttled"});
        document[table][id] = if table == "listings" {
            let mut listing = document[table][id].clone();
            listing["failed"] = json!({"readAt": "2026-11-23T14:30:00.000Z", "gap": gap});
            listing
        } else {
            json!({"readAt": document[table][id]["readAt"], "fact": {"gap": gap}})
        };
    }
    serde_json::from_value(document).unwrap()
}

fn by_identity(analysis: &Analysis) -> BTreeMap<(&str, &str, Option<&str>), &Verdict> {
    let identity = |one: &'_ Verdict| (one.check.clone(), one.subject.id.clone(), one.subject.container.clone());
    let count = analysis.verdicts.iter().map(identity).collect::<std::collections::BTreeSet<_>>().len();
    assert_eq!(count, analysis.verdicts.len(), "one verdict for each identity");
    analysis.verdicts.iter().map(|one| ((one.check.as_str(), one.subject.id.as_str(), one.subject.container.as_deref()), one)).collect()
}

/// What breaks the law when `gaps` take the place of facts.
fn breaches(name: &str, case: &Case, before: &Analysis, after: &Analysis, gaps: &[&(String, String)]) -> Vec<String> {
    let known = by_identity(before);
    let mut broken = Vec::new();
    for (identity, verdict) in by_identity(after) {
        let was = known.get(&identity).map(|one| &one.outcome);
        let newly = match (&verdict.outcome, was) {
            (Outcome::Passed, was) => was != Some(&Outcome::Passed),
            (Outcome::NotApplicable(_), Some(was)) => !matches!(was, Outcome::NotApplicable(_)),
            _ => false,
        };
        if newly {
            broken.push(format!(
                "{name}: {}: without {gaps:?}\n  {identity:?} was {:?} and is {}",
                case.name,
                was.map(Outcome::word),
                verdict.outcome.word()
            ));
        }
        if verdict.evidence_at.millis() == 0 {
            broken.push(format!("{name}: {}: without {gaps:?}\n  {identity:?} rests on nothing", case.name));
        }
    }
    broken
}

#[test]
fn a_single_fact_that_was_not_read_makes_nothing_pass() {
    let mut broken = Vec::new();
    for (name, case) in all() {
        let snapshot = case.snapshot();
        let before = judged(case, &snapshot);
        let document = serde_json::to_value(&snapshot).unwrap();
        for place in &places(&document) {
            let after = judged(case, &with_gaps(&document, &[place]));
            broken.extend(breaches(name, case, &before, &after, &[place]));
        }
    }
    assert!(broken.is_empty(), "{} breaches\n{}", broken.len(), broken.iter().take(40).cloned().collect::<Vec<_>>().join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_was_not_read_makes_nothing_pass(pick in any::<prop::sample::Index>(), lost in proptest::collection::vec(any::<bool>(), 64)) {
        let (name, case) = pick.get(all());
        let snapshot = case.snapshot();
        let document = serde_json::to_value(&snapshot).unwrap();
        let places = places(&document);
        let gaps: Vec<_> = places.iter().zip(lost.iter().cycle()).filter(|(_, lost)| **lost).map(|(place, _)| place).collect();
        let broken = breaches(name, case, &judged(case, &snapshot), &judged(case, &with_gaps(&document, &gaps)), &gaps);
        prop_assert!(broken.is_empty(), "{}", broken.join("\n"));
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for (_, case) in all() {
        let bytes = || serde_json::to_string(&judged(case, &case.snapshot()).verdicts).unwrap();
        assert_eq!(bytes(), bytes());
    }
}

#[test]
fn verdicts_stand_in_order() {
    for (_, case) in all() {
        let analysis = judged(case, &case.snapshot());
        assert!(analysis.verdicts.is_sorted_by(|a, b| (&a.check, &a.subject) <= (&b.check, &b.subject)));
    }
}
