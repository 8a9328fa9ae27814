//! A second evaluator of IAM policies, as slow and as plain as it can be, to hold the engine against.
//!
//! It decides one concrete request at a time: every key is there with its values or absent, every
//! open reading is fixed. It has its own policies (read from JSON, or made by a generator), its own
//! globs, ARNs, variables, operators and principals, and takes nothing from the engine but the names
//! of the open readings. It knows nothing of bounds, of what is unread, nor of the catalogue.

pub(crate) mod condition;
pub(crate) mod facts;
pub(crate) mod sample;
pub(crate) mod text;

use wallwalk_iam::Reading;

pub(crate) use condition::Condition;
pub(crate) use text::{Carried, Place};

/// The readings of a concrete evaluation: a bit for each that is read wide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wide(pub(crate) u32);

impl Wide {
    /// Whether a question is read wide.
    pub(crate) fn reads(self, reading: Reading) -> bool {
        self.0 >> (reading as u8) & 1 == 1
    }
}

/// A policy.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    pub(crate) v2012: bool,
    pub(crate) statements: Vec<Statement>,
}

/// A statement.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// `Allow`, `Deny`, or something else, which is not understood.
    pub(crate) effect: String,
    pub(crate) not_principal: bool,
    /// Kind and name.
    pub(crate) principals: Option<Vec<(String, String)>>,
    pub(crate) not_action: bool,
    pub(crate) actions: Vec<String>,
    pub(crate) not_resource: bool,
    pub(crate) resources: Option<Vec<String>>,
    pub(crate) conditions: Vec<Condition>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) account: String,
    /// The role, with its path.
    pub(crate) role: String,
    /// `arn:aws:sts::A:assumed-role/R/S`
    pub(crate) session: String,
    /// Neither service nor resource control policies apply to it.
    pub(crate) service_linked: bool,
    /// Its account is the organisation's management account.
    pub(crate) management: bool,
}

/// What kind of object a resource policy guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    Ordinary,
    /// A role's trust policy or a key policy: the account's own policies do not suffice.
    Exclusive,
}

/// Everything that may decide a request.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) caller: Caller,
    pub(crate) identity: Vec<Policy>,
    pub(crate) boundary: Option<Policy>,
    pub(crate) session: Option<Policy>,
    /// Policies by level, from the root to the account.
    pub(crate) scp: Vec<Vec<Policy>>,
    pub(crate) rcp: Vec<Vec<Policy>>,
    pub(crate) endpoint: Option<Policy>,
    pub(crate) resource: Vec<Policy>,
    pub(crate) guard: Guard,
    /// Account that owns the resource.
    pub(crate) owner: String,
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) action: &'a str,
    /// An ARN, or `*` for none.
    pub(crate) resource: &'a str,
    pub(crate) carried: &'a Carried,
    pub(crate) wide: Wide,
}

/// How a statement names the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    Account,
    Role,
    Session,
    Everyone,
}

/// Whether the request is allowed.
pub(crate) fn allows(world: &World, request: &Request<'_>) -> bool {
    if request.action.eq_ignore_ascii_case("sts:GetCallerIdentity") {
        return true;
    }
    let caller = &world.caller;
    let service = request.action.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let scp: &[Vec<Policy>] = if caller.management || caller.service_linked { &[] } else { &world.scp };
    let rcp: &[Vec<Policy>] = if caller.service_linked || !facts::RCP.contains(&&*service) { &[] } else { &world.rcp };
    let layer = |place: Place, policies: &[Policy], effect: &str| {
        policies.iter().any(|policy| policy.statements.iter().any(|one| one.says(effect, world, place, policy.v2012, request)))
    };
    let boundary: Vec<Policy> = world.boundary.iter().cloned().collect();
    let session: Vec<Policy> = world.session.iter().cloned().collect();
    let endpoint: Vec<Policy> = world.endpoint.iter().cloned().collect();

    let denied = layer(Place::Identity, &world.identity, "Deny")
        || layer(Place::Boundary, &boundary, "Deny")
        || layer(Place::Session, &session, "Deny")
        || scp.iter().any(|level| layer(Place::Scp, level, "Deny"))
        || rcp.iter().any(|level| layer(Place::Rcp, level, "Deny"))
        || layer(Place::Endpoint, &endpoint, "Deny")
        || layer(Place::Resource, &world.resource, "Deny");
    if denied
        || !scp.iter().all(|level| layer(Place::Scp, level, "Allow"))
        || !rcp.iter().all(|level| layer(Place::Rcp, level, "Allow"))
        || !endpoint.is_empty() && !layer(Place::Endpoint, &endpoint, "Allow")
    {
        return false;
    }

    let limits = (boundary.is_empty() || layer(Place::Boundary, &boundary, "Allow"))
        && (session.is_empty() || layer(Place::Session, &session, "Allow"));
    let id = layer(Place::Identity, &world.identity, "Allow") && limits;
    let names: Vec<Named> = world
        .resource
        .iter()
        .flat_map(|policy| policy.statements.iter().filter(|one| one.says("Allow", world, Place::Resource, policy.v2012, request)))
        .flat_map(|one| one.names(world, request.wide))
        .collect();
    let star = names.contains(&Named::Everyone);
    let near = caller.account == world.owner;
    let direct = names.contains(&Named::Session) || star && (!near || request.wide.reads(Reading::StarPrincipal));
    let role = names.contains(&Named::Role);
    let account = names.contains(&Named::Account) || star;
    match (near, world.guard) {
        (true, Guard::Ordinary) => id || direct || role && limits,
        (true, Guard::Exclusive) => direct || role && limits || account && id,
        (false, _) => id && (direct || role || account),
    }
}

