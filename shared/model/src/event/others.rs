//! What calls to IAM, Secrets Manager, Systems Manager, KMS, ECR and Elastic Load Balancing touch.

use std::collections::BTreeSet;

use super::lookup::{Request, arn_keys};
use super::{NOT_READ, Touched};
use crate::{Arn, Key, Snapshot};

/// IAM. A change to a policy names the policy alone; the roles it is attached to are looked up. What
/// AWS changes in its own policies raises no event in the account at all.
pub(super) fn iam(request: &Request<'_>) -> Touched {
    let policy_keys = |arn: &str| {
        let mut keys = roles_with(arn, request.snapshot);
        keys.insert(Key::Policy(arn.to_owned()));
        keys
    };
    match request.name {
        "CreatePolicyVersion" | "SetDefaultPolicyVersion" | "DeletePolicyVersion" | "DeletePolicy" => {
            Touched::Keys(request.text("policyArn").map(policy_keys).unwrap_or_default())
        }
        "CreatePolicy" => {
            Touched::Keys(request.keys_in_answer(|text| if text.contains(":policy/") { policy_keys(text) } else { BTreeSet::new() }))
        }
        _ => {
            let role = request.text("roleName").map(|name| Key::Role(name.to_owned()));
            let profile = request.text("instanceProfileName").map(|name| Key::InstanceProfile(name.to_owned()));
            Touched::Keys(role.into_iter().chain(profile).collect())
        }
    }
}

fn roles_with(policy: &str, snapshot: Option<&Snapshot>) -> BTreeSet<Key> {
    let roles = snapshot.into_iter().flat_map(Snapshot::roles);
    let has = |role: &crate::iam::Role| {
        let boundary = role.permissions_boundary.as_ref().and_then(|boundary| boundary.permissions_boundary_arn.as_deref());
        boundary == Some(policy) || role.attached_managed_policies.iter().any(|attached| attached.policy_arn == policy)
    };
    roles.filter(|(_, reading)| reading.value().is_some_and(has)).map(|(name, _)| Key::Role(name.to_owned())).collect()
}

/// Secrets Manager. `secretId` is a name, an ARN, or an ARN without its random suffix.
pub(super) fn secrets_manager(request: &Request<'_>) -> Touched {
    // A new secret is known by its name alone, even if another bore it before.
    if let ("CreateSecret", Some(name)) = (request.name, request.text("name")) {
        return [Key::Secret(name.to_owned())].into();
    }
    let Some(id) = request.text("secretId").or_else(|| request.text("name")) else {
        return Touched::Keys(request.harvest(|text| arn_keys(text, request.account, None)));
    };
    let known: BTreeSet<Key> = request.snapshot.map(|snapshot| secret_keys(id, snapshot)).unwrap_or_default();
    if known.is_empty() { [Key::Secret(id.to_owned())].into() } else { Touched::Keys(known) }
}

/// Every reference under which the secret is known. One too many costs a call, one too few a finding.
fn secret_keys(id: &str, snapshot: &Snapshot) -> BTreeSet<Key> {
    let wanted = secret_names(id);
    let same = |reference: &str| !wanted.is_disjoint(&secret_names(reference));
    let of_values = snapshot
        .secrets()
        .filter(|(key, reading)| same(key) || reading.value().is_some_and(|secret| same(&secret.arn) || same(&secret.name)));
    let of_policies = snapshot.secret_policies().filter(|(key, _)| same(key));
    of_values.map(|(key, _)| key).chain(of_policies.map(|(key, _)| key)).map(|key| Key::Secret(key.to_owned())).collect()
}

/// The names an id may stand for: what looks like a random suffix may be part of the name.
fn secret_names(id: &str) -> BTreeSet<String> {
    let name = match id.parse::<Arn>() {
        Ok(arn) => arn.resource.strip_prefix("secret:").unwrap_or(&arn.resource).to_owned(),
        Err(_) => id.to_owned(),
    };
    let stem = name.rsplit_once('-').filter(|(_, suffix)| suffix.len() == 6).map(|(stem, _)| stem.to_owned());
    stem.into_iter().chain([name]).filter(|name| !name.is_empty()).collect()
}

