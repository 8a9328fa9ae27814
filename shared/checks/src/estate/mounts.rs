//! Host paths that reach a container: bind mounts, and mounts taken over from other containers.

use wallwalk_model::ecs;

/// A host path mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostMount {
    /// Name of the volume.
    pub volume: String,
    /// Path on the host, normalised.
    pub path: String,
    /// Whether the container may write to it.
    pub writable: bool,
    /// Container it was taken over from by `volumesFrom`.
    pub inherited_from: Option<String>,
}

/// A path without `//`, `.`, `..` and trailing slash, with `/var/run` as `/run`. Windows paths keep
/// their form.
#[must_use]
pub fn normalised(path: &str) -> String {
    if !path.starts_with('/') {
        return path.trim_end_matches('\\').to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if let [first, second, ..] = parts.as_slice()
        && (*first, *second) == ("var", "run")
    {
        parts.remove(0);
    }
    format!("/{}", parts.join("/"))
}

/// Every host path that reaches `container`. A volume nobody mounts does not count, and neither does
/// `host: {}`, which is a directory that Docker manages.
#[must_use]
pub(super) fn host_mounts(definition: &ecs::TaskDefinition, container: &ecs::ContainerDefinition) -> Vec<HostMount> {
    let mut mounts = Vec::new();
    collect(definition, container, None, false, &mut mounts, 0);
    mounts
}

fn collect(
    definition: &ecs::TaskDefinition,
    container: &ecs::ContainerDefinition,
    inherited_from: Option<&str>,
    read_only: bool,
    mounts: &mut Vec<HostMount>,
    depth: usize,
) {
    for mount in &container.mount_points {
        let volume = definition.volumes.iter().find(|volume| Some(&volume.name) == mount.source_volume.as_ref());
        let path = volume.and_then(|volume| volume.host.as_ref()).and_then(|host| host.source_path.as_deref());
        if let (Some(volume), Some(path)) = (volume, path.filter(|path| !path.is_empty())) {
            mounts.push(HostMount {
                volume: volume.name.clone(),
                path: normalised(path),
                writable: !(read_only || mount.read_only == Some(true)),
                inherited_from: inherited_from.map(str::to_owned),
            });
        }
    }
    for from in container.volumes_from.iter().filter(|_| depth < 8) {
        let source = definition.container_definitions.iter().find(|other| Some(&other.name) == from.source_container.as_ref());
        if let Some(source) = source.filter(|source| source.name != container.name) {
            collect(definition, source, Some(&source.name), read_only || from.read_only == Some(true), mounts, depth + 1);
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
        ] {
            assert_eq!(normalised(path), expected);
        }
    }
}
