//! Host paths that reach a container: bind mounts, and mounts taken over from other containers.

use std::collections::BTreeSet;

use wallwalk_findings::Severity;
use wallwalk_model::ecs;

/// A host path mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostMount {
    /// Name of the volume.
    pub volume: String,
    /// Path on the host, normalised.
    pub path: String,
    /// The same as the definition says it.
    pub written: String,
    /// Whether the container may write to it.
    pub writable: bool,
    /// Container it was taken over from by `volumesFrom`.
    pub inherited_from: Option<String>,
}

/// A path without `//`, `.`, `..` and trailing separator, with `/var/run` as `/run`. Windows paths
/// are written with `\`; names of pipes keep their form.
#[must_use]
pub fn normalised(path: &str) -> String {
    if path.starts_with("//./pipe/") {
        return path.replace('/', "\\");
    }
    let drive = path.get(1..2) == Some(":");
    if !path.starts_with('/') && !drive {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(|c| c == '/' || (drive && c == '\\')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if drive {
        return if parts.len() < 2 { format!("{}\\", path.get(..2).unwrap_or_default()) } else { parts.join("\\") };
    }
    if parts.starts_with(&["var", "run"]) {
        parts.remove(0);
    }
    format!("/{}", parts.join("/"))
}

/// Sockets of the container engines, and the directories that directly hold one.
const SOCKETS: &[&str] = &[
    "/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run",
    "/run/containerd",
    "/run/docker",
    r"\\.\pipe\docker_engine",
    r"\\.\pipe\containerd-containerd",
];

/// Whether a normalised path is a container engine's socket, or a directory that directly holds one.
#[must_use]
pub fn socket(path: &str) -> bool {
    SOCKETS.iter().any(|socket| socket.eq_ignore_ascii_case(path))
}

/// What somebody gains who can write to a host path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Control of the host, or credentials of tasks.
    Control,
    /// Programs and settings of the system.
    System,
    /// What hosts and containers log.
    Logs,
}

/// How a mount beneath a listed path counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beneath {
    AsGraded,
    OneLower,
    Passes,
}

