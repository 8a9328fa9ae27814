//! What services refer to, and what task definitions refer to outside ECS.

use std::collections::BTreeSet;

use wallwalk_model::secrets::StoreReference;
use wallwalk_model::{Snapshot, ecs};

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
    let mut references = BTreeSet::new();
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
