//! What knows IAM and ECS: which roles workloads have, and what their policies say.

pub(crate) mod chains;
pub mod escalation;
pub mod imds;
pub(crate) mod impersonation;
pub mod inspect;
pub(crate) mod instances;
pub mod needs;
pub mod sharing;
pub mod uses;

pub(crate) mod breadth;
pub(crate) mod control;
pub(crate) mod excess;
mod joined;
pub(crate) mod missing;
mod named;
pub mod paths;
pub(crate) mod proof;
pub(crate) mod purposes;
pub(crate) mod readers;
pub(crate) mod references;
pub(crate) mod stored;
pub(crate) mod trust;

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_findings::Facts;
use wallwalk_iam::account::{Account, Principal, Tables};
use wallwalk_iam::arn::{ArnPattern, Target};
use wallwalk_iam::catalogue::Action;
use wallwalk_iam::eval::{Answer, Bounds, Query, SessionOf};
use wallwalk_iam::gain::Inventory;
use wallwalk_iam::names::Names;
use wallwalk_iam::paths::Administrator;
use wallwalk_model::{Arn, Gap, GapReason, Place, Reading, Snapshot, Time, arn, iam};

use crate::check::listed;
use crate::estate::{Estate, RoleKind, Trace};

pub(crate) use joined::Joined;
pub use proof::{proof_lines, why};

/// A role that workloads lead to.
#[derive(Debug)]
pub struct RoleFacts<'a> {
    /// ARN.
    pub arn: String,
    /// Name without path.
    pub name: String,
    /// The role, or the gap.
    pub reading: Result<&'a Reading<iam::Role>, Gap>,
    /// The role with its documents, or the gap.
    pub principal: Result<&'a Principal, Gap>,
    /// What it is used for, by workload label or host group.
    pub uses: BTreeSet<(RoleKind, String)>,
    /// Positions in [`Estate::workloads`] of those that use it.
    pub(crate) users: BTreeSet<usize>,
    /// What all this was read from: the role, its managed policies, the workloads that use it.
    pub basis: Facts,
    /// The latest time at which any of that was read.
    pub read_at: Time,
}

impl RoleFacts<'_> {
    /// Notes the role in the trace and gives the gap if it could not be read.
    ///
    /// # Errors
    /// The gap.
    pub fn seen(&self, trace: &Trace) -> Result<&iam::Role, Gap> {
        let reading = self.reading.as_ref().map_err(Clone::clone)?;
        trace.see(format!("role:{}", self.name), reading)
    }

    /// `task role of shop/api, execution role of shop/web`, or of the first ones.
    #[must_use]
    pub fn used_by(&self) -> String {
        listed(self.uses.iter().map(|(kind, label)| format!("{} of {label}", kind.word())))
    }

    /// Whether it is used as that.
    #[must_use]
    pub fn is(&self, kind: RoleKind) -> bool {
        self.uses.iter().any(|(own, _)| *own == kind)
    }
}

