//! What a snapshot holds and nothing leads to any more: revisions that nobody runs, and the policies of
//! secrets, keys, repositories and managed policies that only they referred to.
//!
//! No listing disproves such things, so without this a state would grow with every deployment. Secrets
//! and parameters go as well where no listing tells of them.

use std::collections::BTreeSet;

use wallwalk_model::image::ecr_image;
use wallwalk_model::secrets::{self, StoreReference};
use wallwalk_model::{Reading, Snapshot, Time, ecs, iam, kms};

use crate::references;

/// The snapshot without what nothing in it leads to.
///
/// Roles, networks and load balancers stay: listings tell of them.
#[must_use]
pub fn without_leftovers(mut snapshot: Snapshot) -> Snapshot {
    let definitions = definitions_in_use(&snapshot);
    snapshot.task_definitions.retain(|arn, _| definitions.contains(arn));
    let (mut secrets_used, mut parameters_used) = (BTreeSet::new(), BTreeSet::new());
    for reference in references::store_references(&snapshot) {
        match reference {
            StoreReference::Secret { id, .. } => {
                secrets_used.extend(secrets::find_secret(&snapshot.secrets, &id).map(|(key, _)| key.to_owned()));
                secrets_used.insert(id);
            }
            StoreReference::Parameter { name, .. } => {
                parameters_used.extend(secrets::find_parameter(&snapshot.parameters, &name).map(|(key, _)| key.to_owned()));
                parameters_used.insert(name);
            }
            StoreReference::Malformed => {}
        }
    }
    let told = told_by(&snapshot, "secretsmanager:ListSecrets");
    snapshot.secrets.retain(|id, reading| secrets_used.contains(id) || told(id, reading.value().is_some(), reading.read_at));
    snapshot.secret_policies.retain(|id, _| secrets_used.contains(id));
    let told = told_by(&snapshot, "ssm:DescribeParameters");
    snapshot.parameters.retain(|name, reading| parameters_used.contains(name) || told(name, reading.value().is_some(), reading.read_at));
    let keys = keys_in_use(&snapshot);
    snapshot.keys.retain(|id, _| keys.contains(id));
    snapshot.key_policies.retain(|id, _| keys.contains(id));
    let repositories = repositories_in_use(&snapshot);
    snapshot.repositories.retain(|arn, _| repositories.contains(arn));
    snapshot.repository_policies.retain(|arn, _| repositories.contains(arn));
    let roles: BTreeSet<String> = snapshot.roles().map(|(name, _)| name.to_owned()).collect();
    snapshot.last_accessed.retain(|name, _| roles.contains(name));
    let policies = policies_in_use(&snapshot);
    snapshot.policies.retain(|arn, _| policies.contains(arn));
    snapshot
}

/// Whether a listing tells of something: it was on it, or was found to be there later.
fn told_by(snapshot: &Snapshot, listing: &str) -> impl Fn(&str, bool, Time) -> bool + use<> {
    let complete = snapshot.listings.get(listing).and_then(|listing| listing.complete.clone());
    move |id, known, read_at| known && complete.as_ref().is_some_and(|listing| read_at >= listing.read_at || listing.members.contains(id))
}

/// Keys that secrets and parameters are encrypted with, under each name that they are known by.
fn keys_in_use(snapshot: &Snapshot) -> BTreeSet<String> {
    let mut used = references::key_references(snapshot);
    let found: Vec<String> = used
        .iter()
        .filter_map(|reference| kms::find_key(&snapshot.keys, reference))
        .flat_map(|(id, reading)| [Some(id.to_owned()), reading.value().map(|key| key.arn.clone())])
        .flatten()
        .collect();
    used.extend(found);
    used
}

/// Revisions that run, are configured, or are the latest of their family.
fn definitions_in_use(snapshot: &Snapshot) -> BTreeSet<String> {
    let mut arns = BTreeSet::new();
    for service in snapshot.services().filter_map(|(_, reading)| reading.value()) {
        arns.extend(references::revisions_of(service));
    }
    arns.extend(snapshot.tasks().filter_map(|(_, reading)| Some(reading.value()?.task_definition_arn.clone())));
    arns.extend(snapshot.families().filter_map(|(_, reading)| reading.value()?.latest_active.clone()));
    arns
}

fn repositories_in_use(snapshot: &Snapshot) -> BTreeSet<String> {
    let images =
        snapshot.task_definitions.values().filter_map(Reading::value).flat_map(|one: &ecs::TaskDefinition| &one.container_definitions);
    let images = images.filter_map(|container| container.image.as_deref());
    images
        .filter_map(ecr_image)
        .map(|image| {
            let partition = &snapshot.place.partition;
            format!("arn:{partition}:ecr:{}:{}:repository/{}", image.region, image.account, image.repository)
        })
        .collect()
}

