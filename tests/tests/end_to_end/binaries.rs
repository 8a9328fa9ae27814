//! The functions' binaries, built as this test was built: same profile, same target directory.
//!
//! An integration test is handed the binaries of its own package only, so cargo is asked for them.
//! What is up to date costs it a second.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

const FUNCTIONS: &[&str] = &["wallwalk-scheduled", "wallwalk-scan", "wallwalk-triggered"];

/// Path of the binary of `function`.
pub(crate) fn of(function: &str) -> PathBuf {
    static BUILT: OnceLock<BTreeMap<String, PathBuf>> = OnceLock::new();
    BUILT.get_or_init(build).get(function).unwrap_or_else(|| panic!("cargo built no binary `{function}`")).clone()
}

fn build() -> BTreeMap<String, PathBuf> {
    // <target>/<profile>/deps/end_to_end-…
    let own = std::env::current_exe().expect("the path of this test");
    let profile = own.parent().and_then(|deps| deps.parent()).expect("a profile's folder");
    let target = profile.parent().expect("a target folder");
    let profile = match profile.file_name().and_then(|name| name.to_str()).expect("a profile") {
        "debug" => "dev",
        name => name,
    };
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo tells a test about its own package would make build scripts run again.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"].iter().any(|start| text.starts_with(start)) {
            cargo.env_remove(name);
        }
    }
    cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).args(["build", "--message-format", "json-render-diagnostics"]);
    cargo.args(["--profile", profile, "--target-dir"]).arg(target);
    for function in FUNCTIONS {
        cargo.args(["--package", function]);
    }
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "the functions do not build:\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| {
            let name = message["target"]["name"].as_str()?.to_owned();
            Some((name, PathBuf::from(message["executable"].as_str()?)))
        })
        .collect()
}
