//! File systems that are mounted in the name of the task role.
//!
//! Source: Amazon EFS User Guide, "Using IAM to control access to file systems"; Amazon ECS Developer
//! Guide, "Use Amazon EFS volumes with Amazon ECS".

use wallwalk_iam::generate::{Given, Need, Purpose};
use wallwalk_model::ecs;

use super::draft::{By, Draft, literal, need};

/// An EFS volume, where the mount asks IAM.
pub(super) fn efs(draft: &mut Draft<'_, '_>, definition: &ecs::TaskDefinition, volume: &ecs::Volume, pointer: &str) {
    let Some(efs) = &volume.efs_volume_configuration else { return };
    let Some(authorization) = efs.authorization_config.as_ref().filter(|one| one.iam.as_deref() == Some("ENABLED")) else { return };
    let because = &format!("{pointer}/efsVolumeConfiguration/authorizationConfig/iam");
    let Some(id) = efs.file_system_id.as_deref().filter(|id| literal(id)) else {
        return draft.problem(&format!("{pointer}/efsVolumeConfiguration/fileSystemId"), "a volume of Amazon EFS names no file system");
    };
    let point = authorization.access_point_id.as_deref().filter(|point| !point.is_empty());
    // Mounts taken over from another container are never writable where its own are not.
    let mounts = definition.container_definitions.iter().flat_map(|container| &container.mount_points);
    let written = mounts.into_iter().any(|mount| mount.source_volume.as_deref() == Some(&volume.name) && mount.read_only != Some(true));
    let mut mount = need(
        Purpose::MountFiles,
        &["elasticfilesystem:ClientMount"],
        draft.home.arn("elasticfilesystem", &format!("file-system/{id}")),
        because,
    );
    mount.actions.extend(written.then_some("elasticfilesystem:ClientWrite"));
    mount.actions.extend(point.is_none().then_some("elasticfilesystem:ClientRootAccess"));
    let given = point.map(|point| Given {
        operator: "StringEquals",
        key: "elasticfilesystem:AccessPointArn".into(),
        value: draft.home.arn("elasticfilesystem", &format!("access-point/{point}")),
    });
    draft.add(By::Task, Need { given, ..mount });
}
