//! The container instances that a revision runs on, and those it may be placed on.
//!
//! It does not know placement constraints, and not the instances that an Auto Scaling group would
//! start: of a workload that has no instance to go to, nothing is said but that.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_model::snapshot::listing;
use wallwalk_model::{Fact, Gap, ec2, ecs};

use crate::estate::{Estate, Launch, Revision, Trace, Workload, host_kind};
use crate::roles::uses;

/// Every container instance, by its cluster.
#[derive(Debug, Default)]
pub struct Fleet<'a> {
    hosts: BTreeMap<&'a str, Vec<Host<'a>>>,
    unread: BTreeMap<&'a str, Gap>,
}

/// A container instance with what is known of its machine.
#[derive(Clone, Debug)]
pub struct Host<'a> {
    /// ARN of the container instance.
    pub arn: &'a str,
    /// The container instance.
    pub container_instance: &'a ecs::ContainerInstance,
    /// What it is.
    pub launch: Result<Launch, Gap>,
    /// The EC2 instance.
    pub instance: Result<&'a ec2::Instance, Gap>,
    /// ARN of its role; none if the instance has no profile.
    pub role: Result<Option<&'a str>, Gap>,
}

/// Where a revision runs and may run.
#[derive(Debug, Default)]
pub struct Placed<'f, 'a> {
    /// The hosts, by ARN.
    pub hosts: Vec<&'f Host<'a>>,
    /// ARNs of those that a task runs on.
    pub running: BTreeSet<&'a str>,
    /// What may hide another one.
    pub unseen: Option<Gap>,
}

impl<'a> Fleet<'a> {
    /// Every container instance of the snapshot.
    #[must_use]
    pub fn new(estate: &Estate<'a>) -> Self {
        let snapshot = estate.snapshot;
        let profiles = uses::profiles(snapshot);
        let mut fleet = Self::default();
        for (arn, reading) in snapshot.container_instances() {
            let cluster = wallwalk_model::arn::cluster_of(arn).unwrap_or("default");
            let host = match &reading.fact {
                Fact::Known(host) => host,
                Fact::Gap(gap) => {
                    fleet.unread.entry(cluster).or_insert_with(|| gap.clone());
                    continue;
                }
                Fact::Absent => continue,
            };
            let instance = instance(estate, host);
            fleet.hosts.entry(cluster).or_default().push(Host {
                arn,
                container_instance: host,
                launch: host_kind(estate, &Trace::default(), &[(arn, reading)]),
                role: instance.clone().and_then(|instance| profiles.role(instance)),
                instance,
            });
        }
        fleet
    }

