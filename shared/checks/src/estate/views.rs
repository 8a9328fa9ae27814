//! What a check is shown of its subject.

use std::collections::BTreeMap;

use wallwalk_findings::verdict::{Resource, Subject};
use wallwalk_model::redacted::Sighting;
use wallwalk_model::secrets::{Secret, StoreReference};
use wallwalk_model::{Gap, Reading, arn, ec2, ecs};
use wallwalk_network::Rule;

use super::mounts::{HostMount, host_mounts};
use super::{Estate, Revision, Trace, Workload};
use crate::roles::RoleFacts;

/// One revision of a workload.
#[derive(Debug)]
pub struct WorkloadView<'a> {
    /// The whole.
    pub estate: &'a Estate<'a>,
    /// The workload.
    pub workload: &'a Workload<'a>,
    /// The revision.
    pub revision: &'a Revision<'a>,
    /// Its definition.
    pub definition: &'a ecs::TaskDefinition,
    /// What the verdict rests on.
    pub trace: &'a Trace,
}

/// One container of a revision.
#[derive(Debug)]
pub struct Container<'a> {
    /// The revision it belongs to.
    pub task: WorkloadView<'a>,
    /// The container.
    pub container: &'a ecs::ContainerDefinition,
}

impl Container<'_> {
    /// Host paths that reach the container.
    #[must_use]
    pub fn host_mounts(&self) -> Vec<HostMount> {
        host_mounts(self.task.definition, self.container)
    }

    /// `service shop/api → task definition shop-api:42 → container web`.
    #[must_use]
    pub fn chain(&self) -> String {
        format!("{} → container {}", self.task.chain(), self.container.name)
    }
}

impl WorkloadView<'_> {
    /// `service shop/api → task definition shop-api:42`.
    #[must_use]
    pub fn chain(&self) -> String {
        let kind = self.workload.id.split('/').next().unwrap_or_default().replace('-', " ");
        format!("{kind} {} → task definition {}", self.workload.label, self.revision.name)
    }

    /// ARN of the task role in force, an override included.
    #[must_use]
    pub fn task_role(&self) -> Option<&str> {
        self.revision.overrides.and_then(|one| one.task_role_arn.as_deref()).or(self.definition.task_role_arn.as_deref())
    }

    /// ARN of the execution role in force, an override included.
    #[must_use]
    pub fn execution_role(&self) -> Option<&str> {
        self.revision.overrides.and_then(|one| one.execution_role_arn.as_deref()).or(self.definition.execution_role_arn.as_deref())
    }

    /// Security groups: of the running interfaces, and of every configuration.
    #[must_use]
    pub fn configured_groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> =
            self.revision.networks.iter().flat_map(|network| &network.security_groups).map(String::as_str).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }
}

/// A cluster with what runs in it.
#[derive(Debug)]
pub struct ClusterView<'a> {
    /// The whole.
    pub estate: &'a Estate<'a>,
    /// Its name.
    pub name: &'a str,
    /// The cluster.
    pub cluster: &'a ecs::Cluster,
    /// What runs in it.
    pub workloads: Vec<&'a Workload<'a>>,
    /// What the verdict rests on.
    pub trace: &'a Trace,
}

/// Container instances that come and go together.
#[derive(Debug)]
pub struct HostGroup<'a> {
    /// The whole.
    pub estate: &'a Estate<'a>,
    /// `hosts/<capacity provider>`, else `instances/<cluster>`.
    pub id: String,
    /// The instances.
    pub hosts: Vec<Host<'a>>,
    /// What the verdict rests on.
    pub trace: &'a Trace,
}

/// A container instance and the EC2 instance behind it.
#[derive(Debug)]
pub struct Host<'a> {
    /// ARN of the container instance.
    pub arn: &'a str,
    /// The container instance.
    pub container_instance: &'a ecs::ContainerInstance,
    /// The EC2 instance, or the gap.
    pub instance: Result<&'a Reading<ec2::Instance>, Gap>,
}

/// What a role is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoleKind {
    /// Role of containers.
    Task,
    /// Role of the agent that starts them.
    Execution,
    /// Role of container instances.
    Instance,
}

impl RoleKind {
    /// The kind in words.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Task => "task role",
            Self::Execution => "execution role",
            Self::Instance => "instance role",
        }
    }
}

/// A role with the workloads that lead to it.
#[derive(Debug)]
pub struct RoleView<'a> {
    /// The whole.
    pub estate: &'a Estate<'a>,
    /// What is known of it.
    pub facts: &'a RoleFacts<'a>,
    /// What the verdict rests on.
    pub trace: &'a Trace,
}

/// A security group with the workloads that carry it.
#[derive(Debug)]
pub struct GroupView<'a> {
    /// The whole.
    pub estate: &'a Estate<'a>,
    /// `sg-…`.
    pub id: &'a str,
    /// The group.
    pub group: &'a ec2::SecurityGroup,
    /// Its rules.
    pub rules: &'a [Rule],
    /// Labels of the workloads that carry it, sorted.
    pub carriers: Vec<&'a Workload<'a>>,
    /// What the verdict rests on.
    pub trace: &'a Trace,
}

