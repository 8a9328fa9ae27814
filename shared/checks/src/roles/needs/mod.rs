//! What a task definition needs of its roles, derived field by field.
//!
//! Which credentials serve what follows the Amazon ECS Developer Guide, "Amazon ECS task execution
//! IAM role", "Amazon ECS task IAM role" and "Amazon ECS container instance IAM role", and the ECS
//! agent. What the code in the containers asks for cannot be derived: the needs of a task role are
//! those that ECS and its agents have in the task's name, and no more.
//!
//! It does not know volumes of FSx for Windows File Server and of S3 Files, `credentialSpecs`, and
//! daemon task definitions: the snapshot does not keep them.

mod demand;
mod draft;
mod exec;
mod files;
mod images;
mod logs;
mod router;
mod stores;
mod volumes;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use wallwalk_iam::generate::Need;
use wallwalk_model::{Gap, ecs};

use crate::estate::{Estate, Launch, Revision, Workload};
use crate::roles::imds::Fleet;
use draft::Draft;

pub use demand::{Demand, Share, by_role};
pub(crate) use draft::{Key, key_of};

/// What a revision needs of each of its roles.
///
/// `because` of a need is a JSON pointer into the task definition. Pointers that begin with
/// `/overrides` lead into the task, those that begin with `/deployments` or `/enableExecuteCommand`
/// into the service, and those that begin with `/configuration` into the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Of the execution role. A certain one here and no execution role: the task cannot start.
    pub execution: Vec<Need>,
    /// Of the task role, besides what the code in the containers asks for.
    pub task: Vec<Need>,
    /// Of the role of the instances: pulling images and writing logs, where the execution role does not serve them.
    pub instance: Vec<Need>,
    /// What in the definition cannot work or is not understood.
    pub problems: Vec<Problem>,
    /// What was not read or is not modelled, and may be the reason of further needs.
    pub gaps: BTreeSet<Gap>,
}

/// Something in a definition that cannot work or is not understood, and gives no need.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// JSON pointer of the field, as in [`Needs`].
    pub because: String,
    /// What is wrong.
    pub text: String,
}

/// What a task definition does not say about itself.
#[derive(Clone, Debug)]
pub struct Setting<'a> {
    /// What runs it.
    pub launch: Result<Launch, Gap>,
    /// Whether ECS Exec is on.
    pub exec: Result<bool, Gap>,
    /// The cluster, which says where sessions of ECS Exec are logged.
    pub cluster: Result<&'a ecs::Cluster, Gap>,
    /// The service, which may log Service Connect.
    pub service: Option<&'a ecs::Service>,
    /// What RunTask overrode.
    pub overrides: Option<&'a ecs::TaskOverride>,
    /// Whether there is an execution role, an override considered.
    pub execution_role: bool,
    /// Container instances that it runs on or may be placed on, as far as they are known.
    pub hosts: Vec<&'a ecs::ContainerInstance>,
}

impl Setting<'_> {
    /// A definition with an execution role on `launch`: no ECS Exec, no service, no overrides.
    #[must_use]
    pub fn on(launch: Launch) -> Self {
        Self {
            launch: Ok(launch),
            exec: Ok(false),
            cluster: Err(Gap::not_asked("ecs:DescribeClusters")),
            service: None,
            overrides: None,
            execution_role: true,
            hosts: Vec::new(),
        }
    }
}

/// What `definition` needs in its `setting`.
///
/// Another container only ever adds to it.
#[must_use]
pub fn of_definition(definition: &ecs::TaskDefinition, estate: &Estate<'_>, setting: &Setting<'_>) -> Needs {
    let mut draft = Draft::new(definition, estate);
    for (n, container) in definition.container_definitions.iter().enumerate() {
        let pointer = format!("/containerDefinitions/{n}");
        images::container(&mut draft, container, &pointer);
        stores::container(&mut draft, container, &pointer);
        files::container(&mut draft, container, setting.overrides, &pointer);
        if let Some(log) = &container.log_configuration {
            logs::driver(&mut draft, log, Some(&container.name), &format!("{pointer}/logConfiguration"));
        }
    }
    for (n, volume) in definition.volumes.iter().enumerate() {
        volumes::efs(&mut draft, definition, volume, &format!("/volumes/{n}"));
    }
    if setting.launch == Ok(Launch::Fargate) {
        images::runtime_agent(&mut draft);
    }
    for (n, deployment) in setting.service.iter().flat_map(|service| &service.deployments).enumerate() {
        let own = deployment.task_definition.as_deref() == Some(definition.task_definition_arn.as_str());
        let log = deployment.service_connect_configuration.as_ref().and_then(|connect| connect.log_configuration.as_ref());
        if let (true, Some(log)) = (own, log) {
            let pointer = format!("/deployments/{n}/serviceConnectConfiguration/logConfiguration");
            stores::log_options(&mut draft, log, &pointer);
            logs::driver(&mut draft, log, None, &pointer);
        }
    }
    exec::sessions(&mut draft, &setting.exec, &setting.cluster);
    draft.into_needs(setting)
}

/// What a revision needs where its workload runs it.
///
/// # Errors
/// The gap, if the definition was not read.
pub fn of_revision(estate: &Estate<'_>, fleet: &Fleet<'_>, workload: &Workload<'_>, revision: &Revision<'_>) -> Result<Needs, Gap> {
    let definition = revision.definition.clone()?;
    let setting = Setting {
        launch: revision.launch.clone(),
        exec: workload.exec(),
        cluster: cluster(estate, workload),
        service: workload.service.as_ref().and_then(|service| service.as_ref().ok()).copied(),
        overrides: revision.overrides,
        execution_role: revision.execution_role().is_some(),
        hosts: fleet.of(estate, workload, revision).hosts.iter().map(|host| host.container_instance).collect(),
    };
    Ok(of_definition(definition, estate, &setting))
}

fn cluster<'e>(estate: &'e Estate<'_>, workload: &Workload<'_>) -> Result<&'e ecs::Cluster, Gap> {
    let unread = || Gap::not_asked("ecs:DescribeClusters");
    let (arn, _) = workload.cluster.and_then(|name| estate.index.clusters.get(name)).ok_or_else(unread)?;
    estate.snapshot.need(&estate.snapshot.clusters, arn, "ecs:DescribeClusters")?.value().ok_or_else(unread)
}
