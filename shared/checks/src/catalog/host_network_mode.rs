//! A task has no network of its own.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::{WorkloadView, runs_as_root};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "host-network-mode",
        title: "task uses the host's network",
        category: Category::LateralMovement,
        severity: Severity::Medium,
        subject: SubjectKind::Workload,
        tier: Tier::T1,
        requirements: &[
            "CIS Docker v1.6.0/5.10",
            "NIST.800-53.r5 AC-2(1)",
            "NIST.800-53.r5 AC-3",
            "NIST.800-53.r5 AC-3(15)",
            "NIST.800-53.r5 AC-3(7)",
            "NIST.800-53.r5 AC-5",
            "NIST.800-53.r5 AC-6",
        ],
        related_control: Some("ECS.17"),
        page: include_str!("host_network_mode.md"),
    },
    not_on: &[Not::Fargate],
    judge: Judge::Workload(judge),
};

fn judge(view: &WorkloadView<'_>) -> Judged {
    if !on_host_network(view) {
        return PASSED;
    }
    let flaw = Flaw::new("the task uses the host's network")
        .because(view.chain())
        .because("networkMode is host: no security group of its own, every port of the host's loopback in reach")
        .so("its containers reach instance metadata and the ECS agent, and so the instance role");
    let root = view.definition.container_definitions.iter().find(|container| container.privileged == Some(true) || runs_as_root(container));
    if let Some(container) = root {
        return Ok(flaw.at(Severity::High).because(format!("container {} runs as root or privileged", container.name)).into());
    }
    let neighbours = view.neighbours(on_host_network);
    Ok(match neighbours.first() {
        Some(first) => flaw.at(Severity::High).because(format!("{first} shares the loopback of an instance with it")).into(),
        None => flaw.into(),
    })
}

fn on_host_network(view: &WorkloadView<'_>) -> bool {
    view.definition.network_mode.as_deref() == Some("host")
}
