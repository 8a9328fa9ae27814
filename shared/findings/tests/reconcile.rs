//! What is told, and what is not, as verdicts come and go.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;

use wallwalk_findings::ledger::{Cause, Channel};
use wallwalk_findings::verdict::{Certainty, Failure, Outcome, Resource, Subject, Verdict};
use wallwalk_findings::{Category, Changes, CheckInfo, Policy, Round, Severity, State, SubjectKind, Tier, asff, reconcile};
use wallwalk_model::snapshot::listing;
use wallwalk_model::{Gap, GapReason, Place, Reading, Time, ecs};

const CLUSTER: &str = "arn:aws:ecs:eu-west-1:111122223333:cluster/shop";
const SERVICE: &str = "arn:aws:ecs:eu-west-1:111122223333:service/shop/api";

static CHECK: CheckInfo = CheckInfo {
    name: "privileged-container",
    title: "container runs privileged",
    category: Category::LateralMovement,
    severity: Severity::High,
    subject: SubjectKind::Container,
    tier: Tier::T1,
    requirements: &["NIST.800-53.r5 AC-6"],
    related_control: Some("ECS.4"),
    page: "# privileged-container\n\n## How to fix\n\nSet `privileged` to false. Then deploy.\n\n## Cases\n",
};

fn subject() -> Subject {
    Subject {
        id: "service/shop/api".into(),
        container: Some("web".into()),
        label: "shop/api".into(),
        cluster: Some("shop".into()),
        workload: Some("service/shop/api".into()),
        environment: None,
        resource: Resource::new("AwsEcsService", SERVICE),
    }
}

fn at(minute: i64) -> Time {
    Time::from_millis(1_795_442_400_000 + minute * 60_000)
}

fn verdict(minute: i64, outcome: Outcome) -> Verdict {
    Verdict {
        check: CHECK.name.into(),
        subject: subject().into(),
        outcome,
        evidence_at: at(minute),
        facts: BTreeSet::from(["svc:shop/api".into()]).into(),
    }
}

fn failing(revision: u32) -> Outcome {
    Outcome::Failed(Box::new(Failure {
        severity: Severity::High,
        certainty: Certainty::Surely,
        claim: "container web runs privileged".into(),
        evidence: vec![format!("service shop/api → task definition shop-api:{revision} → container web"), "privileged is true".into()],
        impact: vec![],
        resources: vec![Resource::new(
            "AwsEcsTaskDefinition",
            format!("arn:aws:ecs:eu-west-1:111122223333:task-definition/shop-api:{revision}"),
        )],
        revisions: vec![format!("shop-api:{revision}")],
        in_flight: vec![],
        command: None,
    }))
}

fn gap() -> Gap {
    Gap::new("ecs:DescribeTaskDefinition", GapReason::Denied, "AccessDeniedException")
}

/// A state whose cluster and service listings were read completely.
fn state(minute: i64) -> State {
    let mut state = State::new(Place::new("aws", "111122223333", "eu-west-1"));
    let snapshot = &mut state.snapshot;
    snapshot.listing_complete("ecs:ListClusters", at(minute), [CLUSTER.to_owned()]);
    snapshot.clusters.insert(CLUSTER.into(), Reading::known(at(minute), ecs::Cluster::default()));
    snapshot.listing_complete(listing::services("shop"), at(minute), [SERVICE.to_owned()]);
    snapshot.services.insert(SERVICE.into(), Reading::known(at(minute), ecs::Service::default()));
    state
}

fn round(state: &mut State, minute: i64, verdicts: &[Verdict], complete: bool) -> Changes {
    caused(state, minute, verdicts, complete, &[])
}

fn caused(state: &mut State, minute: i64, verdicts: &[Verdict], complete: bool, causes: &[Cause]) -> Changes {
    let policy = Policy::default();
    let round = Round { now: at(minute), scan: "s", verdicts, checks: &[&CHECK], complete, causes, policy: &policy };
    reconcile(state, &round)
}

