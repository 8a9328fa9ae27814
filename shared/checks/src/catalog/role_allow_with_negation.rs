//! A role is allowed everything but what a statement names.

use wallwalk_findings::{Category, CheckInfo, Severity, SubjectKind, Tier};
use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::{self, Action, ActionId, Tags};
use wallwalk_iam::eval::{Answer, Bounds, Query, says};
use wallwalk_iam::paths::Met;
use wallwalk_iam::policy::Statement;
use wallwalk_iam::{KeyState, Keys, Readings, Tri};

use crate::check::{Check, Flaw, Judge, Judged, PASSED};
use crate::estate::RoleView;
use crate::roles::breadth::{Breadth, Hit, KNOWN, sensitive_for};
use crate::roles::paths::ecs_paths;
use crate::roles::unread;

pub(super) const CHECK: Check = Check {
    info: CheckInfo {
        name: "role-allow-with-negation",
        title: "role is allowed everything but a list",
        category: Category::PrivilegeEscalation,
        severity: Severity::Medium,
        subject: SubjectKind::Role,
        tier: Tier::T1,
        requirements: &[],
        related_control: None,
        page: include_str!("role_allow_with_negation.md"),
    },
    not_on: &[],
    judge: Judge::Role(judge),
};

fn judge(view: &RoleView<'_>) -> Judged {
    let facts = view.facts;
    let bounds = view.estate.bounds(facts)?;
    let breadth = Breadth::of(view.estate, bounds);
    let mut worst = Answer::Never;
    let mut flaw =
        Flaw::new("the role is allowed whatever a statement does not name").because(format!("role {}, {}", facts.name, facts.used_by()));
    for (policy, statement, holds) in bounds.own_allows().filter(|(_, statement, _)| is_negated(statement)) {
        let open = Open { bounds, breadth: &breadth, policy, statement, holds };
        let (answer, example) = open.surest(ActionId::all());
        if !answer.possibly() {
            worst = worst.max(answer);
            continue;
        }
        flaw = flaw.because(format!("policy {policy} → {}: {}", statement.label(), says(statement)));
        let danger = open.data().or_else(|| open.path(view)).filter(|(sure, _)| *sure >= answer);
        flaw = match danger {
            Some((_, what)) => flaw.because(format!("that is to say, {what}")).at(Severity::High),
            None => flaw.because_all(example.map(|hit| format!("that is to say, {} among others", hit.action))),
        };
        worst = worst.max(answer);
    }
    let own_unread = || facts.principal.as_ref().is_ok_and(|one| one.stack.identity.iter().any(|one| one.document.is_err()));
    match worst {
        Answer::Surely => Ok(flaw.so(IMPACT).into()),
        Answer::Possibly => Ok(flaw.so(IMPACT).possibly().into()),
        Answer::Unread => Err(unread(bounds)),
        Answer::Never if own_unread() => Err(unread(bounds)),
        Answer::Never => PASSED,
    }
}

const IMPACT: &str = "what AWS or you add later is allowed too, without anybody deciding so";

fn is_negated(statement: &Statement) -> bool {
    statement.actions.negated || statement.resources.as_ref().is_some_and(|resources| resources.negated)
}

/// A statement that allows by leaving out.
struct Open<'o, 'b, 'a> {
    bounds: &'b Bounds<'a>,
    breadth: &'o Breadth<'b, 'a>,
    policy: &'o str,
    statement: &'o Statement,
    /// Whether its conditions hold.
    holds: Tri,
}

impl Open<'_, '_, '_> {
    fn names(&self, id: ActionId) -> bool {
        self.statement.actions.matches(&Action::Known(id), Readings::OPEN).may()
    }

    /// The surest of what it allows of some actions, limits of the role considered.
    fn surest(&self, actions: impl Iterator<Item = ActionId>) -> (Answer, Option<Hit>) {
        // A condition that is open leaves all of the statement open.
        let most = self.breadth.surest().min(if self.holds.must() { Answer::Surely } else { Answer::Possibly });
        let mut best = (Answer::Never, None);
        for id in actions.filter(|id| self.names(*id)) {
            let hit = self.breadth.on_a_type(id);
            let answer = self.share(&hit);
            if answer > best.0 {
                best = (answer, Some(hit));
            }
            if answer >= most {
                break;
            }
        }
        best
    }

    /// Data or credentials that it opens.
    fn data(&self) -> Option<(Answer, String)> {
        let known = KNOWN.iter().filter_map(|name| catalogue::lookup(name));
        let (answer, hit) = self.surest(known.chain(sensitive_for(Tags::DATA_ACCESS.union(Tags::CREDENTIAL_EXPOSURE))));
        hit.map(|hit| (answer, format!("{} among others", hit.action)))
    }

    /// A path to more that it opens.
    fn path(&self, view: &RoleView<'_>) -> Option<(Answer, String)> {
        let principal = view.facts.principal.as_ref().ok()?;
        let others = view.estate.web.paths(principal);
        let of_ecs = ecs_paths(view.estate, principal);
        let surely = others.iter().chain(&of_ecs).filter(|proof| proof.surely());
        let opened = |met: &Met| {
            let keys = met.bind.iter().fold(Keys::new(), |keys, (key, value)| keys.with(key, KeyState::one(value.as_str())));
            self.allows(met.action, &met.resource, &keys).may()
        };
        let mut walked = surely.filter(|proof| proof.needs.iter().any(opened));
        walked.next().map(|proof| (Answer::Surely, format!("path {}: {}", proof.path, proof.what)))
    }

    /// How much of an answer is this statement's.
    fn share(&self, hit: &Hit) -> Answer {
        if !hit.answer.possibly() {
            return hit.answer;
        }
        match self.allows(hit.action, &hit.resource, &hit.keys) {
            Tri::True => hit.answer,
            Tri::Open => hit.answer.min(Answer::Possibly),
            Tri::False => Answer::Never,
        }
    }

    /// Whether this statement is among those that allow.
    fn allows(&self, action: &str, resource: &str, keys: &Keys) -> Tri {
        let folded = action.to_ascii_lowercase();
        let explained = self.bounds.explain(&Query::new(Action::of(&folded), Target::pattern(resource)).with(keys));
        let own = explained.allowed_by.iter().filter(|reason| reason.policy == self.policy && reason.pointer == self.statement.pointer());
        own.map(|reason| reason.applies).max().unwrap_or(Tri::False)
    }
}
