//! What a role can become: every path of it weighed, and what may hide others.
//!
//! It knows the paths of the policy engine and those through ECS. What whoever holds an instance's
//! role reaches by posing as its agent is told about the hosts, not about the role.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use wallwalk_findings::Severity;
use wallwalk_iam::account::Principal;
use wallwalk_iam::eval::Answer;
use wallwalk_iam::paths::{Group, Proof};
use wallwalk_model::{Gap, arn};

use super::RoleFacts;
use super::paths::{OF_INSTANCES, Part, Walk, passing, walk};
use super::proof::{open_condition, proof_lines};
use crate::check::{Flaw, listed};
use crate::estate::{Estate, RoleKind, RoleView};

/// Longest chain of principals that is followed.
const DEPTH: usize = 5;

/// Answers that are kept, by ARN.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    pub(crate) walks: RefCell<BTreeMap<String, Rc<Walk>>>,
    pub(crate) passing: RefCell<BTreeMap<String, Rc<Walk>>>,
    escalations: RefCell<BTreeMap<String, Rc<Escalation>>>,
    administrators: RefCell<BTreeMap<String, bool>>,
    takers: OnceCell<BTreeMap<String, Vec<Taker>>>,
}

/// A role of a workload or host that reaches another.
#[derive(Clone, Debug)]
pub(crate) struct Taker {
    /// As [`Estate::roles`] lists it.
    pub(crate) role: String,
    /// By which path.
    pub(crate) path: &'static str,
    /// Whether nothing about it is left open.
    pub(crate) surely: bool,
}

/// What a role can become.
#[derive(Debug, Default)]
pub struct Escalation {
    /// Paths, the worst first.
    pub steps: Vec<Step>,
    /// What may hide others, or decides about one.
    pub hidden: Option<Gap>,
}

/// A path with its weight.
#[derive(Clone, Debug)]
pub struct Step {
    /// The path.
    pub proof: Proof,
    /// Whether whoever walks it ends as administrator.
    pub administrator: bool,
    /// Severity, to be lowered by one if the path is only possible.
    pub severity: Severity,
    /// Whether nothing about it is left open.
    pub surely: bool,
}

impl Step {
    fn new(estate: &Estate<'_>, source: &Principal, proof: &Proof) -> Self {
        let administrator = !proof.supposed && ends(estate, source, proof);
        let calls = proof.needs.iter().all(|met| met.answer.surely()) && proof.gain.surely;
        let severity = match proof.path {
            // Nobody listed what is taken over: low in the end.
            _ if proof.supposed => Severity::Medium,
            "injected-value-write" => Severity::Medium.moved(i32::from(calls)),
            "task-file-write" => Severity::High.moved(i32::from(calls)),
            _ if administrator => Severity::Critical,
            _ => Severity::High,
        };
        Self { proof: proof.clone(), administrator, severity, surely: proof.surely() }
    }

    fn weight(&self) -> impl Ord + use<> {
        let proof = &self.proof;
        let group = match proof.group {
            Group::Workloads => 0,
            Group::Own => 1,
            Group::Principals => 2,
            Group::NewResource => 3,
            Group::ExistingResource => 4,
        };
        let severity = self.severity.moved(-i32::from(!self.surely));
        (std::cmp::Reverse(severity), !self.surely, group, proof.path, proof.target.clone())
    }

    /// Name of the role or user that is reached.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        self.proof.target.as_deref().map(arn::last_segment)
    }

    /// `ecs-exec to deployer`.
    #[must_use]
    pub fn name(&self) -> String {
        self.target().map_or_else(|| self.proof.path.to_owned(), |target| format!("{} to {target}", self.proof.path))
    }
}

/// What a role can become, worked out once.
///
/// # Errors
/// The gap, if the role was not read.
pub fn of_role(estate: &Estate<'_>, facts: &RoleFacts<'_>) -> Result<Rc<Escalation>, Gap> {
    let source = facts.principal.as_ref().map_err(Clone::clone)?;
    if let Some(known) = estate.memo.escalations.borrow().get(&*source.arn) {
        return Ok(Rc::clone(known));
    }
    // Whoever may do everything gains nothing.
    if estate.web.is_literal_administrator(&source.arn) {
        return Ok(Rc::default());
    }
    let walk = walk(estate, source);
    let of_hosts = facts.is(RoleKind::Instance) && !facts.is(RoleKind::Task);
    let others = estate.web.paths(source);
    let proofs = walk.proofs.iter().chain(others.iter()).filter(|proof| !(of_hosts && OF_INSTANCES.contains(&proof.path)));
    let (unread, told): (Vec<&Proof>, Vec<&Proof>) = proofs.partition(|proof| proof.answer == Answer::Unread);
    let steps = weighed(estate, source, told);
    let parts = || walk.hidden.iter().find(|(part, _)| !(of_hosts && **part == Part::Posing)).map(|(_, gap)| gap.clone());
    let hidden = estate
        .web
        .bounds(&source.arn)
        .gap()
        .cloned()
        .or_else(|| unread.first().map(|proof| undecided(estate, proof)))
        .or_else(|| unseen(estate, source))
        .or_else(parts);
    let escalation = Rc::new(Escalation { steps, hidden });
    estate.memo.escalations.borrow_mut().insert(source.arn.to_string(), Rc::clone(&escalation));
    Ok(escalation)
}

