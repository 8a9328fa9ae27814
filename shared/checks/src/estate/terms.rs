//! Terms that several checks share: exposed, strong role, escape-capable.
//!
//! A term that cannot be decided is a gap; whoever only escalates on it reports without the escalation.

use std::collections::BTreeSet;

use wallwalk_findings::Severity;
use wallwalk_model::{Gap, arn};
use wallwalk_network::{Exposure, Family, Grade, Ranges, Source};

use super::mounts::{host_mounts, host_path_severity, socket};
use super::{Launch, Trace, WorkloadView, capability_severity};
use crate::segmentation;

impl WorkloadView<'_> {
    /// Whether the internet reaches the workload directly, or through a load balancer that takes the world.
    ///
    /// # Errors
    /// The gap, if neither is seen and something could not be read.
    pub fn exposed(&self) -> Result<bool, Gap> {
        let direct = self.reached_directly();
        if direct == Ok(true) {
            return Ok(true);
        }
        let published = self.published();
        if published == Ok(true) { Ok(true) } else { direct.and(published) }
    }

    fn reached_directly(&self) -> Result<bool, Gap> {
        if self.revision.launch == Ok(Launch::External) || self.definition.network_mode.as_deref() == Some("none") {
            return Ok(false);
        }
        let (placements, own) = segmentation::placements(self);
        let (borrowed, hidden) = segmentation::borrowed(self);
        let mut gap = own.or(hidden);
        for placement in placements.into_iter().chain(borrowed) {
            match segmentation::internet(self.estate, self.trace, &placement) {
                Ok(Exposure::Open(_)) => return Ok(true),
                Ok(_) => {}
                Err(one) => gap = gap.or(Some(one)),
            }
        }
        gap.map_or(Ok(false), Err)
    }

    fn published(&self) -> Result<bool, Gap> {
        let Some(Ok(service)) = &self.workload.service else { return Ok(false) };
        let snapshot = self.estate.snapshot;
        let sets = service.task_sets.iter().flat_map(|set| &set.load_balancers);
        let mut gap = None;
        for group_arn in service.load_balancers.iter().chain(sets).filter_map(|one| one.target_group_arn.as_deref()) {
            let call = "elasticloadbalancing:DescribeTargetGroups";
            let group = self.trace.need(format!("tg:{group_arn}"), snapshot, &snapshot.target_groups, group_arn, call);
            let balancers = match group {
                Ok(group) => group.load_balancer_arns.as_slice(),
                Err(one) => {
                    gap = gap.or(Some(one));
                    continue;
                }
            };
            for balancer in balancers {
                match self.takes_the_world(balancer) {
                    Ok(true) => return Ok(true),
                    Ok(false) => {}
                    Err(one) => gap = gap.or(Some(one)),
                }
            }
        }
        gap.map_or(Ok(false), Err)
    }

    fn takes_the_world(&self, balancer_arn: &str) -> Result<bool, Gap> {
        let snapshot = self.estate.snapshot;
        let call = "elasticloadbalancing:DescribeLoadBalancers";
        let balancer = self.trace.need(format!("lb:{balancer_arn}"), snapshot, &snapshot.load_balancers, balancer_arn, call)?;
        if balancer.scheme.as_deref() != Some("internet-facing") {
            return Ok(false);
        }
        // A Network Load Balancer without groups takes whatever comes.
        if balancer.security_groups.is_empty() {
            return Ok(true);
        }
        let rules = segmentation::rules(self.estate, self.trace, &balancer.security_groups)?;
        let inbound = || rules.iter().filter(|rule| !rule.egress);
        let world = [Family::V4, Family::V6].into_iter().any(|family| {
            let sources = inbound().filter_map(|rule| if let Source::Ranges(cidrs) = &rule.source { Some(cidrs) } else { None });
            Ranges::of(family, sources.flatten()).grade() == Grade::World
        });
        let unread = inbound().find_map(|rule| if let Source::Unread(gap) = &rule.source { Some(gap.clone()) } else { None });
        if world { Ok(true) } else { unread.map_or(Ok(false), Err) }
    }

    /// Name of a strong role of an instance that a task of the workload runs on, and why it is strong.
    #[must_use]
    pub fn strong_instance_role(&self) -> Option<(&str, &'static str)> {
        let hosts: BTreeSet<String> = self.workload.tasks.iter().filter_map(|task| self.host_label(task)).collect();
        let roles: BTreeSet<&String> = hosts.iter().filter_map(|host| self.estate.host_roles.get(host)).flatten().collect();
        let known = roles.into_iter().filter_map(|arn| self.estate.roles.get(arn));
        known.filter_map(|role| Some((role.name.as_str(), self.estate.strength(role)?))).next()
    }

    /// The group of hosts that a task runs on, as roles name it.
    fn host_label(&self, task: &wallwalk_model::ecs::Task) -> Option<String> {
        let snapshot = self.estate.snapshot;
        let host_arn = task.container_instance_arn.as_deref()?;
        let host = snapshot.container_instances.get(host_arn)?.value()?;
        Some(crate::roles::host_label(host_arn, host))
    }

    /// Why a container of the task can leave it for its host, if one can. Never on Fargate.
    #[must_use]
    pub fn escape(&self) -> Option<&'static str> {
        if self.revision.launch == Ok(Launch::Fargate) {
            return None;
        }
        let containers = &self.definition.container_definitions;
        let mounts = || containers.iter().flat_map(|container| host_mounts(self.definition, container));
        if containers.iter().any(|container| container.privileged == Some(true)) {
            Some("privileged")
        } else if mounts().any(|mount| socket(&mount.path)) {
            Some("container socket")
        } else if self.definition.pid_mode.as_deref() == Some("host") {
            Some("host process namespace")
        } else if containers.iter().any(|container| capability_severity(self, container).is_some_and(|(worst, _)| worst >= Severity::High))
        {
            Some("dangerous capability")
        } else if mounts().any(|mount| mount.writable && host_path_severity(&mount.path, true) >= Some(Severity::High)) {
            Some("writable host path")
        } else {
            None
        }
    }

    /// Labels of other workloads with a task on the same container instance for which `test` holds.
    #[must_use]
    pub fn neighbours(&self, test: impl Fn(&WorkloadView<'_>) -> bool) -> Vec<&str> {
        let hosts: BTreeSet<&str> = self.workload.tasks.iter().filter_map(|task| task.container_instance_arn.as_deref()).collect();
        let trace = Trace::default();
        let estate = self.estate;
        let there: BTreeSet<usize> = hosts.iter().filter_map(|host| estate.index.on_host.get(host)).flatten().copied().collect();
        let mut labels: Vec<&str> = there
            .into_iter()
            .filter_map(|position| estate.workloads.get(position))
            .filter(|other| other.id != self.workload.id)
            .filter(|other| {
                let on_host =
                    other.tasks.iter().filter(|task| task.container_instance_arn.as_deref().is_some_and(|host| hosts.contains(&host)));
                let arns: Vec<&str> = on_host.map(|task| task.task_definition_arn.as_str()).collect();
                other.revisions.iter().filter(|revision| arns.contains(&revision.arn)).any(|revision| {
                    let Ok(definition) = revision.definition else { return false };
                    test(&WorkloadView { estate, workload: other, revision, definition, trace: &trace })
                })
            })
            .map(|other| other.label.as_str())
            .collect();
        labels.dedup();
        labels
    }
}

/// The cluster in an ARN, or the default one.
#[must_use]
pub(super) fn cluster_or_default(arn: &str) -> &str {
    arn::cluster_of(arn).unwrap_or("default")
}
