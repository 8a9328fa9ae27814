//! ECS Exec: where it is on, and whether its sessions leave a trace.

use wallwalk_model::{Gap, ecs};

use super::Workload;
use crate::check::listed;

impl Workload<'_> {
    /// Whether ECS Exec is known to be on: on the service, or on a task that still runs with it.
    #[must_use]
    pub fn exec_enabled(&self) -> bool {
        self.exec() == Ok(true)
    }

    /// Whether ECS Exec is on. A latent family has nothing to switch it on.
    ///
    /// # Errors
    /// The gap, if it is not known to be on and the service did not say.
    pub fn exec(&self) -> Result<bool, Gap> {
        if self.tasks.iter().any(|task| task.enable_execute_command == Some(true)) {
            return Ok(true);
        }
        match &self.service {
            Some(Ok(service)) => service.enable_execute_command.ok_or_else(|| Gap::not_asked("ecs:DescribeServices enableExecuteCommand")),
            Some(Err(gap)) => Err(gap.clone()),
            None => Ok(false),
        }
    }
}

/// Why sessions into `users` are not logged; none if they are.
///
/// Absent configuration means `DEFAULT`, and `DEFAULT` logs through the `awslogs` driver of the
/// container alone. Source: Amazon ECS API Reference, `ExecuteCommandConfiguration`.
///
/// # Errors
/// The gap, if the answer hangs on something that was not read.
pub fn unlogged(cluster: &ecs::Cluster, users: &[&Workload<'_>]) -> Result<Option<String>, Gap> {
    let configuration = cluster.configuration.as_ref().and_then(|one| one.execute_command_configuration.as_ref());
    // Settings are never empty where they and the configuration were asked for.
    if cluster.configuration.is_none() && cluster.settings.is_empty() {
        return Err(Gap::not_asked("ecs:DescribeClusters include CONFIGURATIONS"));
    }
    match configuration.and_then(|one| one.logging.as_deref()).unwrap_or("DEFAULT") {
        "NONE" => Ok(Some("logging is NONE".into())),
        "OVERRIDE" => {
            let log = configuration.and_then(|one| one.log_configuration.as_ref());
            let named = log.is_some_and(|log| log.cloud_watch_log_group_name.is_some() || log.s3_bucket_name.is_some());
            Ok((!named).then(|| "logging is OVERRIDE and names neither a log group nor a bucket".into()))
        }
        _ => {
            let (silent, gap) = without_awslogs(users);
            match (silent.is_empty(), gap) {
                (true, Some(gap)) => Err(gap),
                (true, None) => Ok(None),
                (false, _) => Ok(Some(format!("logging is DEFAULT, which logs only through awslogs; without it: {}", listed(&silent)))),
            }
        }
    }
}

fn without_awslogs(users: &[&Workload<'_>]) -> (Vec<String>, Option<Gap>) {
    let (mut silent, mut gap) = (Vec::new(), None);
    for workload in users {
        for revision in &workload.revisions {
            let definition = match revision.definition {
                Ok(definition) => definition,
                Err(ref one) => {
                    gap = gap.or_else(|| Some(one.clone()));
                    continue;
                }
            };
            for container in &definition.container_definitions {
                let driver = container.log_configuration.as_ref().and_then(|log| log.log_driver.as_deref());
                if driver != Some("awslogs") {
                    silent.push(format!("{} {}", workload.label, container.name));
                }
            }
        }
    }
    silent.sort();
    silent.dedup();
    (silent, gap)
}