/// Who of the roles in use reaches whom, by the ARN of who is reached; the worst path of each.
pub(crate) fn takers<'e>(estate: &'e Estate<'_>) -> &'e BTreeMap<String, Vec<Taker>> {
    estate.memo.takers.get_or_init(|| {
        let mut takers: BTreeMap<String, Vec<Taker>> = BTreeMap::new();
        for (role, facts) in &estate.roles {
            let Ok(escalation) = of_role(estate, facts) else { continue };
            for step in escalation.steps.iter().filter(|step| !step.proof.supposed) {
                let Some(target) = &step.proof.target else { continue };
                let known = takers.entry(target.clone()).or_default();
                if known.last().is_none_or(|last| last.role != *role) {
                    known.push(Taker { role: role.clone(), path: step.proof.path, surely: step.surely });
                }
            }
        }
        takers
    })
}

/// Paths with their weight, the worst first.
pub(crate) fn weighed<'p>(estate: &Estate<'_>, source: &Principal, proofs: impl IntoIterator<Item = &'p Proof>) -> Vec<Step> {
    let mut steps: Vec<Step> = proofs.into_iter().map(|proof| Step::new(estate, source, proof)).collect();
    steps.sort_by_cached_key(Step::weight);
    steps
}

/// A flaw with the first path in full and the others named.
pub(crate) fn flaw(view: &RoleView<'_>, steps: &[Step], claim: String) -> Flaw {
    let facts = view.facts;
    let lines = steps.first().map(|worst| {
        let bounds = view.estate.web.bounds(&worst.proof.source);
        let condition = if worst.surely { None } else { open_condition(bounds, &worst.proof) };
        (proof_lines(bounds, &worst.proof), worst, condition)
    });
    let Some((lines, worst, condition)) = lines else { return Flaw::new(claim) };
    let claim = condition.map_or_else(|| claim.clone(), |condition| format!("{claim}, if {condition}"));
    let flaw = Flaw::new(claim)
        .because(format!("role {}, {}", facts.name, facts.used_by()))
        .because_all(lines)
        .because_all(
            (worst.administrator && worst.proof.target.is_some()).then(|| "whoever gets there is administrator of the account".to_owned()),
        )
        .because_all((steps.len() > 1).then(|| format!("further paths: {}", listed(steps.iter().skip(1).map(Step::name)))));
    if worst.surely { flaw } else { flaw.possibly() }
}

/// The document that decides about a path.
pub(crate) fn undecided(estate: &Estate<'_>, proof: &Proof) -> Gap {
    let of_target = proof.target.as_deref().and_then(|target| {
        let trust =
            || estate.web.account.principals.get(target)?.trust.as_ref()?.policies.iter().find_map(|one| one.document.as_ref().err());
        estate.web.bounds(target).gap().or_else(trust)
    });
    of_target.cloned().unwrap_or_else(|| Gap::not_asked("iam:GetPolicyVersion"))
}

/// What may hide a principal that could be reached.
pub(crate) fn unseen(estate: &Estate<'_>, source: &Principal) -> Option<Gap> {
    const OF_USERS: &[&str] = &[
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:CreateServiceSpecificCredential",
        "iam:ResetServiceSpecificCredential",
        "iam:UpdateLoginProfile",
    ];
    let changes_users = || OF_USERS.iter().any(|action| estate.web.may(source, action));
    // The trust of a role that was not read may name anybody.
    estate.unseen_principal().or_else(|| estate.unseen_user().filter(|_| changes_users())).cloned()
}

/// Whether a path ends in administrator, everything after it being sure.
fn ends(estate: &Estate<'_>, source: &Principal, proof: &Proof) -> bool {
    estate.web.makes_administrator(source, proof) || proof.target.as_deref().is_some_and(|target| administrator(estate, target))
}

/// Whether somebody surely is administrator, or ends as one by sure steps, roles passed to ECS included.
pub(crate) fn administrator(estate: &Estate<'_>, arn: &str) -> bool {
    if let Some(known) = estate.memo.administrators.borrow().get(arn) {
        return *known;
    }
    let found = leads_to_administrator(estate, arn);
    estate.memo.administrators.borrow_mut().insert(arn.to_owned(), found);
    found
}

fn leads_to_administrator(estate: &Estate<'_>, arn: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![arn.to_owned()];
    for _ in 0..DEPTH {
        let mut further = Vec::new();
        for arn in next {
            let Some(principal) = estate.web.account.principals.get(&*arn) else { continue };
            if !seen.insert(arn) {
                continue;
            }
            if estate.web.administrator(principal).surely() {
                return true;
            }
            let others = estate.web.paths(principal);
            // Shells in tasks and the like lead on, too; they are told where the role reached is in use itself.
            let passing = passing(estate, principal);
            let sure = passing.proofs.iter().chain(others.iter()).filter(|proof| proof.surely());
            further.extend(sure.filter_map(|proof| proof.target.clone()));
        }
        next = further;
    }
    false
}
