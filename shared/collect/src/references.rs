//! What services refer to, and what task definitions refer to outside ECS; and what that refers to.

use std::collections::BTreeSet;

use wallwalk_model::secrets::StoreReference;
use wallwalk_model::{Reading, Snapshot, ecs, kms};

/// Task definition revisions that a service runs or is configured to run.
pub fn revisions_of(service: &ecs::Service) -> impl Iterator<Item = String> {
    let deployments = service.deployments.iter().filter_map(|one| one.task_definition.clone());
    let sets = service.task_sets.iter().filter_map(|one| one.task_definition.clone());
    service.task_definition.clone().into_iter().chain(deployments).chain(sets)
}

/// Secrets and parameters that the task definitions refer to.
#[must_use]
pub fn store_references(snapshot: &Snapshot) -> BTreeSet<StoreReference> {
    snapshot.task_definitions.values().filter_map(|reading| reading.value()).flat_map(of_definition).collect()
}

/// Secrets and parameters that one task definition refers to.
#[must_use]
pub fn of_definition(definition: &ecs::TaskDefinition) -> BTreeSet<StoreReference> {
    let credentials =
        definition.volumes.iter().filter_map(|volume| volume.fsx_volume_configuration.as_ref()?.authorization_config.as_ref());
    let credentials = credentials.filter_map(|one| one.credentials_parameter.as_deref());
    let specs = definition.container_definitions.iter().flat_map(|container| &container.credential_specs);
    // Those in S3 are no reference to a store.
    let specs = specs.filter_map(|spec| Some(spec.split_once(':')?.1)).filter(|from| from.starts_with("arn:") && from.contains(":ssm:"));
    let mut references: BTreeSet<StoreReference> = credentials.chain(specs).map(StoreReference::parse).collect();
    for container in &definition.container_definitions {
        let log = container.log_configuration.iter().flat_map(|log| &log.secret_options);
        references.extend(container.secrets.iter().chain(log).map(|one| StoreReference::parse(&one.value_from)));
        if let Some(credentials) = &container.repository_credentials {
            let id = &credentials.credentials_parameter;
            // A bare name here is a secret's, not a parameter's.
            references.insert(match StoreReference::parse(id) {
                StoreReference::Parameter { name, account: None, region: None } => {
                    StoreReference::Secret { id: name, account: None, region: None }
                }
                other => other,
            });
        }
    }
    references
}

/// KMS keys that the secrets and parameters are encrypted with, as they name them; not those that AWS
/// manages.
#[must_use]
pub fn key_references(snapshot: &Snapshot) -> BTreeSet<String> {
    let secrets = snapshot.secrets.values().filter_map(Reading::value).filter_map(|secret| secret.kms_key_id.clone());
    let parameters = snapshot.parameters.values().filter_map(Reading::value).filter_map(|parameter| parameter.key_id.clone());
    secrets.chain(parameters).filter(|reference| !reference.is_empty() && !kms::is_of_aws(reference)).collect()
}
