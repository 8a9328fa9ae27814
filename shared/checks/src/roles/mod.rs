//! What knows IAM and ECS: which roles workloads have, and what their policies say.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_iam::{Document, Grant, Permissions, parse};
use wallwalk_model::{Arn, Gap, GapReason, Reading, arn, iam};

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
    /// Identity policies by name: `inline/deploy`, `managed/ReadOnlyAccess`.
    pub policies: Vec<(String, Result<Document, Gap>)>,
    /// Permissions boundary.
    pub boundary: Option<(String, Result<Document, Gap>)>,
    /// Trust policy.
    pub trust: Result<Document, Gap>,
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

    /// `task role of shop/api, execution role of shop/web`.
    #[must_use]
    pub fn used_by(&self) -> String {
        self.uses.iter().map(|(kind, label)| format!("{} of {label}", kind.word())).collect::<Vec<_>>().join(", ")
    }

    /// Whether the role is administrator by effect, with the proof in words; `Possibly` where a
    /// condition or an unread policy leaves it open.
    #[must_use]
    pub fn administrator(&self) -> Grant {
        let permissions = self.permissions();
        let own = self.arn.as_str();
        let mut open = Grant::No;
        let questions = [("*", "*"), ("iam:PutRolePolicy", own), ("iam:AttachRolePolicy", own)];
        for (action, resource) in questions {
            match permissions.allows(action, resource) {
                // An unconditioned right to rewrite its own policies is every right.
                sure @ Grant::Surely(_) => return sure,
                other if rank(&other) > rank(&open) => open = other,
                _ => {}
            }
        }
        open
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

/// Every role that a workload or a host in use leads to, by ARN.
pub(crate) fn read<'a>(estate: &Estate<'a>) -> BTreeMap<String, RoleFacts<'a>> {
    let mut uses: BTreeMap<String, BTreeSet<(RoleKind, String)>> = BTreeMap::new();
    for workload in &estate.workloads {
        for revision in &workload.revisions {
            let Ok(definition) = &revision.definition else { continue };
            let overrides = revision.overrides;
            let task = overrides.and_then(|one| one.task_role_arn.as_deref()).or(definition.task_role_arn.as_deref());
            let execution = overrides.and_then(|one| one.execution_role_arn.as_deref()).or(definition.execution_role_arn.as_deref());
            for (kind, role) in [(RoleKind::Task, task), (RoleKind::Execution, execution)] {
                if let Some(role) = role.filter(|role| !role.is_empty()) {
                    uses.entry(role.to_owned()).or_default().insert((kind, workload.label.clone()));
                }
            }
        }
    }
    for (host, role) in instance_roles(estate) {
        uses.entry(role).or_default().insert((RoleKind::Instance, host));
    }
    uses.into_iter().map(|(arn, uses)| (arn.clone(), facts(estate, arn, uses))).collect()
}

/// Roles of container instances, through their instance profiles, with the group they belong to.
fn instance_roles(estate: &Estate<'_>) -> Vec<(String, String)> {
    let mut roles = Vec::new();
    for (id, reading) in estate.snapshot.container_instances() {
        let Some(host) = reading.value() else { continue };
        let group = host.capacity_provider_name.as_ref().map_or_else(
            || format!("instances of {}", arn::cluster_of(id).unwrap_or("default")),
            |provider| format!("hosts of {provider}"),
        );
        let instance = host.ec2_instance_id.as_ref().and_then(|id| estate.snapshot.instances.get(id)).and_then(|reading| reading.value());
        let profile = instance.and_then(|instance| instance.iam_instance_profile.as_ref()).and_then(|profile| profile.arn.as_deref());
        let Some(profile) = profile else { continue };
        let role = estate
            .snapshot
            .roles()
            .filter_map(|(_, reading)| reading.value())
            .find(|role| role.instance_profile_list.iter().any(|own| own.arn == profile));
        if let Some(role) = role {
            roles.push((group, role.arn.clone()));
        }
    }
    roles
}

fn facts<'a>(estate: &Estate<'a>, role_arn: String, uses: BTreeSet<(RoleKind, String)>) -> RoleFacts<'a> {
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
    RoleFacts { arn: role_arn, name, reading, uses, policies, boundary, trust }
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
