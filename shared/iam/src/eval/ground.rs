//! Layers of documents made ready for questions, and what one layer says to one question.

use super::stack::{Attached, ResourceKind};
use super::statement::{self, About};
use crate::catalogue::IdRanges;
use crate::key::Keys;
use crate::policy::{Actions, Effect, Kind, Statement, Version};
use crate::tri::Tri;

/// A layer of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Policies of the caller.
    Identity,
    /// Permissions boundary.
    Boundary,
    /// Session policies.
    Session,
    /// Service control policies, by level from the root.
    Scp(usize),
    /// Resource control policies, by level from the root.
    Rcp(usize),
    /// Policy of the VPC endpoint.
    Endpoint,
    /// Policies of the resource.
    Resource,
    /// What AWS owns and nobody changes.
    Reserved,
}

impl Layer {
    /// How people call it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Scp(_) => "service control policy",
            Self::Rcp(_) => "resource control policy",
            Self::Endpoint => "endpoint policy",
            Self::Resource => "resource policy",
            Self::Reserved => "reserved by AWS",
        }
    }
}

/// How documents that exist and were not read count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// They may say anything.
    MaySayAnything,
    /// As if they did not exist.
    Absent,
}

/// How conditions and readings that are open count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lean {
    /// As open.
    Neither,
    /// For an Allow and against a Deny: the most that can be granted.
    Granting,
}

/// A statement with what is known of its conditions before anything is asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ready<'a> {
    pub(super) statement: &'a Statement,
    pub(super) version: Version,
    pub(super) kind: Kind,
    /// Position of its document in its layer.
    pub(super) source: usize,
    /// Whether its conditions hold; none if that depends on the question.
    pub(super) conditions: Option<Tri>,
}

impl Ready<'_> {
    /// Whether it may have that effect on something.
    pub(super) fn may(&self, effect: Effect) -> bool {
        self.conditions != Some(Tri::False) && effects(self.statement).any(|one| one == effect)
    }

    /// Known actions that it may name.
    pub(super) fn may_name(&self) -> IdRanges {
        let actions = &self.statement.actions;
        if self.statement.doubtful {
            IdRanges::all()
        } else if actions.negated {
            actions.named.complement()
        } else {
            actions.named_widely.as_ref().unwrap_or(&actions.named).clone()
        }
    }
}

/// A layer made ready.
#[derive(Clone, Debug, Default)]
pub(super) struct Ground<'a> {
    pub(super) statements: Vec<Ready<'a>>,
    /// Whether a document of it was not read.
    pub(super) unread: bool,
    /// Whether it holds a document at all.
    pub(super) documents: usize,
}

impl<'a> Ground<'a> {
    pub(super) fn new(documents: &'a [Attached], kind: Kind, settled: impl Fn(&Statement, Version) -> Option<Tri>) -> Self {
        let mut ground = Self { documents: documents.len(), ..Self::default() };
        for (source, attached) in documents.iter().enumerate() {
            match &attached.document {
                Err(_) => ground.unread = true,
                Ok(document) => ground.statements.extend(document.statements.iter().map(|statement| Ready {
                    statement,
                    version: document.version,
                    kind,
                    source,
                    conditions: settled(statement, document.version),
                })),
            }
        }
        ground
    }
}

/// What a layer says: whether some Allow and whether some Deny applies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Says {
    pub(super) allow: Tri,
    pub(super) deny: Tri,
}

/// Hears of every statement that bears on a question, and of every layer's answer.
pub(super) trait Listener {
    fn statement(&mut self, _layer: Layer, _ready: &Ready<'_>, _effect: Effect, _applies: Tri) {}
    fn layer(&mut self, _layer: Layer, _says: Says) {}
}

impl Listener for () {}

/// A question to a stack made ready.
#[derive(Clone, Copy)]
pub(super) struct Asking<'q> {
    pub(super) about: About<'q>,
    /// Keys the question binds: what was settled without them may not hold with them.
    pub(super) rebound: &'q Keys,
    pub(super) unread: Unread,
    pub(super) lean: Lean,
}

impl Asking<'_> {
    /// Whether a statement applies.
    pub(super) fn applies(&self, ready: &Ready<'_>, effect: Effect) -> Tri {
        let concerned = match self.lean {
            Lean::Neither => statement::concerns(ready.statement, ready.kind, ready.version, &self.about),
            Lean::Granting => statement::concerns_leaning(ready.statement, ready.kind, ready.version, &self.about, effect == Effect::Allow),
        };
        if concerned == Tri::False {
            return Tri::False;
        }
        let settled = ready.conditions.filter(|_| self.rebound.is_empty() || ready.statement.conditions.is_empty());
        let ask = || statement::conditions(ready.statement, ready.version, self.about.context, self.about.readings);
        let mut conditions = settled.unwrap_or_else(ask);
        if self.lean == Lean::Granting && conditions == Tri::Open {
            conditions = (effect == Effect::Allow).into();
        }
        concerned.and(conditions)
    }

    /// What a layer says in which principals play no part.
    pub(super) fn layer(&self, layer: Layer, ground: &Ground<'_>, listener: &mut impl Listener) -> Says {
        let mut says = self.blank(ground);
        for ready in &ground.statements {
            for effect in effects(ready.statement) {
                let applies = self.applies(ready, effect);
                if applies.may() {
                    listener.statement(layer, ready, effect, applies);
                }
                let side = if effect == Effect::Allow { &mut says.allow } else { &mut says.deny };
                *side = (*side).or(applies);
            }
        }
        listener.layer(layer, says);
        says
    }

    /// What a layer says before its statements are heard: a document that was not read may allow and deny.
    pub(super) fn blank(&self, ground: &Ground<'_>) -> Says {
        let open = if ground.unread && self.unread == Unread::MaySayAnything { Tri::Open } else { Tri::False };
        Says { allow: open, deny: open }
    }

    /// Whether a layer leaves the request standing, where every document of it that was not read is
    /// left out and none remains.
    pub(super) fn limits(&self, ground: &Ground<'_>) -> bool {
        self.unread == Unread::MaySayAnything || !ground.unread || ground.documents > 1
    }
}

/// The effects a statement may have.
pub(super) fn effects(statement: &Statement) -> impl Iterator<Item = Effect> + use<> {
    let either = statement.doubtful || statement.effect == Effect::Either;
    [Effect::Allow, Effect::Deny].into_iter().filter({
        let effect = statement.effect;
        move |one| either || *one == effect
    })
}

/// Known actions that a list surely names, negation applied.
pub(super) fn must_name(actions: &Actions) -> IdRanges {
    let widely = actions.named_widely.as_ref().unwrap_or(&actions.named);
    if actions.negated {
        if actions.patterns.is_empty() { IdRanges::default() } else { widely.complement() }
    } else {
        actions.named.clone()
    }
}

pub(super) const fn kind_of(kind: ResourceKind) -> Kind {
    match kind {
        ResourceKind::Trust => Kind::Trust,
        ResourceKind::Ordinary | ResourceKind::Key => Kind::Resource,
    }
}
