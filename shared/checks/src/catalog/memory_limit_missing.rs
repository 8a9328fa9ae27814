//! A container may take all memory of its host.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::Container;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "memory-limit-missing",
        title: "container has no memory limit",
        category: Category::Hardening,
        severity: Severity::Medium,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &["CIS Docker v1.6.0/5.11"],
        related_control: None,
        page: include_str!("memory_limit_missing.md"),
    },
    not_on: &[Not::Fargate],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    let overridden = container.task.revision.overrides;
    let task = overridden.and_then(|one| one.memory.as_deref()).or(container.task.definition.memory.as_deref());
    let own = overridden
        .and_then(|one| one.container_overrides.iter().find(|other| other.name == container.container.name)?.memory)
        .or(container.container.memory);
    if task.is_some_and(|memory| !memory.is_empty() && memory != "0") || own.is_some_and(|memory| memory > 0) {
        return PASSED;
    }
    let soft = container.container.memory_reservation.map_or("", |_| "; memoryReservation is a soft limit and stops nothing");
    Ok(Flaw::new(format!("container {} has no memory limit", container.container.name))
        .because(container.chain())
        .because(format!("neither the task nor the container sets memory{soft}"))
        .so("it can starve every other task on its host")
        .into())
}
