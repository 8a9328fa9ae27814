//! Credentials that were written down: on which surfaces of a workload, and how bad each is.
//!
//! Values were examined and replaced before they got here; what is left names the place and the rule
//! that noticed. One sighting counts in one check only.

use wallwalk_findings::Severity;
use wallwalk_model::redacted::{Redacted, RedactedCommand, RedactedPair, Sighting, SightingClass};
use wallwalk_model::{Gap, ecs};

use super::{Container, WorkloadView};
use crate::check::Flaw;

/// Surfaces that `secret-in-log-options` judges.
const LOG_SURFACES: &[&str] = &["log-option", "firelens-option", "service-log-option"];

/// What AWS access keys are noticed by.
const AWS_SECRET_KEY: &str = "aws-secret-access-key";
const AWS_KEY_ID: &str = "aws-access-key-id";

/// Detectors of private keys, and of tokens that administer a whole account of a cloud provider.
const WORST: &[&str] = &["private-key", "private-jwk", "age-secret-key", AWS_SECRET_KEY, "digitalocean-token"];

/// Sightings named in the evidence; the rest are counted.
const SHOWN: usize = 20;

/// What was examined on the surfaces of a container, or of the overrides of running tasks.
#[derive(Debug)]
pub struct Written<'a> {
    task: &'a WorkloadView<'a>,
    chain: String,
    values: Vec<&'a Redacted>,
}

impl<'a> Written<'a> {
    /// The surfaces of a container, and those of the task that it is charged with.
    #[must_use]
    pub fn read(container: &'a Container<'a>) -> Self {
        Self { task: &container.task, chain: container.chain(), values: surfaces(container) }
    }

    /// Overrides of the running tasks of a revision.
    #[must_use]
    pub fn of_overrides(task: &'a WorkloadView<'a>) -> Self {
        let own = task.workload.tasks.iter().filter(|one| one.task_definition_arn == task.revision.arn);
        let containers = own.filter_map(|one| one.overrides.as_ref()).flat_map(|overrides| &overrides.container_overrides);
        let values = containers.flat_map(|one| one.environment.iter().map(value).chain(one.command.iter().map(words))).collect();
        Self { task, chain: task.chain(), values }
    }

    fn sightings(&self, test: impl Fn(&Sighting) -> bool) -> Vec<&'a Sighting> {
        let mut found: Vec<&Sighting> = self.values.iter().flat_map(|value| &value.sightings).filter(|one| test(one)).collect();
        found.sort_by_key(|one| (one.surface.as_str(), one.name.as_deref(), one.pointer.as_str()));
        found.dedup();
        found
    }

    /// Secrets that no other check counts.
    #[must_use]
    pub fn secrets(&self) -> Vec<&'a Sighting> {
        self.sightings(|one| one.class == SightingClass::Secret && !in_log(one) && one.detector != AWS_SECRET_KEY)
    }

    /// Secrets in the options of log drivers and routers.
    #[must_use]
    pub fn in_log_options(&self) -> Vec<&'a Sighting> {
        self.sightings(|one| one.class == SightingClass::Secret && in_log(one) && one.detector != AWS_SECRET_KEY)
    }

    /// AWS access keys: secret keys, and ids of keys.
    #[must_use]
    pub fn aws_keys(&self) -> (Vec<&'a Sighting>, Vec<&'a Sighting>) {
        let secret = self.sightings(|one| one.class == SightingClass::Secret && one.detector == AWS_SECRET_KEY);
        (secret, self.sightings(|one| one.class == SightingClass::Identifier && one.detector == AWS_KEY_ID))
    }

    /// Credentials that are easy to guess.
    #[must_use]
    pub fn weak(&self) -> Vec<&'a Sighting> {
        self.sightings(|one| one.class == SightingClass::WeakCredential)
    }

    /// Secrets and weak credentials.
    #[must_use]
    pub fn credentials(&self) -> Vec<&'a Sighting> {
        self.sightings(|one| matches!(one.class, SightingClass::Secret | SightingClass::WeakCredential))
    }

    /// Whether every value was examined to its end.
    ///
    /// # Errors
    /// The gap, if one was not.
    pub fn complete(&self) -> Result<(), Gap> {
        let cut = self.values.iter().any(|value| !value.problems.is_empty());
        if cut { Err(Gap::not_modelled("a value too long to be examined to its end")) } else { Ok(()) }
    }

    /// A flaw with the places in its evidence; possible where nothing but likeness speaks for it.
    ///
    /// Critical for private keys, tokens of administrators and exposed workloads; for what is only
    /// guessable high in production and medium elsewhere.
    #[must_use]
    pub fn flaw(&self, claim: impl Into<String>, found: &[&Sighting]) -> Flaw {
        let secret = found.iter().any(|one| one.class == SightingClass::Secret);
        let worst = found.iter().any(|one| WORST.contains(&one.detector.as_str()));
        let exposed = secret && !worst && self.task.exposed() == Ok(true);
        let severity = match secret {
            true if worst || exposed => Severity::Critical,
            false if !self.task.estate.is_production(self.task.workload) => Severity::Medium,
            _ => Severity::High,
        };
        let more = found.len().saturating_sub(SHOWN);
        let flaw = Flaw::new(claim)
            .at(severity)
            .because(self.chain.clone())
            .because_all(found.iter().take(SHOWN).map(|one| sighting_text(one)))
            .because_all((more > 0).then(|| format!("… and {more} more")))
            .because_all(exposed.then(|| "the workload is exposed to the internet".to_owned()));
        if found.iter().any(|one| one.confidence == "high") { flaw } else { flaw.possibly() }
    }
}