const SENSITIVE: &[(&str, Class, Beneath)] = &[
    ("/", Class::Control, Beneath::Passes),
    ("/var", Class::Control, Beneath::Passes),
    ("/var/lib", Class::Control, Beneath::Passes),
    ("/var/lib/docker", Class::Control, Beneath::AsGraded),
    ("/var/lib/containerd", Class::Control, Beneath::AsGraded),
    ("/var/lib/ecs", Class::Control, Beneath::AsGraded),
    ("/etc/ecs", Class::Control, Beneath::AsGraded),
    ("/root", Class::Control, Beneath::AsGraded),
    (r"C:\", Class::Control, Beneath::Passes),
    (r"C:\ProgramData\docker", Class::Control, Beneath::AsGraded),
    (r"C:\ProgramData\Amazon\ECS", Class::Control, Beneath::AsGraded),
    ("/etc", Class::System, Beneath::OneLower),
    ("/boot", Class::System, Beneath::OneLower),
    ("/dev", Class::System, Beneath::OneLower),
    ("/proc", Class::System, Beneath::OneLower),
    ("/sys", Class::System, Beneath::OneLower),
    ("/usr", Class::System, Beneath::OneLower),
    ("/lib", Class::System, Beneath::OneLower),
    ("/lib64", Class::System, Beneath::OneLower),
    ("/bin", Class::System, Beneath::OneLower),
    ("/sbin", Class::System, Beneath::OneLower),
    ("/home", Class::System, Beneath::OneLower),
    (r"C:\Windows", Class::System, Beneath::OneLower),
    ("/var/log", Class::Logs, Beneath::OneLower),
    ("/var/log/ecs", Class::Logs, Beneath::OneLower),
];

/// What containers may read without harm.
const READABLE: &[&str] = &["/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo", "/etc/ssl/certs", "/etc/pki"];

/// How bad it is to mount a normalised host path; none if it is not sensitive.
#[must_use]
pub fn host_path_severity(path: &str, writable: bool) -> Option<Severity> {
    if !writable && READABLE.iter().any(|harmless| path == *harmless || is_beneath(path, harmless)) {
        return None;
    }
    let graded = |class: Class| match (class, writable) {
        (Class::Control, true) => Severity::Critical,
        (Class::Control, false) | (Class::System, true) => Severity::High,
        (Class::System, false) | (Class::Logs, true) => Severity::Medium,
        (Class::Logs, false) => Severity::Low,
    };
    if let Some((_, class, _)) = SENSITIVE.iter().find(|(listed, ..)| listed.eq_ignore_ascii_case(path)) {
        return Some(graded(*class));
    }
    let within = SENSITIVE.iter().filter(|(listed, ..)| is_beneath(listed, path)).map(|(_, class, _)| graded(*class)).max();
    if within.is_some() {
        return within;
    }
    let above = SENSITIVE.iter().filter(|(listed, ..)| is_beneath(path, listed)).max_by_key(|(listed, ..)| listed.len());
    above.and_then(|(_, class, beneath)| match beneath {
        Beneath::AsGraded => Some(graded(*class)),
        Beneath::OneLower => Some(graded(*class).moved(-1)),
        Beneath::Passes => None,
    })
}

/// Whether `path` lies somewhere in the directory `above`.
fn is_beneath(path: &str, above: &str) -> bool {
    let head = path.get(..above.len()).is_some_and(|head| head.eq_ignore_ascii_case(above));
    let rest = path.get(above.len()..).unwrap_or_default();
    let separated = above.ends_with(['/', '\\']) || rest.starts_with(['/', '\\']);
    head && !rest.is_empty() && separated
}

/// Every host path that reaches `container`. A volume nobody mounts does not count, and neither does
/// `host: {}`, which is a directory that Docker manages.
#[must_use]
pub(super) fn host_mounts(definition: &ecs::TaskDefinition, container: &ecs::ContainerDefinition) -> Vec<HostMount> {
    let mut mounts = Vec::new();
    collect(definition, container, None, false, &mut mounts, &mut BTreeSet::new());
    mounts
}

fn collect<'a>(
    definition: &'a ecs::TaskDefinition,
    container: &'a ecs::ContainerDefinition,
    inherited_from: Option<&str>,
    read_only: bool,
    mounts: &mut Vec<HostMount>,
    seen: &mut BTreeSet<(&'a str, bool)>,
) {
    // Containers may name each other in a circle, and the same one on many ways.
    if !seen.insert((&container.name, read_only)) {
        return;
    }
    for mount in &container.mount_points {
        let volume = definition.volumes.iter().find(|volume| Some(&volume.name) == mount.source_volume.as_ref());
        let path = volume.and_then(|volume| volume.host.as_ref()).and_then(|host| host.source_path.as_deref());
        if let (Some(volume), Some(path)) = (volume, path.filter(|path| !path.is_empty())) {
            mounts.push(HostMount {
                volume: volume.name.clone(),
                path: normalised(path),
                written: path.to_owned(),
                writable: !(read_only || mount.read_only == Some(true)),
                inherited_from: inherited_from.map(str::to_owned),
            });
        }
    }
    for from in &container.volumes_from {
        let source = definition.container_definitions.iter().find(|other| Some(&other.name) == from.source_container.as_ref());
        if let Some(source) = source {
            collect(definition, source, Some(&source.name), read_only || from.read_only == Some(true), mounts, seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_compared_in_one_form() {
        for (path, expected) in [
            ("/var/run/docker.sock", "/run/docker.sock"),
            ("//var//run/./docker.sock", "/run/docker.sock"),
            ("/x/../var/run/", "/run"),
            ("/", "/"),
            ("/../..", "/"),
            (r"c:\Windows\.\System32\", r"c:\Windows\System32"),
            ("C:/", r"C:\"),
            (r"\\.\pipe\docker_engine", r"\\.\pipe\docker_engine"),
            ("//./pipe/docker_engine", r"\\.\pipe\docker_engine"),
        ] {
            assert_eq!(normalised(path), expected);
        }
    }

    #[test]
    fn containers_that_take_volumes_from_each_other_end_and_every_mount_is_found_once() {
        let names: Vec<String> = (0..10).map(|n| format!("c{n}")).collect();
        let container = |name: &String| ecs::ContainerDefinition {
            name: name.clone(),
            mount_points: vec![ecs::MountPoint { source_volume: Some(name.clone()), ..Default::default() }],
            volumes_from: names.iter().map(|from| ecs::VolumeFrom { source_container: Some(from.clone()), ..Default::default() }).collect(),
            ..Default::default()
        };
        let volume = |name: &String| ecs::Volume {
            name: name.clone(),
            host: Some(ecs::HostVolume { source_path: Some(format!("/data/{name}")) }),
            ..Default::default()
        };
        let definition = ecs::TaskDefinition {
            container_definitions: names.iter().map(container).collect(),
            volumes: names.iter().map(volume).collect(),
            ..Default::default()
        };
        assert_eq!(host_mounts(&definition, &definition.container_definitions[0]).len(), 10);
    }

    #[test]
    fn host_paths_are_graded_by_the_longest_listed_path() {
        use Severity::{Critical, High, Low, Medium};
        for (path, writable, readable) in [
            ("/", Some(Critical), Some(High)),
            ("/data/shop", None, None),
            ("/var/lib/docker/volumes/x", Some(Critical), Some(High)),
            ("/var/lib/shop", None, None),
            ("/var/spool", None, None),
            ("/etc", Some(High), Some(Medium)),
            ("/etc/nginx", Some(Medium), Some(Low)),
            ("/etc/ecs/ecs.config", Some(Critical), Some(High)),
            ("/etcetera", None, None),
            ("/etc/localtime", Some(Medium), None),
            ("/usr/share/zoneinfo/Europe", Some(Medium), None),
            ("/var/log", Some(Medium), Some(Low)),
            (r"c:\programdata", Some(Critical), Some(High)),
            (r"C:\ProgramData\Amazon\ECS\data", Some(Critical), Some(High)),
            (r"C:\shop", None, None),
            (r"C:\Windows\System32", Some(Medium), Some(Low)),
        ] {
            assert_eq!(host_path_severity(path, true), writable, "{path} writable");
            assert_eq!(host_path_severity(path, false), readable, "{path} read-only");
        }
    }
}