impl Statement {
    /// Whether the statement applies to the request as an Allow, or as a Deny.
    fn says(&self, effect: &str, world: &World, place: Place, v2012: bool, request: &Request<'_>) -> bool {
        let wide = request.wide;
        if self.effect != effect && (["Allow", "Deny"].contains(&&*self.effect) || !wide.reads(Reading::Malformed)) {
            return false;
        }
        let action = match self.actions.is_empty() {
            true => wide.reads(Reading::Malformed),
            false => self.actions.iter().any(|one| text::action(one, request.action, wide)) != self.not_action,
        };
        let homeless = facts::NO_RESOURCE.contains(&&*request.action.to_ascii_lowercase());
        let target = if homeless { "*" } else { request.resource };
        let resource = match &self.resources {
            None => place == Place::Resource || wide.reads(Reading::Malformed),
            Some(list) if list.is_empty() => wide.reads(Reading::Malformed),
            Some(list) => {
                list.iter().any(|one| {
                    text::resource(one, place, v2012, target, request.carried, wide)
                        || homeless && wide.reads(Reading::NoResourceActionOnArn)
                }) != self.not_resource
            }
        };
        let principal = match place {
            Place::Resource | Place::Rcp | Place::Endpoint => self.concerns(effect, world, wide),
            _ => true,
        };
        action && resource && principal && self.conditions.iter().all(|one| condition::holds(one, v2012, request.carried, wide))
    }

    /// Whether the statement of a policy that has principals is about the caller.
    fn concerns(&self, effect: &str, world: &World, wide: Wide) -> bool {
        if !(self.not_principal && effect == "Deny") {
            return !self.names(world, wide).is_empty();
        }
        // Spared is who is named in every way, and has no boundary.
        let listed = self.listed(world, wide);
        let spared =
            listed.contains(&Named::Everyone) || [Named::Account, Named::Role, Named::Session].iter().all(|way| listed.contains(way));
        !spared || world.boundary.is_some()
    }

    /// Every way in which an Allow names the caller.
    fn names(&self, world: &World, wide: Wide) -> Vec<Named> {
        let listed = self.listed(world, wide);
        match (self.not_principal, listed.is_empty()) {
            (true, true) => vec![Named::Everyone],
            (true, false) => Vec::new(),
            (false, _) => listed,
        }
    }

    /// Every way in which the list of principals names the caller.
    fn listed(&self, world: &World, wide: Wide) -> Vec<Named> {
        let caller = &world.caller;
        let one = |(kind, name): &(String, String)| match (kind.as_str(), name.as_str()) {
            ("*" | "AWS", "*") => Some(Named::Everyone),
            ("AWS", name) if name == caller.account || name == format!("arn:aws:iam::{}:root", caller.account) => Some(Named::Account),
            ("AWS", name) if name == caller.role => Some(Named::Role),
            ("AWS", name) if name == caller.session => Some(Named::Session),
            ("AWS", name) if name.starts_with("arn:") && name.contains(['*', '?']) && wide.reads(Reading::Malformed) => {
                let like = |text: &str| text::glob(&text::tokens(name), text);
                let role = like(&caller.role).then_some(Named::Role);
                let session = like(&caller.session).then_some(Named::Session);
                role.or(session)
            }
            _ => None,
        };
        self.principals.iter().flatten().filter_map(one).collect()
    }
}
