//! How the answers of the documents combine.
//!
//! The rules are monotone: more Allow never closes, more Deny never opens. So one pass in three
//! values yields both bounds: what is allowed if only sure Allows and every possible Deny count, and
//! what is allowed if every possible Allow and only sure Denies do.
//!
//! Not modelled: permissions of the `sts:` calls that depend on tags of the new session beyond their
//! condition keys, and service-specific exceptions other than those below.

use super::principal::{Standing, standing};
use super::stack::{Attached, Limit, Resource, ResourceKind, Stack};
use super::statement::{self, About};
use super::{Who, caller};
use crate::arn::{ArnPattern, Target};
use crate::catalogue::{self, Action, ActionBits, ActionId, IdRanges};
use crate::glob;
use crate::key::{Context, Keys};
use crate::policy::{Actions, Effect, Kind, Statement, Version};
use crate::readings::{Reading, Readings};
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
    /// Whether a statement applies, `None` if it does not.
    fn applies(&self, ready: &Ready<'_>, effect: Effect) -> Tri {
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
    fn layer(&self, layer: Layer, ground: &Ground<'_>, listener: &mut impl Listener) -> Says {
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
    fn blank(&self, ground: &Ground<'_>) -> Says {
        let open = if ground.unread && self.unread == Unread::MaySayAnything { Tri::Open } else { Tri::False };
        Says { allow: open, deny: open }
    }

    /// Whether a layer leaves the request standing, where every document of it that was not read is
    /// left out and none remains.
    fn limits(&self, ground: &Ground<'_>) -> bool {
        self.unread == Unread::MaySayAnything || !ground.unread || ground.documents > 1
    }
}

/// The effects a statement may have.
fn effects(statement: &Statement) -> impl Iterator<Item = Effect> + use<> {
    let either = statement.doubtful || statement.effect == Effect::Either;
    [Effect::Allow, Effect::Deny].into_iter().filter({
        let effect = statement.effect;
        move |one| either || *one == effect
    })
}

/// Known actions that a list may name, negation applied.
fn may_name(actions: &Actions) -> IdRanges {
    let widely = actions.named_widely.as_ref().unwrap_or(&actions.named);
    if actions.negated { actions.named.complement() } else { widely.clone() }
}

/// Known actions that a list surely names, negation applied.
fn must_name(actions: &Actions) -> IdRanges {
    let widely = actions.named_widely.as_ref().unwrap_or(&actions.named);
    if actions.negated {
        if actions.patterns.is_empty() { IdRanges::default() } else { widely.complement() }
    } else {
        actions.named.clone()
    }
}

/// A stack made ready.
#[derive(Clone, Debug)]
pub(super) struct Grounds<'a> {
    pub(super) caller: &'a caller::Caller,
    pub(super) identity: Ground<'a>,
    pub(super) boundary: Option<Ground<'a>>,
    pub(super) session: Option<Ground<'a>>,
    pub(super) scp: Vec<Ground<'a>>,
    pub(super) rcp: Vec<Ground<'a>>,
    pub(super) endpoint: Option<Ground<'a>>,
}

impl<'a> Grounds<'a> {
    pub(super) fn new(stack: &'a Stack, settled: impl Fn(&Statement, Version) -> Option<Tri>) -> Self {
        let ground = |documents: &'a [Attached], kind| Ground::new(documents, kind, &settled);
        let one = |attached: &'a Attached, kind| ground(std::slice::from_ref(attached), kind);
        let levels = |limit: &'a Limit, kind| limit.levels().iter().map(|level| ground(level, kind)).collect();
        Self {
            caller: &stack.caller,
            identity: ground(&stack.identity, Kind::Identity),
            boundary: stack.boundary.as_ref().map(|attached| one(attached, Kind::Boundary)),
            session: stack.session.as_ref().map(|documents| ground(documents, Kind::Session)),
            scp: if stack.caller.is_service_linked() { Vec::new() } else { levels(&stack.scp, Kind::Scp) },
            rcp: if stack.caller.is_service_linked() { Vec::new() } else { levels(&stack.rcp, Kind::Rcp) },
            endpoint: stack.endpoint.as_ref().map(|attached| one(attached, Kind::Endpoint)),
        }
    }

