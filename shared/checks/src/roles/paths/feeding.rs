//! What another workload takes in: its image, the values injected into it, and files it reads at its start.

use std::collections::BTreeSet;

use wallwalk_iam::eval::Answer;
use wallwalk_iam::paths::Met;
use wallwalk_model::ecs;
use wallwalk_model::image::ecr_image;
use wallwalk_model::secrets::StoreReference;

use super::{Part, Walk, Walker, Way};
use crate::estate::{Estate, Workload, store_references};

const PUSHES: &[&str] =
    &["ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:GetAuthorizationToken"];

const PARAMETER_WRITERS: &[&str] = &["ssm:PutParameter"];

const SECRET_WRITERS: &[&str] =
    &["secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret", "secretsmanager:UpdateSecretVersionStage"];

impl Walker<'_, '_> {
    pub(super) fn feeding(&self, walk: &mut Walk) {
        let pushes = PUSHES.iter().all(|action| self.may(action));
        let values = self.may_any(PARAMETER_WRITERS) || self.may_any(SECRET_WRITERS);
        let files = self.may("s3:PutObject");
        if !pushes && !values && !files {
            return;
        }
        if let Some(gap) = self.estate.unseen.clone() {
            walk.hidden.insert(Part::Feeding, gap);
        }
        for workload in self.estate.workloads.iter().filter(|workload| !workload.latent) {
            let mut seen: BTreeSet<(&str, String)> = BTreeSet::new();
            for revision in &workload.revisions {
                let Ok(definition) = revision.definition else { continue };
                let Some(role) = self.role(revision.task_role()).filter(|role| **role != *self.source.arn) else { continue };
                if !seen.insert((revision.arn, role.clone())) {
                    continue;
                }
                for container in &definition.container_definitions {
                    if pushes {
                        self.pushed_image(walk, workload, container, &role);
                    }
                    if values {
                        self.written_values(walk, workload, container, &role);
                    }
                    if files {
                        self.written_files(walk, workload, container, &role);
                    }
                }
            }
        }
    }

    fn pushed_image(&self, walk: &mut Walk, workload: &Workload<'_>, container: &ecs::ContainerDefinition, role: &str) {
        let Some((repository, moves)) = container.image.as_deref().and_then(|image| movable(self.estate, image)) else { return };
        let on = |action: &&'static str| if *action == "ecr:GetAuthorizationToken" { "*" } else { repository.as_str() };
        let calls: Vec<Met> = PUSHES.iter().map(|action| self.call(action, on(action), &[])).collect();
        if calls.iter().any(|met| met.answer == Answer::Never) {
            return;
        }
        let what = format!("the image of {}, which {} runs by a tag that can be moved", container.name, workload.label);
        let at_will = if self.restarts(workload, container) { Answer::Surely } else { Answer::Possibly };
        self.push(walk, &Way::new("image-push", what, calls).at_most(at_will.min(moves)), role, &[]);
    }

    /// An image takes effect at the next deployment; where ECS does not keep to the digest of the
    /// first task, at the start of the next task.
    fn restarts(&self, workload: &Workload<'_>, container: &ecs::ContainerDefinition) -> bool {
        if !matches!(workload.service, Some(Ok(_))) {
            return false;
        }
        let cluster = super::cluster_arn(workload.arn);
        let bind = [("ecs:cluster", cluster.as_str()), ("ecs:service", workload.arn)];
        let deploys = || self.call("ecs:UpdateService", workload.arn, &bind).answer.surely();
        let drifts = container.version_consistency.as_deref() == Some("disabled");
        let stops = || workload.tasks.iter().any(|task| self.call("ecs:StopTask", &task.task_arn, &bind).answer.surely());
        deploys() || drifts && stops()
    }

