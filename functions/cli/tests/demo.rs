//! The command as a user runs it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn wallwalk(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wallwalk")).args(args).env("NO_COLOR", "1").output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn demo(folder: &Path, more: &[&str]) -> Output {
    wallwalk(&[&["demo", "--state", folder.to_str().unwrap()], more].concat())
}

fn shop() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/estates/shop").to_owned()
}

#[test]
fn the_demonstration_reports_writes_its_files_and_says_nothing_changed_the_second_time() {
    let dir = tempfile::tempdir().unwrap();
    let first = demo(dir.path(), &[]);
    assert_eq!(first.status.code(), Some(0), "{}", error(&first));
    let text = out(&first);
    for part in ["docker-socket-mounted", "internet → igw-", "fix  ", "summary:", "secret-in-run-override", "what could not be seen"] {
        assert!(text.contains(part), "{part} is not in the report");
    }
    let findings: Value = serde_json::from_slice(&fs::read(dir.path().join("findings.asff.json")).unwrap()).unwrap();
    let count = findings["Findings"].as_array().unwrap().len();
    assert!(count > 25, "{count} findings");
    assert_eq!(fs::read_dir(dir.path().join("alerts")).unwrap().count(), 2, "one digest, as text and as JSON");
    assert!(dir.path().join("state/111122223333/eu-west-1.json.zst").exists());

    let before = fs::read(dir.path().join("findings.asff.json")).unwrap();
    let second = demo(dir.path(), &[]);
    assert!(out(&second).contains("nothing changed since the last scan"), "{}", out(&second));
    assert_eq!(fs::read(dir.path().join("findings.asff.json")).unwrap(), before);
}

#[test]
fn the_readme_shows_what_the_demonstration_prints() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let excerpt = readme.split("```\n").find(|block| block.starts_with("service shop-prod/")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let text = out(&demo(dir.path(), &[]));
    assert!(excerpt.lines().count() > 5 && text.contains(excerpt), "the README shows\n{excerpt}");
}

#[test]
fn every_format_is_what_it_says() {
    let json = wallwalk(&["scan", "--snapshot", &shop(), "--format", "json"]);
    let document: Value = serde_json::from_str(&out(&json)).unwrap();
    assert!(document["verdicts"].as_array().unwrap().len() > 100);
    assert_eq!(json.status.code(), Some(1));
    let asff = wallwalk(&["scan", "--snapshot", &shop(), "--format", "asff"]);
    let document: Value = serde_json::from_str(&out(&asff)).unwrap();
    assert!(document["Findings"].as_array().unwrap().iter().all(|finding| finding["SchemaVersion"] == "2018-10-08"));
}

