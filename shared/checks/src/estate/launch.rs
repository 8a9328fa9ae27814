//! Where a revision runs, and on which operating system.

use wallwalk_model::{Gap, Snapshot, ecs};

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
    cluster: Option<&str>,
) -> Result<Launch, Gap> {
    if let Some(launch) = said.and_then(Launch::read) {
        return Ok(launch);
    }
    if said.is_some() {
        return Err(Gap::not_modelled("a launch type of a newer kind"));
    }
    let default;
    let strategy = if strategy.is_empty() {
        let clusters = snapshot.clusters.iter().find(|(arn, _)| Some(wallwalk_model::arn::last_segment(arn)) == cluster);
        match clusters {
            Some((arn, _)) => {
                default = snapshot.need(&snapshot.clusters, arn, "ecs:DescribeClusters")?;
                default.value().map(|cluster| cluster.default_capacity_provider_strategy.as_slice()).unwrap_or_default()
            }
            None => return Err(Gap::not_asked("ecs:DescribeClusters")),
        }
    } else {
        strategy
    };
    let Some(first) = strategy.first() else {
        // Without launch type and strategy, ECS uses EC2.
        return Ok(Launch::Ec2);
    };
    provider(snapshot, &first.capacity_provider)
}

fn provider(snapshot: &Snapshot, name: &str) -> Result<Launch, Gap> {
    if let Some(launch) = Launch::read(name) {
        return Ok(launch);
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
