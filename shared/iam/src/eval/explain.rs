//! Why an answer is what it is: the statements, what denied, which condition is open.

use wallwalk_model::Gap;

use super::bounds::{Answer, Bounds, Query};
use super::ground::{Layer, Lean, Listener, Ready, Says, Unread};
use super::stack::{Attached, Limit, Stack};
use super::statement::{self, About};
use super::witness;
use crate::condition;
use crate::key::Context;
use crate::policy::{Effect, Statement};
use crate::readings::{Reading, Readings};
use crate::tri::Tri;

/// An answer with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The answer.
    pub answer: Answer,
    /// Statements that allow.
    pub allowed_by: Vec<Reason>,
    /// Statements that deny, or may.
    pub denied_by: Vec<Reason>,
    /// The first layer that has to allow and surely does not.
    pub missing: Option<Layer>,
    /// What the caller chooses for the answer to be sure: keys with their value, or none where the key is left out.
    pub choice: Vec<(String, Option<String>)>,
    /// What was assumed.
    pub assumptions: Vec<Assumption>,
    /// A document that was not read.
    pub gap: Option<Gap>,
}

/// A statement that bears on an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Where it stands.
    pub layer: Layer,
    /// Its document, `inline/deploy`.
    pub policy: String,
    /// Its identifier.
    pub sid: Option<String>,
    /// JSON pointer of the statement.
    pub pointer: String,
    /// How people find it: `statement 2 (AllowAll)`.
    pub label: String,
    /// What it says, short: `iam:*, sts:AssumeRole on *`.
    pub says: String,
    /// Whether it surely applies.
    pub applies: Tri,
    /// What leaves it open.
    pub only_if: Vec<OpenCondition>,
}

/// What leaves a statement open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCondition {
    /// JSON pointer of the condition, or of the statement for a reading.
    pub pointer: String,
    /// For people: ``aws:SourceVpce is `vpce-1` ``.
    pub text: String,
}

/// Something that was assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assumption {
    /// Service control policies were not read, and may deny.
    ScpUnread,
    /// Resource control policies were not read, and may deny.
    RcpUnread,
    /// Policies of the resource are not part of the question.
    ResourcePolicyNotAsked,
    /// The session carries no session tags.
    NoSessionTags,
}

impl Assumption {
    /// Its name in evidence.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ScpUnread => "scp-unread",
            Self::RcpUnread => "rcp-unread",
            Self::ResourcePolicyNotAsked => "resource-policy-not-asked",
            Self::NoSessionTags => "no-session-tags",
        }
    }

    /// For people.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::ScpUnread => "unless a service control policy denies it",
            Self::RcpUnread => "unless a resource control policy denies it",
            Self::ResourcePolicyNotAsked => "unless a policy of the resource denies it",
            Self::NoSessionTags => "provided that the session carries no tags of its own",
        }
    }
}

/// What is assumed of a stack.
#[must_use]
pub(super) fn assumptions(stack: &Stack) -> Vec<Assumption> {
    let mut all = Vec::new();
    if matches!(stack.scp, Limit::NotKnown) {
        all.push(Assumption::ScpUnread);
    }
    if matches!(stack.rcp, Limit::NotKnown) {
        all.push(Assumption::RcpUnread);
    }
    all
}

impl Bounds<'_> {
    /// The answer to a question with its proof.
    #[must_use]
    pub fn explain(&self, query: &Query<'_>) -> Explanation {
        let answer = self.can(query);
        self.with_keys(query, |query| {
            let mut heard = Heard { bounds: self, query, allowed_by: Vec::new(), denied_by: Vec::new(), missing: None };
            let _ = self.tri(query, Unread::MaySayAnything, Lean::Neither, &mut heard);
            let Heard { allowed_by, denied_by, missing, .. } = heard;
            let choice = if answer == Answer::Surely { witness::choice(self, query).unwrap_or_default() } else { Vec::new() };
            let mut assumptions = assumptions(self.stack);
            if query.facts.is_none() {
                assumptions.push(Assumption::ResourcePolicyNotAsked);
            }
            let gap = self.gap().cloned();
            let missing = if answer == Answer::Surely { None } else { missing };
            Explanation { answer, allowed_by, denied_by, missing, choice, assumptions, gap }
        })
    }
}

