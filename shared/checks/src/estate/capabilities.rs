//! What a container may do beyond the ordinary: capabilities that it adds, and running as root.

use wallwalk_findings::Severity;
use wallwalk_model::ecs;

use super::{Launch, WorkloadView};

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

/// Enough to leave the container.
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

/// The most dangerous capability that a container adds, with its severity. ECS drops first and adds
/// then, so `drop` takes nothing away from what `add` names.
#[must_use]
pub fn capability_severity(task: &WorkloadView<'_>, container: &ecs::ContainerDefinition) -> Option<(Severity, String)> {
    let added = container.linux_parameters.as_ref()?.capabilities.as_ref()?.add.iter().map(|name| plain(name));
    added.filter_map(|name| Some((severity(task, &name)?, name))).max()
}

/// Whether the definition says that the container runs as root. Without a user the image decides.
#[must_use]
pub fn runs_as_root(container: &ecs::ContainerDefinition) -> bool {
    let user = container.user.as_deref().and_then(|user| user.split(':').next()).unwrap_or_default();
    user == "root" || user.parse() == Ok(0_u32)
}

/// Whether the container may trace other processes that it sees.
#[must_use]
pub fn traces_processes(container: &ecs::ContainerDefinition) -> bool {
    let added = container.linux_parameters.iter().filter_map(|linux| linux.capabilities.as_ref()).flat_map(|one| &one.add);
    container.privileged == Some(true) || added.map(|name| plain(name)).any(|name| name == "SYS_PTRACE" || name == "ALL")
}

/// The name without `CAP_`, in upper case.
fn plain(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    upper.strip_prefix("CAP_").map_or(upper.clone(), str::to_owned)
}

/// None for what Docker grants anyway and for mild ones.
fn severity(task: &WorkloadView<'_>, name: &str) -> Option<Severity> {
    let definition = task.definition;
    if task.revision.launch == Ok(Launch::Fargate) {
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