/// Delivers everything and says what went where: compliance status and record state, or alert kind.
fn deliver(state: &mut State) -> Vec<String> {
    let told = state
        .outbox
        .iter()
        .map(|message| match message.channel {
            Channel::SecurityHub => {
                assert_eq!(asff::problems(&message.body), Vec::<String>::new());
                format!("{} {}", message.body["Compliance"]["Status"].as_str().unwrap(), message.body["RecordState"].as_str().unwrap())
            }
            Channel::Alerts => format!("alert {}", message.body["message"]["kind"].as_str().unwrap()),
        })
        .collect();
    let receipts = state.outbox.iter().map(wallwalk_findings::Message::receipt).collect();
    state.acknowledge(&receipts);
    assert!(state.outbox.is_empty());
    told
}

/// A state after a clean first scan: the baseline is behind it.
fn after_baseline() -> State {
    let mut state = state(0);
    round(&mut state, 1, &[verdict(0, Outcome::Passed)], true);
    assert_eq!(deliver(&mut state), Vec::<String>::new());
    state
}

#[test]
fn the_first_scan_imports_its_findings_and_sends_one_digest_and_no_page() {
    let mut state = state(0);
    let changes = round(&mut state, 1, &[verdict(0, failing(41))], true);
    assert_eq!(changes.opened.len(), 1);
    assert_eq!(deliver(&mut state), ["FAILED ACTIVE", "alert digest"]);
}

#[test]
fn a_second_scan_of_an_unchanged_estate_tells_nobody_anything() {
    let mut state = state(0);
    round(&mut state, 1, &[verdict(0, failing(41))], true);
    deliver(&mut state);
    let changes = round(&mut state, 60, &[verdict(59, failing(41))], true);
    assert!(changes.is_empty());
    assert_eq!(deliver(&mut state), Vec::<String>::new());
}

#[test]
fn an_unchanged_flaw_redeployed_under_a_new_revision_tells_nobody_anything() {
    let mut state = state(0);
    round(&mut state, 1, &[verdict(0, failing(41))], true);
    deliver(&mut state);
    let first_seen = state.ledger.findings.values().next().unwrap().first_seen;
    round(&mut state, 60, &[verdict(59, failing(42))], false);
    assert_eq!(deliver(&mut state), Vec::<String>::new());
    assert_eq!(state.ledger.findings.values().next().unwrap().first_seen, first_seen);
}

#[test]
fn a_new_flaw_is_imported_and_alerted_once_with_who_changed_it() {
    let mut state = after_baseline();
    let cause = Cause {
        event_id: "e1".into(),
        event_name: "UpdateService".into(),
        actor: "arn:aws:sts::111122223333:assumed-role/deploy/ci".into(),
        time: at(9),
        via: None,
        keys: BTreeSet::from(["svc:shop/api".into()]),
    };
    caused(&mut state, 11, &[verdict(10, failing(42))], false, std::slice::from_ref(&cause));
    let alert = state.outbox.iter().find(|message| message.channel == Channel::Alerts).unwrap().body.clone();
    assert_eq!(alert["message"]["changed_by"]["event_name"], "UpdateService");
    assert!(alert["email"].as_str().unwrap().contains("likely caused by: UpdateService"));
    assert_eq!(deliver(&mut state), ["FAILED ACTIVE", "alert new"]);
    caused(&mut state, 12, &[verdict(11, failing(42))], false, &[cause]);
    assert_eq!(deliver(&mut state), Vec::<String>::new());
}

#[test]
fn an_event_later_than_the_evidence_is_not_blamed() {
    let mut state = after_baseline();
    let cause =
        Cause { event_name: "UpdateService".into(), time: at(20), keys: BTreeSet::from(["svc:shop/api".into()]), ..Cause::default() };
    caused(&mut state, 21, &[verdict(10, failing(42))], false, &[cause]);
    assert_eq!(state.ledger.findings.values().next().unwrap().caused_by, None);
}

