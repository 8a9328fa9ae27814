//! Posing as the agent of a host: a container that reaches the instance role can ask the service for
//! the credentials of every task there.
//!
//! Source: Amazon ECS Developer Guide, "Amazon ECS container instance IAM role"; what the service sends
//! to an agent that connects is known from the agent's source.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_iam::eval;
use wallwalk_iam::paths::Met;
use wallwalk_model::{Gap, arn};

use super::imds::{Answer, Host};
use super::instances::{principal, reaches};
use crate::check::listed;
use crate::estate::{Estate, HostGroup, WorkloadView};

/// Announced by agents that fetch the credentials of tasks from instance metadata.
const BY_METADATA: &str = "ecs.capability.imds-iam-roles";

/// So many roles of a host are compared with one another.
const COMPARED: usize = 30;

/// A host whose agent a container can pose as.
#[derive(Debug)]
pub(crate) struct Posed<'f> {
    /// ARN of the container instance.
    pub(crate) host: &'f str,
    /// Its role.
    pub(crate) role: &'f str,
    /// Who reaches the metadata, and why.
    pub(crate) reached: String,
    /// The calls of an agent that the role may make; none where metadata alone suffices.
    pub(crate) calls: Vec<Met>,
    /// Whether nothing about it is left open.
    pub(crate) surely: bool,
    /// Roles whose credentials lie there.
    pub(crate) roles: BTreeSet<String>,
    /// How two of them differ in power.
    pub(crate) difference: Option<String>,
}

/// What is on a host.
#[derive(Default)]
struct OnHost {
    reached: Option<(bool, String)>,
    roles: BTreeSet<String>,
}

/// Hosts of a group whose agent a container there can pose as, the worst first, and what may hide others.
pub(crate) fn posed<'f>(group: &HostGroup<'f>) -> (Vec<Posed<'f>>, Option<Gap>) {
    let estate = group.estate;
    let members: BTreeSet<&str> = group.hosts.iter().map(|host| host.arn).collect();
    let (on_hosts, mut gap) = on_hosts(group, &members);
    let mut found = Vec::new();
    let mut differences: BTreeMap<BTreeSet<String>, Option<String>> = BTreeMap::new();
    for (host_arn, on_host) in on_hosts {
        let (Some(host), Some((reaches, reached))) = (estate.fleet().host(host_arn), on_host.reached) else { continue };
        let role = match &host.role {
            Ok(Some(role)) => *role,
            Ok(None) => continue,
            Err(one) => {
                gap = gap.or_else(|| Some(one.clone()));
                continue;
            }
        };
        let (calls, answer) = match agent_calls(estate, host, role) {
            Ok(calls) => calls,
            Err(one) => {
                gap = gap.or(Some(one));
                continue;
            }
        };
        let by_metadata = host.container_instance.has_attribute(BY_METADATA);
        if answer <= eval::Answer::Unread && !by_metadata {
            if answer == eval::Answer::Unread {
                gap = gap.or_else(|| Some(super::unread(estate.web.bounds(role))));
            }
            continue;
        }
        let difference = differences.entry(on_host.roles.clone()).or_insert_with(|| difference(estate, &on_host.roles)).clone();
        let calls = if answer.possibly() { calls } else { Vec::new() };
        let surely = reaches && answer.surely();
        found.push(Posed { host: host.arn, role, reached, calls, surely, roles: on_host.roles, difference });
    }
    found.sort_by_key(|one| (!one.surely, one.difference.is_none(), one.host));
    (found, gap)
}

/// Who reaches the metadata of each host, and whose credentials lie there: of every task that runs or
/// may be placed there.
fn on_hosts<'f>(group: &HostGroup<'f>, members: &BTreeSet<&str>) -> (BTreeMap<&'f str, OnHost>, Option<Gap>) {
    let estate = group.estate;
    let clusters: BTreeSet<&str> = members.iter().map(|host| arn::cluster_of(host).unwrap_or("default")).collect();
    let mut on_hosts: BTreeMap<&str, OnHost> = BTreeMap::new();
    // A workload that was not read may be the one that reaches.
    let mut gap = estate.unseen.clone();
    let there = estate.workloads.iter().filter(|workload| workload.cluster.is_some_and(|cluster| clusters.contains(cluster)));
    for workload in there {
        group.trace.rest_on(workload);
        for revision in &workload.revisions {
            let Ok(definition) = revision.definition else { continue };
            let view = WorkloadView { estate, workload, revision, definition, trace: group.trace };
            // What hides hosts of the group is known of the group.
            let (hosts, _) = reaches(&view, estate);
            for one in hosts.into_iter().filter(|one| members.contains(one.host.arn)) {
                let on_host = on_hosts.entry(one.host.arn).or_default();
                let roles = [revision.task_role(), revision.execution_role()].into_iter().flatten();
                on_host.roles.extend(roles.filter_map(|role| super::uses::resolved(estate.snapshot, role).ok()));
                let surely = match one.reach.answer {
                    Answer::Surely => true,
                    Answer::Possibly => false,
                    Answer::Never => continue,
                    Answer::Unknown(unknown) => {
                        gap = gap.or(Some(unknown));
                        continue;
                    }
                };
                if on_host.reached.as_ref().is_none_or(|(known, _)| surely && !known) {
                    on_host.reached = Some((surely, format!("{} reaches the instance metadata: {}", workload.label, one.reach.why)));
                }
            }
        }
    }
    (on_hosts, gap)
}

/// What an agent asks for before the service talks to it, and how surely the role may.
fn agent_calls(estate: &Estate<'_>, host: &Host<'_>, role: &str) -> Result<(Vec<Met>, eval::Answer), Gap> {
    let source = principal(estate, role)?;
    let cluster = super::paths::cluster_arn(host.arn);
    let discovered = estate.web.met(source, "ecs:DiscoverPollEndpoint", "*", Vec::new());
    let polled = estate.web.met(source, "ecs:Poll", host.arn, vec![("ecs:cluster", cluster)]);
    let answer = discovered.answer.min(polled.answer);
    Ok((vec![discovered, polled], answer))
}

/// What one of the roles may do that another may not.
fn difference(estate: &Estate<'_>, roles: &BTreeSet<String>) -> Option<String> {
    let known: Vec<&String> =
        roles.iter().filter(|role| estate.web.account.principals.contains_key(role.as_str())).take(COMPARED).collect();
    let pairs =
        known.iter().flat_map(|target| known.iter().map(move |source| (*target, *source))).filter(|(target, source)| target != source);
    pairs.into_iter().find_map(|(target, source)| {
        let gain = estate.web.gain(target, source).filter(|gain| gain.surely)?;
        Some(format!("{} may {} on {}, {} may not", arn::role_name(target), gain.action, gain.resource, arn::role_name(source)))
    })
}

impl Posed<'_> {
    /// As lines of evidence.
    pub(crate) fn lines(&self, estate: &Estate<'_>) -> Vec<String> {
        let bounds = estate.web.bounds(self.role);
        let mut lines = vec![format!("container instance {}: {}", arn::last_segment(self.host), self.reached)];
        lines.push(format!("instance role {}", arn::role_name(self.role)));
        if self.calls.is_empty() {
            lines.push(format!("the agent announces {BY_METADATA}: it takes the credentials of tasks from instance metadata"));
        }
        lines.extend(self.calls.iter().map(|met| super::proof::need_line(bounds, met)));
        if !self.roles.is_empty() {
            lines.push(format!("credentials of {}", listed(self.roles.iter().map(|role| arn::role_name(role)))));
        }
        lines.extend(self.difference.clone());
        lines
    }
}