struct Heard<'b, 'q> {
    bounds: &'b Bounds<'b>,
    query: &'q Query<'q>,
    allowed_by: Vec<Reason>,
    denied_by: Vec<Reason>,
    missing: Option<Layer>,
}

impl Listener for Heard<'_, '_> {
    fn statement(&mut self, layer: Layer, ready: &Ready<'_>, effect: Effect, applies: Tri) {
        let reason = Reason {
            layer,
            policy: self.policy(layer, ready.source).unwrap_or_default().to_owned(),
            sid: ready.statement.sid.as_deref().map(str::to_owned),
            pointer: ready.statement.pointer(),
            label: ready.statement.label(),
            says: says(ready.statement),
            applies,
            only_if: if applies == Tri::Open { self.open(ready) } else { Vec::new() },
        };
        if effect == Effect::Deny { self.denied_by.push(reason) } else { self.allowed_by.push(reason) }
    }

    fn layer(&mut self, layer: Layer, says: Says) {
        if says.allow == Tri::False && self.missing.is_none() {
            self.missing = Some(layer);
        }
    }
}

impl Heard<'_, '_> {
    fn policy(&self, layer: Layer, source: usize) -> Option<&str> {
        let stack = self.bounds.stack;

        let list: &[Attached] = match layer {
            Layer::Identity => &stack.identity,
            Layer::Boundary => stack.boundary.as_slice(),
            Layer::Session => stack.session.as_deref().unwrap_or_default(),
            Layer::Scp(level) => stack.scp.levels().get(level).map(Vec::as_slice).unwrap_or_default(),
            Layer::Rcp(level) => stack.rcp.levels().get(level).map(Vec::as_slice).unwrap_or_default(),
            Layer::Endpoint => stack.endpoint.as_slice(),
            Layer::Resource => self.query.facts.map(|facts| facts.policies.as_slice()).unwrap_or_default(),
            Layer::Reserved => &[],
        };
        list.get(source).map(|attached| &*attached.name)
    }

    /// What leaves a statement open: conditions, then readings.
    fn open(&self, ready: &Ready<'_>) -> Vec<OpenCondition> {
        let context = Context::new(self.query.bound, &self.bounds.base);
        let pointer = ready.statement.pointer();
        let mut open = Vec::new();
        for atom in &ready.statement.conditions {
            let state = context.state(&atom.folded_key);
            if condition::holds(atom, state, ready.version, context, Readings::OPEN) == Tri::Open {
                open.push(OpenCondition {
                    pointer: format!("{pointer}/Condition/{}/{}", atom.written, atom.key),
                    text: condition::describe(atom),
                });
            }
        }
        let about = |readings| About { action: self.query.action, resource: self.query.resource, context, readings };
        let concerns = |readings| statement::concerns(ready.statement, ready.kind, ready.version, &about(readings));
        if concerns(Readings::OPEN) == Tri::Open {
            for reading in Reading::ALL {
                let [narrow, wide] = [false, true].map(|wide| concerns(Readings::OPEN.with(*reading, wide)));
                if narrow != wide {
                    open.push(OpenCondition { pointer: pointer.clone(), text: format!("AWS reads it widely ({})", reading.code()) });
                }
            }
        }
        if open.is_empty() {
            open.push(OpenCondition { pointer, text: "it concerns only some of what was asked".to_owned() });
        }
        open
    }
}

/// What a statement says, short: `iam:*, sts:AssumeRole on *`.
#[must_use]
pub fn says(statement: &Statement) -> String {
    const MOST: usize = 3;
    let short = |negated: bool, list: Vec<&str>| {
        let more = if list.len() > MOST { format!(" and {} more", list.len() - MOST) } else { String::new() };
        let first = list.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
        format!("{}{first}{more}", if negated { "everything but " } else { "" })
    };
    let actions = short(statement.actions.negated, statement.actions.patterns.iter().map(|one| &*one.text).collect());
    let resources = statement.resources.as_ref().map(|resources| {
        format!(" on {}", short(resources.negated, resources.patterns.iter().map(crate::arn::ArnPattern::text).collect()))
    });
    let conditions = if statement.conditions.is_empty() { "" } else { " under conditions" };
    format!("{actions}{}{conditions}", resources.unwrap_or_default())
}
