//! What knows IAM and ECS: which roles workloads have, and what their policies say.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_iam::{Document, Grant, Permissions, parse};
use wallwalk_model::{Arn, Gap, GapReason, Reading, Snapshot, Time, arn, iam};

use crate::check::listed;
use crate::estate::{Estate, RoleKind, Trace};

/// A role that workloads lead to.
#[derive(Debug)]
pub struct RoleFacts<'a> {
    /// ARN.
    pub arn: String,
    /// Name without path.
    pub name: String,
    /// The role, or the gap.
    pub reading: Result<&'a Reading<iam::Role>, Gap>,
    /// What it is used for, by workload label or host group.
    pub uses: BTreeSet<(RoleKind, String)>,
    /// Positions in [`Estate::workloads`] of those that use it.
    pub(crate) users: BTreeSet<usize>,
    /// Identity policies by name: `inline/deploy`, `managed/ReadOnlyAccess`.
    pub policies: Vec<(String, Result<Document, Gap>)>,
    /// Permissions boundary.
    pub boundary: Option<(String, Result<Document, Gap>)>,
    /// Trust policy.
    pub trust: Result<Document, Gap>,
    /// What all this was read from, and when: the role, its managed policies, the workloads that use it.
    pub basis: Vec<(String, Time)>,
}

impl RoleFacts<'_> {
    /// What the engine is asked.
    #[must_use]
    pub fn permissions(&self) -> Permissions<'_> {
        Permissions {
            identity: self.policies.iter().map(|(name, document)| (name.clone(), document.as_ref().map_err(Clone::clone))).collect(),
            boundary: self.boundary.as_ref().map(|(name, document)| (name.clone(), document.as_ref().map_err(Clone::clone))),
        }
    }

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

    /// Whether the role is administrator by effect, with the proof in words; `Possibly` where a
    /// condition or an unread policy leaves it open.
    #[must_use]
    pub fn administrator(&self) -> Grant {
        let own = self.arn.as_str();
        let mut open = Grant::No;
        let questions = [("*", "*"), ("iam:PutRolePolicy", own), ("iam:AttachRolePolicy", own)];
        for (action, resource) in questions {
            match self.allows(action, resource) {
                // An unconditioned right to rewrite its own policies is every right.
                sure @ Grant::Surely(_) => return sure,
                other if rank(&other) > rank(&open) => open = other,
                _ => {}
            }
        }
        open
    }

    /// Whether the role may do everything that `action` names on everything that `resource` names.
    /// `Unread` also where only an unread policy leaves it open.
    #[must_use]
    pub fn allows(&self, action: &str, resource: &str) -> Grant {
        let known = self.permissions().allows(action, resource);
        let boundary = self.boundary.iter().find_map(|(_, document)| document.as_ref().err());
        match (known, self.unread().or(boundary)) {
            // Would it be sure without what was not read, then only that leaves it open.
            (Grant::Possibly(proof), Some(gap)) => match self.read_part().allows(action, resource) {
                Grant::Surely(_) => Grant::Unread(gap.clone()),
                _ => Grant::Possibly(proof),
            },
            (known, _) => known,
        }
    }

    /// An identity policy that was not read, and may allow or deny anything.
    #[must_use]
    pub fn unread(&self) -> Option<&Gap> {
        self.policies.iter().find_map(|(_, document)| document.as_ref().err())
    }

    /// The permissions as if what was not read did not exist.
    fn read_part(&self) -> Permissions<'_> {
        let all = self.permissions();
        Permissions {
            identity: all.identity.into_iter().filter(|(_, document)| document.is_ok()).collect(),
            boundary: all.boundary.filter(|(_, document)| document.is_ok()),
        }
    }
}

const fn rank(grant: &Grant) -> u8 {
    match grant {
        Grant::No => 0,
        Grant::Unread(_) => 1,
        Grant::Possibly(_) => 2,
        Grant::Surely(_) => 3,
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
    let missing = |what: &str| Gap::not_asked(what);
    let mut policies = Vec::new();
    for inline in role.iter().flat_map(|role| &role.role_policy_list) {
        let document = inline.policy_document.as_deref().ok_or_else(|| missing("iam:GetRolePolicy")).and_then(document);
        policies.push((format!("inline/{}", inline.policy_name), document));
    }
    for attached in role.iter().flat_map(|role| &role.attached_managed_policies) {
        let name = attached.policy_name.clone().unwrap_or_else(|| arn::last_segment(&attached.policy_arn).to_owned());
        policies.push((format!("managed/{name}"), managed(estate, &attached.policy_arn)));
    }
    let boundary = role
        .and_then(|role| role.permissions_boundary.as_ref())
        .and_then(|boundary| boundary.permissions_boundary_arn.as_deref())
        .map(|arn| (format!("boundary/{}", arn::last_segment(arn)), managed(estate, arn)));
    let trust = role
        .ok_or_else(|| missing("iam:GetRole"))
        .and_then(|role| role.assume_role_policy_document.as_deref().ok_or_else(|| missing("iam:GetRole")))
        .and_then(document);
    let mut basis = vec![(format!("role:{name}"), read_at(snapshot, snapshot.roles.get(&name)))];
    let boundary_arn = role.and_then(|role| role.permissions_boundary.as_ref()?.permissions_boundary_arn.as_ref());
    let attached = role.into_iter().flat_map(|role| &role.attached_managed_policies).map(|one| &one.policy_arn).chain(boundary_arn);
    basis.extend(attached.map(|arn| (format!("policy:{arn}"), read_at(snapshot, snapshot.policies.get(arn)))));
    let workloads = users.iter().filter_map(|position| estate.workloads.get(*position));
    basis.extend(workloads.flat_map(|workload| workload.facts.iter().map(|fact| (fact.clone(), workload.read_at))));
    RoleFacts { arn: role_arn, name, reading, uses, users, policies, boundary, trust, basis }
}

/// When a row was read, or else the listing that ought to have shown it.
fn read_at<T>(snapshot: &Snapshot, row: Option<&Reading<T>>) -> Time {
    row.map(|reading| reading.read_at).or_else(|| snapshot.listing_read_at("iam:GetAccountAuthorizationDetails")).unwrap_or_default()
}

fn managed(estate: &Estate<'_>, policy_arn: &str) -> Result<Document, Gap> {
    let snapshot = estate.snapshot;
    let reading = snapshot.need(&snapshot.policies, policy_arn, "iam:GetPolicyVersion")?;
    let text = reading.value().and_then(iam::ManagedPolicy::default_document).ok_or_else(|| Gap::not_asked("iam:GetPolicyVersion"))?;
    document(text)
}

/// A document that cannot be read counts as unread.
fn document(text: &str) -> Result<Document, Gap> {
    parse(text).document.ok_or_else(|| Gap::new("a policy document", GapReason::NotModelled, "it is not valid JSON, or too large"))
}
