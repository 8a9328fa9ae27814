//! Which roles there are: every field of what runs that names one.
//!
//! It knows the fields that the snapshot keeps. Roles of managed EBS volumes, VPC Lattice, lifecycle
//! hooks, weighted target groups, event targets, profiles of Managed Instances and activations of ECS
//! Anywhere are not among them.
//! Source: Amazon ECS API Reference, "Data Types".

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_model::{Arn, Fact, Gap, GapReason, Reading, Snapshot, arn, ec2, iam};

use crate::estate::{Estate, RoleKind, Workload};
use crate::roles::host_label;
use crate::roles::imds::Fleet;

const LISTING: &str = "iam:GetAccountAuthorizationDetails";

/// A role that something uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleUse<'a> {
    /// What for.
    pub kind: RoleKind,
    /// ARN or name, as the field gives it.
    pub written: &'a str,
    /// ARN; the gap where a name could not be resolved.
    pub role: Result<String, Gap>,
    /// What uses it: label of a workload, `hosts of PROVIDER`, `capacity provider NAME`.
    pub label: String,
    /// Position in [`Estate::workloads`], for workloads.
    pub workload: Option<usize>,
    /// Whether RunTask put it in place of the definition's.
    pub overridden: bool,
}

impl RoleUse<'_> {
    /// Whether the role is one that AWS made for a service and that nobody else can change.
    #[must_use]
    pub fn is_service_linked(&self) -> bool {
        self.written.contains(":role/aws-service-role/")
    }
}

/// Every use of every role: of workloads by their position, then of hosts, then of capacity providers.
#[must_use]
pub fn of_estate<'a>(estate: &Estate<'a>, fleet: &Fleet<'a>) -> Vec<RoleUse<'a>> {
    let snapshot = estate.snapshot;
    let mut uses = Vec::new();
    for (position, workload) in estate.workloads.iter().enumerate() {
        let mut own: BTreeSet<(RoleKind, &'a str, bool)> = BTreeSet::new();
        of_tasks(workload, &mut own);
        of_service(workload, &mut own);
        uses.extend(own.into_iter().filter(|(_, written, _)| !written.is_empty()).map(|(kind, written, overridden)| RoleUse {
            kind,
            written,
            role: resolved(snapshot, written),
            label: workload.label.clone(),
            workload: Some(position),
            overridden,
        }));
    }
    let mut hosts: BTreeSet<(String, &'a str)> = BTreeSet::new();
    for host in fleet.hosts() {
        if let Ok(Some(role)) = host.role {
            hosts.insert((host_label(host.arn, host.container_instance), role));
        }
    }
    uses.extend(hosts.into_iter().map(|(label, written)| RoleUse {
        kind: RoleKind::Instance,
        written,
        role: Ok(written.to_owned()),
        label,
        workload: None,
        overridden: false,
    }));
    for name in providers(estate) {
        let provider = snapshot.capacity_providers.get(name).and_then(Reading::value);
        let written = provider.and_then(|one| one.managed_instances_provider.as_ref()?.infrastructure_role_arn.as_deref());
        uses.extend(written.map(|written| RoleUse {
            kind: RoleKind::Infrastructure,
            written,
            role: resolved(snapshot, written),
            label: format!("capacity provider {name}"),
            workload: None,
            overridden: false,
        }));
    }
    uses
}

fn of_tasks<'a>(workload: &Workload<'a>, uses: &mut BTreeSet<(RoleKind, &'a str, bool)>) {
    for revision in &workload.revisions {
        let (definition, replaced) = (revision.definition.as_ref().ok().copied(), revision.overrides);
        let task = (replaced.and_then(|one| one.task_role_arn.as_ref()), definition.and_then(|one| one.task_role_arn.as_ref()));
        let execution =
            (replaced.and_then(|one| one.execution_role_arn.as_ref()), definition.and_then(|one| one.execution_role_arn.as_ref()));
        for (kind, (replaced, own)) in [(RoleKind::Task, task), (RoleKind::Execution, execution)] {
            uses.extend(replaced.or(own).map(|role| (kind, role.as_str(), replaced.is_some())));
        }
    }
}

fn of_service<'a>(workload: &Workload<'a>, uses: &mut BTreeSet<(RoleKind, &'a str, bool)>) {
    let Some(Ok(service)) = workload.service else { return };
    if let Some(role) = &service.role_arn {
        uses.insert((RoleKind::Service, role, false));
    }
    let connected = service.deployments.iter().filter_map(|one| one.service_connect_configuration.as_ref());
    let tls = connected.flat_map(|connect| &connect.services).filter_map(|one| one.tls.as_ref());
    for role in tls.filter_map(|tls| tls.role_arn.as_deref()) {
        uses.insert((RoleKind::ServiceConnect, role, false));
    }
}

/// Names of the capacity providers that a workload is placed by, or would be.
fn providers<'a>(estate: &Estate<'a>) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for workload in &estate.workloads {
        names.extend(workload.tasks.iter().filter_map(|task| task.capacity_provider_name.as_deref()));
        let cluster = workload.cluster.and_then(|name| estate.index.clusters.get(name)).and_then(|(_, reading)| reading.value());
        let mut strategies: Vec<&'a [wallwalk_model::ecs::StrategyItem]> = Vec::new();
        strategies.extend(cluster.map(|one| one.default_capacity_provider_strategy.as_slice()));
        if let Some(Ok(service)) = workload.service {
            strategies.push(&service.capacity_provider_strategy);
            strategies.extend(service.deployments.iter().map(|one| one.capacity_provider_strategy.as_slice()));
            strategies.extend(service.task_sets.iter().map(|one| one.capacity_provider_strategy.as_slice()));
        }
        names.extend(strategies.into_iter().flatten().map(|item| item.capacity_provider.as_str()));
    }
    names
}

