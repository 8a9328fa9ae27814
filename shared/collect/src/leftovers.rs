//! What a snapshot holds and nothing leads to any more: revisions that nobody runs, and the secrets,
//! parameters, repositories and policies that only they referred to.
//!
//! No listing disproves such things, so without this a state would grow with every deployment.

use std::collections::BTreeSet;

use wallwalk_model::image::ecr_image;
use wallwalk_model::secrets::{self, StoreReference};
use wallwalk_model::{Reading, Snapshot, ecs};

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
    snapshot.secrets.retain(|id, _| secrets_used.contains(id));
    snapshot.secret_policies.retain(|id, _| secrets_used.contains(id));
    snapshot.parameters.retain(|name, _| parameters_used.contains(name));
    let repositories = repositories_in_use(&snapshot);
    snapshot.repositories.retain(|arn, _| repositories.contains(arn));
    snapshot.repository_policies.retain(|arn, _| repositories.contains(arn));
    let policies = policies_in_use(&snapshot);
    snapshot.policies.retain(|arn, _| policies.contains(arn));
    snapshot
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

fn policies_in_use(snapshot: &Snapshot) -> BTreeSet<String> {
    let roles = snapshot.roles().filter_map(|(_, reading)| reading.value());
    roles
        .flat_map(|role| {
            let boundary = role.permissions_boundary.as_ref().and_then(|boundary| boundary.permissions_boundary_arn.clone());
            role.attached_managed_policies.iter().map(|policy| policy.policy_arn.clone()).chain(boundary)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use wallwalk_model::Time;
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
            {"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db2-AbCdEf", "Name": "db2"}]});
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
}
