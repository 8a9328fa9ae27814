//! A container sees, or changes, files that belong to its host.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::{Container, host_path_severity, socket};

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "sensitive-host-path-mounted",
        title: "container mounts a sensitive host path",
        category: Category::LateralMovement,
        severity: Severity::Critical,
        subject: SubjectKind::Container,
        tier: Tier::T1,
        requirements: &["CIS Docker v1.6.0/5.6"],
        related_control: None,
        page: include_str!("sensitive_host_path_mounted.md"),
    },
    not_on: &[Not::Fargate],
    judge: Judge::Container(judge),
};

fn judge(container: &Container<'_>) -> Judged {
    // Sockets and what holds them have a check of their own.
    let mounts = container.host_mounts().into_iter().filter(|mount| !socket(&mount.path));
    let mut found: Vec<_> = mounts.filter_map(|mount| Some((host_path_severity(&mount.path, mount.writable)?, mount))).collect();
    found.sort_by(|(a, one), (b, other)| (b, &one.path).cmp(&(a, &other.path)));
    let Some((worst, first)) = found.first() else { return PASSED };
    let mode = |writable: bool| if writable { "writable" } else { "read-only" };
    let claim = format!("container {} mounts {} of its host {}", container.container.name, first.path, mode(first.writable));
    Ok(Flaw::new(claim)
        .at(*worst)
        .because(container.chain())
        .because_all(found.iter().take(20).map(|(_, mount)| {
            let through = mount.inherited_from.as_ref().map(|other| format!(", taken over from container {other}")).unwrap_or_default();
            format!("volume {} mounts {} of the host {}{through}", mount.volume, mount.written, mode(mount.writable))
        }))
        .so("whoever breaks into the container reads, or changes, what belongs to the host and to other tasks")
        .into())
}