impl<'a> Estate<'a> {
    /// What a role may do.
    ///
    /// # Errors
    /// The gap, if the role was not read.
    pub fn bounds(&self, role: &RoleFacts<'a>) -> Result<&Bounds<'a>, Gap> {
        let principal = role.principal.as_ref().map_err(Clone::clone)?;
        Ok(self.web.bounds(&principal.arn))
    }

    /// Whether a role is administrator by effect.
    ///
    /// # Errors
    /// The gap, if the role was not read.
    pub fn administrator(&self, role: &RoleFacts<'a>) -> Result<Administrator, Gap> {
        let principal = role.principal.as_ref().map_err(Clone::clone)?;
        Ok(self.web.administrator(principal))
    }

    /// Why a role is strong, if it surely is administrator or can become more than it is: `is
    /// administrator`, `can escalate its rights`.
    #[must_use]
    pub fn strength(&self, role: &RoleFacts<'a>) -> Option<&'static str> {
        if self.administrator(role).is_ok_and(|administrator| administrator.surely()) {
            return Some("is administrator");
        }
        let escalation = escalation::of_role(self, role).ok()?;
        escalation.steps.iter().any(|step| step.surely).then_some("can escalate its rights")
    }

    /// Whether a role may do an action, or all that a pattern names, on everything that an ARN pattern names.
    ///
    /// # Errors
    /// The gap, if the role or a document that decides was not read.
    pub fn may(&self, role: &RoleFacts<'a>, action: &str, resource: &str) -> Result<Answer, Gap> {
        let bounds = self.bounds(role)?;
        let folded = action.to_ascii_lowercase();
        match bounds.can(&Query::new(Action::of(&folded), Target::pattern(resource))) {
            Answer::Unread => Err(unread(bounds)),
            answer => Ok(answer),
        }
    }
}

/// The document that keeps an answer open.
pub(crate) fn unread(bounds: &Bounds<'_>) -> Gap {
    bounds.gap().cloned().unwrap_or_else(|| Gap::not_asked("iam:GetPolicyVersion"))
}

/// The principals of the account.
#[must_use]
pub fn account(snapshot: &Snapshot, now: Time) -> Account {
    let Snapshot { roles, policies, users, groups, .. } = snapshot;
    let mut account = Account::new(&snapshot.place.account, Tables { roles, policies, users, groups }, now);
    for role in roles.values().filter_map(Reading::value).filter(|role| !role.instance_profile_list.is_empty()) {
        account.sessions(&role.arn, SessionOf::Instance);
    }
    let definitions = snapshot.task_definitions().filter_map(|(_, reading)| reading.value());
    let of_definitions = definitions.flat_map(|one| [one.task_role_arn.as_deref(), one.execution_role_arn.as_deref()]);
    let overrides = snapshot.tasks().filter_map(|(_, reading)| reading.value()?.overrides.as_ref());
    let of_overrides = overrides.flat_map(|one| [one.task_role_arn.as_deref(), one.execution_role_arn.as_deref()]);
    for role in of_definitions.chain(of_overrides).flatten() {
        account.sessions(role, SessionOf::Task);
    }
    account
}

/// Secrets, parameters and services that were read.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    place: &'a Place,
    /// ARNs by the service.
    resources: BTreeMap<&'static str, Names<()>>,
}

impl<'a> Known<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot) -> Self {
        let place = &snapshot.place;
        let secrets = snapshot.secrets().filter_map(|(_, reading)| Some((reading.value()?.arn.clone(), ())));
        let parameters = snapshot.parameters().filter_map(|(_, reading)| Some((stored::parameter_arn(place, &reading.value()?.name), ())));
        let services = snapshot.services().map(|(arn, _)| (arn.to_owned(), ()));
        let resources = [("ecs", services.collect()), ("secretsmanager", secrets.collect()), ("ssm", parameters.collect())];
        Self { place, resources: resources.into() }
    }
}

impl Inventory for Known<'_> {
    fn place(&self) -> (&str, &str) {
        (&self.place.partition, &self.place.region)
    }

    fn matching(&self, service: &str, pattern: &ArnPattern) -> Option<String> {
        self.resources.get(service)?.matching(pattern.text()).next().map(|(arn, ())| arn.to_owned())
    }
}

/// What a role is used for, and the positions of the workloads that use it.
#[derive(Default)]
struct Uses {
    uses: BTreeSet<(RoleKind, String)>,
    users: BTreeSet<usize>,
}

/// Every role that a workload or a host in use leads to, by ARN; and the roles of hosts by their name.
pub(crate) fn read<'a>(estate: &Estate<'a>) -> (BTreeMap<String, RoleFacts<'a>>, BTreeMap<String, BTreeSet<String>>) {
    let mut used: BTreeMap<String, Uses> = BTreeMap::new();
    for (position, workload) in estate.workloads.iter().enumerate() {
        for revision in &workload.revisions {
            for (kind, role) in [(RoleKind::Task, revision.task_role()), (RoleKind::Execution, revision.execution_role())] {
                if let Some(role) = role {
                    let of_role = used.entry(role.to_owned()).or_default();
                    of_role.uses.insert((kind, workload.label.clone()));
                    of_role.users.insert(position);
                }
            }
        }
    }
    let mut of_hosts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (host, role) in instance_roles(estate) {
        used.entry(role.clone()).or_default().uses.insert((RoleKind::Instance, host.clone()));
        of_hosts.entry(host).or_default().insert(role);
    }
    (used.into_iter().map(|(arn, uses)| (arn.clone(), facts(estate, arn, uses))).collect(), of_hosts)
}

/// Every role by which ECS itself acts for a workload in use, by ARN. Roles that AWS made for a service,
/// and that nobody can change, are none of them.
pub(crate) fn helpers<'a>(estate: &Estate<'a>) -> BTreeMap<String, RoleFacts<'a>> {
    let mut used: BTreeMap<String, Uses> = BTreeMap::new();
    for one in uses::of_estate(estate, estate.fleet()) {
        let helps = matches!(one.kind, RoleKind::Infrastructure | RoleKind::Service | RoleKind::ServiceConnect);
        if !helps || one.is_service_linked() {
            continue;
        }
        let of_role = used.entry(one.role.unwrap_or_else(|_| one.written.to_owned())).or_default();
        of_role.uses.insert((one.kind, one.label));
        of_role.users.extend(one.workload);
    }
    used.into_iter().map(|(arn, uses)| (arn.clone(), facts(estate, arn, uses))).collect()
}

