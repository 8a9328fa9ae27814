//! What a caller may do, in both bounds.

use std::collections::BTreeSet;

use wallwalk_model::Gap;

use super::ground::{Asking, Ground, Lean, Listener, Unread, kind_of};
use super::grounds::Grounds;
use super::stack::{Resource, Stack};
use super::statement::{self, About};
use super::witness;
use crate::arn::Target;
use crate::catalogue::{Action, ActionBits, ActionId, ResourceType, required_types, types_for};
use crate::gain;
use crate::key::{Context, KeyState, Keys};
use crate::policy::{Effect, Statement, Version};
use crate::readings::Readings;
use crate::tri::Tri;

/// Whether a caller may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Answer {
    /// Under no condition and no reading.
    Never,
    /// A document that was not read decides.
    Unread,
    /// Under some condition, or under one of two readings that AWS leaves open.
    Possibly,
    /// Whatever is not known.
    Surely,
}

impl Answer {
    /// In one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Unread => "unread",
            Self::Possibly => "possibly",
            Self::Surely => "surely",
        }
    }

    /// Whether it holds in every case.
    #[must_use]
    pub const fn surely(self) -> bool {
        matches!(self, Self::Surely)
    }

    /// Whether it holds in some case, unread documents apart.
    #[must_use]
    pub const fn possibly(self) -> bool {
        matches!(self, Self::Surely | Self::Possibly)
    }
}

/// A question.
#[derive(Clone, Copy, Debug)]
pub struct Query<'q> {
    /// What is done.
    pub action: Action<'q>,
    /// To what: one resource, or all that a pattern names.
    pub resource: Target<'q>,
    /// Keys that the question fixes, as `iam:PassedToService`.
    pub bound: &'q Keys,
    /// What is known of the resource; none to ask the caller's own side alone.
    pub facts: Option<&'q Resource>,
}

static NO_KEYS: Keys = Keys::new();

impl<'q> Query<'q> {
    /// An action on a resource, by the caller's own side.
    #[must_use]
    pub const fn new(action: Action<'q>, resource: Target<'q>) -> Self {
        Self { action, resource, bound: &NO_KEYS, facts: None }
    }

    /// The same with keys bound.
    #[must_use]
    pub const fn with(self, bound: &'q Keys) -> Self {
        Self { bound, ..self }
    }

    /// The same with what is known of the resource.
    #[must_use]
    pub const fn facing(self, facts: &'q Resource) -> Self {
        Self { facts: Some(facts), ..self }
    }
}

/// What a caller may do.
#[derive(Clone, Debug)]
pub struct Bounds<'a> {
    pub(super) stack: &'a Stack,
    pub(super) grounds: Grounds<'a>,
    pub(super) base: Keys,
    readings: Readings,
    /// Whether some condition looks at keys that follow from the resource.
    resource_keys: bool,
    gap: Option<&'a Gap>,
}

impl<'a> Bounds<'a> {
    /// Makes a stack ready for questions, with what is known of the caller's keys.
    #[must_use]
    pub fn new(stack: &'a Stack, base: Keys) -> Self {
        Self::under(stack, base, Readings::OPEN)
    }

    /// The same with readings of one's own.
    #[must_use]
    pub fn under(stack: &'a Stack, base: Keys, readings: Readings) -> Self {
        let grounds = {
            let context = Context::new(&NO_KEYS, &base);
            Grounds::new(stack, |statement: &Statement, version: Version| {
                Some(statement::conditions(statement, version, context, readings))
            })
        };
        let resource_keys = grounds.statements().any(|ready| mentions(ready.statement, follows_from_resource));
        let gap = stack.gap();
        Self { stack, grounds, base, readings, resource_keys, gap }
    }

