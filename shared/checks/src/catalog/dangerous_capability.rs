//! A container has more rights over its host than a container should.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::{Container, capability_severity};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "dangerous-capability",
        title: "container adds a dangerous capability",
        category: Category::LateralMovement,
        severity: Severity::High,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &["CIS Docker v1.6.0/5.4"],
        related_control: None,
        page: include_str!("dangerous_capability.md"),
    },
    not_on: &[Not::Windows],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    let Some((severity, name)) = capability_severity(&container.task, container.container) else { return PASSED };
    let flaw = Flaw::new(format!("container {} adds the capability {name}", container.container.name))
        .at(severity)
        .because(container.chain())
        .because(format!("linuxParameters.capabilities.add names {name}"));
    // On Fargate most capabilities cannot be added.
    Ok(if container.task.revision.assumed { flaw.possibly().into() } else { flaw.into() })
}