/// Roles of container instances, through their instance profiles, with the group they belong to.
fn instance_roles(estate: &Estate<'_>) -> BTreeSet<(String, String)> {
    let snapshot = estate.snapshot;
    let mut of_profile: BTreeMap<&str, &str> = BTreeMap::new();
    for role in snapshot.roles().filter_map(|(_, reading)| reading.value()) {
        for profile in &role.instance_profile_list {
            of_profile.entry(&profile.arn).or_insert(&role.arn);
        }
    }
    let mut roles = BTreeSet::new();
    for (id, reading) in snapshot.container_instances() {
        let Some(host) = reading.value() else { continue };
        let instance = host.ec2_instance_id.as_ref().and_then(|id| snapshot.instances.get(id)).and_then(|reading| reading.value());
        let profile = instance.and_then(|instance| instance.iam_instance_profile.as_ref()).and_then(|profile| profile.arn.as_deref());
        if let Some(role) = profile.and_then(|profile| of_profile.get(profile)) {
            roles.insert((host_label(id, host), (*role).to_owned()));
        }
    }
    roles
}

/// How the uses of a role name the hosts that a container instance belongs to.
pub(crate) fn host_label(id: &str, host: &wallwalk_model::ecs::ContainerInstance) -> String {
    host.capacity_provider_name
        .as_ref()
        .map_or_else(|| format!("instances of {}", arn::cluster_of(id).unwrap_or("default")), |provider| format!("hosts of {provider}"))
}

fn facts<'a>(estate: &Estate<'a>, role_arn: String, Uses { uses, users }: Uses) -> RoleFacts<'a> {
    let snapshot = estate.snapshot;
    let name = arn::role_name(&role_arn).to_owned();
    let foreign = role_arn.parse::<Arn>().is_ok_and(|arn| arn.account != snapshot.place.account && !snapshot.place.account.is_empty());
    let reading = if foreign {
        Err(Gap::new("iam:GetAccountAuthorizationDetails", GapReason::NotAsked, "the role is in another account"))
    } else {
        snapshot.need(&snapshot.roles, &name, "iam:GetAccountAuthorizationDetails")
    };
    let role = reading.as_ref().ok().and_then(|reading| reading.value());
    let principal = reading.clone().and_then(|reading| match &reading.fact {
        wallwalk_model::Fact::Known(known) => {
            estate.web.account.principals.get(&*known.arn).ok_or_else(|| Gap::not_asked("iam:GetAccountAuthorizationDetails"))
        }
        wallwalk_model::Fact::Gap(gap) => Err(gap.clone()),
        wallwalk_model::Fact::Absent => Err(Gap::not_modelled("a reference to something that no longer exists")),
    });
    let mut basis = vec![(format!("role:{name}"), read_at(snapshot, snapshot.roles.get(&name)))];
    let boundary_arn = role.and_then(|role| role.permissions_boundary.as_ref()?.permissions_boundary_arn.as_ref());
    let attached = role.into_iter().flat_map(|role| &role.attached_managed_policies).map(|one| &one.policy_arn).chain(boundary_arn);
    basis.extend(attached.map(|arn| (format!("policy:{arn}"), read_at(snapshot, snapshot.policies.get(arn)))));
    let workloads = users.iter().filter_map(|position| estate.workloads.get(*position));
    basis.extend(workloads.flat_map(|workload| workload.facts.iter().map(|fact| (fact.clone(), workload.read_at))));
    let read_at = basis.iter().map(|(_, read_at)| *read_at).max().unwrap_or_default();
    let basis = basis.into_iter().map(|(fact, _)| fact).collect::<BTreeSet<_>>().into();
    RoleFacts { arn: role_arn, name, reading, principal, uses, users, basis, read_at }
}

/// When a row was read, or else the listing that ought to have shown it.
fn read_at<T>(snapshot: &Snapshot, row: Option<&Reading<T>>) -> Time {
    row.map(|reading| reading.read_at).or_else(|| snapshot.listing_read_at("iam:GetAccountAuthorizationDetails")).unwrap_or_default()
}
