//! The templates in the eyes of cfn-lint, which knows each Region's resource schemas.

use std::path::Path;
use std::process::Command;

use crate::python;

/// Regions of the templates' users: the schemas of ECS differ between them.
const REGIONS: &[&str] = &["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2"];

#[test]
fn cfn_lint_finds_nothing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra");
    let templates: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    assert!(!templates.is_empty(), "no template in {}", folder.display());
    let output = Command::new(python::command("cfn-lint"))
        .args(["--format", "parseable", "--regions"])
        .args(REGIONS)
        .arg("--")
        .args(&templates)
        .output()
        .expect("cfn-lint runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}