#[test]
fn a_fixed_flaw_turns_passed_stays_active_and_is_announced_as_resolved() {
    let mut state = after_baseline();
    round(&mut state, 11, &[verdict(10, failing(42))], false);
    deliver(&mut state);
    let changes = round(&mut state, 21, &[verdict(20, Outcome::Passed)], false);
    assert_eq!(changes.resolved.len(), 1);
    let mut told = deliver(&mut state);
    told.sort();
    assert_eq!(told, ["PASSED ACTIVE", "alert resolved"]);
}

#[test]
fn a_gap_turns_a_failure_unknown_without_lowering_it_or_announcing_a_resolution() {
    let mut state = after_baseline();
    round(&mut state, 11, &[verdict(10, failing(42))], false);
    deliver(&mut state);
    let changes = round(&mut state, 21, &[verdict(20, Outcome::Unknown(gap()))], true);
    assert_eq!((changes.resolved.len(), changes.obscured.len()), (0, 1));
    let body = state.outbox[0].body.clone();
    assert_eq!(body["FindingProviderFields"]["Severity"]["Label"], "HIGH");
    assert_eq!(body["Compliance"]["StatusReasons"][0]["ReasonCode"], "WALLWALK_GAP_DENIED");
    assert!(body["Description"].as_str().unwrap().starts_with("could not be read since"));
    assert_eq!(deliver(&mut state), ["NOT_AVAILABLE ACTIVE"]);
    // Seen again and still failing: Security Hub is told, nobody is woken.
    round(&mut state, 31, &[verdict(30, failing(42))], true);
    assert_eq!(deliver(&mut state), ["FAILED ACTIVE"]);
}

#[test]
fn a_deleted_service_archives_its_finding_only_when_a_complete_listing_proves_it() {
    let mut state = after_baseline();
    round(&mut state, 11, &[verdict(10, failing(42))], false);
    deliver(&mut state);
    // The listing fails halfway: the service is not judged, and not gone either.
    let mut partial = state.clone();
    partial.snapshot.services.clear();
    partial.snapshot.listings.remove(&listing::services("shop"));
    partial.snapshot.listing_failed(listing::services("shop"), at(20), Gap::new("ecs:ListServices", GapReason::Throttled, ""));
    round(&mut partial, 21, &[], true);
    assert_eq!(deliver(&mut partial), ["NOT_AVAILABLE ACTIVE"]);
    // A complete listing does not show it.
    state.snapshot.listing_complete(listing::services("shop"), at(20), []);
    round(&mut state, 21, &[], true);
    let mut told = deliver(&mut state);
    told.sort();
    assert_eq!(told, ["FAILED ARCHIVED", "alert resolved"]);
    round(&mut state, 31, &[], true);
    assert_eq!(deliver(&mut state), Vec::<String>::new());
}

#[test]
fn a_finding_that_was_never_published_is_not_archived_when_it_passes() {
    let mut state = after_baseline();
    round(&mut state, 11, &[verdict(10, Outcome::NotApplicable("Fargate".into()))], true);
    assert_eq!(deliver(&mut state), Vec::<String>::new());
    assert!(state.ledger.findings.is_empty());
}

#[test]
fn a_change_back_before_delivery_still_reaches_the_hub_with_a_later_time() {
    let mut state = after_baseline();
    round(&mut state, 11, &[verdict(10, failing(42))], false);
    deliver(&mut state);
    // PASSED waits in the outbox and may have been delivered without an acknowledgement.
    round(&mut state, 21, &[verdict(20, Outcome::Passed)], false);
    let passed_at = state.outbox[0].updated_at;
    round(&mut state, 31, &[verdict(30, failing(42))], false);
    let waiting: Vec<_> = state.outbox.iter().filter(|message| message.channel == Channel::SecurityHub).collect();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].body["Compliance"]["Status"], "FAILED");
    assert!(waiting[0].updated_at > passed_at);
}

