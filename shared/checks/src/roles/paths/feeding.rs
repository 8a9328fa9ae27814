//! What another workload takes in: its image, the values injected into it, and files it reads at its start.

use std::collections::BTreeSet;

use wallwalk_iam::eval::Answer;
use wallwalk_iam::paths::Met;
use wallwalk_model::image::ecr_image;
use wallwalk_model::secrets::StoreReference;
use wallwalk_model::{Gap, ecs};

use super::super::named::{Nameable, Named};
use super::super::stored::parameter_arn;
use super::{Part, Walk, Walker, Way};
use crate::estate::{Estate, Workload, store_references};

const PUSHES: &[&str] =
    &["ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:GetAuthorizationToken"];

const PARAMETER_WRITERS: &[&str] = &["ssm:PutParameter"];

const PUT_OBJECT: &str = "s3:PutObject";

const SECRET_WRITERS: &[&str] =
    &["secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret", "secretsmanager:UpdateSecretVersionStage"];

/// Something that a workload takes in.
#[derive(Debug)]
pub(crate) struct Feed {
    /// Position of the workload.
    workload: usize,
    /// ARN of the task role it reaches.
    role: String,
    /// ARN of the image's repository, the secret, the parameter or the file.
    object: String,
    what: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// An image that is run by a tag which can be moved. `drifts`: ECS does not keep to the digest of the first task.
    Image { moves: Answer, drifts: bool },
    /// The value of a secret or parameter. The gap, if it was not found.
    Value { calls: &'static [&'static str], unknown: Option<Gap> },
    /// A file that is read at the start.
    File,
}

/// Everything that workloads take in.
#[derive(Debug)]
pub(crate) struct Feeds {
    all: Nameable<Feed>,
    /// Roles of workloads that are given a secret or parameter which was not found.
    unknown: Vec<(String, Gap)>,
}

impl Feeds {
    pub(crate) fn of(estate: &Estate<'_>) -> Self {
        let mut feeds = Vec::new();
        for (position, workload) in estate.workloads.iter().enumerate().filter(|(_, workload)| !workload.latent) {
            let mut seen: BTreeSet<(&str, String)> = BTreeSet::new();
            for revision in &workload.revisions {
                let Ok(definition) = revision.definition else { continue };
                let Some(role) = super::role_named(estate, revision.task_role()) else { continue };
                if seen.insert((revision.arn, role.clone())) {
                    let of_workload = definition.container_definitions.iter().flat_map(|container| taken(estate, workload, container));
                    feeds.extend(of_workload.map(|(object, what, kind)| Feed {
                        workload: position,
                        role: role.clone(),
                        object,
                        what,
                        kind,
                    }));
                }
            }
        }
        let gap = |kind: &Kind| if let Kind::Value { unknown, .. } = kind { unknown.clone() } else { None };
        let unknown = feeds.iter().filter_map(|feed| Some((feed.role.clone(), gap(&feed.kind)?))).collect();
        Self { all: Nameable::new(feeds, |feed| vec![feed.object.clone()]), unknown }
    }
}

type Taken = (String, String, Kind);

/// What a container takes in: the object, how it is called, and its kind.
fn taken(estate: &Estate<'_>, workload: &Workload<'_>, container: &ecs::ContainerDefinition) -> Vec<Taken> {
    let mut all = Vec::new();
    if let Some((repository, moves)) = container.image.as_deref().and_then(|image| movable(estate, image)) {
        let what = format!("the image of {}, which {} runs by a tag that can be moved", container.name, workload.label);
        let drifts = container.version_consistency.as_deref() == Some("disabled");
        all.push((repository, what, Kind::Image { moves, drifts }));
    }
    for (name, reference, _) in store_references(container) {
        let what = format!("the value of {name} in {}", workload.label);
        match &reference {
            StoreReference::Secret { id, .. } => {
                let known = estate.secret(id).and_then(|(_, reading)| reading.value());
                // Without its full ARN it is not known what a policy says of it.
                let unknown = known.is_none().then(|| estate.not_looked_up("secretsmanager:DescribeSecret", &reference));
                let object = known.map_or_else(|| id.clone(), |secret| secret.arn.clone());
                all.push((object, what, Kind::Value { calls: SECRET_WRITERS, unknown }));
            }
            StoreReference::Parameter { name, .. } if estate.elsewhere(&reference).is_none() => {
                let object = parameter_arn(&estate.snapshot.place, name);
                all.push((object, what, Kind::Value { calls: PARAMETER_WRITERS, unknown: None }));
            }
            _ => {}
        }
    }
    let router = container.firelens_configuration.iter().flat_map(|router| &router.options);
    let option = |name: &str| router.clone().find(|option| option.name == name).and_then(|option| option.clear.as_deref());
    let configuration = option("config-file-value").filter(|_| option("config-file-type") == Some("s3"));
    let files = container.environment_files.iter().map(|file| ("an environment file", file.value.as_str()));
    let files = files.chain(configuration.map(|file| ("the log router's configuration", file)));
    all.extend(files.map(|(kind, file)| (file.to_owned(), format!("{kind} of {}", workload.label), Kind::File)));
    all
}

