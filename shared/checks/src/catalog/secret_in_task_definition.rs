//! A credential stands in clear in a task definition.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Judge, Judged, PASSED};
use crate::estate::{Container, Written};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "secret-in-task-definition",
        title: "secret is written in the task definition",
        category: Category::HardcodedSecret,
        severity: Severity::High,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &["NIST.800-53.r5 CA-9(1)", "NIST.800-53.r5 CM-2", "PCI DSS v4.0.1/8.6.2"],
        related_control: Some("ECS.8"),
        page: include_str!("secret_in_task_definition.md"),
    },
    not_on: &[],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    let written = Written::read(container);
    let found = written.secrets();
    if found.is_empty() {
        return written.complete().and(PASSED);
    }
    let claim = format!("container {} has a secret written in its definition", container.container.name);
    Ok(written
        .flaw(claim, &found)
        .so("everybody who may call ecs:DescribeTaskDefinition reads it, and so does every log and backup of the definition")
        .into())
}
