//! The command against an account, which a stand-in plays over HTTP.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::process::{Command, Output};

use serde_json::Value;
use wallwalk_standin::{Estate, Fault, FaultKind, Options, Standin, When};

/// `wallwalk` with credentials for `url` and nothing else of this machine's AWS configuration.
fn command(url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wallwalk"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
        command.env_remove(name);
    }
    command
        .env("HOME", "/nonexistent")
        .env("NO_COLOR", "1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "EXAMPLEKEYID")
        .env("AWS_SECRET_ACCESS_KEY", "not a secret");
    command
}

fn wallwalk(url: &str, args: &[&str]) -> Output {
    command(url).args(args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn shop_folder() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/estates/shop").to_owned()
}

/// The bundled estate with its markers as they are: what they stand for does not matter here.
fn shop() -> Standin {
    let mut documents = Vec::new();
    for entry in std::fs::read_dir(shop_folder()).unwrap() {
        let path = entry.unwrap().path();
        documents.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
    }
    documents.sort();
    Standin::start(Estate::from_documents(&documents).unwrap(), Options::default()).unwrap()
}

/// Outcomes by check and subject.
fn outcomes(report: &str) -> BTreeMap<String, Value> {
    let document: Value = serde_json::from_str(report).unwrap();
    let verdicts = document["verdicts"].as_array().unwrap().iter();
    verdicts
        .map(|verdict| {
            let subject = &verdict["subject"];
            let mut outcome = verdict["outcome"].clone();
            // In what words a gap is told depends on the way in.
            if let Some(gap) = outcome.get_mut("unknown").and_then(Value::as_object_mut) {
                gap.remove("detail");
            }
            (format!("{} {} {}", verdict["check"], subject["id"], subject["container"]), outcome)
        })
        .collect()
}

#[test]
fn an_account_is_judged_as_what_the_command_line_tool_printed_of_it() {
    let standin = shop();
    let live = wallwalk(&standin.url(), &["scan", "--format", "json"]);
    assert_eq!(live.status.code(), Some(1), "{}", error(&live));
    let printed = wallwalk(&standin.url(), &["scan", "--snapshot", &shop_folder(), "--format", "json"]);
    let (live_outcomes, printed) = (outcomes(&out(&live)), outcomes(&out(&printed)));
    assert!(live_outcomes.len() > 500);
    for (what, outcome) in &printed {
        assert_eq!(live_outcomes.get(what), Some(outcome), "{what}");
    }
    assert_eq!(live_outcomes.len(), printed.len());
    assert!(error(&live).contains("read account 111122223333 in eu-west-1 with"), "{}", error(&live));
    assert!(!error(&live).contains('\r'), "progress is for terminals");
    assert_eq!(standin.unknown(), Vec::<String>::new());
}

#[test]
fn what_cannot_have_changed_is_not_read_twice() {
    let standin = shop();
    let dir = tempfile::tempdir().unwrap();
    let scan = || wallwalk(&standin.url(), &["scan", "--state", dir.path().to_str().unwrap()]);
    let _ = scan();
    let cold = standin.calls();
    standin.reset_calls();
    let second = scan();
    let warm = standin.calls();
    assert!(cold["ecs:DescribeTaskDefinition"] > 10);
    assert_eq!(warm.get("ecs:DescribeTaskDefinition"), None);
    assert!(warm.values().sum::<u64>() < cold.values().sum::<u64>());
    assert!(out(&second).contains("nothing changed since the last scan"), "{}", out(&second));
}

#[test]
fn a_snapshot_collected_from_an_account_judges_as_the_account_and_holds_no_value() {
    let standin = shop();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("snapshot.json");
    let collected = wallwalk(&standin.url(), &["collect", "--output", file.to_str().unwrap()]);
    assert!(matches!(collected.status.code(), Some(0 | 3)), "{}", error(&collected));
    assert!(!std::fs::read_to_string(&file).unwrap().contains("changeme"));
    let live = wallwalk(&standin.url(), &["scan", "--format", "json", "--quiet"]);
    assert_eq!(error(&live), "");
    let file = wallwalk(&standin.url(), &["scan", "--snapshot", file.to_str().unwrap(), "--format", "json"]);
    assert_eq!(outcomes(&out(&file)).len(), outcomes(&out(&live)).len());
}

#[test]
fn without_a_way_to_the_account_the_reason_and_what_to_do_are_told() {
    let standin = shop();
    let url = standin.url();
    let told = |mut command: Command| {
        let output = command.args(["scan", "--quiet"]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}{}", out(&output), error(&output));
        assert_eq!(out(&output), "");
        error(&output)
    };
    let without = |name: &str| {
        let mut command = command(&url);
        command.env_remove(name);
        command
    };
    let no_region = told(without("AWS_REGION"));
    assert!(no_region.contains("no Region is set: give `--region`"), "{no_region}");
    let no_credentials = told(without("AWS_ACCESS_KEY_ID"));
    assert!(no_credentials.contains("log in, choose a profile"), "{no_credentials}");
    let unreachable = told(command("http://127.0.0.1:9"));
    assert!(unreachable.contains("check the network"), "{unreachable}");
    standin.plan(vec![Fault::new("sts:GetCallerIdentity", FaultKind::Expired, When::Always)]);
    let expired = told(command(&url));
    assert!(expired.contains("log in again"), "{expired}");
}

#[test]
fn without_any_permission_everything_is_unknown_and_said_so() {
    let standin = shop();
    let services = ["ecs", "ec2", "iam", "elasticloadbalancing", "secretsmanager", "ssm", "ecr"];
    standin.plan(services.iter().map(|service| Fault::new(format!("{service}:*"), FaultKind::Deny, When::Always)).collect());
    let output = wallwalk(&standin.url(), &["scan"]);
    assert_eq!(output.status.code(), Some(3), "{}{}", out(&output), error(&output));
    let text = out(&output);
    assert!(text.contains("ecs:ListClusters") && text.contains("denied"), "{text}");
    assert!(!text.contains("nothing to complain of"), "{text}");
}

#[test]
fn an_empty_account_is_clean() {
    let estate = Estate::empty("aws", "111122223333", "eu-west-1");
    let standin = Standin::start(estate, Options::default()).unwrap();
    let output = wallwalk(&standin.url(), &["scan"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", out(&output), error(&output));
    assert!(out(&output).contains("0 clusters"), "{}", out(&output));
}

#[test]
fn a_denied_call_lets_nothing_pass_that_needs_it() {
    let standin = shop();
    let before = outcomes(&out(&wallwalk(&standin.url(), &["scan", "--format", "json"])));
    standin.plan(vec![Fault::new("ec2:DescribeSecurityGroupRules", FaultKind::Deny, When::Always)]);
    let after = outcomes(&out(&wallwalk(&standin.url(), &["scan", "--format", "json"])));
    let mut obscured = 0;
    for (what, outcome) in &after {
        let failed_before = before.get(what).is_some_and(|outcome| outcome.get("failed").is_some());
        if before.get(what) != Some(outcome) {
            // What still fails may weigh less, where its weight came from who can reach it.
            let fails = failed_before && outcome.get("failed").is_some();
            assert!(fails || outcome.get("unknown").is_some(), "{what} was {:?} and is {outcome}", before.get(what));
            obscured += usize::from(!fails);
        }
    }
    assert!(obscured > 5, "{obscured}");
}

#[test]
fn a_role_is_assumed_first_where_one_is_named() {
    let standin = shop();
    let role = "arn:aws:iam::111122223333:role/wallwalk/wallwalk-member";
    let output = wallwalk(&standin.url(), &["scan", "--format", "json", "--role-arn", role]);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(standin.calls().contains_key("sts:AssumeRole"));
}
