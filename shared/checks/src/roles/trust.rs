//! Whom a role's trust policy admits, found by asking it.
//!
//! Each principal that the policy names is asked for by itself, before the statements that name it and
//! all that deny. The callers are made up and hold every permission: what their own policies say is
//! another matter. Strangers come from accounts and organisations that nobody has, and from those that
//! the policy names and that are not known to be the customer's.
//!
//! It does not know which accounts are in the organisation, what identity providers assert, or whether
//! ECS always says for whom it asks.
//! Sources: IAM User Guide, "AWS JSON policy elements: Principal", "The confused deputy problem"; Amazon
//! ECS Developer Guide, "Amazon ECS task IAM role".

mod named;
mod pipelines;
mod probe;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use wallwalk_iam::Tri;
use wallwalk_iam::account::{Principal, unlimited};
use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::Action;
use wallwalk_iam::eval::{Answer, Attached, Bounds, Explanation, Layer, Query, Resource, Stack, Who};
use wallwalk_iam::policy::{Document, Effect, Statement};
use wallwalk_model::Gap;

use super::{RoleFacts, unread};
use crate::check::{Flaw, Judged, PASSED};
use crate::estate::{Estate, RoleView};

pub(crate) use named::Party;
pub(crate) use pipelines::federated;
pub(crate) use probe::Probe;

/// The service that assumes task roles and execution roles.
pub(crate) const ECS_TASKS: &str = "ecs-tasks.amazonaws.com";

/// The service that hands roles to instances.
pub(crate) const EC2: &str = "ec2.amazonaws.com";

/// A role's trust policy.
pub(crate) struct Trust<'a> {
    estate: &'a Estate<'a>,
    role: &'a Principal,
    facts: &'a Resource,
    document: &'a Document,
}

/// How sure it is that somebody is admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    /// Not at all.
    No,
    /// Something that may deny, or the form of the policy, leaves it open.
    Perhaps,
    /// If the request meets a condition that a caller may meet.
    Conditioned,
    /// Whatever is not known; all conditions hold.
    Surely,
    /// Without any condition.
    Freely,
}

/// The answer to a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Admission {
    pub(crate) how: How,
    /// The statements that admit, as lines of evidence.
    pub(crate) evidence: Vec<String>,
}

/// Parties that are admitted, by how sure that is.
#[derive(Debug, Default)]
pub(crate) struct Found<'a> {
    surely: Vec<(Party<'a>, Admission)>,
    possibly: Vec<(Party<'a>, Admission)>,
    gap: Option<Gap>,
}

impl<'a> Found<'a> {
    /// Whether nobody is admitted, nor may be.
    pub(crate) fn is_empty(&self) -> bool {
        self.surely.is_empty() && self.possibly.is_empty() && self.gap.is_none()
    }

    /// Both together.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.surely.extend(other.surely);
        self.possibly.extend(other.possibly);
        self.gap = self.gap.or(other.gap);
        self
    }

    /// The verdict: a flaw with its evidence, possible if nothing is sure, unknown if what was not read
    /// decides.
    pub(crate) fn judged(self, facts: &RoleFacts<'_>, flaw: impl FnOnce(&[Party<'a>]) -> Flaw) -> Judged {
        let sure = !self.surely.is_empty();
        let found = if sure { self.surely } else { self.possibly };
        if found.is_empty() {
            return self.gap.map_or(PASSED, Err);
        }
        let (parties, admissions): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let lines: BTreeSet<String> = admissions.into_iter().flat_map(|admission| admission.evidence).collect();
        let used = facts.used_by();
        let role = if used.is_empty() { format!("role {}", facts.name) } else { format!("role {}, {used}", facts.name) };
        let mut flaw = flaw(&parties);
        let own = std::mem::take(&mut flaw.evidence);
        let flaw = flaw.because(role).because_all(lines.into_iter().take(LINES)).because_all(own);
        Ok(if sure { flaw.into() } else { flaw.possibly().into() })
    }
}

/// So many lines tell of statements that admit.
pub(crate) const LINES: usize = 12;

impl<'a> Trust<'a> {
    /// The trust policy of the role that is judged.
    ///
    /// # Errors
    /// The gap, if it was not read.
    pub(crate) fn of(view: &RoleView<'a>) -> Result<Self, Gap> {
        let role: &'a Principal = view.facts.principal.as_ref().map_err(Clone::clone)?;
        Self::on(view.estate, role)
    }

    /// The trust policy of a role of the account.
    ///
    /// # Errors
    /// The gap, if it was not read.
    pub(crate) fn on(estate: &'a Estate<'a>, role: &'a Principal) -> Result<Self, Gap> {
        let not_read = || Gap::not_asked("iam:GetRole");
        let facts = role.trust.as_ref().ok_or_else(not_read)?;
        let document = facts.policies.first().ok_or_else(not_read)?.document.as_ref().map_err(Clone::clone)?;
        Ok(Self { estate, role, facts, document })
    }

