//! Which families, clusters and environments share a role, and whether what they need of it differs.
//!
//! It knows the needs that can be derived. What the code in containers does with a task role cannot
//! be: families that share one may need different things although nothing here differs.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_iam::generate::{Given, Need};
use wallwalk_model::{Gap, arn};

use super::needs::Demand;
use super::uses::RoleUse;
use crate::check::listed;
use crate::estate::{Estate, RoleKind};

/// Who uses one role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sharing {
    /// Families whose containers have it, by name.
    pub task: BTreeMap<String, User>,
    /// Families that are started with it, by name.
    pub execution: BTreeMap<String, User>,
    /// Hosts that carry it.
    pub hosts: BTreeSet<String>,
    /// Other uses, by what for.
    pub others: BTreeSet<(RoleKind, String)>,
    /// Families in which one revision has it as task role and as execution role.
    pub both_in_one: BTreeSet<String>,
}

/// A family that uses a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Labels of its workloads.
    pub workloads: BTreeSet<String>,
    /// Their clusters.
    pub clusters: BTreeSet<String>,
    /// Their environments; none for one without a label, which differs from nothing.
    pub environments: BTreeSet<String>,
    /// What is certainly needed of the role, action by action.
    pub needs: BTreeSet<Wanted>,
    /// What may be the reason of further needs.
    pub gaps: BTreeSet<Gap>,
}

/// One action on one resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// Action.
    pub action: &'static str,
    /// ARN or pattern.
    pub resource: String,
    /// Condition.
    pub given: Option<Given>,
}

impl Wanted {
    /// Everything that a need asks for.
    pub fn of(need: &Need) -> impl Iterator<Item = Self> {
        let each = move |action: &'static str| {
            need.resources.iter().map(move |resource| Self { action, resource: resource.clone(), given: need.given.clone() })
        };
        need.actions.iter().copied().flat_map(each)
    }
}

/// What one of two families needs of a role and the other does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<'s> {
    /// What both use it for.
    pub kind: RoleKind,
    /// The family that needs it.
    pub family: &'s str,
    /// The family that does not.
    pub other: &'s str,
    /// What.
    pub wanted: &'s Wanted,
}

/// The sharing of every role that is used, by ARN. A name that could not be resolved stands for itself.
#[must_use]
pub fn of_estate(estate: &Estate<'_>, uses: &[RoleUse<'_>], demands: &BTreeMap<String, Demand>) -> BTreeMap<String, Sharing> {
    let mut all: BTreeMap<String, Sharing> = BTreeMap::new();
    for one in uses {
        let role = one.role.clone().unwrap_or_else(|_| one.written.to_owned());
        let sharing = all.entry(role).or_default();
        match one.kind {
            // Families come with what they need, below.
            RoleKind::Task | RoleKind::Execution => {}
            RoleKind::Instance => {
                sharing.hosts.insert(one.label.clone());
            }
            kind => {
                sharing.others.insert((kind, one.label.clone()));
            }
        }
    }
    for (role, demand) in demands {
        let sharing = all.entry(role.clone()).or_default();
        let ways: BTreeSet<_> = demand.shares.iter().map(|share| (share.kind, share.revision.as_str(), share.workload)).collect();
        for share in &demand.shares {
            let family = arn::family_and_revision(&share.revision).0;
            let users = match share.kind {
                RoleKind::Task => &mut sharing.task,
                RoleKind::Execution => &mut sharing.execution,
                _ => continue,
            };
            let user = users.entry(family.to_owned()).or_default();
            user.needs.extend(share.needs.iter().filter(|need| need.certain).flat_map(Wanted::of));
            user.gaps.extend(share.gaps.iter().cloned());
            let Some(workload) = estate.workloads.get(share.workload) else { continue };
            user.workloads.insert(workload.label.clone());
            user.clusters.extend(workload.cluster.map(str::to_owned));
            user.environments.extend(workload.environment.clone());
            let other = if share.kind == RoleKind::Task { RoleKind::Execution } else { RoleKind::Task };
            if ways.contains(&(other, share.revision.as_str(), share.workload)) {
                sharing.both_in_one.insert(family.to_owned());
            }
        }
    }
    all
}

impl Sharing {
    /// Names of the families that use it, for whatever.
    #[must_use]
    pub fn families(&self) -> BTreeSet<&str> {
        self.task.keys().chain(self.execution.keys()).map(String::as_str).collect()
    }

    /// A difference between the needs of two families that use it for the same.
    #[must_use]
    pub fn difference(&self) -> Option<Difference<'_>> {
        self.differences().next()
    }

    /// What each family needs otherwise than the first one that uses it for the same.
    pub fn differences(&self) -> impl Iterator<Item = Difference<'_>> {
        [(RoleKind::Execution, &self.execution), (RoleKind::Task, &self.task)]
            .into_iter()
            .flat_map(|(kind, users)| differences(kind, users))
    }

    /// What may hide a difference between two families.
    #[must_use]
    pub fn open(&self) -> Option<&Gap> {
        [&self.execution, &self.task]
            .into_iter()
            .filter(|users| users.len() > 1)
            .flat_map(BTreeMap::values)
            .find_map(|user| user.gaps.first())
    }

    /// The clusters or environments it is used across, in words.
    #[must_use]
    pub fn across(&self) -> Option<String> {
        let users = || self.task.values().chain(self.execution.values());
        let environments: BTreeSet<&String> = users().flat_map(|user| &user.environments).collect();
        let clusters: BTreeSet<&String> = users().flat_map(|user| &user.clusters).collect();
        if environments.len() > 1 {
            Some(format!("environments {}", listed(environments)))
        } else if clusters.len() > 1 {
            Some(format!("clusters {}", listed(clusters)))
        } else {
            None
        }
    }

    /// Whether it is task role of something and execution role of something.
    #[must_use]
    pub fn is_task_and_execution(&self) -> bool {
        !self.task.is_empty() && !self.execution.is_empty()
    }

    /// Whether it is task role of something and instance role of something.
    #[must_use]
    pub fn is_task_and_instance(&self) -> bool {
        !self.task.is_empty() && !self.hosts.is_empty()
    }

    /// Whether secrets or parameters are injected with it.
    #[must_use]
    pub fn injects_secrets(&self) -> bool {
        let reads = ["secretsmanager:GetSecretValue", "ssm:GetParameters"];
        self.execution.values().flat_map(|user| &user.needs).any(|wanted| reads.contains(&wanted.action))
    }
}

/// Sets that are not all equal differ from the first.
fn differences(kind: RoleKind, users: &BTreeMap<String, User>) -> impl Iterator<Item = Difference<'_>> {
    let own = users.iter().next();
    let others = own.into_iter().flat_map(move |own| users.iter().skip(1).map(move |other| (own, other)));
    others.flat_map(move |((first, own), (name, user))| {
        let more = user.needs.difference(&own.needs).map(move |wanted| (name, first, wanted));
        let less = own.needs.difference(&user.needs).map(move |wanted| (first, name, wanted));
        more.chain(less).map(move |(family, other, wanted)| Difference { kind, family, other, wanted })
    })
}

#[cfg(test)]
mod tests;
