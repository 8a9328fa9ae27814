//! Events as CloudTrail writes them, and what each is to make stale. The cases are data:
//! `tests/events/*.json`.
#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests, which are outside any test function")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use serde_json::{Value, json};
use wallwalk_model::event::{Effect, Event, read};
use wallwalk_model::evidence::{self, API_CALL};
use wallwalk_model::{Key, Snapshot};

const ACCOUNT: &str = "111122223333";
const SERVICES: [&str; 8] = ["ec2", "ecr", "ecs", "elb", "iam", "kms", "secretsmanager", "ssm"];

fn load(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/events").join(format!("{name}.json"));
    serde_json::from_str(&fs::read_to_string(&path).expect("the fixture is there")).expect("the fixture is JSON")
}

fn envelope(file: &Value, case: &Value) -> Value {
    let or_null = |name: &str| case.get(name).cloned().unwrap_or_default();
    let somebody = json!({"type": "IAMUser", "arn": format!("arn:aws:iam::{ACCOUNT}:user/somebody"), "accountId": ACCOUNT});
    json!({
        "version": "0", "id": "8f6ab0f4-5c1e-4e0c-9d2e-111111111111", "detail-type": API_CALL, "source": file["source"],
        "account": ACCOUNT, "time": "2026-11-23T14:01:55Z", "region": file["region"], "resources": [],
        "detail": {
            "eventVersion": "1.10", "eventTime": "2026-11-23T14:01:52Z", "eventSource": file["eventSource"], "eventName": case["eventName"],
            "eventID": "5d8b1e9c-1111-4111-8111-111111111111", "awsRegion": file["region"], "recipientAccountId": ACCOUNT, "readOnly": false,
            "userIdentity": case.get("userIdentity").cloned().unwrap_or(somebody),
            "requestParameters": or_null("requestParameters"), "responseElements": or_null("responseElements"),
            "resources": or_null("resources"),
        },
    })
}

fn written(keys: &BTreeSet<Key>) -> Vec<String> {
    let mut keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    keys.sort();
    keys
}

fn assert_case(name: &str, case: &Value, event: &Event) {
    match (case.get("keys"), case.get("dropped").and_then(Value::as_str)) {
        (Some(keys), None) => {
            assert_eq!(event.effect, Effect::Stale, "{name}");
            assert_eq!(json!(written(&event.keys)), *keys, "{name}");
        }
        (None, Some(reason)) => match event.effect {
            Effect::Dropped(why) => assert_eq!(why, reason, "{name}"),
            other => panic!("{name}: {other:?}, {:?}", event.keys),
        },
        _ => assert_eq!(event.effect, Effect::ObservedOnly, "{name}"),
    }
    assert!(event.effect == Effect::Stale || event.keys.is_empty(), "{name}: keys without effect");
}

#[test]
fn each_call_makes_stale_what_its_case_says() {
    for service in SERVICES {
        let file = load(service);
        let snapshot: Option<Snapshot> = file.get("snapshot").map(|snapshot| serde_json::from_value(snapshot.clone()).expect("a snapshot"));
        for case in file["cases"].as_array().expect("cases") {
            let with = case.get("withSnapshot").is_some().then_some(()).and(snapshot.as_ref());
            let event = read(&envelope(&file, case), with);
            assert_case(&format!("{service}: {}", case["case"]), case, &event);
            assert_eq!((event.account.as_str(), Value::from(event.region.as_str())), (ACCOUNT, file["region"].clone()));
            assert_eq!(event.everywhere, service == "iam");
        }
    }
}

#[test]
fn whole_envelopes_are_trusted_attributed_and_read() {
    for case in load("envelopes").as_array().expect("cases") {
        let name = case["case"].to_string();
        let event = read(&case["event"], None);
        assert_case(&name, case, &event);
        assert_eq!(event.everywhere, case.get("everywhere").is_some(), "{name}");
        if let Some(actor) = case.get("actor") {
            assert_eq!(event.summary.actor(), actor, "{name}");
            assert_eq!(event.summary.via().map(Value::from), case.get("via").cloned(), "{name}");
            let observed = event.summary.observed_action().map(|(role, action)| json!([role, action]));
            assert_eq!(observed, case.get("observed").cloned(), "{name}");
        }
    }
}

