//! Whom policies name, and what is known only where the organisation is.

use serde_json::{Value, json};
use wallwalk_iam::policy::{Kind, parse};
use wallwalk_model::{Place, Reading, Snapshot, Time};

use super::*;
use crate::settings::Settings;

const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const OWN: &str = "o-ownownown1";

fn document(statements: &Value) -> Document {
    parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string(), Kind::Trust).document.unwrap()
}

fn named(principal: Value) -> Vec<String> {
    let document = document(&json!([{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]));
    document.statements.iter().flat_map(named::parties).map(|party| format!("{party:?}")).collect()
}

#[test]
fn principals_are_told_apart() {
    for (principal, expected) in [
        (json!("*"), "Everybody"),
        (json!({"AWS": "*"}), "Everybody"),
        (json!({"AWS": "111122223333"}), "Account(\"111122223333\")"),
        (json!({"AWS": "arn:aws-cn:iam::111122223333:root"}), "Account(\"111122223333\")"),
        (json!({"AWS": "arn:aws:iam::111122223333:role/path/x"}), "Role(\"arn:aws:iam::111122223333:role/path/x\")"),
        (json!({"AWS": "arn:aws:iam::111122223333:user/x"}), "User(\"arn:aws:iam::111122223333:user/x\")"),
        (json!({"AWS": "arn:aws:sts::111122223333:assumed-role/x/s"}), "Session(\"arn:aws:sts::111122223333:assumed-role/x/s\")"),
        (json!({"AWS": "arn:aws:sts::111122223333:federated-user/x"}), "User(\"arn:aws:sts::111122223333:federated-user/x\")"),
        (json!({"AWS": "AROAEXAMPLE"}), "Other(\"AROAEXAMPLE\")"),
        (json!({"Service": "*"}), "Service(\"*\")"),
        (json!({"Federated": "cognito-identity.amazonaws.com"}), "Provider(\"cognito-identity.amazonaws.com\")"),
        // What is not understood may be everybody.
        (json!(7), "Everybody"),
    ] {
        assert_eq!(named(principal.clone()), [expected], "{principal}");
    }
}

#[test]
fn accounts_are_found_in_principals_and_conditions_and_patterns_are_filled() {
    let document = document(&json!([
        {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::222222222222:root", "*"]}, "Action": "sts:AssumeRole",
         "Condition": {"StringLike": {"aws:SourceAccount": ["3333*", "4?4444444444", "*", "11112222333344"], "sts:ExternalId": "x-555555555555"},
                       "ArnLike": {"aws:SourceArn": "arn:aws:ecs:*:666666666666:*"}}}
    ]));
    let found: BTreeSet<String> = named::accounts(&document).collect();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["222222222222", "333399999999", "494444444444", "666666666666"]);
}

/// How each kind of probe is answered, where the own organisation is known.
fn asked(condition: &Value, principal: &Value) -> (How, How, How) {
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}]});
    let mut snapshot = Snapshot::new(Place::new("aws", "111122223333", "eu-west-1"));
    let role = json!({"Arn": ROLE, "RoleName": "app", "AssumeRolePolicyDocument": trust.to_string()});
    snapshot.roles.insert("app".into(), Reading::known(Time::from_millis(1), serde_json::from_value(role).unwrap()));
    let settings = Settings::default();
    let mut account = crate::roles::account(&snapshot, Time::default());
    account.organization = Some(OWN.into());
    let estate = Estate::new(&snapshot, &account, &settings, Time::default());
    let trust = Trust::on(&estate, &account.principals[ROLE]).unwrap();
    let party = trust.parties().into_iter().next().unwrap();
    let how = |probes| trust.surest(&party, probes).unwrap().how;
    (how(trust.own_tasks()), how(trust.foreign_tasks()), how(trust.strangers()))
}

#[test]
fn another_organisation_is_foreign_where_the_own_one_is_known() {
    let ecs = json!({"Service": ECS_TASKS});
    let of = |id: &str| asked(&json!({"StringEquals": {"aws:SourceOrgID": id}}), &ecs);
    assert_eq!(of(OWN), (How::Surely, How::No, How::No));
    assert_eq!(of("o-another123"), (How::No, How::Surely, How::No));
    let everybody = |id: &str| asked(&json!({"StringEquals": {"aws:PrincipalOrgID": id}}), &json!("*")).2;
    assert_eq!((everybody(OWN), everybody("o-another123")), (How::No, How::Surely));
    let path = |text: &str| asked(&json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": text}}), &json!("*")).2;
    assert_eq!((path("o-ownownown1/*"), path("o-another123/*"), path("*")), (How::No, How::Surely, How::Surely));
}

#[test]
fn the_form_that_aws_recommends_admits_the_own_tasks_and_no_others() {
    let ecs = json!({"Service": ECS_TASKS});
    let of = |region: &str| {
        let source = format!("arn:aws:ecs:{region}:111122223333:*");
        asked(&json!({"ArnLike": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": "111122223333"}}), &ecs)
    };
    assert_eq!(of("eu-west-1"), (How::Surely, How::No, How::No));
    // Tasks of this Region cannot use a role for another one.
    assert_eq!(of("us-west-2"), (How::No, How::No, How::No));
}

#[test]
fn a_grant_without_a_condition_is_told_from_one_whose_condition_holds() {
    assert_eq!(asked(&json!({}), &json!("*")).2, How::Freely);
    assert_eq!(asked(&json!({"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}}), &json!("*")).2, How::Surely);
    assert_eq!(asked(&json!({"StringEquals": {"sts:ExternalId": "x"}}), &json!("*")).2, How::Conditioned);
    // Conditions on tags of their own are met by strangers, who choose them.
    assert_eq!(asked(&json!({"StringEquals": {"aws:PrincipalTag/team": "x"}}), &json!("*")).2, How::Conditioned);
}