#[test]
fn the_exit_code_tells_the_worst_verdict() {
    let code = |args: &[&str]| wallwalk(args).status.code();
    assert_eq!(code(&["scan", "--snapshot", &shop()]), Some(1));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("clusters.json");
    let cluster = r#"{"clusters":[{"clusterArn":"arn:aws:ecs:eu-west-1:111122223333:cluster/a","clusterName":"a","settings":[{"name":"containerInsights","value":"VALUE"}]}]}"#;
    fs::write(&file, cluster.replace("VALUE", "disabled")).unwrap();
    let path = file.to_str().unwrap();
    // Who uses ECS Exec is not among the files.
    assert_eq!(code(&["scan", "--snapshot", path]), Some(3), "a low finding is below the threshold, and something was not seen");
    assert_eq!(code(&["scan", "--snapshot", path, "--allow-unknown"]), Some(0));
    assert_eq!(code(&["scan", "--snapshot", path, "--fail-on", "low"]), Some(1));
    fs::write(&file, cluster.replace(r#"[{"name":"containerInsights","value":"VALUE"}]"#, "[]")).unwrap();
    assert_eq!(code(&["scan", "--snapshot", path]), Some(3), "nothing failed, something was not seen");
    assert_eq!(code(&["scan", "--snapshot", path, "--allow-unknown"]), Some(0));
}

#[test]
fn wrong_use_is_answered_clearly_and_with_2() {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("settings.yaml");
    fs::write(&settings, "checks:\n  priviledged-container: {enabled: false}\n").unwrap();
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["scan", "--snapshot", "/nowhere/at/all"], "/nowhere/at/all"),
        (&["scan", "--snapshot", empty.to_str().unwrap()], "nothing in"),
        (&["scan", "--snapshot", &shop(), "--settings", settings.to_str().unwrap()], "did you mean `privileged-container`"),
        (&["scan", "--snapshot", &shop(), "--fail-on", "awful"], "awful"),
        (&["checks", "privileged-contaner"], "did you mean `privileged-container`"),
        (&["checks", "--category", "magic"], "no category `magic`"),
        (&["explain", "no-such-thing", "--snapshot", &shop()], "no verdict matches"),
        (&["explain", "x", "--state", empty.to_str().unwrap()], "there is no state"),
        (&["frobnicate"], "frobnicate"),
        (&[], "Usage"),
    ];
    for (args, expected) in cases {
        let output = wallwalk(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(error(&output).contains(expected), "{args:?}: {}", error(&output));
    }
}

#[test]
fn a_collected_snapshot_judges_as_its_source_and_holds_no_value() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("snapshot.json");
    let collected = wallwalk(&["collect", "--snapshot", &shop(), "--output", file.to_str().unwrap()]);
    assert_eq!(collected.status.code(), Some(0), "{}", error(&collected));
    assert!(!fs::read_to_string(&file).unwrap().contains("changeme"));
    let verdicts = |source: &str| {
        let document: Value = serde_json::from_str(&out(&wallwalk(&["scan", "--snapshot", source, "--format", "json"]))).unwrap();
        let words: Vec<String> = document["verdicts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|verdict| format!("{} {} {}", verdict["check"], verdict["subject"]["id"], verdict["outcome"]["failed"]["severity"]))
            .collect();
        words
    };
    assert_eq!(verdicts(file.to_str().unwrap()), verdicts(&shop()));
}

#[test]
fn explain_and_checks_show_one_thing_in_depth() {
    let explained = wallwalk(&["explain", "internet-reachable-task", "--snapshot", &shop()]);
    let text = out(&explained);
    assert!(
        text.contains("because")
            && text.contains("How to fix")
            && text.contains("wallwalk/111122223333/eu-west-1/internet-reachable-task/"),
        "{text}"
    );
    let page = out(&wallwalk(&["checks", "trust-open"]));
    assert!(page.starts_with("# trust-open") && !page.contains("## Cases"), "{page}");
    assert!(out(&wallwalk(&["checks"])).contains("privileged-container"));
}

#[test]
fn no_secret_of_the_estate_reaches_any_output() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = String::new();
    for format in ["text", "json", "asff"] {
        let shown = demo(dir.path(), &["--format", format]);
        all += &(out(&shown) + &error(&shown));
    }
    let (packed, plain): (Vec<_>, Vec<_>) =
        walk(dir.path()).into_iter().partition(|file| file.extension().is_some_and(|extension| extension == "zst"));
    assert!(!packed.is_empty() && plain.len() >= 3, "{packed:?} {plain:?}");
    for file in plain {
        all.push_str(&String::from_utf8_lossy(&fs::read(file).unwrap()));
    }
    for file in packed {
        let name = file.strip_prefix(dir.path()).unwrap().to_str().unwrap().to_owned();
        let state = wallwalk_publish::codec::decode(&name, &fs::read(file).unwrap()).unwrap();
        all.push_str(&serde_json::to_string(&state).unwrap());
    }
    assert!(all.contains("STRIPE_API_KEY"), "names stay");
    for secret in ["changeme".to_owned(), ["AK", "IA"].concat(), ["sk", "_live_"].concat(), "{{demo:".to_owned()] {
        assert!(!all.contains(&secret), "{secret} is in an output");
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}