#[test]
fn what_is_kept_of_an_event_holds_no_body() {
    let event = load("envelopes")[0]["event"].clone();
    let kept = serde_json::to_value(read(&event, None).summary).expect("JSON");
    assert_eq!(
        kept,
        json!({
            "eventID": "5d8b1e9c-1111-4111-8111-111111111111", "eventTime": "2026-11-23T14:01:52.000Z",
            "eventName": "AuthorizeSecurityGroupIngress", "eventSource": "ec2.amazonaws.com",
            "userIdentity": {
                "type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/deploy-bot/ci",
                "sessionIssuer": "arn:aws:iam::111122223333:role/ci/deploy-bot",
            },
            "sourceIPAddress": "203.0.113.9", "userAgent": "aws-cli/2.31.0", "sessionCredentialFromConsole": true,
        })
    );
}

#[test]
fn every_subscribed_call_is_understood_and_never_silently_lost() {
    for rule in evidence::event_rules().iter().filter(|rule| rule.detail_type == API_CALL) {
        for name in &rule.names {
            let file = json!({"source": rule.source, "eventSource": rule.event_source, "region": "eu-west-1"});
            let event = read(&envelope(&file, &json!({"eventName": name})), None);
            let reads_facts = evidence::made_stale_by(rule.event_source, name).is_some_and(|facts| !facts.is_empty());
            assert!(!reads_facts || event.effect == Effect::Stale, "{name} without a body is {:?}", event.effect);
        }
    }
}

#[test]
fn too_deep_or_too_large_a_body_makes_everything_stale() {
    let file = load("ec2");
    let mut deep = json!("sg-0123456789abcdef0");
    for _ in 0..40 {
        deep = json!([deep]);
    }
    let many: Vec<Value> = (0..20_000).map(|n| json!(format!("sg-{n:017x}"))).collect();
    for body in [json!({"groupId": deep}), json!({"groupId": many})] {
        let event = read(&envelope(&file, &json!({"eventName": "DeleteSecurityGroup", "requestParameters": body})), None);
        assert!(event.keys.contains(&Key::Account));
    }
}

#[test]
fn texts_that_no_identifier_can_be_are_not_taken_for_one() {
    let file = load("ecs");
    for family in ["line\nbreak".to_owned(), "x".repeat(5000)] {
        let event = read(&envelope(&file, &json!({"eventName": "RegisterTaskDefinition", "requestParameters": {"family": family}})), None);
        assert_eq!(written(&event.keys), ["account"]);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        Just(json!("sg-0123456789abcdef0")),
        Just(json!("arn:aws:ecs:eu-west-1:111122223333:service/a/b")),
        Just(json!("arn:::::")),
    ];
    let name = prop_oneof![
        Just("cluster"),
        Just("service"),
        Just("groupId"),
        Just("roleName"),
        Just("secretId"),
        Just("name"),
        Just("names"),
        Just("resourceArn"),
        Just("loadBalancerArn"),
        Just("associationId"),
        Just("items"),
        Just("userIdentity"),
        Just("sessionContext"),
        Just("sessionIssuer"),
        Just("arn"),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(name.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_call() -> impl Strategy<Value = (&'static str, &'static str, &'static str)> {
    let calls: Vec<_> = evidence::event_rules()
        .iter()
        .flat_map(|rule| rule.names.iter().map(|name| (rule.source, rule.event_source, *name)).collect::<Vec<_>>())
        .collect();
    proptest::sample::select(calls)
}

proptest! {
    #[test]
    fn no_text_of_a_stranger_breaks_the_reading(envelope in any_json()) {
        let event = read(&envelope, None);
        prop_assert!(event.keys.is_empty() || event.effect == Effect::Stale);
    }

    #[test]
    fn whatever_a_watched_call_sends_something_is_stale_or_there_is_a_reason(
        (source, event_source, name) in any_call(), sent in any_json(), answered in any_json(), who in any_json(),
    ) {
        let file = json!({"source": source, "eventSource": event_source, "region": "eu-west-1"});
        let case = json!({"eventName": name, "requestParameters": sent, "responseElements": answered, "userIdentity": who});
        let event = read(&envelope(&file, &case), None);
        prop_assert_eq!(event.effect == Effect::Stale, !event.keys.is_empty());
        for key in &event.keys {
            prop_assert_eq!(&key.to_string().parse::<Key>().unwrap(), key);
        }
    }
}
