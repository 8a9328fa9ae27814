//! House rules: which crate may use which, and what pure crates must not reach.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const PURE: &[&str] = &["model", "iam", "network", "secrets", "findings", "checks"];

/// What each crate of ours may use of ours, directly.
const ARROWS: &[(&str, &[&str])] = &[
    ("wallwalk-model", &[]),
    ("wallwalk-secrets", &[]),
    ("wallwalk-iam", &["wallwalk-model"]),
    ("wallwalk-network", &["wallwalk-model"]),
    ("wallwalk-findings", &["wallwalk-model"]),
    ("wallwalk-checks", &["wallwalk-iam", "wallwalk-network", "wallwalk-secrets", "wallwalk-findings", "wallwalk-model"]),
    ("wallwalk-collect", &["wallwalk-model", "wallwalk-secrets"]),
    ("wallwalk-publish", &["wallwalk-findings", "wallwalk-model"]),
    (
        "wallwalk-scanner",
        &["wallwalk-checks", "wallwalk-collect", "wallwalk-findings", "wallwalk-model", "wallwalk-publish", "wallwalk-secrets"],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).current_dir(root()).args(args).output().unwrap();
    assert!(output.status.success(), "cargo {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Direct dependencies of ours on ours, tests apart.
fn direct() -> BTreeMap<String, BTreeSet<String>> {
    let metadata: Value = serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"])).unwrap();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let uses = package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|one| one["kind"] != "dev")
                .map(|one| one["name"].as_str().unwrap().to_owned())
                .filter(|name| name.starts_with("wallwalk-"))
                .collect();
            (package["name"].as_str().unwrap().to_owned(), uses)
        })
        .collect()
}

#[test]
fn only_the_arrows_that_are_drawn_exist() {
    let direct = direct();
    for (name, uses) in &direct {
        let allowed: Option<BTreeSet<String>> =
            ARROWS.iter().find(|(known, _)| known == name).map(|(_, list)| list.iter().map(|one| (*one).to_owned()).collect());
        if let Some(allowed) = allowed {
            let surplus: Vec<_> = uses.difference(&allowed).collect();
            assert!(surplus.is_empty(), "{name} must not use {surplus:?}");
        }
        assert!(uses.iter().all(|one| one != "wallwalk-tests"), "{name} uses the tests");
    }
    for (name, _) in ARROWS {
        assert!(direct.contains_key(*name), "{name} is drawn and does not exist");
    }
}

#[test]
fn pure_crates_reach_no_runtime_no_client_and_no_sdk() {
    for name in PURE {
        let tree = cargo(&["tree", "--offline", "--package", &format!("wallwalk-{name}"), "--edges", "normal", "--prefix", "none"]);
        for line in tree.lines() {
            let reached = line.split(' ').next().unwrap();
            let forbidden = ["tokio", "hyper", "reqwest", "mio"].contains(&reached) || reached.starts_with("aws-");
            assert!(!forbidden, "wallwalk-{name} reaches {reached}");
        }
    }
}

#[test]
fn pure_crates_open_no_file_read_no_clock_and_no_environment() {
    let forbidden = ["std::fs", "std::net", "std::env", "std::process", "SystemTime::now", "Instant::now", "now_utc"];
    for name in PURE {
        for file in sources(&root().join("shared").join(name).join("src")) {
            let text = std::fs::read_to_string(&file).unwrap();
            for word in forbidden {
                assert!(!text.contains(word), "{} mentions {word}", file.display());
            }
        }
    }
}

#[test]
fn files_stay_readable() {
    for folder in ["shared", "functions", "tests"] {
        for file in sources(&root().join(folder)) {
            let lines = std::fs::read_to_string(&file).unwrap().lines().count();
            let most = if file.ends_with("model/src/ecs.rs") { 1000 } else { 600 };
            assert!(lines <= most, "{} has {lines} lines: split it", file.display());
        }
    }
}

#[test]
fn without_the_feature_aws_the_command_line_compiles_no_sdk() {
    let tree = cargo(&["tree", "--offline", "--package", "wallwalk", "--no-default-features", "--edges", "normal", "--prefix", "none"]);
    let sdk: Vec<&str> = tree.lines().filter(|line| line.starts_with("aws-")).collect();
    assert!(sdk.is_empty(), "{sdk:?}");
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
