//! What is known of the resource of a question: its own policies, its tags, and what it takes besides.

use std::collections::BTreeSet;

use wallwalk_iam::eval::{Attached, Bounds, Resource, ResourceKind};
use wallwalk_iam::policy::Kind;
use wallwalk_iam::{Keys, account};
use wallwalk_model::secrets::ResourcePolicy;
use wallwalk_model::{Arn, Fact, Gap, Reading, arn};

use crate::estate::Estate;
use crate::roles::stored::{Stored, of_repository, resource};

/// What a question faces.
pub(super) struct Facing {
    /// The resource with its policies; none to ask the caller's own side alone.
    pub(super) facts: Option<Resource>,
    /// What its policies are called.
    pub(super) called: &'static str,
}

/// What is known of one resource. Of resources of other accounts the policies count as unread.
pub(super) fn facing(estate: &Estate<'_>, action: &str, on: &str) -> Facing {
    let role = on.contains(":role/").then(|| estate.web.account.principals.get(on)).flatten();
    if let Some(trust) = role.filter(|_| assumes(action)).and_then(|role| role.trust.clone()) {
        return Facing { facts: Some(trust), called: "trust policy" };
    }
    let Ok(parsed) = on.parse::<Arn>() else { return Facing { facts: None, called: "resource policy" } };
    let own = &estate.snapshot.place.account;
    let foreign = parsed.account.len() == 12 && parsed.account != *own;
    let called = if assumes(action) { "trust policy" } else { "resource policy" };
    let facts = match parsed.service.as_str() {
        "secretsmanager" if asked_for(estate, on) => estate.stores().objects.get(on).map(|stored| stored.facts.clone()),
        "kms" if parsed.resource.starts_with("key/") => {
            return Facing { facts: Some(of_key(estate, on, foreign)), called: "key policy" };
        }
        "ecr" if estate.snapshot.repository_policies.contains_key(on) => Some(of_repository(estate.snapshot, on)),
        _ => None,
    };
    let unread = || Resource { complete: false, ..resource(on, ResourceKind::Ordinary, Vec::new()) };
    Facing { facts: facts.or_else(|| foreign.then(unread)), called }
}

/// Whether the policy of a secret was asked for, under whichever name. Of others it is assumed that there
/// is none, and that is told.
fn asked_for(estate: &Estate<'_>, on: &str) -> bool {
    let named = |key: &str| key == on || estate.secret(key).and_then(|(_, reading)| reading.value()).is_some_and(|secret| secret.arn == on);
    estate.snapshot.secret_policies().any(|(key, _)| named(key))
}

/// Whether the call asks for a session of a role.
pub(super) fn assumes(action: &str) -> bool {
    action == "sts:assumerole"
}

/// A key with its policy. Every key has one, so that one without is one that was not read.
fn of_key(estate: &Estate<'_>, on: &str, foreign: bool) -> Resource {
    let name = format!("policy of key {}", arn::last_segment(on));
    let policy = estate.snapshot.key_policies.get(on).map(document);
    let document = policy.flatten().unwrap_or_else(|| Err(Gap::not_asked("kms:GetKeyPolicy")));
    let facts = resource(on, ResourceKind::Key, vec![Attached { name: name.into(), document }]);
    Resource { complete: !foreign, ..facts }
}

type Document = std::sync::Arc<wallwalk_iam::policy::Document>;

fn document(reading: &Reading<ResourcePolicy>) -> Option<Result<Document, Gap>> {
    match &reading.fact {
        Fact::Known(policy) => Some(account::read(policy.document.as_deref()?, Kind::Resource)),
        Fact::Gap(gap) => Some(Err(gap.clone())),
        Fact::Absent => None,
    }
}

/// Tags of the resource where conditions look at them, besides the keys that were bound.
pub(super) fn with_tags(bounds: &Bounds<'_>, stored: Option<&Stored>, bound: Keys) -> Keys {
    let Some(stored) = stored else { return bound };
    let asked: BTreeSet<&str> = bounds.condition_keys().into_iter().filter(|key| key.contains("resourcetag/")).collect();
    let states = asked.into_iter().filter(|key| bound.get(key).is_none()).filter_map(|key| Some((key, stored.tag(key)?)));
    states.collect::<Vec<_>>().into_iter().fold(bound, |keys, (key, state)| keys.with(key, state))
}