impl Walker<'_, '_> {
    pub(super) fn feeding(&self, walk: &mut Walk) {
        let pushes = PUSHES.iter().all(|action| self.may(action));
        let values = self.may_any(PARAMETER_WRITERS) || self.may_any(SECRET_WRITERS);
        let files = self.may(PUT_OBJECT);
        if !pushes && !values && !files {
            return;
        }
        let feeds = self.estate.feeds();
        let unknown = || feeds.unknown.iter().find(|(role, _)| values && **role != *self.source.arn).map(|(_, gap)| gap);
        if let Some(gap) = self.estate.unseen.as_ref().or_else(unknown) {
            walk.hidden.insert(Part::Feeding, gap.clone());
        }
        let calls: Vec<&str> = [PUSHES, PARAMETER_WRITERS, SECRET_WRITERS, &[PUT_OBJECT]].concat();
        for feed in feeds.all.named(&Named::of(self.estate.web.bounds(&self.source.arn), &calls)) {
            match &feed.kind {
                Kind::Image { moves, drifts } if pushes => self.pushed_image(walk, feed, *moves, *drifts),
                Kind::Value { calls, .. } if values => self.written_value(walk, feed, calls),
                Kind::File if files => {
                    let way = Way::new("task-file-write", feed.what.clone(), vec![self.call(PUT_OBJECT, &feed.object, &[])]);
                    self.push(walk, &way.at_most(Answer::Possibly), &feed.role, &[]);
                }
                _ => {}
            }
        }
    }

    fn pushed_image(&self, walk: &mut Walk, feed: &Feed, moves: Answer, drifts: bool) {
        let on = |action: &&'static str| if *action == "ecr:GetAuthorizationToken" { "*" } else { feed.object.as_str() };
        let calls: Vec<Met> = PUSHES.iter().map(|action| self.call(action, on(action), &[])).collect();
        if *feed.role == *self.source.arn || calls.iter().any(|met| met.answer == Answer::Never) {
            return;
        }
        let restarts = self.estate.workloads.get(feed.workload).is_some_and(|workload| self.restarts(workload, drifts));
        let at_will = if restarts { Answer::Surely } else { Answer::Possibly };
        self.push(walk, &Way::new("image-push", feed.what.clone(), calls).at_most(at_will.min(moves)), &feed.role, &[]);
    }

    /// An image takes effect at the next deployment; where ECS does not keep to the digest of the
    /// first task, at the start of the next task.
    fn restarts(&self, workload: &Workload<'_>, drifts: bool) -> bool {
        if !matches!(workload.service, Some(Ok(_))) {
            return false;
        }
        let cluster = super::cluster_arn(workload.arn);
        let bind = [("ecs:cluster", cluster.as_str()), ("ecs:service", workload.arn)];
        let deploys = || self.call("ecs:UpdateService", workload.arn, &bind).answer.surely();
        let stops = || workload.tasks.iter().any(|task| self.call("ecs:StopTask", &task.task_arn, &bind).answer.surely());
        deploys() || drifts && stops()
    }

    /// What a container is given at its start influences what it does; whether that suffices to act as
    /// its role depends on the program.
    fn written_value(&self, walk: &mut Walk, feed: &Feed, calls: &[&'static str]) {
        let calls = calls.iter().filter(|action| self.may(action)).map(|action| self.call(action, &feed.object, &[]));
        if let Some(call) = Self::surest(calls) {
            let way = Way::new("injected-value-write", feed.what.clone(), vec![call]);
            self.push(walk, &way.at_most(Answer::Possibly), &feed.role, &[]);
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
