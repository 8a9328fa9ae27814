//! Who can read what, call by call.

use serde_json::{Value, json};
use wallwalk_model::{Place, Reading, Snapshot, Time};

use super::*;
use crate::estate::Estate;
use crate::settings::Settings;

const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const SECRET_ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0a1b";

fn arn(resource: &str) -> String {
    format!("arn:aws:ssm:eu-west-1:111122223333:parameter/{resource}")
}

/// A role with these statements, a secret and a parameter `/shop/db/password`, both under the key if `keyed`.
fn snapshot(statements: &Value, keyed: bool) -> Snapshot {
    let at = Time::from_millis(1);
    let mut snapshot = Snapshot::new(Place::new("aws", "111122223333", "eu-west-1"));
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    let role = json!({ "Arn": ROLE, "RoleName": "app", "AssumeRolePolicyDocument": "{}", "RolePolicyList": [{ "PolicyName": "p", "PolicyDocument": policy }] });
    snapshot.roles.insert("app".into(), Reading::known(at, serde_json::from_value(role).unwrap()));
    let key = keyed.then_some(KEY);
    let secret = json!({ "ARN": SECRET_ARN, "Name": "shop/db", "KmsKeyId": key });
    snapshot.secrets.insert(SECRET_ARN.into(), Reading::known(at, serde_json::from_value(secret).unwrap()));
    let parameter = json!({ "Name": "/shop/db/password", "Type": "SecureString", "KeyId": key });
    snapshot.parameters.insert("/shop/db/password".into(), Reading::known(at, serde_json::from_value(parameter).unwrap()));
    let root = json!({ "Statement": { "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "kms:*", "Resource": "*" } });
    snapshot.key_policies.insert(KEY.into(), Reading::known(at, serde_json::from_value(json!({ "Document": root })).unwrap()));
    snapshot
}

/// The way to an object, `ACTION on RESOURCE: ANSWER`, its resource part only.
fn way(snapshot: &Snapshot, store: Store) -> String {
    let settings = Settings::default();
    let account = crate::roles::account(snapshot, Time::default());
    let estate = Estate::new(snapshot, &account, &settings, Time::default());
    let stored = estate.stores().objects.values().find(|stored| stored.store == store).unwrap();
    let way = Reader::new(estate.web.bounds(ROLE)).way(stored);
    let on = way.on.splitn(6, ':').last().unwrap();
    format!("{} on {on}: {}", way.action, way.answer.word())
}

fn allow(action: &str, resource: &str) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

#[test]
fn each_call_that_returns_a_parameter_is_a_way_to_it() {
    let read = |statements: Value| way(&snapshot(&statements, false), Store::Parameters);
    for action in ["ssm:GetParameters", "ssm:GetParameter", "ssm:GetParameterHistory"] {
        assert_eq!(read(allow(action, "*")), format!("{action} on parameter/shop/db/password: surely"));
        assert_eq!(read(allow(action, &arn("shop/db"))), "ssm:GetParameters on parameter/shop/db/password: never");
    }
    for action in ["ssm:DescribeParameters", "ssm:GetParametersByPath", "secretsmanager:GetSecretValue"] {
        assert_eq!(read(allow(action, &arn("shop/db/password"))), "ssm:GetParameters on parameter/shop/db/password: never", "{action}");
    }
}

#[test]
fn a_path_above_a_parameter_is_a_way_to_it_whatever_is_denied_below() {
    let read = |path: &str| {
        let deny = json!({ "Effect": "Deny", "Action": "ssm:*", "Resource": arn("shop/db/password") });
        way(&snapshot(&json!([allow("ssm:GetParametersByPath", &arn(path)), deny]), false), Store::Parameters)
    };
    for (path, on) in [("", ""), ("shop", "shop"), ("shop/", "shop/"), ("shop/db", "shop/db"), ("*", "shop/db/"), ("shop/db*", "shop/db/")]
    {
        assert_eq!(read(path), format!("ssm:GetParametersByPath on parameter/{on}: surely"), "{path}");
    }
    for path in ["sho", "shop/d", "shop/db/password", "other"] {
        assert_eq!(read(path), "ssm:GetParameters on parameter/shop/db/password: never", "{path}");
    }
}

#[test]
fn a_key_of_the_customers_has_to_let_it_be_decrypted_through_the_store() {
    let read = |decrypt: Value, store: Store| {
        let statements = json!([allow("ssm:GetParameters", "*"), allow("secretsmanager:GetSecretValue", "*"), decrypt]);
        way(&snapshot(&statements, true), store).rsplit(": ").next().unwrap().to_owned()
    };
    let on = |condition: Value| json!({ "Effect": "Allow", "Action": "kms:Decrypt", "Resource": KEY, "Condition": { "StringEquals": condition } });
    for (store, service, context, object) in [
        (Store::Secrets, "secretsmanager", "SecretARN", SECRET_ARN.to_owned()),
        (Store::Parameters, "ssm", "PARAMETER_ARN", arn("shop/db/password")),
    ] {
        assert_eq!(read(allow("kms:Decrypt", "*"), store), "surely");
        assert_eq!(read(allow("kms:Encrypt", "*"), store), "never");
        assert_eq!(read(on(json!({ "kms:ViaService": format!("{service}.eu-west-1.amazonaws.com") })), store), "surely");
        assert_eq!(read(on(json!({ "kms:ViaService": format!("{service}.us-east-1.amazonaws.com") })), store), "never");
        assert_eq!(read(on(json!({ format!("kms:EncryptionContext:{context}"): object })), store), "surely");
        assert_eq!(read(on(json!({ format!("kms:EncryptionContext:{context}"): "arn:another" })), store), "never");
        assert_eq!(read(on(json!({ "kms:CallerAccount": "111122223333" })), store), "surely");
    }
}

#[test]
fn what_was_not_read_of_the_object_leaves_a_grant_possible_and_grants_nothing() {
    let lost = || Reading::gap(Time::from_millis(2), Gap::not_asked("lost"));
    let with = |statements: Value, lose: &dyn Fn(&mut Snapshot)| {
        let mut snapshot = snapshot(&statements, true);
        lose(&mut snapshot);
        way(&snapshot, Store::Secrets).rsplit(": ").next().unwrap().to_owned()
    };
    let both = || json!([allow("secretsmanager:GetSecretValue", "*"), allow("kms:Decrypt", "*")]);
    let one = || json!([allow("secretsmanager:GetSecretValue", "*")]);
    let other = || json!([allow("kms:Decrypt", "*")]);
    assert_eq!(with(both(), &|snapshot| drop(snapshot.key_policies.insert(KEY.into(), lost()))), "possibly");
    assert_eq!(with(both(), &|snapshot| snapshot.key_policies.clear()), "possibly");
    assert_eq!(with(one(), &|snapshot| drop(snapshot.key_policies.insert(KEY.into(), lost()))), "unread");
    assert_eq!(with(both(), &|snapshot| drop(snapshot.secret_policies.insert(SECRET_ARN.into(), lost()))), "possibly");
    assert_eq!(with(other(), &|snapshot| drop(snapshot.secret_policies.insert(SECRET_ARN.into(), lost()))), "unread");
    assert_eq!(with(other(), &|_| ()), "never");
}

#[test]
fn a_pattern_names_objects_that_were_not_listed_unless_all_it_names_is_known() {
    let hidden = |action: &str, resource: &str, known: &[&str]| {
        let snapshot = snapshot(&json!([allow(action, resource)]), false);
        let settings = Settings::default();
        let account = crate::roles::account(&snapshot, Time::default());
        let estate = Estate::new(&snapshot, &account, &settings, Time::default());
        Reader::new(estate.web.bounds(ROLE)).hidden(estate.stores(), |pattern| known.contains(&pattern)).is_some()
    };
    let secret = |name: &str| format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{name}");
    let get = "secretsmanager:GetSecretValue";
    for (resource, expected) in [
        ("*", true),
        (&*secret("*"), true),
        (&*secret("shop/db-*"), true),
        (&*secret("shop/db-??????"), false),
        (SECRET_ARN, false),
        (&*secret("shop/other-AbCdEf"), true),
        ("arn:aws:s3:::bucket/*", false),
    ] {
        assert_eq!(hidden(get, resource, &[]), expected, "{resource}");
    }
    assert!(!hidden(get, &secret("shop/other-AbCdEf"), &[&secret("shop/other-AbCdEf")]));
    assert!(!hidden("secretsmanager:DescribeSecret", "*", &[]) && hidden("secretsmanager:*", "*", &[]));
    assert!(hidden("ssm:GetParametersByPath", &arn("shop"), &[]) && !hidden("ssm:GetParameters", &arn("shop/db/password"), &[]));
}
