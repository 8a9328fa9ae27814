//! Policies trimmed by use: what goes, what stays and why, and that nothing is gained or broken.
#![expect(clippy::expect_used, reason = "tests")]

use std::sync::Arc;

use proptest::prelude::*;
use wallwalk_iam::Keys;
use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::{Action, IdRanges, lookup};
use wallwalk_iam::eval::{Answer, Attached, Bounds, Caller, Query, Stack};
use wallwalk_iam::generate::{Need, Purpose, satisfied};
use wallwalk_iam::policy::{Document, Kind, parse};
use wallwalk_iam::usage::{ActionUsed, Kept, ServiceUsed, TrimSettings, Trimmed, Usage, trim};
use wallwalk_model::{Gap, Time};

const NOW: Time = Time::from_millis(1_790_000_000_000);

fn ago(days: i64) -> Option<Time> {
    Some(NOW.plus_days(-days))
}

fn document(text: &str) -> Document {
    parse(text, Kind::Identity).document.expect("a policy")
}

fn policy(statements: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)
}

fn allow(actions: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":"*"}}"#)
}

fn role(policies: &[String]) -> Stack {
    let mut stack = Stack::new(Caller::role("arn:aws:iam::111122223333:role/api-task"));
    let attached = |(text, n): (&String, usize)| Attached { name: format!("inline/{n}").into(), document: Ok(Arc::new(document(text))) };
    stack.identity = policies.iter().zip(1..).map(attached).collect();
    stack
}

/// Services with the days since their last use; none if never.
fn report(services: &[(&str, Option<i64>)]) -> Usage {
    let one = |(name, days): &(&str, Option<i64>)| ServiceUsed { namespace: (*name).to_owned(), last: days.and_then(ago), actions: None };
    Usage { completed: NOW.plus_days(-1), services: services.iter().map(one).collect(), complete: true }
}

fn trimmed_with(stack: &Stack, usage: &Usage, keep: &[Need]) -> Result<Trimmed, Gap> {
    trim(stack, &Keys::new(), usage, keep, ago(400), NOW, TrimSettings::default())
}

fn trimmed(policies: &[String], usage: &Usage) -> Trimmed {
    trimmed_with(&role(policies), usage, &[]).expect("trimmed")
}

/// The actions of every statement that is left.
fn left(trimmed: &Trimmed) -> Vec<String> {
    let statements = trimmed.documents.iter().flat_map(|one| &one.after).flat_map(|one| &one.document.statements);
    statements.flat_map(|one| &one.actions.patterns).map(|one| one.text.to_string()).collect()
}