fn in_log(sighting: &Sighting) -> bool {
    LOG_SURFACES.contains(&sighting.surface.as_str())
}

fn surfaces<'a>(container: &Container<'a>) -> Vec<&'a Redacted> {
    let one = container.container;
    let log = one.log_configuration.iter().flat_map(|log| &log.options);
    let router = one.firelens_configuration.iter().flat_map(|router| &router.options);
    let pairs = one.environment.iter().chain(log).chain(router).chain(&one.docker_labels).chain(&one.other_text);
    let health = one.health_check.iter().filter_map(|check| check.command.as_ref());
    let commands = one.command.iter().chain(&one.entry_point).chain(health);
    let mut found: Vec<&Redacted> = pairs.map(value).chain(commands.map(words)).collect();
    let definition = container.task.definition;
    for volume in &definition.volumes {
        let options = volume.docker_volume_configuration.iter().flat_map(|docker| &docker.driver_opts);
        if charged(definition, |other| mounts(other, &volume.name)) == Some(one.name.as_str()) {
            found.extend(options.map(value));
        }
    }
    if charged(definition, |_| false) == Some(one.name.as_str()) {
        found.extend(definition.other_text.iter().map(value));
        found.extend(service_connect(&container.task).flat_map(|log| &log.options).map(value));
    }
    found
}

/// Log configurations of the Service Connect proxy in deployments of the revision.
fn service_connect<'a>(task: &WorkloadView<'a>) -> impl Iterator<Item = &'a ecs::LogConfiguration> {
    let service = task.workload.service.as_ref().and_then(|service| service.as_ref().ok());
    let arn = task.revision.arn;
    let deployments = service.into_iter().flat_map(|service| &service.deployments);
    let own = deployments.filter(move |one| one.task_definition.as_deref() == Some(arn));
    own.filter_map(|one| one.service_connect_configuration.as_ref()?.log_configuration.as_ref())
}

fn value(pair: &RedactedPair) -> &Redacted {
    &pair.value
}

fn words(command: &RedactedCommand) -> &Redacted {
    &command.value
}

fn mounts(container: &ecs::ContainerDefinition, volume: &str) -> bool {
    container.mount_points.iter().any(|mount| mount.source_volume.as_deref() == Some(volume))
}

/// The essential container that uses a surface of the task, else the first container by name.
fn charged(definition: &ecs::TaskDefinition, uses: impl Fn(&ecs::ContainerDefinition) -> bool) -> Option<&str> {
    let containers = &definition.container_definitions;
    let user = containers.iter().filter(|one| one.essential != Some(false) && uses(one)).map(|one| one.name.as_str()).min();
    user.or_else(|| containers.iter().map(|one| one.name.as_str()).min())
}

/// Where a sighting is and what noticed it; never the value.
fn sighting_text(sighting: &Sighting) -> String {
    let name = sighting.name.as_deref().unwrap_or(&sighting.surface);
    let provider = sighting.provider.as_deref().map(|provider| format!(" of {provider}")).unwrap_or_default();
    let length = sighting.length.as_deref().map(|length| format!(", {length} bytes")).unwrap_or_default();
    format!("{name} at {} ({}{provider}{length})", sighting.pointer, sighting.detector)
}
