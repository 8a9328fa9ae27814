//! How the answers of the documents combine.
//!
//! The rules are monotone: more Allow never closes, more Deny never opens. So one pass in three
//! values yields both bounds: what is allowed if only sure Allows and every possible Deny count, and
//! what is allowed if every possible Allow and only sure Denies do.
//!
//! Not modelled: permissions of the `sts:` calls that depend on tags of the new session beyond their
//! condition keys, and service-specific exceptions other than those below.

use super::ground::{Asking, Ground, Layer, Listener, Ready, Says, Unread, effects, must_name};
use super::principal::{Standing, standing};
use super::stack::{Attached, Limit, Resource, ResourceKind, Stack};
use super::statement::About;
use super::{Who, caller};
use crate::arn::ArnPattern;
use crate::catalogue::{self, Action, ActionBits, ActionId, IdRanges};
use crate::glob;
use crate::policy::{Effect, Kind, Statement, Version};
use crate::readings::{Reading, Readings};
use crate::tri::Tri;

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

    /// Layers that have to allow whatever the caller asks for, beside its own policies.
    fn limits(&self) -> impl Iterator<Item = &Ground<'a>> {
        self.boundary.iter().chain(&self.session).chain(&self.scp).chain(&self.endpoint)
    }

    /// Every layer.
    fn layers(&self) -> impl Iterator<Item = &Ground<'a>> {
        std::iter::once(&self.identity).chain(self.limits()).chain(&self.rcp)
    }

    /// Every statement of every layer.
    pub(super) fn statements(&self) -> impl Iterator<Item = &Ready<'a>> {
        self.layers().flat_map(|ground| &ground.statements)
    }

    /// Whether the caller's own side may allow an action on some resource.
    pub(super) fn may_name(&self, id: ActionId) -> bool {
        let named = |statement: &Statement| statement.doubtful || statement.actions.matches(&Action::Known(id), Readings::OPEN).may();
        let may =
            |ground: &Ground<'_>| ground.unread || ground.statements.iter().any(|ready| ready.may(Effect::Allow) && named(ready.statement));
        std::iter::once(&self.identity).chain(self.limits()).all(may)
    }

    /// Known actions that the caller's own policies may allow on some resource.
    pub(super) fn may_allow(&self) -> ActionBits {
        let mut bits = ActionBits::new();
        if self.identity.unread {
            bits.add_ranges(&IdRanges::all());
        }
        for ready in self.identity.statements.iter().filter(|ready| ready.may(Effect::Allow)) {
            bits.add_ranges(&ready.may_name());
        }
        bits
    }

    /// Known actions that the caller's own side surely allows on every resource. Never too many, and not
    /// all of them where several statements cover everything only together.
    pub(super) fn surely_anywhere(&self) -> ActionBits {
        let mut bits = Self::everywhere(&self.identity);
        for limit in self.limits() {
            bits.intersect(&Self::everywhere(limit));
        }
        if self.layers().any(|ground| ground.unread) {
            return ActionBits::new();
        }
        let mut denied = ActionBits::new();
        for ready in self.statements().filter(|ready| ready.may(Effect::Deny)) {
            denied.add_ranges(&ready.may_name());
        }
        bits.subtract(&denied);
        bits
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