    /// Every statement of every layer.
    pub(super) fn statements(&self) -> impl Iterator<Item = &Ready<'a>> {
        let limits = self.boundary.iter().chain(&self.session).chain(&self.scp).chain(&self.rcp).chain(&self.endpoint);
        std::iter::once(&self.identity).chain(limits).flat_map(|ground| &ground.statements)
    }

    /// Whether the caller's own side may allow an action on some resource.
    pub(super) fn may_name(&self, id: ActionId) -> bool {
        let limits = self.boundary.iter().chain(&self.session).chain(&self.scp).chain(&self.endpoint);
        std::iter::once(&self.identity).chain(limits).all(|ground| {
            ground.unread
                || ground.statements.iter().any(|ready| {
                    ready.conditions != Some(Tri::False)
                        && effects(ready.statement).any(|effect| effect == Effect::Allow)
                        && (ready.statement.doubtful || ready.statement.actions.matches(&Action::Known(id), Readings::OPEN).may())
                })
        })
    }

    /// Known actions that the caller's own policies may allow on some resource.
    pub(super) fn may_allow(&self) -> ActionBits {
        let mut bits = ActionBits::new();
        if self.identity.unread {
            bits.add_ranges(&IdRanges::all());
        }
        for ready in self.identity.statements.iter().filter(|ready| ready.conditions != Some(Tri::False)) {
            if effects(ready.statement).any(|effect| effect == Effect::Allow) {
                bits.add_ranges(&if ready.statement.doubtful { IdRanges::all() } else { may_name(&ready.statement.actions) });
            }
        }
        bits
    }

    /// Known actions that the caller's own side surely allows on every resource. Never too many, and not
    /// all of them where several statements cover everything only together.
    pub(super) fn surely_anywhere(&self) -> ActionBits {
        let mut bits = Self::everywhere(&self.identity);
        let limits = self.boundary.iter().chain(&self.session).chain(&self.scp).chain(&self.endpoint);
        for limit in limits {
            bits.intersect(&Self::everywhere(limit));
        }
        if self.statements().next().is_none() || self.unread() {
            return ActionBits::new();
        }
        for ready in self.statements().filter(|ready| ready.conditions != Some(Tri::False)) {
            if effects(ready.statement).any(|effect| effect == Effect::Deny) {
                let mut denied = ActionBits::new();
                denied.add_ranges(&if ready.statement.doubtful { IdRanges::all() } else { may_name(&ready.statement.actions) });
                bits.subtract(&denied);
            }
        }
        bits
    }

    fn unread(&self) -> bool {
        let limits = self.boundary.iter().chain(&self.session).chain(&self.scp).chain(&self.rcp).chain(&self.endpoint);
        std::iter::once(&self.identity).chain(limits).any(|ground| ground.unread)
    }

    /// Actions that sure Allows of a layer name on everything.
    fn everywhere(ground: &Ground<'_>) -> ActionBits {
        let mut bits = ActionBits::new();
        for ready in &ground.statements {
            let statement = ready.statement;
            let sure = statement.effect == Effect::Allow && !statement.doubtful && ready.conditions == Some(Tri::True);
            let everything =
                |resources: &crate::policy::Resources| !resources.negated && resources.patterns.iter().any(ArnPattern::is_everything);
            if sure && statement.resources.as_ref().is_some_and(everything) {
                bits.add_ranges(&must_name(&statement.actions));
            }
        }
        bits
    }

    /// Whether the request is allowed. Without `resource` the caller's own side alone is asked.
    pub(super) fn answer(&self, asking: &Asking<'_>, resource: Option<(&Resource, &Ground<'_>)>, listener: &mut impl Listener) -> Tri {
        if is(&asking.about.action, "sts:getcalleridentity") {
            return Tri::True;
        }
        let identity = asking.layer(Layer::Identity, &self.identity, listener);
        let mut denied = identity.deny;
        let mut limit = |layer: Layer, subject: Tri, ground: &Ground<'_>, listener: &mut _| {
            let says = asking.layer(layer, ground, listener);
            denied = denied.or(says.deny.and(subject));
            if asking.limits(ground) { says.allow.or(!subject) } else { Tri::True }
        };
        let boundary = self.boundary.as_ref().map_or(Tri::True, |ground| limit(Layer::Boundary, Tri::True, ground, listener));
        let session = self.session.as_ref().map_or(Tri::True, |ground| limit(Layer::Session, Tri::True, ground, listener));
        let mut outer = Tri::True;
        for (level, ground) in self.scp.iter().enumerate() {
            outer = outer.and(limit(Layer::Scp(level), Tri::True, ground, listener));
        }
        // Of a pattern of actions some may be subject to them and others not.
        let subject = applies_rcp(&asking.about.action);
        for (level, ground) in self.rcp.iter().enumerate().filter(|_| subject.may()) {
            outer = outer.and(limit(Layer::Rcp(level), subject, ground, listener));
        }
        if let Some(ground) = &self.endpoint {
            outer = outer.and(limit(Layer::Endpoint, Tri::True, ground, listener));
        }
        if reserved(&asking.about) {
            listener.layer(Layer::Reserved, Says { allow: Tri::False, deny: Tri::False });
            return Tri::False;
        }
        let own = identity.allow.and(boundary).and(session);
        let granted = match resource {
            None => own,
            Some((resource, ground)) => {
                let policy = self.resource(asking, resource, ground, listener);
                denied = denied.or(policy.denied);
                policy.grants(own, boundary.and(session), self.caller, resource)
            }
        };
        granted.and(outer).and(!denied)
    }

    fn resource(&self, asking: &Asking<'_>, resource: &Resource, ground: &Ground<'_>, listener: &mut impl Listener) -> Policy {
        let blank = asking.blank(ground);
        // A policy that may exist and is not there may deny and, within its account's power, allow.
        let missing = !resource.complete && asking.unread == Unread::MaySayAnything;
        let open = if missing { Tri::Open } else { blank.allow };
        let mut policy = Policy { session: open, role: open, account: open, denied: open };
        let bounded = self.boundary.is_some();
        let mut heard = Says { allow: Tri::False, deny: Tri::False };
        for ready in &ground.statements {
            for effect in effects(ready.statement) {
                let applies = asking.applies(ready, effect);
                if applies == Tri::False {
                    continue;
                }
                let named = match &ready.statement.principals {
                    _ if ready.statement.doubtful => {
                        Standing { session: Tri::True, role: Tri::True, account: Tri::True, everybody: Tri::True }
                    }
                    Some(principals) => standing(principals, effect, self.caller, bounded, asking.about.readings),
                    None => continue,
                };
                let counts = applies.and(named.any());
                if counts == Tri::False {
                    continue;
                }
                listener.statement(Layer::Resource, ready, effect, counts);
                if effect == Effect::Deny {
                    policy.denied = policy.denied.or(counts);
                    heard.deny = heard.deny.or(counts);
                } else {
                    let everybody =
                        asking.about.readings.split(Reading::StarPrincipal, |wide| if wide { named.everybody } else { Tri::False });
                    policy.session = policy.session.or(applies.and(named.session.or(everybody)));
                    policy.role = policy.role.or(applies.and(named.role));
                    policy.account = policy.account.or(applies.and(named.account.or(named.everybody)));
                    heard.allow = heard.allow.or(counts);
                }
            }
        }
        listener.layer(Layer::Resource, heard);
        policy
    }
}