#[test]
fn an_acknowledgement_of_an_older_message_leaves_the_newer_one() {
    let mut state = after_baseline();
    round(&mut state, 11, &[verdict(10, failing(42))], false);
    let old: BTreeSet<_> = state.outbox.iter().map(wallwalk_findings::Message::receipt).collect();
    round(&mut state, 21, &[verdict(20, Outcome::Unknown(gap()))], false);
    state.acknowledge(&old);
    let left: Vec<_> = state.outbox.iter().filter(|message| message.channel == Channel::SecurityHub).collect();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].body["Compliance"]["Status"], "NOT_AVAILABLE");
}

#[test]
fn updated_at_never_goes_back_when_late_evidence_arrives() {
    let mut state = after_baseline();
    round(&mut state, 21, &[verdict(20, failing(42))], false);
    deliver(&mut state);
    let sent = state.ledger.findings.values().next().unwrap().sent.clone().unwrap();
    round(&mut state, 22, &[verdict(5, Outcome::Passed)], false);
    let body = &state.outbox[0];
    assert!(body.updated_at > sent.updated_at);
}

#[test]
fn an_open_finding_shows_that_it_is_alive_once_in_thirty_days_and_only_with_fresh_evidence() {
    let mut state = state(0);
    round(&mut state, 1, &[verdict(0, failing(41))], true);
    deliver(&mut state);
    let day = 24 * 60;
    let mut beats = 0;
    for n in 1..=90 {
        round(&mut state, n * day + 1, &[verdict(n * day, failing(41))], true);
        beats += deliver(&mut state).len();
        // Old evidence is never stamped anew.
        round(&mut state, n * day + 2, &[verdict(n * day, failing(41))], true);
        assert_eq!(deliver(&mut state), Vec::<String>::new());
    }
    assert_eq!(beats, 3);
}

#[test]
fn a_quarantined_finding_is_not_sent_again_until_it_changes() {
    let mut state = after_baseline();
    round(&mut state, 11, &[verdict(10, failing(42))], false);
    let message = state.outbox.iter().find(|message| message.channel == Channel::SecurityHub).unwrap().clone();
    let refusal = wallwalk_findings::ledger::Refusal { fingerprint: message.fingerprint.clone(), ..Default::default() };
    state.quarantine(&message.key, refusal);
    deliver(&mut state);
    round(&mut state, 21, &[verdict(20, failing(42))], false);
    assert_eq!(deliver(&mut state), Vec::<String>::new());
    round(&mut state, 31, &[verdict(30, Outcome::Unknown(gap()))], false);
    assert_eq!(deliver(&mut state), ["NOT_AVAILABLE ACTIVE"]);
}

mod hostile {
    use super::*;
    use proptest::prelude::*;

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["\\PC{0,40}", "[\\x00-\\x1f\"'<>&`]{0,40}", Just("🏰".repeat(600)), Just(String::new())]
    }

    proptest! {
        #[test]
        fn no_finding_ever_rendered_is_refused(
            label in text(), claim in text(), evidence in proptest::collection::vec(text(), 0..60),
            resources in proptest::collection::vec(text(), 0..60), possibly in any::<bool>(),
        ) {
            let mut state = state(0);
            let outcome = Outcome::Failed(Box::new(Failure {
                severity: Severity::Critical,
                certainty: if possibly { Certainty::Possibly } else { Certainty::Surely },
                claim, evidence, impact: vec![],
                resources: resources.into_iter().map(|id| Resource::new("Other", id)).collect(),
                revisions: vec![], in_flight: vec![], command: None,
            }));
            let mut one = verdict(0, outcome);
            one.subject = Subject { label, ..subject() }.into();
            round(&mut state, 1, &[one], true);
            for message in &state.outbox {
                match message.channel {
                    Channel::SecurityHub => prop_assert_eq!(asff::problems(&message.body), Vec::<String>::new()),
                    Channel::Alerts => {
                        let subject = message.body["subject"].as_str().unwrap();
                        prop_assert!(subject.len() < 100 && subject.chars().all(|c| (' '..='~').contains(&c)));
                        prop_assert!(message.body.to_string().len() <= 64 * 1024);
                    }
                }
            }
        }
    }
}