    /// Whom statements that may allow name, in order.
    pub(crate) fn parties(&self) -> BTreeSet<Party<'a>> {
        self.document.statements.iter().filter(|statement| statement.effect != Effect::Deny).flat_map(named::parties).collect()
    }

    /// Ids of principals that no longer exist, wherever the policy names them, each with its statement.
    pub(crate) fn orphans(&self) -> BTreeSet<(&'a str, String)> {
        let of_statement = |statement: &'a Statement| {
            let principals = statement.principals.as_ref().and_then(|principals| principals.by_kind.get("AWS"));
            let ids = principals.into_iter().flatten().map(|name| &**name).filter(|name| named::is_orphan(name));
            ids.map(|id| (id, statement.label()))
        };
        self.document.statements.iter().flat_map(of_statement).collect()
    }

    /// Each party with the surest of the answers to its probes. Those that are at least `sure` count as
    /// admitted for certain.
    pub(crate) fn find<'p>(
        &self,
        parties: impl IntoIterator<Item = Party<'p>>,
        sure: How,
        probes: impl Fn(&Party<'p>) -> Vec<Probe>,
    ) -> Found<'p> {
        let mut found = Found::default();
        for party in parties {
            match self.surest(&party, probes(&party)) {
                Ok(admission) if admission.how >= sure => found.surely.push((party, admission)),
                Ok(admission) if admission.how > How::No => found.possibly.push((party, admission)),
                Ok(_) => {}
                Err(gap) => found.gap = found.gap.or(Some(gap)),
            }
        }
        found
    }

    /// The surest of the answers to probes for a party: the first of equals.
    ///
    /// # Errors
    /// The gap, if a policy that was not read decides.
    pub(crate) fn surest(&self, party: &Party<'_>, probes: impl IntoIterator<Item = Probe>) -> Result<Admission, Gap> {
        let facing = self.facing(party);
        let mut best = Admission { how: How::No, evidence: Vec::new() };
        let mut gap = None;
        for probe in probes {
            match self.ask(&facing, &probe) {
                Ok(admission) if admission.how > best.how => best = admission,
                Ok(_) => {}
                Err(one) => gap = gap.or(Some(one)),
            }
            if best.how == How::Freely {
                break;
            }
        }
        if best.how == How::No { gap.map_or(Ok(best), Err) } else { Ok(best) }
    }

    /// The trust policy without the statements that allow only others.
    fn facing(&self, party: &Party<'_>) -> Resource {
        let concerns = |statement: &&Statement| statement.effect == Effect::Deny || named::parties(statement).any(|one| one == *party);
        let statements = self.document.statements.iter().filter(concerns).cloned().collect();
        let document = Document { statements, ..self.document.clone() };
        let policies = vec![Attached { name: "trust".into(), document: Ok(Arc::new(document)) }];
        Resource { policies, ..self.facts.clone() }
    }

    fn ask(&self, facing: &Resource, probe: &Probe) -> Result<Admission, Gap> {
        let bare = Stack { rcp: self.role.stack.rcp.clone(), ..Stack::new(probe.caller.clone()) };
        let stack = if matches!(probe.caller.who, Who::Role { .. } | Who::User { .. }) { unlimited(&bare) } else { bare };
        let bounds = Bounds::new(&stack, probe.keys.clone());
        let explanation = bounds.explain(&Query::new(Action::of(probe.action), Target::exact(&self.role.arn)).facing(facing));
        let how = match explanation.answer {
            Answer::Never => return Ok(Admission { how: How::No, evidence: Vec::new() }),
            Answer::Unread => return Err(unread(&bounds)),
            Answer::Surely if self.freely(&explanation) => How::Freely,
            Answer::Surely => How::Surely,
            Answer::Possibly if by_conditions(&explanation) => How::Conditioned,
            Answer::Possibly => How::Perhaps,
        };
        Ok(Admission { how, evidence: lines(&explanation, &probe.who) })
    }

    /// Whether a statement without conditions admits.
    fn freely(&self, explanation: &Explanation) -> bool {
        let unconditional = |pointer: &str| {
            self.document.statements.iter().any(|statement| statement.conditions.is_empty() && statement.pointer() == pointer)
        };
        let sure = explanation.allowed_by.iter().filter(|reason| reason.layer == Layer::Resource && reason.applies == Tri::True);
        sure.map(|reason| &reason.pointer).any(|pointer| unconditional(pointer))
    }
}

/// Whether nothing but conditions of a statement that admits leaves the answer open.
fn by_conditions(explanation: &Explanation) -> bool {
    let mut admitting = explanation.allowed_by.iter().filter(|reason| reason.layer == Layer::Resource);
    explanation.denied_by.is_empty() && admitting.any(|reason| reason.only_if.iter().all(|open| open.pointer.contains("/Condition/")))
}

fn lines(explanation: &Explanation, who: &str) -> Vec<String> {
    let of_role = explanation.allowed_by.iter().filter(|reason| reason.layer == Layer::Resource);
    let sure = of_role.clone().find(|reason| reason.applies == Tri::True);
    let admitting: Vec<_> = sure.map_or_else(|| of_role.collect(), |reason| vec![reason]);
    let mut lines: Vec<String> = admitting
        .into_iter()
        .map(|reason| {
            let open: Vec<&str> = reason.only_if.iter().map(|one| one.text.as_str()).collect();
            let only_if = if open.is_empty() { String::new() } else { format!("; only if {}", open.join(" and ")) };
            format!("trust policy → {}: admits {who}{only_if}", reason.label)
        })
        .collect();
    if !explanation.answer.surely() {
        lines.extend(explanation.denied_by.iter().map(|reason| format!("may be denied: {} → {}", reason.policy, reason.label)));
    }
    lines
}