/// What the policies of a resource say of a caller.
struct Policy {
    session: Tri,
    role: Tri,
    account: Tri,
    denied: Tri,
}

impl Policy {
    /// `own` is what the caller's own side allows, `limits` what boundary and session policies leave of
    /// a grant to the role.
    fn grants(&self, own: Tri, limits: Tri, caller: &caller::Caller, resource: &Resource) -> Tri {
        if let Who::Service { .. } | Who::Federated { .. } = caller.who {
            return self.session.or(self.account);
        }
        let role = self.role.and(limits);
        if caller.account != resource.account {
            return own.and(self.session.or(self.role).or(self.account));
        }
        match resource.kind {
            ResourceKind::Ordinary => own.or(self.session).or(role),
            ResourceKind::Trust | ResourceKind::Key => self.session.or(role).or(self.account.and(own)),
        }
    }
}

fn is(action: &Action<'_>, name: &str) -> bool {
    match action {
        Action::Known(id) => *id.folded() == *name,
        Action::Named(text) => *text == name,
        Action::Pattern(_) => false,
    }
}

/// Whether resource control policies apply to the action's service.
fn applies_rcp(action: &Action<'_>) -> Tri {
    let service = match action {
        Action::Known(id) => id.service(),
        Action::Named(text) | Action::Pattern(text) => text.split(':').next().unwrap_or_default(),
    };
    if glob::has_wildcards(service) { Tri::Open } else { catalogue::rcp_applies(service).into() }
}