    /// What a container is given at its start influences what it does; whether that suffices to act as
    /// its role depends on the program.
    fn written_values(&self, walk: &mut Walk, workload: &Workload<'_>, container: &ecs::ContainerDefinition, role: &str) {
        let place = &self.estate.snapshot.place;
        for (name, reference, _) in store_references(container) {
            let (object, actions) = match &reference {
                StoreReference::Secret { id, .. } => {
                    let known = self.estate.secret(id).and_then(|(_, reading)| reading.value());
                    if known.is_none() {
                        // Without its full ARN it is not known what a policy says of it.
                        walk.hidden
                            .entry(Part::Feeding)
                            .or_insert_with(|| self.estate.not_looked_up("secretsmanager:DescribeSecret", &reference));
                    }
                    (known.map_or_else(|| id.clone(), |secret| secret.arn.clone()), SECRET_WRITERS)
                }
                StoreReference::Parameter { name, .. } if self.estate.elsewhere(&reference).is_none() => {
                    let name = name.trim_start_matches('/');
                    (format!("arn:{}:ssm:{}:{}:parameter/{name}", place.partition, place.region, place.account), PARAMETER_WRITERS)
                }
                _ => continue,
            };
            if let Some(call) = Self::surest(actions.iter().filter(|action| self.may(action)).map(|action| self.call(action, &object, &[])))
            {
                let what = format!("the value of {name} in {}", workload.label);
                self.push(walk, &Way::new("injected-value-write", what, vec![call]).at_most(Answer::Possibly), role, &[]);
            }
        }
    }

    fn written_files(&self, walk: &mut Walk, workload: &Workload<'_>, container: &ecs::ContainerDefinition, role: &str) {
        let router = container.firelens_configuration.iter().flat_map(|router| &router.options);
        let option = |name: &str| router.clone().find(|option| option.name == name).and_then(|option| option.clear.as_deref());
        let configuration = option("config-file-value").filter(|_| option("config-file-type") == Some("s3"));
        let files = container.environment_files.iter().map(|file| ("an environment file", file.value.as_str()));
        for (kind, file) in files.chain(configuration.map(|file| ("the log router's configuration", file))) {
            let call = self.call("s3:PutObject", file, &[]);
            let way = Way::new("task-file-write", format!("{kind} of {}", workload.label), vec![call]);
            self.push(walk, &way.at_most(Answer::Possibly), role, &[]);
        }
    }
}

/// ARN of the repository of an image that is run by a tag, and how sure it is that whoever may push can
/// move it. None if the tag cannot be moved.
fn movable(estate: &Estate<'_>, image: &str) -> Option<(String, Answer)> {
    let parts = ecr_image(image).filter(|_| !image.contains('@'))?;
    let place = &estate.snapshot.place;
    let repository = format!("arn:{}:ecr:{}:{}:repository/{}", place.partition, parts.region, parts.account, parts.repository);
    let known = estate.snapshot.repositories.get(&repository).and_then(|reading| reading.value());
    match known.map(|known| known.image_tag_mutability.as_deref()) {
        Some(Some("IMMUTABLE")) => None,
        // What another account's repository allows stands in its policy as well.
        Some(Some("MUTABLE")) if parts.account == place.account => Some((repository, Answer::Surely)),
        // Exclusions may name the tag or not.
        _ => Some((repository, Answer::Possibly)),
    }
}

/// Whether some container of a definition surely runs an image by a tag that can be moved. Tags of
/// other registries than Amazon ECR's private ones can.
pub(crate) fn runs_movable_tag(estate: &Estate<'_>, definition: &ecs::TaskDefinition) -> bool {
    let images = definition.container_definitions.iter().filter_map(|container| container.image.as_deref());
    images.filter(|image| !image.contains('@')).any(|image| {
        if ecr_image(image).is_none() {
            return true;
        }
        let Some((repository, _)) = movable(estate, image) else { return false };
        let known = estate.snapshot.repositories.get(&repository).and_then(|reading| reading.value());
        known.and_then(|known| known.image_tag_mutability.as_deref()) == Some("MUTABLE")
    })
}