/// A secret with the workloads that refer to it.
#[derive(Debug)]
pub struct SecretView<'a> {
    /// The whole.
    pub estate: &'a Estate<'a>,
    /// Its metadata.
    pub secret: &'a Secret,
    /// Labels of the workloads that refer to it, sorted.
    pub users: Vec<String>,
    /// What the verdict rests on.
    pub trace: &'a Trace,
}

impl Workload<'_> {
    /// The subject of a verdict about the workload, or about one of its containers.
    #[must_use]
    pub fn subject(&self, container: Option<&str>) -> Subject {
        let kind = match self.id.split('/').next() {
            Some("service") => "AwsEcsService",
            Some("task-group") => "AwsEcsTask",
            _ => "AwsEcsTaskDefinition",
        };
        Subject {
            id: self.id.clone(),
            container: container.map(str::to_owned),
            label: self.label.clone(),
            cluster: self.cluster.map(str::to_owned),
            workload: Some(self.id.clone()),
            environment: self.environment.clone(),
            resource: Resource::new(kind, self.arn),
        }
    }
}

/// Secrets and parameters a container refers to, with the name of the variable or option.
#[must_use]
pub fn store_references(container: &ecs::ContainerDefinition) -> Vec<(String, StoreReference, String)> {
    let log = container.log_configuration.iter().flat_map(|log| &log.secret_options);
    let mut references: Vec<(String, StoreReference, String)> = container
        .secrets
        .iter()
        .chain(log)
        .map(|one| (one.name.clone(), StoreReference::parse(&one.value_from), one.value_from.clone()))
        .collect();
    if let Some(credentials) = &container.repository_credentials {
        let id = credentials.credentials_parameter.clone();
        let reference = match StoreReference::parse(&id) {
            // A bare name here is a secret's, not a parameter's.
            StoreReference::Parameter { name, account: None, region: None } => {
                StoreReference::Secret { id: name, account: None, region: None }
            }
            other => other,
        };
        references.push(("repositoryCredentials".into(), reference, id));
    }
    references
}

/// Hosts by their group.
pub(crate) fn host_groups<'a>(estate: &'a Estate<'a>) -> BTreeMap<String, Vec<(&'a str, &'a Reading<ecs::ContainerInstance>)>> {
    let mut groups: BTreeMap<String, Vec<(&'a str, &'a Reading<ecs::ContainerInstance>)>> = BTreeMap::new();
    for (id, reading) in estate.snapshot.container_instances() {
        let provider = reading.value().and_then(|instance| instance.capacity_provider_name.as_deref());
        let group = match provider {
            Some(provider) => format!("hosts/{provider}"),
            None => format!("instances/{}", arn::cluster_of(id).unwrap_or("default")),
        };
        groups.entry(group).or_default().push((id, reading));
    }
    groups
}

/// Every sighting on the surfaces of a container, and of the task for its first essential container.
#[must_use]
pub fn sightings<'a>(container: &'a Container<'_>) -> Vec<&'a Sighting> {
    let one = container.container;
    let log = one.log_configuration.iter().flat_map(|log| &log.options);
    let router = one.firelens_configuration.iter().flat_map(|router| &router.options);
    let pairs = one.environment.iter().chain(log).chain(router).chain(&one.docker_labels).chain(&one.other_text);
    let health = one.health_check.iter().filter_map(|check| check.command.as_ref());
    let commands = one.command.iter().chain(&one.entry_point).chain(health);
    let mut found: Vec<&Sighting> =
        pairs.flat_map(|pair| &pair.value.sightings).chain(commands.flat_map(|command| &command.value.sightings)).collect();
    let definition = container.task.definition;
    let charged =
        definition.container_definitions.iter().find(|other| other.essential != Some(false)).or(definition.container_definitions.first());
    if charged.is_some_and(|charged| charged.name == one.name) {
        found.extend(definition.other_text.iter().flat_map(|pair| &pair.value.sightings));
        let volumes = definition.volumes.iter().filter_map(|volume| volume.docker_volume_configuration.as_ref());
        found.extend(volumes.flat_map(|volume| &volume.driver_opts).flat_map(|pair| &pair.value.sightings));
    }
    found
}

/// Where a sighting is and what noticed it; never the value.
#[must_use]
pub fn sighting_text(sighting: &Sighting) -> String {
    let name = sighting.name.as_deref().unwrap_or(&sighting.surface);
    let provider = sighting.provider.as_deref().map(|provider| format!(" of {provider}")).unwrap_or_default();
    let length = sighting.length.as_deref().map(|length| format!(", {length} bytes")).unwrap_or_default();
    format!("{name} at {} ({}{provider}{length})", sighting.pointer, sighting.detector)
}