#[test]
fn services_that_were_not_used_for_long_are_removed() {
    let policies = [policy(&allow(r#"["s3:GetObject","sqs:*","sns:Publish","dynamodb:GetItem"]"#))];
    let result = trimmed(&policies, &report(&[("s3", Some(3)), ("sqs", Some(91)), ("sns", None), ("dynamodb", Some(90))]));
    assert_eq!(left(&result), ["s3:GetObject", "dynamodb:GetItem"]);
    assert_eq!(result.removed, [("sns".to_owned(), None), ("sqs".to_owned(), ago(91))].into());
    assert_eq!(result.documents[0].name, "inline/1");
    assert_eq!(*result.documents[0].before, document(&policies[0]));
}

#[test]
fn conditions_resources_and_denies_stay_as_they_are() {
    let deny = r#"{"Effect":"Deny","Action":["s3:*","sqs:*"],"Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#;
    let statement = |actions: &str| {
        format!(
            r#"{{"Sid":"Data","Effect":"Allow","Action":{actions},"Resource":["arn:aws:s3:::b/*","arn:aws:sqs:*:*:q"],"Condition":{{"StringEquals":{{"aws:ResourceAccount":"111122223333"}}}}}}"#
        )
    };
    let before = policy(&format!("{},{deny}", statement(r#"["s3:*","sqs:*"]"#)));
    let result = trimmed(&[before], &report(&[("s3", Some(1)), ("sqs", None)]));
    assert_eq!(result.documents[0].after[0].document, document(&policy(&format!("{},{deny}", statement(r#""s3:*""#)))));
}

#[test]
fn a_policy_of_which_nothing_was_used_is_left_out_and_others_stay() {
    let deny = r#"{"Effect":"Deny","Action":"sqs:*","Resource":"*"}"#;
    let policies = [policy(&allow(r#""sqs:*""#)), policy(&allow(r#""s3:GetObject""#)), policy(&format!("{},{deny}", allow(r#""sqs:*""#)))];
    let result = trimmed(&policies, &report(&[("s3", Some(1)), ("sqs", None)]));
    let names: Vec<_> = result.documents.iter().map(|one| (one.name.as_str(), one.after.len())).collect();
    assert_eq!(names, [("inline/1", 0), ("inline/3", 1)]);
    assert_eq!(result.documents[1].after[0].document, document(&policy(deny)));
    assert!(trimmed(&policies[1..2], &report(&[("s3", Some(1))])).is_empty());
}

#[test]
fn everything_becomes_the_services_that_were_used_or_are_not_listed() {
    let every: Vec<(&str, Option<i64>)> =
        wallwalk_iam::catalogue::services().map(|service| (service, (service == "s3").then_some(2))).collect();
    let listed: Vec<(&str, Option<i64>)> = every.into_iter().filter(|(service, _)| *service != "ecr").collect();
    let result = trimmed(&[policy(&allow(r#""*""#))], &report(&listed));
    assert_eq!(left(&result), ["ecr:*", "iam:PassRole", "s3:*"]);
    assert_eq!(result.kept.get("ecr"), Some(&Kept::NotListed));
    assert_eq!(result.kept.get("iam:PassRole"), Some(&Kept::Untraceable));
    assert_eq!(result.removed.get("iam"), Some(&None));
}

#[test]
fn everything_but_something_becomes_the_list_of_what_is_left() {
    let text = r#"{"Effect":"Allow","NotAction":["s3:Delete*","iam:*"],"Resource":"*"}"#;
    let listed: Vec<(&str, Option<i64>)> =
        wallwalk_iam::catalogue::services().map(|service| (service, (service == "s3").then_some(2))).collect();
    let result = trimmed(&[policy(text)], &report(&listed));
    let list = left(&result);
    assert!(list.contains(&"s3:Get*".to_owned()) && list.iter().all(|one| one.starts_with("s3:")), "{list:?}");
    let folded: Vec<String> = list.iter().map(|one| one.to_ascii_lowercase()).collect();
    let named = IdRanges::of_patterns(folded.iter().map(String::as_str), false);
    let all = IdRanges::of_patterns(["s3:*"], false);
    let expected: Vec<_> = all.iter().filter(|id| !id.name().starts_with("s3:Delete")).collect();
    assert_eq!(named.iter().collect::<Vec<_>>(), expected);
    assert!(!folded.iter().any(|one| wallwalk_iam::glob::intersects("s3:delete*", one)));
}

#[test]
fn a_report_that_was_cut_short_says_nothing() {
    let usage = Usage { complete: false, ..report(&[("s3", None)]) };
    let gap = trimmed_with(&role(&[policy(&allow(r#""s3:*""#))]), &usage, &[]).expect_err("a gap");
    assert_eq!((gap.call.as_str(), gap.detail.as_str()), ("iam:GetServiceLastAccessedDetails", "the report was cut short"));
}

#[test]
fn a_report_that_is_too_old_says_nothing() {
    let stack = role(&[policy(&allow(r#""s3:*""#))]);
    for (days, judged) in [(0, true), (7, true), (8, false)] {
        let usage = Usage { completed: NOW.plus_days(-days), ..report(&[("s3", None)]) };
        assert_eq!(trimmed_with(&stack, &usage, &[]).is_ok(), judged, "{days}");
    }
}

#[test]
fn without_a_list_of_actions_a_used_service_stays() {
    let result = trimmed(&[policy(&allow(r#""s3:*""#))], &report(&[("s3", Some(1))]));
    assert!(result.is_empty() && result.kept.get("s3") == Some(&Kept::Ambiguous));
    assert!(Kept::Ambiguous.sentence().contains("does not say"));
}

#[test]
fn a_list_of_actions_tells_only_of_tracked_ones() {
    let mut usage = report(&[("s3", Some(1))]);
    usage.services[0].actions = Some(vec![ActionUsed { name: "ListAllMyBuckets".to_owned(), last: None }]);
    assert!(!lookup("s3:GetObject").is_some_and(|id| id.is_tracked()));
    let result = trimmed(&[policy(&allow(r#""s3:GetObject""#))], &usage);
    assert!(result.is_empty() && result.kept.get("s3") == Some(&Kept::Untracked));
}

#[test]
fn a_role_that_is_younger_than_the_period_is_not_judged() {
    let stack = role(&[policy(&allow(r#""s3:*""#))]);
    let settings = TrimSettings { unused_days: 30 };
    for (created, judged) in [(ago(31), true), (ago(30), true), (ago(29), false), (None, false)] {
        let result = trim(&stack, &Keys::new(), &report(&[("s3", None)]), &[], created, NOW, settings);
        assert_eq!(result.is_ok(), judged, "{created:?}");
    }
}

#[test]
fn a_service_that_the_catalogue_does_not_hold_stays_by_its_name() {
    let usage = report(&[("new-service", None), ("s3", None)]);
    let result = trimmed(&[policy(&allow(r#"["new-service:*","new-service:Do","s3:*"]"#))], &usage);
    assert_eq!(left(&result), ["new-service:*", "new-service:Do"]);
    assert_eq!(result.kept.get("new-service"), Some(&Kept::NotInCatalogue));
    assert!(left(&trimmed(&[policy(&allow(r#""*""#))], &usage)).contains(&"new-service:*".to_owned()));
}

#[test]
fn attempts_that_were_denied_count_as_use() {
    let deny = r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#;
    let result = trimmed(&[policy(&format!("{},{deny}", allow(r#"["s3:*","sqs:*"]"#)))], &report(&[("s3", Some(1)), ("sqs", None)]));
    assert_eq!(left(&result), ["s3:*", "s3:*"]);
}

#[test]
fn of_two_dates_the_later_counts() {
    let policies = [policy(&allow(r#"["s3:*","sqs:*"]"#))];
    for dates in [[Some(200), Some(3)], [Some(3), Some(200)], [None, Some(3)]] {
        let result = trimmed(&policies, &report(&[("s3", dates[0]), ("sqs", None), ("s3", dates[1])]));
        assert_eq!(left(&result), ["s3:*"], "{dates:?}");
    }
    let result = trimmed(&policies, &report(&[("s3", Some(200)), ("S3", Some(150)), ("sqs", Some(1))]));
    assert_eq!(result.removed, [("s3".to_owned(), ago(150))].into());
}

#[test]
fn what_is_needed_stays_whatever_the_report_says() {
    let keep = [Need {
        purpose: Purpose::ReadTaskFiles,
        actions: ["s3:GetObject"].into(),
        resources: ["arn:aws:s3:::files/env".to_owned()].into(),
        given: None,
        because: "/containerDefinitions/0/environmentFiles/0".to_owned(),
        certain: true,
    }];
    let stack = role(&[policy(&allow(r#"["s3:*","sqs:SendMessage"]"#))]);
    let result = trimmed_with(&stack, &report(&[("s3", None), ("sqs", None)]), &keep).expect("trimmed");
    assert_eq!(left(&result), ["s3:GetObject"]);
    assert_eq!(result.kept.get("s3:GetObject"), Some(&Kept::Needed));
}

#[test]
fn what_was_not_read_or_not_understood_is_not_touched() {
    let mut stack = role(&[policy(
        r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*","Surplus":1},{"Effect":"allow","Action":"sqs:*","Resource":"*"}"#,
    )]);
    stack.identity.push(Attached { name: "inline/2".into(), document: Err(Gap::not_asked("iam:GetRolePolicy")) });
    let result = trimmed_with(&stack, &report(&[("sqs", None)]), &[]).expect("trimmed");
    assert!(result.is_empty());
    assert_eq!(result.kept, [("inline/1".to_owned(), Kept::NotUnderstood), ("inline/2".to_owned(), Kept::NotRead)].into());
}

#[test]
fn a_policy_that_would_not_fit_is_not_touched() {
    let spared: Vec<String> = (0..400).map(|n| format!(r#""s3:AnAction{n:03}OfNoName""#)).collect();
    let deny = format!(r#"{{"Effect":"Deny","NotAction":[{}],"Resource":"*"}}"#, spared.join(","));
    let result = trimmed(&[policy(&format!("{},{deny}", allow(r#""sqs:*""#)))], &report(&[("sqs", None)]));
    assert!(result.is_empty() && result.removed.is_empty());
    assert_eq!(result.kept, [("inline/1".to_owned(), Kept::TooLarge)].into());
}

#[test]
fn what_is_left_is_split_where_one_policy_would_be_too_large() {
    let objects: Vec<String> = (0..200).map(|n| format!(r#""arn:aws:s3:::a-bucket-with-a-name/and-a-folder-{n:03}/*""#)).collect();
    let statement = |actions: &str| format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":[{}]}}"#, objects.join(","));
    let result = trimmed(&[policy(&statement(r#"["s3:GetObject","sqs:*"]"#))], &report(&[("s3", Some(1)), ("sqs", None)]));
    let after = &result.documents[0].after;
    assert_eq!(after.iter().map(|one| one.name_suffix.as_str()).collect::<Vec<_>>(), ["-1", "-2"]);
    assert!(after.iter().all(|one| one.size <= wallwalk_iam::generate::MANAGED_LIMIT));
}

#[test]
fn the_version_of_the_language_stays() {
    let text = r#"{"Version":"2008-10-17","Id":"old","Statement":{"Effect":"Allow","Action":["s3:*","sqs:*"],"Resource":"arn:aws:s3:::${aws:username}/*"}}"#;
    let result = trimmed(&[text.to_owned()], &report(&[("s3", Some(1)), ("sqs", None)]));
    let after = &result.documents[0].after[0].document;
    assert_eq!((after.version, after.id.as_deref()), (document(text).version, Some("old")));
}

const ACTIONS: [&str; 12] = [
    "*",
    "s3:*",
    "s3:Get*",
    "s3:*Object",
    "sqs:SendMessage",
    "sqs:*Message",
    "new:Thing",
    "new:*",
    "iam:PassRole",
    "iam:*",
    "S3:getobject",
    "ec2:Run*",
];
const SERVICES: [&str; 5] = ["s3", "sqs", "iam", "new", "ec2"];
const ASKED: [&str; 9] = [
    "s3:getobject",
    "s3:putobject",
    "s3:listbucket",
    "sqs:sendmessage",
    "sqs:deletequeue",
    "new:thing",
    "iam:passrole",
    "iam:createuser",
    "ec2:runinstances",
];

fn statement() -> impl Strategy<Value = String> {
    let actions = prop::collection::vec(prop::sample::select(ACTIONS.to_vec()), 1..4);
    (actions, prop::bool::weighted(0.2), prop::bool::weighted(0.25), prop::bool::weighted(0.3)).prop_map(
        |(actions, negated, deny, narrow)| {
            let element = if negated { "NotAction" } else { "Action" };
            let effect = if deny { "Deny" } else { "Allow" };
            let resource = if narrow { "arn:aws:s3:::b/*" } else { "*" };
            serde_json::json!({ "Effect": effect, element: actions, "Resource": resource }).to_string()
        },
    )
}

fn any_role() -> impl Strategy<Value = Stack> {
    prop::collection::vec(prop::collection::vec(statement(), 1..4), 1..3)
        .prop_map(|policies| role(&policies.iter().map(|statements| policy(&statements.join(","))).collect::<Vec<_>>()))
}

fn any_usage() -> impl Strategy<Value = Usage> {
    prop::collection::vec((prop::sample::select(SERVICES.to_vec()), prop::option::of(0_i64..200)), 0..6)
        .prop_map(|services| report(&services))
}

fn answer(bounds: &Bounds<'_>, action: &str) -> Answer {
    bounds.can(&Query::new(Action::of(action), Target::exact("arn:aws:s3:::b/k")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn trimming_takes_only_what_was_not_used(stack in any_role(), usage in any_usage(), needed in prop::sample::select(vec!["s3:GetObject", "sqs:SendMessage"])) {
        let keep = [Need {
            purpose: Purpose::Exec,
            actions: [needed].into(),
            resources: ["arn:aws:s3:::b/k".to_owned()].into(),
            given: None,
            because: String::new(),
            certain: true,
        }];
        let result = trimmed_with(&stack, &usage, &keep);
        prop_assert!(result.is_ok(), "{result:?}");
        let result = result.unwrap_or_default();
        let mut after = stack.clone();
        after.identity = Vec::new();
        for attached in &stack.identity {
            match result.documents.iter().find(|one| one.name == *attached.name) {
                None => after.identity.push(attached.clone()),
                Some(changed) => after.identity.extend(changed.after.iter().map(|one| Attached { document: Ok(Arc::new(one.document.clone())), ..attached.clone() })),
            }
        }
        let (before, after) = (Bounds::new(&stack, Keys::new()), Bounds::new(&after, Keys::new()));
        for action in ASKED {
            let (old, new) = (answer(&before, action), answer(&after, action));
            prop_assert!(new <= old, "{action} is gained");
            let service = action.split(':').next().unwrap_or_default();
            let last = usage.services.iter().filter(|one| one.namespace == service).map(|one| one.last).max();
            let unused = last.is_some_and(|last| last < ago(90)) && service != "new" && action != "iam:passrole";
            if service == "new" && last.is_none() && result.listed {
                // Nobody could have named it.
                continue;
            }
            let needed = needed.eq_ignore_ascii_case(action);
            prop_assert_eq!(new, if unused && !needed { Answer::Never } else { old }, "{}", action);
        }
        prop_assert_eq!(satisfied(&keep[0], &after), satisfied(&keep[0], &before));
    }
}
