//! The credential of a log service stands in clear in the options of a log driver.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Judge, Judged, PASSED};
use crate::estate::{Container, Written};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "secret-in-log-options",
        title: "secret is written in log options",
        category: Category::HardcodedSecret,
        severity: Severity::High,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("secret_in_log_options.md"),
    },
    not_on: &[],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    let written = Written::read(container);
    let found = written.in_log_options();
    if found.is_empty() {
        return written.complete().and(PASSED);
    }
    let claim = format!("container {} has a secret written in its log options", container.container.name);
    Ok(written
        .flaw(claim, &found)
        .because("the place for it is secretOptions, which takes it from a secret store")
        .so("everybody who may call ecs:DescribeTaskDefinition reads it")
        .into())
}
