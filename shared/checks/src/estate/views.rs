//! What a check is shown of its subject.

use wallwalk_findings::verdict::{Resource, Subject};
use wallwalk_model::secrets::{Secret, StoreReference};
use wallwalk_model::snapshot::listing;
use wallwalk_model::{Gap, ec2, ecs};
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
        self.revision.task_role()
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

impl ClusterView<'_> {
    /// What may hide a workload of the cluster, or a part of one.
    #[must_use]
    pub fn unseen(&self) -> Option<Gap> {
        let snapshot = self.estate.snapshot;
        snapshot
            .listing_gap(&listing::services(self.name))
            .or_else(|| snapshot.listing_gap(&listing::tasks(self.name)))
            .or_else(|| self.estate.index.unread.get(self.name).cloned())
            .or_else(|| self.workloads.iter().find_map(|workload| workload.open.clone()))
    }
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
    /// Role by which ECS manages instances of a capacity provider.
    Infrastructure,
    /// Role by which a service is registered with load balancers.
    Service,
    /// Role for the certificates of Service Connect.
    ServiceConnect,
}

impl RoleKind {
    /// The kind in words.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Task => "task role",
            Self::Execution => "execution role",
            Self::Instance => "instance role",
            Self::Infrastructure => "infrastructure role",
            Self::Service => "service role",
            Self::ServiceConnect => "Service Connect role",
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
    /// The workloads that carry it, sorted.
    pub carriers: Vec<&'a Workload<'a>>,
    /// What may hide another one that carries it.
    pub unseen: Option<Gap>,
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
            // A task stands for a service that was not read.
            Some("service") if self.arn.contains(":service/") => "AwsEcsService",
            Some("service" | "task-group") => "AwsEcsTask",
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
