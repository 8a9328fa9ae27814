//! Whom a `Principal` or `NotPrincipal` names.
//!
//! Source: IAM User Guide, "AWS JSON policy elements: Principal", "AWS JSON policy elements: NotPrincipal".

use super::caller::{Caller, Who};
use crate::glob;
use crate::policy::{Effect, Principals};
use crate::readings::{Reading, Readings};
use crate::tri::Tri;

/// In which capacity a statement names a caller. A caller may be named in several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// By the ARN of its session or user, as the service, or by the identity provider.
    pub session: Tri,
    /// By the ARN of its role.
    pub role: Tri,
    /// By its account, which delegates to the account's own policies.
    pub account: Tri,
    /// With everybody.
    pub everybody: Tri,
}

impl Standing {
    const NOBODY: Self = Self { session: Tri::False, role: Tri::False, account: Tri::False, everybody: Tri::False };

    /// Named in any capacity.
    #[must_use]
    pub fn any(self) -> Tri {
        self.session.or(self.role).or(self.account).or(self.everybody)
    }

    fn or(self, other: Self) -> Self {
        Self {
            session: self.session.or(other.session),
            role: self.role.or(other.role),
            account: self.account.or(other.account),
            everybody: self.everybody.or(other.everybody),
        }
    }
}

/// In which capacity `principals` names the caller.
///
/// `bounded` says whether the caller has a permissions boundary: no `NotPrincipal` spares such a one
/// from a Deny.
#[must_use]
pub fn standing(principals: &Principals, effect: Effect, caller: &Caller, bounded: bool, readings: Readings) -> Standing {
    let named = principals
        .by_kind
        .iter()
        .flat_map(|(kind, names)| names.iter().map(move |name| one(kind, name, caller, readings)))
        .fold(Standing::NOBODY, Standing::or);
    if !principals.negated {
        return named;
    }
    let spared = match (effect, &caller.who) {
        // A session is spared by a Deny only if it, its role and its account are all named, or everybody is.
        (Effect::Deny, Who::Role { .. }) => named.everybody.or(named.session.and(named.role).and(named.account)),
        (Effect::Deny, Who::User { .. }) => named.everybody.or(named.session.and(named.account)),
        _ => named.any(),
    };
    let spared = if effect == Effect::Deny && bounded { Tri::False } else { spared };
    Standing { everybody: !spared, ..Standing::NOBODY }
}

fn one(kind: &str, name: &str, caller: &Caller, readings: Readings) -> Standing {
    if name == "*" && matches!(kind, "*" | "AWS") {
        return Standing { everybody: Tri::True, ..Standing::NOBODY };
    }
    match (kind, &caller.who) {
        ("Service", Who::Service { name: service }) => Standing { session: name.eq_ignore_ascii_case(service).into(), ..Standing::NOBODY },
        ("Federated", Who::Federated { provider }) => Standing { session: (*name == **provider).into(), ..Standing::NOBODY },
        ("AWS", Who::Role { .. } | Who::User { .. }) => aws(name, caller, readings),
        _ => Standing::NOBODY,
    }
}

fn aws(name: &str, caller: &Caller, readings: Readings) -> Standing {
    if names_account(name) == Some(&*caller.account) {
        return Standing { account: Tri::True, ..Standing::NOBODY };
    }
    match &caller.who {
        Who::User { arn } => Standing { session: arn_named(name, arn, readings), ..Standing::NOBODY },
        Who::Role { arn, session } => {
            let session = match session {
                Some(session) => arn_named(name, session, readings),
                None => Tri::of(false, may_be_session_of(name, arn)),
            };
            Standing { session, role: arn_named(name, arn, readings), ..Standing::NOBODY }
        }
        Who::Service { .. } | Who::Federated { .. } => Standing::NOBODY,
    }
}

/// The account a name stands for: twelve digits, or the account's root.
#[must_use]
pub(crate) fn names_account(name: &str) -> Option<&str> {
    if name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(name);
    }
    let mut parts = name.split(':');
    let head = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let account = parts.next()?;
    (head.0 == "arn" && head.2 == "iam" && head.3.is_empty() && parts.next() == Some("root") && parts.next().is_none()).then_some(account)
}

/// Wildcards within a principal's ARN are not valid; should one have been accepted, it may match.
fn arn_named(name: &str, arn: &str, readings: Readings) -> Tri {
    if name.contains(['*', '?']) {
        readings.split(Reading::Malformed, |wide| (wide && glob::matches(name, arn)).into())
    } else {
        (name == arn).into()
    }
}

/// Whether `name` is a session of the role `arn`: sessions name the role without its path.
fn may_be_session_of(name: &str, arn: &str) -> bool {
    let session = name.split_once(":assumed-role/").and_then(|(head, rest)| Some((head.split(':').nth(4)?, rest.split('/').next()?)));
    session == Some((super::caller::account_of(arn), arn.rsplit('/').next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_federated_is_named_by_the_provider_alone() {
        let provider = "arn:aws:iam::111122223333:saml-provider/office";
        let named = |kind: &str, name: &str| {
            let principals = Principals { negated: false, by_kind: [(kind.into(), vec![name.into()])].into() };
            standing(&principals, Effect::Allow, &Caller::federated(provider), false, Readings::OPEN).any()
        };
        assert_eq!(named("Federated", provider), Tri::True);
        assert_eq!(named("Federated", "arn:aws:iam::111122223333:saml-provider/shop"), Tri::False);
        assert_eq!(named("Service", provider), Tri::False);
        assert_eq!(named("AWS", "111122223333"), Tri::False);
    }
}