/// Systems Manager. Names come with or without their leading slash.
pub(super) fn systems_manager(request: &Request<'_>) -> Touched {
    if request.text("resourceType").is_some_and(|kind| kind != "Parameter") {
        return NOT_READ;
    }
    if request.text("resourceArn").is_some_and(|arn| !arn.contains(":parameter/")) {
        return NOT_READ;
    }
    let keys = |text: &str| parameter_keys(text, request.snapshot);
    Touched::Keys(request.keys_in(&["name", "names", "resourceId", "resourceArn"], keys))
}

fn parameter_keys(text: &str, snapshot: Option<&Snapshot>) -> BTreeSet<Key> {
    let name = text.split_once(":parameter").map_or(text, |(_, name)| name);
    let bare = name.trim_start_matches('/');
    let known: BTreeSet<Key> = snapshot
        .into_iter()
        .flat_map(Snapshot::parameters)
        .filter(|(key, _)| key.trim_start_matches('/') == bare)
        .map(|(key, _)| Key::Parameter(key.to_owned()))
        .collect();
    match bare {
        "" => BTreeSet::new(),
        _ if known.is_empty() => [Key::Parameter(name.to_owned())].into(),
        _ => known,
    }
}

/// KMS. `keyId` is an id or an ARN, and where a key has several names the list of resources has its ARN.
pub(super) fn keys(request: &Request<'_>) -> Touched {
    if matches!(request.name, "RevokeGrant" | "EnableKeyRotation" | "DisableKeyRotation") {
        return NOT_READ;
    }
    let named = request.keys_in_resources(|text| arn_keys(text, request.account, None));
    let by_id = || request.text("keyId").map(|id| Key::KmsKey(id.to_owned())).into_iter().collect();
    Touched::Keys(if named.is_empty() { by_id() } else { named })
}

/// ECR. Calls about the registry as a whole name no repository.
pub(super) fn registry(request: &Request<'_>) -> Touched {
    if request.text("registryId").is_some_and(|registry| registry != request.account) {
        return Touched::Nothing("the registry is another account's");
    }
    match (request.text("repositoryName"), request.name) {
        (Some(name), _) => [Key::Repository(name.to_owned())].into(),
        (
            None,
            "PutRegistryPolicy"
            | "DeleteRegistryPolicy"
            | "PutRegistryScanningConfiguration"
            | "PutSigningConfiguration"
            | "DeleteSigningConfiguration"
            | "CreatePullThroughCacheRule"
            | "UpdatePullThroughCacheRule"
            | "DeletePullThroughCacheRule"
            | "PutReplicationConfiguration",
        ) => [Key::Registry].into(),
        (None, _) => Touched::Keys(BTreeSet::new()),
    }
}

/// Elastic Load Balancing. Classic load balancers share the event source and are not read.
pub(super) fn load_balancing(request: &Request<'_>) -> Touched {
    let own = |text: &str| arn_keys(text, request.account, None);
    let fields = ["loadBalancerArn", "listenerArn", "ruleArn", "targetGroupArn", "rulePriorities", "defaultActions", "actions"];
    let mut keys = request.keys_in(&fields, own);
    if keys.is_empty() && request.field("loadBalancerName").is_some() {
        return Touched::Nothing("classic load balancers are not read");
    }
    if request.name.starts_with("Create") || keys.is_empty() {
        keys.extend(request.keys_in_answer(own));
    }
    // A target group knows its load balancers, so one that loses them is stale as well.
    let behind: Vec<Key> = keys.iter().flat_map(|key| target_groups_of(key, request.snapshot)).collect();
    keys.extend(behind);
    Touched::Keys(keys)
}

fn target_groups_of(key: &Key, snapshot: Option<&Snapshot>) -> BTreeSet<Key> {
    let Key::LoadBalancer(balancer) = key else { return BTreeSet::new() };
    let groups = snapshot.into_iter().flat_map(Snapshot::target_groups);
    groups
        .filter(|(_, reading)| reading.value().is_some_and(|group| group.load_balancer_arns.contains(balancer)))
        .map(|(arn, _)| Key::TargetGroup(arn.to_owned()))
        .collect()
}
