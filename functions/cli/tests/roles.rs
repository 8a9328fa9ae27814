//! `wallwalk can` and `wallwalk role` as a user runs them: on the bundled shop, and on a small account
//! whose one family has a boundary, an open condition, a role that makes it administrator and a policy
//! that nobody read.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use wallwalk_model::Time;

/// Set, it has the expected answers rewritten instead of compared.
const REWRITE: &str = "WALLWALK_REWRITE_EXPECTED";
const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/estates/shop");
const LEDGER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/roles");
const ROLE: &str = "arn:aws:iam::111122223333:role";

fn wallwalk(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wallwalk")).args(args).env("NO_COLOR", "1").output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs the verb on an estate and holds its words against the file of that name.
fn expect(name: &str, code: i32, estate: &str, args: &[&str]) {
    let output = wallwalk(&[args, &["--snapshot", estate]].concat());
    assert_eq!(output.status.code(), Some(code), "{name}: {}{}", out(&output), error(&output));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/expected/{name}.txt"));
    let told = out(&output);
    if std::env::var_os(REWRITE).is_some() {
        fs::write(&path, &told).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(told == expected, "{name}: set {REWRITE} if this is right\n{told}\nexpected\n{expected}");
}

#[test]
fn can_answers_with_its_proof() {
    let uploads = "arn:aws:s3:::ledger-uploads/march.csv";
    let jobs = "arn:aws:sqs:eu-west-1:111122223333:ledger-jobs";
    let deployer = format!("{ROLE}/ledger-deployer");
    expect("can-yes", 0, LEDGER, &["can", "ledger-task", "sqs:sendmessage", jobs]);
    expect("can-denied", 1, LEDGER, &["can", "ledger-task", "sqs:DeleteQueue", jobs]);
    expect("can-not-allowed", 1, LEDGER, &["can", "ledger-task", "s3:GetObject", "arn:aws:s3:::other/file"]);
    expect("can-depends", 3, LEDGER, &["can", "ledger-task", "s3:GetObject", uploads]);
    expect("can-bound", 0, LEDGER, &["can", "ledger-task", "s3:GetObject", uploads, "--context", "aws:SourceVpce=vpce-0a1b2c3d"]);
    expect("can-choice", 0, LEDGER, &["can", "ledger-task", "s3:ListBucket", "arn:aws:s3:::ledger-uploads"]);
    expect("can-assume", 0, LEDGER, &["can", "ledger-task", "sts:AssumeRole", &deployer]);
    expect("can-unread", 3, LEDGER, &["can", "ledger-audit", "s3:GetObject", uploads]);
    expect("can-pattern", 3, LEDGER, &["can", "ledger-task", "sqs:*Queue", jobs]);
    expect("can-misspelt", 1, LEDGER, &["can", "ledger-task", "s3:GetObjct", uploads]);
    let user = "arn:aws:iam::111122223333:user/operator";
    expect("can-user", 0, LEDGER, &["can", user, "ecs:UpdateService", "arn:aws:ecs:eu-west-1:111122223333:service/ledger/api"]);
    let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/checkout/database-3DYESA";
    expect("can-shop-secret", 0, SHOP, &["can", "shop-checkout-execution", "secretsmanager:GetSecretValue", secret]);
    expect("can-shop-pass", 0, SHOP, &["can", "shop-deploy", "iam:PassRole", &format!("{ROLE}/shop-email")]);
}

#[test]
fn role_shows_power_paths_and_the_policy_that_is_enough() {
    expect("role-task", 0, LEDGER, &["role", "ledger-task"]);
    expect("role-execution", 0, LEDGER, &["role", "ledger-execution"]);
    expect("role-administrator", 0, LEDGER, &["role", "ledger-deployer"]);
    expect("role-unread", 3, LEDGER, &["role", "ledger-audit"]);
    expect("role-shop-email", 0, SHOP, &["role", "shop-email"]);
    expect("role-shop-trim", 0, SHOP, &["role", "shop-checkout-execution", "--trim"]);
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let shown = readme.split("```\n").find(|block| block.starts_with("yes     role")).unwrap();
    let told = out(&wallwalk(&["can", "shop-deploy", "iam:PassRole", &format!("{ROLE}/shop-email"), "--snapshot", SHOP]));
    assert!(told == shown, "the README shows\n{shown}\nprinted\n{told}");
}

#[test]
fn json_holds_the_evidence() {
    let args = ["can", "ledger-task", "s3:GetObject", "arn:aws:s3:::ledger-uploads/a", "--snapshot", LEDGER, "--format", "json"];
    let decision: Value = serde_json::from_str(&out(&wallwalk(&args))).unwrap();
    assert_eq!(decision["answer"], "possibly");
    let allowed = &decision["allowedBy"][0];
    assert_eq!(
        (&allowed["policy"], &allowed["pointer"], &allowed["sid"]),
        (&json!("inline/ledger-task"), &json!("/Statement/0"), &json!("ReadUploads"))
    );
    assert_eq!(allowed["onlyIf"][0]["pointer"], "/Statement/0/Condition/StringEquals/aws:SourceVpce");
    assert_eq!(decision["assumptions"][0]["code"], "scp-unread");

    let profile: Value = serde_json::from_str(&out(&wallwalk(&["role", "ledger-task", "--snapshot", LEDGER, "--format", "json"]))).unwrap();
    assert_eq!(profile["administrator"]["answer"], "surely");
    assert_eq!(profile["paths"][0]["path"], "assume-role");
    let sqs = profile["services"].as_array().unwrap().iter().find(|one| one["service"] == "sqs").unwrap();
    assert!(sqs["surely"]["write"].as_u64().unwrap() > 5, "{sqs}");
}

#[test]
fn a_policy_that_is_shown_is_the_one_in_the_json() {
    let args = ["role", "ledger-execution", "--trim", "--snapshot", LEDGER, "--format", "json"];
    let document: Value = serde_json::from_str(&out(&wallwalk(&args))).unwrap();
    let text = document["remedies"][0]["policies"][0]["text"].as_str().unwrap();
    let policy: Value = serde_json::from_str(text).unwrap();
    assert_eq!(policy["Statement"].as_array().unwrap().len(), 3, "{text}");
    let shown = out(&wallwalk(&["role", "ledger-execution", "--snapshot", LEDGER]));
    assert!(text.lines().all(|line| shown.contains(line)), "{shown}");
}

#[test]
fn a_task_role_is_trimmed_where_its_use_was_read() {
    let dir = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(LEDGER).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), dir.path().join(entry.file_name())).unwrap();
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let today = Time::from_millis(i64::try_from(now).unwrap());
    let used = |service: &str, ago: Option<i64>| match ago {
        Some(days) => {
            json!({ "ServiceName": service, "ServiceNamespace": service, "LastAuthenticated": today.plus_days(-days).to_string() })
        }
        None => json!({ "ServiceName": service, "ServiceNamespace": service }),
    };
    let report = json!({
        "RoleName": "ledger-task", "JobStatus": "COMPLETED", "JobCompletionDate": today.to_string(), "IsTruncated": false,
        "ServicesLastAccessed": [used("s3", Some(2)), used("sqs", None), used("sts", Some(1))],
    });
    fs::write(dir.path().join("used.json"), report.to_string()).unwrap();
    let output = wallwalk(&["role", "ledger-task", "--trim", "--snapshot", dir.path().to_str().unwrap()]);
    let text = out(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("sqs: never used") && text.contains("s3:GetObject") && !text.contains("\"sqs:*\""), "{text}");
    assert!(text.contains("sqs:DeleteQueue") && text.contains("it grants nothing new"), "{text}");
}

