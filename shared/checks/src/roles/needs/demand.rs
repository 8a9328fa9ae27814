//! What each role is needed for, over everything that runs or is configured with it.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_iam::generate::Need;
use wallwalk_model::Gap;

use super::{Problem, of_revision};
use crate::estate::{Estate, RoleKind};
use crate::roles::imds::Fleet;
use crate::roles::uses;

/// What one role is needed for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// One for each revision that uses the role, and each purpose it uses it for.
    pub shares: Vec<Share>,
}

/// What one revision needs of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// What it uses the role for.
    pub kind: RoleKind,
    /// Position in [`Estate::workloads`].
    pub workload: usize,
    /// ARN of the revision.
    pub revision: String,
    /// What it needs.
    pub needs: Vec<Need>,
    /// What in the definition gives no need.
    pub problems: Vec<Problem>,
    /// What may be the reason of further needs.
    pub gaps: BTreeSet<Gap>,
}

impl Demand {
    /// Every need, once.
    #[must_use]
    pub fn needs(&self) -> BTreeSet<&Need> {
        self.shares.iter().flat_map(|share| &share.needs).collect()
    }

    /// Whatever may be the reason of further needs.
    #[must_use]
    pub fn gaps(&self) -> BTreeSet<&Gap> {
        self.shares.iter().flat_map(|share| &share.gaps).collect()
    }
}

/// What every role is needed for, by its ARN, or by the name that could not be resolved. Revisions that nothing uses any more do not count; the
/// latest one of a family that nothing uses does.
///
/// Definitions that were not read are missing here; [`Estate::unseen`] says so.
#[must_use]
pub fn by_role(estate: &Estate<'_>, fleet: &Fleet<'_>) -> BTreeMap<String, Demand> {
    let mut demands: BTreeMap<String, Demand> = BTreeMap::new();
    for (position, workload) in estate.workloads.iter().enumerate() {
        for revision in &workload.revisions {
            let Ok(needs) = of_revision(estate, fleet, workload, revision) else { continue };
            let mut shared: Vec<(RoleKind, String, &Vec<Need>)> = Vec::new();
            let own =
                [(RoleKind::Task, revision.task_role(), &needs.task), (RoleKind::Execution, revision.execution_role(), &needs.execution)];
            for (kind, written, needs) in own {
                if let Some(written) = written {
                    let role = uses::resolved(estate.snapshot, written).unwrap_or_else(|_| written.to_owned());
                    shared.push((kind, role, needs));
                }
            }
            if !needs.instance.is_empty() {
                let hosts = fleet.of(estate, workload, revision).hosts;
                let roles: BTreeSet<&str> = hosts.into_iter().filter_map(|host| host.role.as_ref().ok().copied().flatten()).collect();
                shared.extend(roles.into_iter().map(|role| (RoleKind::Instance, role.to_owned(), &needs.instance)));
            }
            for (kind, role, own) in shared {
                demands.entry(role).or_default().shares.push(Share {
                    kind,
                    workload: position,
                    revision: revision.arn.to_owned(),
                    needs: own.clone(),
                    problems: needs.problems.clone(),
                    gaps: needs.gaps.clone(),
                });
            }
        }
    }
    demands
}