/// Policies and boundaries of roles, users and groups.
fn policies_in_use(snapshot: &Snapshot) -> BTreeSet<String> {
    let mut arns = BTreeSet::new();
    let mut note = |attached: &[iam::AttachedPolicy], boundary: Option<&iam::Boundary>| {
        arns.extend(attached.iter().map(|policy| policy.policy_arn.clone()));
        arns.extend(boundary.and_then(|boundary| boundary.permissions_boundary_arn.clone()));
    };
    for role in snapshot.roles().filter_map(|(_, reading)| reading.value()) {
        note(&role.attached_managed_policies, role.permissions_boundary.as_ref());
    }
    for user in snapshot.users().filter_map(|(_, reading)| reading.value()) {
        note(&user.attached_managed_policies, user.permissions_boundary.as_ref());
    }
    for group in snapshot.groups().filter_map(|(_, reading)| reading.value()) {
        note(&group.attached_managed_policies, None);
    }
    arns
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wallwalk_secrets::Key;

    fn definition(revision: u32) -> String {
        let arn = format!("arn:aws:ecs:eu-west-1:111122223333:task-definition/api:{revision}");
        let secret = format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:db{revision}-AbCdEf");
        let image = format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/api{revision}:1");
        json!({"taskDefinition": {"taskDefinitionArn": arn, "family": "api", "revision": revision, "status": "ACTIVE",
            "containerDefinitions": [{"name": "web", "image": image, "secrets": [{"name": "DB", "valueFrom": secret}]}]}})
        .to_string()
    }

    #[test]
    fn a_revision_that_was_replaced_goes_with_what_only_it_referred_to() {
        let service = json!({"services": [{"serviceArn": "arn:aws:ecs:eu-west-1:111122223333:service/c/api", "serviceName": "api",
            "clusterArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/c",
            "taskDefinition": "arn:aws:ecs:eu-west-1:111122223333:task-definition/api:2"}]});
        let secrets = json!({"SecretList": [
            {"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db1-AbCdEf", "Name": "db1"},
            {"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db2-AbCdEf", "Name": "db2"}], "NextToken": "more"});
        let repositories = json!({"repositories": [
            {"repositoryArn": "arn:aws:ecr:eu-west-1:111122223333:repository/api1", "repositoryName": "api1"},
            {"repositoryArn": "arn:aws:ecr:eu-west-1:111122223333:repository/api2", "repositoryName": "api2"}]});
        let documents = [
            ("service", service.to_string()),
            ("one", definition(1)),
            ("two", definition(2)),
            ("secrets", secrets.to_string()),
            ("repositories", repositories.to_string()),
        ];
        let loaded = crate::load::load_documents(&documents, &Key::new([1; 32]), Time::from_millis(5)).unwrap();
        assert_eq!((loaded.snapshot.task_definitions.len(), loaded.snapshot.secrets.len()), (2, 2));
        let kept = without_leftovers(loaded.snapshot);
        let last = |key: &String| key.rsplit(['/', ':']).next().unwrap().to_owned();
        assert_eq!(kept.task_definitions.keys().map(last).collect::<Vec<_>>(), ["2"]);
        assert_eq!(kept.secrets.keys().map(last).collect::<Vec<_>>(), ["db2-AbCdEf"]);
        assert_eq!(kept.repositories.keys().map(last).collect::<Vec<_>>(), ["api2"]);
        assert_eq!(without_leftovers(kept.clone()), kept);
    }

    #[test]
    fn what_a_listing_tells_of_stays_and_keys_and_policies_go_with_what_leads_to_them() {
        let read = |name: &str| {
            crate::load::load_documents(&[("all", name.to_owned())], &Key::new([1; 32]), Time::from_millis(5)).unwrap().snapshot
        };
        let arn = |name: &str| format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{name}-AbCdEf");
        let key = |id: &str| json!({"KeyMetadata": {"Arn": format!("arn:aws:kms:eu-west-1:111122223333:key/{id}"), "KeyId": id}});
        let policy = |name: &str| json!({"Arn": format!("arn:aws:iam::111122223333:policy/{name}"), "PolicyVersionList": []});
        let user = json!({"UserName": "kim", "AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::111122223333:policy/kims"}]});
        let all = json!([
            {"SecretList": [{"ARN": arn("listed"), "Name": "listed", "KmsKeyId": "0a1b"}]}, {"Parameters": [{"Name": "/listed"}]},
            key("0a1b"), key("0c2d"), {"UserDetailList": [user], "Policies": [policy("kims"), policy("nobodys")]}]);
        let mut snapshot = read(&all.to_string());
        // Read by itself, and before the list that does not show it.
        snapshot.secrets.insert(arn("older"), Reading::known(Time::from_millis(4), secrets::Secret::default()));
        snapshot.secrets.insert(arn("younger"), Reading::known(Time::from_millis(6), secrets::Secret::default()));
        snapshot.secrets.insert(arn("gone"), Reading::absent(Time::from_millis(6)));
        let kept = without_leftovers(snapshot.clone());
        assert_eq!(kept.secrets.keys().cloned().collect::<Vec<_>>(), [arn("listed"), arn("younger")]);
        assert_eq!((kept.parameters.len(), kept.keys.len()), (1, 1));
        assert_eq!(kept.policies.keys().collect::<Vec<_>>(), ["arn:aws:iam::111122223333:policy/kims"]);
        // Without a list only what is referred to stays.
        snapshot.listings.clear();
        let kept = without_leftovers(snapshot);
        assert_eq!((kept.secrets.len(), kept.parameters.len(), kept.keys.len()), (0, 0, 0));
    }
}
