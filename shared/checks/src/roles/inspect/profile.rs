//! A role or user as a whole: who uses it, what it may do, what it can become, and the remedy.

use serde::Serialize;
use wallwalk_findings::Severity;
use wallwalk_iam::account::Principal;
use wallwalk_iam::eval::{Attached, Limit};
use wallwalk_iam::paths::{Administrator, Proof};
use wallwalk_model::arn;

use super::power::{self, Power};
use super::remedy::{self, Remedy};
use super::{Assumed, Says, edition};
use crate::estate::{Estate, RoleKind};
use crate::roles::RoleFacts;
use crate::roles::escalation::{Escalation, Step, undecided, unseen, weighed};
use crate::roles::paths::walk;
use crate::roles::proof::proof_lines;

/// A role or user looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// ARN.
    pub principal: String,
    /// Name without path.
    pub name: String,
    /// `role` or `user`.
    pub kind: &'static str,
    /// What uses it.
    pub used_as: Vec<Use>,
    /// Its policies; a boundary comes last.
    pub policies: Vec<PolicyTold>,
    /// Whether it is administrator by effect.
    pub administrator: Administration,
    /// What it may do.
    #[serde(flatten)]
    pub power: Power,
    /// What it can become, the worst first; not listed for one that is administrator already.
    pub paths: Vec<PathTold>,
    /// What may hide other paths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<String>,
    /// A document that was not read: it may allow or deny anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    /// Policies that would be enough.
    pub remedies: Vec<Remedy>,
    /// What was assumed.
    pub assumptions: Vec<Assumed>,
    /// Version of the catalogue of actions.
    pub catalogue: &'static str,
}

/// Something that uses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Use {
    /// `task role`.
    pub kind: &'static str,
    /// Label of a workload or host group.
    pub by: String,
}

/// A policy of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyTold {
    /// `inline/deploy`, `managed/ReadOnlyAccess`, `boundary/limits`.
    pub name: String,
    /// Number of statements; none if it was not read.
    pub statements: Option<usize>,
}

/// Whether it is administrator by effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Administration {
    /// The answer.
    pub answer: Says,
    /// Whether its policies allow everything on everything.
    pub literally: bool,
    /// How: by its policies, or by a path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
}

/// A path to more than it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PathTold {
    /// Name of the path.
    pub path: &'static str,
    /// ARN of whoever is reached; none where it grows itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Severity, lowered where the path is only possible.
    pub severity: Severity,
    /// Whether nothing is left open.
    pub surely: bool,
    /// Whether it ends in administrator.
    pub administrator: bool,
    /// The proof, line by line.
    pub proof: Vec<String>,
}

/// Looks at a role or user.
#[must_use]
pub fn profile(estate: &Estate<'_>, principal: &Principal) -> Profile {
    let bounds = estate.web.bounds(&principal.arn);
    let facts = estate.roles.values().find(|facts| facts.full_arn() == &*principal.arn);
    let administrator = estate.web.administrator(principal);
    let escalation = if administrator == Administrator::Literally { Escalation::default() } else { escalation(estate, principal) };
    let mut assumptions = Vec::new();
    if matches!(principal.stack.scp, Limit::NotKnown) {
        assumptions.push(wallwalk_iam::eval::Assumption::ScpUnread);
    }
    if matches!(principal.stack.rcp, Limit::NotKnown) {
        assumptions.push(wallwalk_iam::eval::Assumption::RcpUnread);
    }
    Profile {
        principal: principal.arn.to_string(),
        name: arn::last_segment(&principal.arn).to_owned(),
        kind: if principal.is_role() { "role" } else { "user" },
        used_as: uses(facts),
        policies: principal.stack.identity.iter().chain(&principal.stack.boundary).map(told).collect(),
        administrator: administration(&administrator),
        power: power::of(bounds),
        paths: escalation.steps.iter().map(|step| path(estate, step)).collect(),
        hidden: escalation.hidden.as_ref().map(ToString::to_string),
        unread: bounds.gap().map(ToString::to_string),
        remedies: remedy::of(estate, principal, facts),
        assumptions: assumptions.into_iter().map(Assumed::from).collect(),
        catalogue: edition(),
    }
}

fn uses(facts: Option<&RoleFacts<'_>>) -> Vec<Use> {
    let all = facts.into_iter().flat_map(|facts| &facts.uses);
    all.map(|(kind, label)| Use { kind: RoleKind::word(*kind), by: label.clone() }).collect()
}

fn told(attached: &Attached) -> PolicyTold {
    let statements = attached.document.as_ref().ok().map(|document| document.statements.len());
    PolicyTold { name: attached.name.to_string(), statements }
}

fn administration(administrator: &Administrator) -> Administration {
    let by = |proof: &Proof| match proof.target.as_deref() {
        Some(target) => format!("by the path {} to {}", proof.path, arn::last_segment(target)),
        None => format!("by the path {}", proof.path),
    };
    let (answer, how) = match administrator {
        Administrator::Literally => (Says::Yes, Some("its policies allow everything on everything".to_owned())),
        Administrator::By(proof) => (Says::Yes, Some(by(proof))),
        Administrator::Possibly(Some(proof)) => (Says::Depends, Some(by(proof))),
        Administrator::Possibly(None) => (Says::Depends, Some("its policies allow everything under conditions".to_owned())),
        Administrator::Unread => (Says::Unread, None),
        Administrator::No => (Says::No, None),
    };
    Administration { answer, literally: *administrator == Administrator::Literally, how }
}

/// What a principal can become by every path that is known, whether or not a workload uses it.
fn escalation(estate: &Estate<'_>, principal: &Principal) -> Escalation {
    let (walk, others) = (walk(estate, principal), estate.web.paths(principal));
    let unread = |proof: &&Proof| proof.answer == wallwalk_iam::eval::Answer::Unread;
    let (open, told): (Vec<&Proof>, Vec<&Proof>) = walk.proofs.iter().chain(others.iter()).partition(unread);
    let hidden = estate.web.bounds(&principal.arn).gap().cloned();
    let hidden = hidden.or_else(|| open.first().map(|proof| undecided(estate, proof))).or_else(|| unseen(estate, principal));
    let hidden = hidden.or_else(|| walk.hidden.values().next().cloned());
    Escalation { steps: weighed(estate, principal, told), hidden }
}

fn path(estate: &Estate<'_>, step: &Step) -> PathTold {
    PathTold {
        path: step.proof.path,
        target: step.proof.target.clone(),
        severity: step.severity.moved(-i32::from(!step.surely)),
        surely: step.surely,
        administrator: step.administrator,
        proof: proof_lines(estate.web.bounds(&step.proof.source), &step.proof),
    }
}