#[test]
fn what_an_earlier_scan_remembers_is_asked_too() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().to_str().unwrap();
    assert_eq!(wallwalk(&["demo", "--state", state]).status.code(), Some(0));
    let output = wallwalk(&["can", "tools-ci-runner", "iam:CreateUser", "*", "--state", state]);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    assert!(out(&output).starts_with("yes"), "{}", out(&output));
}

#[test]
fn wrong_use_is_answered_clearly_and_with_2() {
    let cases: &[(&[&str], &str)] = &[
        (&["can", "ledger-tsk", "s3:GetObject", "*"], "did you mean `ledger-task`"),
        (&["role", "audit"], "did you mean `ledger-audit`"),
        (&["can", "arn:aws:iam::444455556666:role/x", "s3:GetObject", "*"], "is not of account 111122223333"),
        (&["can", "ledger-task", "GetObject", "*"], "`GetObject` is not an action"),
        (&["can", "ledger-task", "s3:GetObject", "my-bucket"], "`my-bucket` is not an ARN"),
        (&["can", "ledger-task", "s3:GetObject", "*", "--context", "aws:SourceVpce"], "`aws:SourceVpce` is not a key with its value"),
        (&["can", "ledger-task", "s3:GetObject"], "<RESOURCE>"),
    ];
    for (args, expected) in cases {
        let output = wallwalk(&[args, &["--snapshot", LEDGER][..]].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", out(&output));
        assert!(error(&output).contains(expected), "{args:?}: {}", error(&output));
    }
}

#[test]
fn colour_is_for_terminals() {
    let args = ["can", "ledger-task", "sqs:SendMessage", "*", "--snapshot", LEDGER];
    assert!(!out(&wallwalk(&args)).contains('\u{1b}'));
    assert!(out(&wallwalk(&[&args[..], &["--color", "always"]].concat())).contains('\u{1b}'));
}