/// Whether the request would change what AWS owns: a policy of the account `aws`, a reserved role, an
/// alias of AWS.
fn reserved(about: &About<'_>) -> bool {
    let Some(arn) = about.resource.as_exact() else { return false };
    let mut parts = arn.splitn(6, ':').skip(2);
    let (Some(service), Some(_), Some(account), Some(name)) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let owned = match service {
        "iam" => account == "aws" || name.starts_with("role/aws-reserved/"),
        "kms" => name.starts_with("alias/aws/"),
        _ => false,
    };
    let changes = match about.action {
        Action::Known(id) => !matches!(id.info().level, catalogue::Level::Read | catalogue::Level::List) && *id.folded() != *"iam:passrole",
        Action::Named(_) | Action::Pattern(_) => false,
    };
    owned && changes
}

/// A concrete request: everything about it is known.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Action, in any case.
    pub action: &'a str,
    /// ARN of the resource, or `*` for an action without one.
    pub resource: &'a str,
    /// Every condition key of the request; the others are absent.
    pub keys: &'a Keys,
    /// What is known of the resource; none to ask the caller's own side alone.
    pub facts: Option<&'a Resource>,
}

/// The outcome of a concrete request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Allowed.
    Allow,
    /// No layer that has to allow did: the first one that is missing.
    ImplicitDeny(Layer),
    /// A Deny applies: where, and which statement of which document.
    ExplicitDeny {
        /// Layer.
        layer: Layer,
        /// Position of the document in its layer.
        source: usize,
        /// JSON pointer of the statement.
        pointer: String,
    },
}

/// Decides a concrete request under fixed readings.
///
/// Documents that were not read count as absent; a state of a key that is not exact, or a reading
/// that is not fixed, counts against the caller.
#[must_use]
pub fn decide(stack: &Stack, request: &Request<'_>, readings: Readings) -> Decision {
    #[derive(Default)]
    struct Heard {
        deny: Option<(Layer, usize, String)>,
        missing: Option<Layer>,
    }
    impl Listener for Heard {
        fn statement(&mut self, layer: Layer, ready: &Ready<'_>, effect: Effect, applies: Tri) {
            if effect == Effect::Deny && applies.may() && self.deny.is_none() {
                self.deny = Some((layer, ready.source, ready.statement.pointer()));
            }
        }

        fn layer(&mut self, layer: Layer, says: Says) {
            if !says.allow.must() && self.missing.is_none() {
                self.missing = Some(layer);
            }
        }
    }
    let folded = request.action.to_ascii_lowercase();
    let context = Context::closed(request.keys);
    let about = About { action: Action::of(&folded), resource: Target::exact(request.resource), context, readings };
    let asking = Asking { about, rebound: request.keys, unread: Unread::Absent, lean: Lean::Neither };
    let grounds = Grounds::new(stack, |_, _| None);
    let resource = request.facts.map(|facts| (facts, Ground::new(&facts.policies, kind_of(facts.kind), |_, _| None)));
    let mut heard = Heard::default();
    if grounds.answer(&asking, resource.as_ref().map(|(facts, ground)| (*facts, ground)), &mut heard).must() {
        return Decision::Allow;
    }
    match heard.deny {
        Some((layer, source, pointer)) => Decision::ExplicitDeny { layer, source, pointer },
        None => Decision::ImplicitDeny(heard.missing.unwrap_or(Layer::Identity)),
    }
}

pub(super) const fn kind_of(kind: ResourceKind) -> Kind {
    match kind {
        ResourceKind::Trust => Kind::Trust,
        ResourceKind::Ordinary | ResourceKind::Key => Kind::Resource,
    }
}
