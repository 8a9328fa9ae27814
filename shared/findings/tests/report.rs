//! The report as people read it.

use std::collections::BTreeMap;

use wallwalk_findings::check::{Category, SubjectKind, Tier};
use wallwalk_findings::report::Report;
use wallwalk_findings::{Certainty, Changes, CheckInfo, Facts, Failure, Outcome, Resource, Severity, Subject, Verdict};
use wallwalk_model::{Gap, GapReason, Place, Time};

const CHECK: CheckInfo = CheckInfo {
    name: "exec-enabled",
    title: "ECS Exec is on",
    category: Category::Hardening,
    severity: Severity::Medium,
    subject: SubjectKind::Workload,
    tier: Tier::T1,
    requirements: &[],
    related_control: None,
    page: "# exec-enabled\n\n## How to fix\n\nSwitch it off. Then wait.\n\n## Cases\n",
};

fn verdict(service: &str, outcome: Outcome) -> Verdict {
    let id = format!("service/{service}");
    let subject =
        Subject { id: id.clone(), label: service.into(), workload: Some(id), resource: Resource::new("Other", "x"), ..Subject::default() };
    Verdict { check: "exec-enabled".into(), subject: subject.into(), outcome, evidence_at: Time::default(), facts: Facts::default() }
}

fn failed(service: &str, severity: Severity) -> Verdict {
    let failure = Failure {
        severity,
        certainty: Certainty::Surely,
        claim: "ECS Exec is on".into(),
        evidence: vec![format!("service {service} → task definition api:1"), "enableExecuteCommand is true".into()],
        impact: vec!["somebody gets a shell".into()],
        resources: Vec::new(),
        revisions: Vec::new(),
        in_flight: Vec::new(),
        command: None,
    };
    verdict(service, Outcome::Failed(failure.into()))
}

fn text(verdicts: &[Verdict], gaps: &BTreeMap<Gap, usize>, changes: Option<&Changes>) -> String {
    let place = Place::new("aws", "111122223333", "eu-west-1");
    Report { place: &place, now: Time::default(), verdicts, checks: &[&CHECK], gaps, changes, scope: "1 cluster" }.text(false)
}

#[test]
fn a_finding_says_what_why_and_how_to_fix_and_repeats_no_heading() {
    let text = text(&[failed("shop/api", Severity::Medium)], &BTreeMap::new(), None);
    let expected = "\
service shop/api
  MEDIUM   ECS Exec is on  [exec-enabled]
           why  task definition api:1
           why  enableExecuteCommand is true
           so   somebody gets a shell
           fix  Switch it off.
";
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("could not be seen"), "{text}");
}

#[test]
fn the_worst_comes_first_and_many_do_not_drown_it() {
    let mut verdicts: Vec<Verdict> = (0..900).map(|n| failed(&format!("shop/s{n:03}"), Severity::Low)).collect();
    verdicts.push(failed("shop/worst", Severity::Critical));
    let text = text(&verdicts, &BTreeMap::new(), None);
    assert!(text.find("shop/worst").unwrap() < text.find("shop/s000").unwrap(), "{text}");
    assert!(text.lines().count() < 1600, "{} lines", text.lines().count());
    assert!(text.contains("and 501 more findings, none worse than the last one above"), "{text}");
    assert!(text.contains("summary: 901 findings (1 critical, 900 low)"), "{text}");
    assert_eq!(text.matches("fix  ").count(), 60);
}

#[test]
fn what_could_not_be_seen_is_told_with_what_it_leaves_open() {
    let gap = Gap::new("ecs:ListTasks", GapReason::Denied, "AccessDeniedException");
    let unknown: Vec<Verdict> = (0..5).map(|n| verdict(&format!("shop/s{n}"), Outcome::Unknown(gap.clone()))).collect();
    let text = text(&unknown, &BTreeMap::from([(gap, 2), (Gap::not_asked("ssm:DescribeParameters"), 1)]), None);
    let expected = "\
what could not be seen
  ecs:ListTasks: denied (AccessDeniedException), 2 times
    undecided  exec-enabled for shop/s0, shop/s1, shop/s2 and 2 more
  ssm:DescribeParameters: not asked
";
    assert!(text.contains(expected), "{text}");
    assert!(text.contains("0 passed, 5 undecided"), "{text}");
}

#[test]
fn what_changed_is_said_before_anything_else() {
    let nothing = Changes { unchanged: 1, ..Changes::default() };
    let same = text(&[failed("shop/api", Severity::Low)], &BTreeMap::new(), Some(&nothing));
    assert!(same.contains("nothing changed since the last scan: 1 finding as before"), "{same}");
    let one = Changes { opened: vec!["a".into()], resolved: vec!["b".into(), "c".into()], ..Changes::default() };
    let changed = text(&[failed("shop/api", Severity::Low)], &BTreeMap::new(), Some(&one));
    assert!(changed.contains("since the last scan: 1 new, 2 resolved"), "{changed}");
}

#[test]
fn hostile_names_cannot_write_to_the_terminal_or_add_lines() {
    let text = text(&[failed("shop/a\u{1b}[2J\nservice shop/fake", Severity::Low)], &BTreeMap::new(), None);
    assert!(!text.contains('\u{1b}'), "{text:?}");
    assert!(!text.lines().any(|line| line.starts_with("service shop/fake")), "{text}");
}