/// The ARN that a field means which takes an ARN or a name. Names are unique in an account.
///
/// # Errors
/// The gap, if there is only a name and no role of that name was read.
pub fn resolved(snapshot: &Snapshot, written: &str) -> Result<String, Gap> {
    if written.starts_with("arn:") {
        return Ok(written.to_owned());
    }
    let role = snapshot.need(&snapshot.roles, arn::role_name(written), LISTING)?;
    role.value().map(|role| role.arn.clone()).ok_or_else(|| Gap::not_modelled("a role that no longer exists"))
}

/// The role that an ARN or name means; none if it is gone.
///
/// # Errors
/// The gap, if it is another account's, could not be read, or the listing that ought to show it is
/// not complete.
pub fn role<'a>(snapshot: &'a Snapshot, written: &str) -> Result<Option<&'a iam::Role>, Gap> {
    let own = &snapshot.place.account;
    if written.parse::<Arn>().is_ok_and(|arn| !own.is_empty() && arn.account != *own) {
        return Err(Gap::new(LISTING, GapReason::NotAsked, "the role is in another account"));
    }
    let name = arn::role_name(written);
    match snapshot.roles.get(name).map(|reading| (&reading.fact, reading.read_at)) {
        Some((Fact::Gap(gap), _)) => Err(gap.clone()),
        Some((Fact::Absent, _)) => Ok(None),
        Some((Fact::Known(role), at)) => {
            let gone = snapshot.listings.get(LISTING).is_some_and(|listing| listing.disproves(name, at));
            // A role of that name under another path is another role.
            let other = written.starts_with("arn:") && !role.arn.is_empty() && role.arn != written;
            Ok((!gone && !other).then_some(role))
        }
        None => snapshot.listing_gap(LISTING).map_or(Ok(None), Err),
    }
}

/// Roles by the instance profiles that hold them.
#[derive(Debug)]
pub struct Profiles<'a> {
    roles: BTreeMap<&'a str, &'a str>,
    unread: Gap,
}

/// Roles by the instance profiles that hold them.
#[must_use]
pub fn profiles(snapshot: &Snapshot) -> Profiles<'_> {
    let mut roles = BTreeMap::new();
    for role in snapshot.roles().filter_map(|(_, reading)| reading.value()) {
        for profile in &role.instance_profile_list {
            roles.entry(profile.arn.as_str()).or_insert(role.arn.as_str());
        }
    }
    Profiles { roles, unread: snapshot.listing_gap(LISTING).unwrap_or_else(|| Gap::not_asked("iam:GetInstanceProfile")) }
}

impl<'a> Profiles<'a> {
    /// ARN of an instance's role; none if it has no profile.
    ///
    /// # Errors
    /// The gap, if nothing that was read holds the profile.
    pub fn role(&self, instance: &ec2::Instance) -> Result<Option<&'a str>, Gap> {
        let Some(profile) = &instance.iam_instance_profile else { return Ok(None) };
        let role = profile.arn.as_deref().and_then(|arn| self.roles.get(arn));
        role.map(|role| Some(*role)).ok_or_else(|| self.unread.clone())
    }
}

#[cfg(test)]
mod tests;