    /// A document that was not read.
    #[must_use]
    pub const fn gap(&self) -> Option<&'a Gap> {
        self.gap
    }

    /// Whether the caller may do it.
    #[must_use]
    pub fn can(&self, query: &Query<'_>) -> Answer {
        self.with_keys(query, |query| self.judged(query))
    }

    /// What the caller may at most do covers all of it: conditions and unread documents granted, is
    /// every resource that the question names allowed? The opposite of what is certain, for proofs that
    /// something grants nothing new.
    #[must_use]
    pub fn may_cover(&self, query: &Query<'_>) -> bool {
        self.gap.is_some() || self.with_keys(query, |query| self.tri(query, Unread::Absent, Lean::Granting, &mut ()).must())
    }

    /// Whether the caller may do all of it. A part of what the question names, which is enough for
    /// [`Self::can`] to leave it open, is nothing here.
    #[must_use]
    pub fn covers(&self, query: &Query<'_>) -> Answer {
        self.with_keys(query, |query| {
            if self.judged(query) == Answer::Surely {
                return Answer::Surely;
            }
            let granted = self.tri(query, Unread::Absent, Lean::Granting, &mut ()).must();
            if self.gap.is_none() {
                return if granted { Answer::Possibly } else { Answer::Never };
            }
            if granted && self.sharpened(query, Unread::Absent) == Answer::Possibly {
                return Answer::Possibly;
            }
            // Of documents that were not read only those of the caller's own can add to what is allowed.
            if granted || self.grounds.identity.unread { Answer::Unread } else { Answer::Never }
        })
    }

    /// How far each statement names an action. Actions that are named alike and are authorised on the same
    /// types of resources get the same answers, service control policies for resources apart.
    #[must_use]
    pub fn naming(&self, id: ActionId) -> Box<[Tri]> {
        self.grounds.statements().map(|ready| ready.statement.actions.matches(&Action::Known(id), self.readings)).collect()
    }

    /// Condition keys that the caller's documents look at, in lower case.
    #[must_use]
    pub fn condition_keys(&self) -> BTreeSet<&'a str> {
        self.grounds.statements().flat_map(|ready| &ready.statement.conditions).map(|atom| &*atom.folded_key).collect()
    }

    /// The caller's account.
    #[must_use]
    pub fn account(&self) -> &'a str {
        &self.stack.caller.account
    }

    /// Whether an action may be allowed on some resource by the caller's own side: its policies within
    /// its boundary and those of its organisation.
    #[must_use]
    pub fn may_name(&self, id: ActionId) -> bool {
        self.grounds.may_name(id)
    }

    /// Actions surely allowed on every resource. Never too many; an action that several statements
    /// allow everywhere only together is missing.
    #[must_use]
    pub fn surely_anywhere(&self) -> ActionBits {
        self.grounds.surely_anywhere()
    }

    /// Actions that may be allowed on some resource. Never too few.
    #[must_use]
    pub fn may_allow(&self) -> ActionBits {
        self.grounds.may_allow()
    }

    /// Statements of the caller's own policies that allow, with the name of their document.
    pub fn own_allows(&self) -> impl Iterator<Item = (&'a str, &'a Statement, Tri)> {
        let names = &self.stack.identity;
        self.grounds.identity.statements.iter().filter(|ready| ready.statement.effect != Effect::Deny).filter_map(move |ready| {
            let name = &*names.get(ready.source)?.name;
            Some((name, ready.statement, ready.conditions.unwrap_or(Tri::Open)))
        })
    }

    fn judged(&self, query: &Query<'_>) -> Answer {
        let gap = self.gap.is_some()
            || query.facts.is_some_and(|facts| !facts.complete || facts.policies.iter().any(|one| one.document.is_err()));
        match self.tri(query, Unread::MaySayAnything, Lean::Neither, &mut ()) {
            Tri::True => Answer::Surely,
            Tri::False => Answer::Never,
            Tri::Open if gap => match self.sharpened(query, Unread::Absent) {
                // With or without it the answer is the same as soon as it is known what it says.
                Answer::Possibly => Answer::Possibly,
                _ => Answer::Unread,
            },
            Tri::Open => witness::sharpen(self, query, Unread::MaySayAnything),
        }
    }

    fn sharpened(&self, query: &Query<'_>, unread: Unread) -> Answer {
        match self.tri(query, unread, Lean::Neither, &mut ()) {
            Tri::True => Answer::Surely,
            Tri::False => Answer::Never,
            Tri::Open => witness::sharpen(self, query, unread),
        }
    }

    /// Binds the keys that follow from the resource, where some condition looks at them.
    pub(super) fn with_keys<T>(&self, query: &Query<'_>, ask: impl FnOnce(&Query<'_>) -> T) -> T {
        if !self.resource_keys && query.facts.is_none_or(|facts| facts.policies.is_empty()) {
            return ask(query);
        }
        let mut keys = query.bound.clone();
        if let Some(arn) = query.resource.as_exact() {
            let mut parts = arn.split(':').skip(3);
            let region = parts.next().filter(|region| !region.is_empty());
            let account = query.facts.map(|facts| &*facts.account).or(parts.next()).filter(|account| account.len() == 12);
            let mut bind = |key: &str, value: Option<&str>| {
                if let (Some(value), None) = (value, keys.get(key)) {
                    keys.set(key, KeyState::one(value));
                }
            };
            bind("aws:requestedregion", region);
            bind("aws:resourceaccount", account);
        }
        ask(&Query { bound: &keys, ..*query })
    }

    pub(super) fn tri(&self, query: &Query<'_>, unread: Unread, lean: Lean, listener: &mut impl Listener) -> Tri {
        let about = About {
            action: query.action,
            resource: query.resource,
            context: Context::new(query.bound, &self.base),
            readings: self.readings,
        };
        let asking = Asking { about, rebound: query.bound, unread, lean };
        let usable = self.usable(&asking, query);
        match query.facts {
            None => usable.and(self.grounds.answer(&asking, None, listener)),
            Some(facts) => {
                let ground = Ground::new(&facts.policies, kind_of(facts.kind), |_, _| None);
                usable.and(self.grounds.answer(&asking, Some((facts, &ground)), listener))
            }
        }
    }

    /// An action that needs several resources is usable for sure only if some resource of each kind is allowed.
    fn usable(&self, asking: &Asking<'_>, query: &Query<'_>) -> Tri {
        let (Action::Known(id), Some(arn)) = (query.action, query.resource.as_exact()) else { return Tri::True };
        let mut required = required_types(id);
        if required.next().is_none() || required.next().is_none() {
            return Tri::True;
        }
        let allowed = |target: Target<'_>| {
            let about = About { resource: target, action: query.action, context: asking.about.context, readings: self.readings };
            let companion = Asking { about, rebound: asking.rebound, unread: asking.unread, lean: asking.lean };
            self.grounds.answer(&companion, None, &mut ()) == Tri::True
        };
        let asked: Vec<ResourceType> = types_for(id, arn).collect();
        for other in required_types(id).filter(|other| !asked.contains(other)) {
            let any = other.globs().any(|glob| allowed(Target::pattern(&glob)));
            if !any && !self.companions(id, other).iter().any(|arn| allowed(Target::exact(arn))) {
                return Tri::Open;
            }
        }
        Tri::True
    }

    /// Resources of a kind that the caller's own policies name for an action.
    fn companions(&self, id: ActionId, kind: ResourceType) -> Vec<String> {
        let statements = self.grounds.identity.statements.iter().map(|ready| ready.statement);
        let naming = statements.filter(|statement| statement.actions.matches(&Action::Known(id), self.readings).may());
        let named = naming.filter_map(|statement| statement.resources.as_ref()).filter(|resources| !resources.negated);
        let arns = named
            .flat_map(|resources| &resources.patterns)
            .map(|pattern| gain::filled(pattern.text(), id, ("aws", "us-east-1", self.account())));
        arns.filter(|arn| types_for(id, arn).any(|own| own == kind)).collect()
    }
}

/// Keys whose value follows from the resource.
fn follows_from_resource(key: &str) -> bool {
    matches!(key, "aws:requestedregion" | "aws:resourceaccount")
}

/// Whether a condition of the statement looks at such a key.
fn mentions(statement: &Statement, which: impl Fn(&str) -> bool) -> bool {
    statement.conditions.iter().any(|atom| which(&atom.folded_key))
}
