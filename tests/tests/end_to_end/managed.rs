//! The policies that AWS manages, as moto ships them: each is read and asked as the only policy of a
//! role, and the whole is told in a summary that is kept.
//!
//! The summary moves with moto's version and with the catalogue of actions; read the difference before
//! it is written anew with `WALLWALK_REWRITE_EXPECTED=1`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::{Action, catalogue};
use wallwalk_iam::eval::{Answer, Attached, Bounds, Caller, Query, SessionOf, Situation, Stack};
use wallwalk_iam::policy::{Code, Kind, parse};
use wallwalk_model::Time;

use crate::python;

const ROLE: &str = "arn:aws:iam::111122223333:role/app";

/// Questions whose answer people know of many of these policies.
const ASKED: &[(&str, &str, &str)] = &[
    ("everything on everything", "*", "*"),
    ("rewrite its own policies", "iam:putrolepolicy", ROLE),
    ("pass itself to some service", "iam:passrole", ROLE),
    ("read every secret", "secretsmanager:getsecretvalue", "arn:aws:secretsmanager:*:*:secret:*"),
    ("read every object", "s3:getobject", "arn:aws:s3:::*/*"),
    ("pull every image", "ecr:batchgetimage", "arn:aws:ecr:*:*:repository/*"),
    ("pose as an agent", "ecs:poll", "arn:aws:ecs:*:*:container-instance/*"),
];

#[test]
fn the_policies_aws_manages_are_read_and_answered() {
    let policies = shipped();
    assert!(policies.len() > 1_000, "only {} policies", policies.len());
    let summary = summarised(&policies);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("estates/managed-policies.expected");
    if std::env::var_os("WALLWALK_REWRITE_EXPECTED").is_some() {
        fs::write(&kept, &summary).expect("the summary is written");
    }
    let expected = fs::read_to_string(&kept).unwrap_or_default();
    assert_eq!(summary, expected, "run with WALLWALK_REWRITE_EXPECTED=1 once the difference is understood");
}

/// Name and document of every policy that moto ships.
fn shipped() -> BTreeMap<String, String> {
    let program = "import json; from moto.iam.aws_managed_policies import aws_managed_policies_data as data; print(data)";
    let output = Command::new(python::command("python")).args(["-c", program]).output().expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let all: BTreeMap<String, Value> = serde_json::from_slice(&output.stdout).expect("an object of policies");
    all.into_iter().map(|(name, policy)| (name, policy["Document"].to_string())).collect()
}

fn summarised(policies: &BTreeMap<String, String>) -> String {
    let (mut statements, mut conditioned, mut patterns) = (0, 0, 0);
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unread = Vec::new();
    let (mut possibly, mut surely) = (0, 0);
    let mut answers: BTreeMap<(usize, Answer), Vec<&str>> = BTreeMap::new();
    for (name, text) in policies {
        let parsed = parse(text, Kind::Identity);
        for problem in &parsed.problems {
            assert!(matches!(problem.code, Code::ActionUnknown | Code::TooLarge), "{name}: {problem:?}");
            *told.entry(problem.code.as_str()).or_default() += 1;
        }
        let Some(document) = parsed.document else {
            unread.push(name.as_str());
            continue;
        };
        statements += document.statements.len();
        conditioned += document.statements.iter().filter(|statement| !statement.conditions.is_empty()).count();
        patterns += document.statements.iter().map(|statement| statement.actions.patterns.len()).sum::<usize>();
        let mut stack = Stack::new(Caller::role(ROLE));
        stack.identity = vec![Attached { name: "managed/p".into(), document: Ok(Arc::new(document)) }];
        let situation = Situation {
            arn: ROLE,
            id: Some("AROAEXAMPLE"),
            tags: Some(&[]),
            of: SessionOf::Task,
            organization: None,
            now: Time::default(),
        };
        let bounds = Bounds::new(&stack, situation.keys());
        let (may, sure) = (bounds.may_allow(), bounds.surely_anywhere());
        assert!(sure.iter().all(|id| may.contains(id)), "{name}: what is sure is possible");
        possibly += may.count();
        surely += sure.count();
        for (n, (_, action, resource)) in ASKED.iter().enumerate() {
            let all = resource.contains('*');
            let query = Query::new(Action::of(action), if all { Target::pattern(resource) } else { Target::exact(resource) });
            let answer = if all { bounds.covers(&query) } else { bounds.can(&query) };
            answers.entry((n, answer)).or_default().push(name);
        }
    }
    let mut text = String::new();
    let _ = writeln!(
        text,
        "catalogue {}: {} policies, {statements} statements, {conditioned} of them conditioned, {patterns} action patterns",
        catalogue().version,
        policies.len()
    );
    let _ = writeln!(text, "told: {told:?}; not read: {}", unread.join(", "));
    let _ = writeln!(text, "actions, summed over the policies: {possibly} possible on some resource, {surely} sure on every resource");
    for ((n, answer), names) in answers.iter().rev() {
        let what = ASKED.get(*n).map_or("", |asked| asked.0);
        let listed = if names.len() <= 60 { format!(": {}", names.join(", ")) } else { String::new() };
        let _ = writeln!(text, "{what}: {} {}{listed}", names.len(), answer.word());
    }
    text
}
