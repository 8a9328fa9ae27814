//! A container has more rights over its host than a container should.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};

use crate::check::{Check, Flaw, Judge, Judged, Not, PASSED};
use crate::estate::{Container, Launch};

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

/// What Docker grants by default.
const DEFAULT: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
const WORST: &[&str] = &["ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_RAWIO", "SYS_BOOT", "DAC_READ_SEARCH", "MAC_ADMIN", "MAC_OVERRIDE", "BPF"];
/// What goes beyond the default and opens no way out by itself.
const MILD: &[&str] = &[
    "AUDIT_CONTROL",
    "BLOCK_SUSPEND",
    "IPC_LOCK",
    "IPC_OWNER",
    "LEASE",
    "LINUX_IMMUTABLE",
    "NET_BROADCAST",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_RESOURCE",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

fn judge(container: &Container<'_>) -> Judged {
    let added = container.container.linux_parameters.as_ref().and_then(|linux| linux.capabilities.as_ref()).map(|one| one.add.as_slice());
    let worst = added.unwrap_or_default().iter().filter_map(|name| Some((severity(container, &plain(name))?, plain(name)))).max();
    let Some((severity, name)) = worst else { return PASSED };
    Ok(Flaw::new(format!("container {} adds the capability {name}", container.container.name))
        .at(severity)
        .because(container.chain())
        .because(format!("linuxParameters.capabilities.add names {name}"))
        .into())
}

/// The name without `CAP_`, in upper case.
fn plain(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    upper.strip_prefix("CAP_").map_or(upper.clone(), str::to_owned)
}

/// How bad it is; none for what Docker grants anyway and for mild ones.
fn severity(container: &Container<'_>, name: &str) -> Option<Severity> {
    let definition = container.task.definition;
    if container.task.revision.launch == Ok(Launch::Fargate) {
        // The only one that Fargate can add.
        let shared = definition.pid_mode.as_deref() == Some("task") && definition.container_definitions.len() > 1;
        return (name == "SYS_PTRACE").then_some(if shared { Severity::Medium } else { Severity::Low });
    }
    let with_host = (name == "SYS_PTRACE" && definition.pid_mode.as_deref() == Some("host"))
        || (name == "NET_ADMIN" && definition.network_mode.as_deref() == Some("host"));
    match name {
        _ if WORST.contains(&name) || with_host => Some(Severity::High),
        _ if DEFAULT.contains(&name) || MILD.contains(&name) => None,
        _ => Some(Severity::Medium),
    }
}