    /// Every container instance, by cluster and ARN.
    pub fn hosts(&self) -> impl Iterator<Item = &Host<'a>> {
        self.hosts.values().flatten()
    }

    /// A container instance that could not be read.
    #[must_use]
    pub fn unread(&self) -> Option<Gap> {
        self.unread.values().next().cloned()
    }

    /// A container instance by its ARN.
    #[must_use]
    pub fn host(&self, arn: &str) -> Option<&Host<'a>> {
        let cluster = wallwalk_model::arn::cluster_of(arn).unwrap_or("default");
        self.hosts.get(cluster)?.iter().find(|host| host.arn == arn)
    }

    /// The hosts of one workload's revision. On Fargate there are none.
    #[must_use]
    pub fn of(&self, estate: &Estate<'_>, workload: &Workload<'_>, revision: &Revision<'_>) -> Placed<'_, 'a> {
        let own = workload.tasks.iter().filter(|task| task.task_definition_arn == revision.arn);
        let running: BTreeSet<&str> = own.filter_map(|task| task.container_instance_arn.as_deref()).collect();
        let strategy = strategy(estate, workload, revision);
        let anywhere = match &revision.launch {
            // A strategy may mix Fargate with instances.
            Ok(Launch::Fargate) => strategy.iter().any(|name| !is_fargate(name)),
            _ => true,
        };
        let mut placed = Placed::default();
        if !anywhere && running.is_empty() {
            return placed;
        }
        let Some(cluster) = workload.cluster else {
            placed.unseen = Some(Gap::not_modelled("where a family that nothing uses would run"));
            return placed;
        };
        // What is not a service is placed once, when it is started.
        let placeable = anywhere && workload.service.is_some();
        let all = self.hosts.get(cluster).map(Vec::as_slice).unwrap_or_default();
        let takes = |host: &Host<'_>| placeable && takes(host, revision, &strategy);
        placed.hosts = all.iter().filter(|host| running.contains(host.arn) || takes(host)).collect();
        placed.running = placed.hosts.iter().map(|host| host.arn).filter(|arn| running.contains(arn)).collect();
        let unread = || self.unread.get(cluster).cloned();
        if placed.running.len() < running.len() {
            placed.unseen = unread().or_else(|| Some(Gap::not_asked("ecs:DescribeContainerInstances")));
        } else if placeable {
            let listed = estate.snapshot.listing_gap(&listing::container_instances(cluster));
            // What the next instance will be like stands in a launch template.
            let next = || placed.hosts.is_empty().then(|| Gap::not_asked("ec2:DescribeLaunchTemplateVersions"));
            placed.unseen = listed.or_else(unread).or_else(next);
        }
        placed
    }
}

fn is_fargate(provider: &str) -> bool {
    provider == "FARGATE" || provider == "FARGATE_SPOT"
}

/// Whether tasks may be placed on a host: it takes new ones, is of the right kind, and stands behind
/// one of the providers, where there is a strategy.
fn takes(host: &Host<'_>, revision: &Revision<'_>, strategy: &BTreeSet<&str>) -> bool {
    let own = host.container_instance;
    let open = own.status.as_deref().is_none_or(|status| status == "ACTIVE");
    if !strategy.is_empty() {
        return open && own.capacity_provider_name.as_deref().is_some_and(|name| strategy.contains(name));
    }
    match (&host.launch, &revision.launch) {
        (Ok(host), Ok(task)) => open && host == task,
        _ => open,
    }
}

/// Names of the capacity providers that the revision is placed by; none with a launch type.
fn strategy<'s>(estate: &'s Estate<'_>, workload: &'s Workload<'_>, revision: &Revision<'_>) -> BTreeSet<&'s str> {
    let Some(Ok(service)) = workload.service else { return BTreeSet::new() };
    let runs = |definition: &Option<String>| definition.as_deref() == Some(revision.arn);
    let deployments = service.deployments.iter().filter(|one| runs(&one.task_definition)).flat_map(|one| &one.capacity_provider_strategy);
    let sets = service.task_sets.iter().filter(|one| runs(&one.task_definition)).flat_map(|one| &one.capacity_provider_strategy);
    let own = service.capacity_provider_strategy.iter();
    let mut names: BTreeSet<&str> = deployments.chain(sets).chain(own).map(|item| item.capacity_provider.as_str()).collect();
    if names.is_empty() && service.launch_type.is_none() {
        let cluster = workload.cluster.and_then(|name| estate.index.clusters.get(name)).and_then(|(_, reading)| reading.value());
        names.extend(
            cluster.into_iter().flat_map(|one| &one.default_capacity_provider_strategy).map(|item| item.capacity_provider.as_str()),
        );
    }
    names
}

fn instance<'a>(estate: &Estate<'a>, host: &ecs::ContainerInstance) -> Result<&'a ec2::Instance, Gap> {
    let (snapshot, call) = (estate.snapshot, "ec2:DescribeInstances");
    let id = host.ec2_instance_id.as_deref().ok_or_else(|| Gap::not_asked("ecs:DescribeContainerInstances ec2InstanceId"))?;
    snapshot.need(&snapshot.instances, id, call)?.value().ok_or_else(|| Gap::not_asked(call))
}
