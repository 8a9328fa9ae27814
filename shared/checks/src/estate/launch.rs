//! Where a revision runs, and on which operating system.

use std::collections::BTreeSet;

use wallwalk_findings::Facts;
use wallwalk_model::{Gap, Snapshot, Time, ecs};

use super::index::Clusters;

/// What a joined thing was made of.
#[derive(Debug, Default)]
pub(super) struct Basis {
    /// Latest read time.
    pub(super) read_at: Time,
    /// Facts and gaps used.
    pub(super) facts: BTreeSet<String>,
}

impl Basis {
    pub(super) fn note(&mut self, fact: String, read_at: Time) {
        self.facts.insert(fact);
        self.read_at = self.read_at.max(read_at);
    }

    /// What was used, with the latest time.
    pub(super) fn into_parts(self) -> (Time, Facts) {
        (self.read_at, self.facts.into())
    }

    /// The gap, with the time of the attempt taken into account.
    pub(super) fn opened(&mut self, gap: Gap, read_at: Time) -> Gap {
        self.read_at = self.read_at.max(read_at);
        gap
    }
}

/// What runs the containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Launch {
    /// AWS Fargate, Spot included.
    Fargate,
    /// The customer's EC2 instances.
    Ec2,
    /// ECS Managed Instances.
    ManagedInstances,
    /// ECS Anywhere.
    External,
}

/// Operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Os {
    /// Linux.
    Linux,
    /// Windows.
    Windows,
}

impl Launch {
    /// Reads a launch type.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        match text {
            "FARGATE" | "FARGATE_SPOT" => Some(Self::Fargate),
            "EC2" => Some(Self::Ec2),
            "MANAGED_INSTANCES" => Some(Self::ManagedInstances),
            "EXTERNAL" => Some(Self::External),
            _ => None,
        }
    }

    /// The launch type in words.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fargate => "Fargate",
            Self::Ec2 => "EC2",
            Self::ManagedInstances => "Managed Instances",
            Self::External => "ECS Anywhere",
        }
    }
}

/// The launch type: what is said, else the kind of the strategy's providers, else the cluster's
/// default strategy. Never `compatibilities`.
pub(super) fn launch(
    snapshot: &Snapshot,
    said: Option<&str>,
    strategy: &[ecs::StrategyItem],
    (clusters, cluster): (&Clusters<'_>, Option<&str>),
    basis: &mut Basis,
) -> Result<Launch, Gap> {
    if let Some(said) = said {
        return Launch::read(said).ok_or_else(|| Gap::not_modelled("a launch type of a newer kind"));
    }
    if let Some(first) = strategy.first() {
        return provider(snapshot, &first.capacity_provider, basis);
    }
    let Some((name, (arn, reading))) = cluster.and_then(|name| clusters.get_key_value(name)) else {
        return Err(Gap::not_asked("ecs:DescribeClusters"));
    };
    basis.note(format!("cluster:{name}"), reading.read_at);
    let reading = snapshot.need(&snapshot.clusters, arn, "ecs:DescribeClusters")?;
    match reading.value().and_then(|cluster| cluster.default_capacity_provider_strategy.first()) {
        Some(first) => provider(snapshot, &first.capacity_provider, basis),
        // Nothing says it: a service is then answered with its launch type, so the answer was incomplete.
        None => Err(Gap::not_asked("ecs:DescribeServices launchType")),
    }
}

/// The kind of a capacity provider.
pub(super) fn provider(snapshot: &Snapshot, name: &str, basis: &mut Basis) -> Result<Launch, Gap> {
    if name == "FARGATE" || name == "FARGATE_SPOT" {
        return Ok(Launch::Fargate);
    }
    if let Some(reading) = snapshot.capacity_providers.get(name) {
        basis.note(format!("cp:{name}"), reading.read_at);
    }
    let reading = snapshot.need(&snapshot.capacity_providers, name, "ecs:DescribeCapacityProviders")?;
    match reading.value() {
        Some(provider) if provider.managed_instances_provider.is_some() => Ok(Launch::ManagedInstances),
        Some(provider) if provider.auto_scaling_group_provider.is_some() => Ok(Launch::Ec2),
        _ => Err(Gap::not_modelled("a capacity provider of a newer kind")),
    }
}

/// The operating system: of the task, else of the service, else of the definition, else Linux.
pub(super) fn os(families: &[Option<&str>]) -> Os {
    let said = families.iter().flatten().find(|family| !family.is_empty());
    if said.is_some_and(|family| family.to_ascii_uppercase().starts_with("WINDOWS")) { Os::Windows } else { Os::Linux }
}
