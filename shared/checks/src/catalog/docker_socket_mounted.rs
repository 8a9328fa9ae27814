//! A container can command the container engine of its host.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::{Container, socket};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "docker-socket-mounted",
        title: "container holds the host's container socket",
        category: Category::LateralMovement,
        severity: Severity::Critical,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &["CIS Docker v1.6.0/5.32"],
        related_control: None,
        page: include_str!("docker_socket_mounted.md"),
    },
    not_on: &[Not::Fargate],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    let Some(mount) = container.host_mounts().into_iter().find(|mount| socket(&mount.path)) else {
        return PASSED;
    };
    let through = mount.inherited_from.map(|other| format!(" taken over from container {other}")).unwrap_or_default();
    Ok(Flaw::new(format!("container {} holds the host's container socket", container.container.name))
        .because(container.chain())
        .because(format!("volume {} mounts {} of the host{through}", mount.volume, mount.written))
        .so("whoever breaks into the container can start a privileged one and own the host")
        .into())
}
