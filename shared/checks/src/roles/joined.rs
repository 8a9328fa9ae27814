//! What is worked out of an estate once, when a check first asks for it.
//!
//! Nothing here borrows from the snapshot, so that an estate may be handed on for a shorter time.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use wallwalk_iam::generate::Need;
use wallwalk_model::Gap;

use super::RoleFacts;
use super::escalation::of_role;
use super::imds::Fleet;
use super::needs::{self, Demand};
use super::readers::{Named, may_read_some};
use super::references::Injected;
use super::sharing::{self, Sharing};
use super::stored::{self, Store, Stores};
use super::uses;
use crate::estate::Estate;

/// Answers that are kept.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    demands: OnceCell<BTreeMap<String, Demand>>,
    sharing: OnceCell<BTreeMap<String, Sharing>>,
    stores: OnceCell<Stores>,
    injected: OnceCell<Injected>,
    secret_readers: OnceCell<BTreeMap<String, Named>>,
    undecided: OnceCell<Vec<(String, Gap)>>,
}

impl<'a> Estate<'a> {
    /// Every container instance.
    #[must_use]
    pub const fn fleet(&self) -> &Fleet<'a> {
        &self.fleet
    }

    /// What every role is needed for, see [`needs::by_role`].
    #[must_use]
    pub fn demands(&self) -> &BTreeMap<String, Demand> {
        self.joined.demands.get_or_init(|| needs::by_role(self, &self.fleet))
    }

    /// What a role is needed for, whichever way definitions write it.
    pub(crate) fn demands_of(&self, role: &RoleFacts<'_>) -> impl Iterator<Item = &Demand> {
        let written = Some(role.arn.as_str()).filter(|written| *written != role.full_arn());
        written.into_iter().chain([role.full_arn()]).filter_map(|arn| self.demands().get(arn))
    }

    /// Every need of a role, once.
    pub(crate) fn needs_of(&self, role: &RoleFacts<'_>) -> BTreeSet<&Need> {
        self.demands_of(role).flat_map(Demand::needs).collect()
    }

    /// Who shares every role, see [`sharing::of_estate`].
    #[must_use]
    pub fn sharing(&self) -> &BTreeMap<String, Sharing> {
        self.joined.sharing.get_or_init(|| sharing::of_estate(self, &uses::of_estate(self, &self.fleet), self.demands()))
    }

    /// Everything in the stores of secrets.
    pub(crate) fn stores(&self) -> &Stores {
        self.joined.stores.get_or_init(|| stored::stores(self))
    }

    /// What the policies of roles and users name for reading secrets, of those that may read some.
    fn secret_readers(&self) -> &BTreeMap<String, Named> {
        let principals = || self.web.account.principals.keys().map(|arn| (arn, self.web.bounds(arn)));
        let some = || principals().filter(|(_, bounds)| may_read_some(bounds, Store::Secrets));
        self.joined.secret_readers.get_or_init(|| some().map(|(arn, bounds)| (arn.to_string(), Named::of(bounds))).collect())
    }

    /// Whether a principal's own policies may let it read a secret, by its ARN in lower case.
    pub(crate) fn may_read(&self, principal: &str, folded: &str) -> bool {
        self.secret_readers().get(principal).is_some_and(|named| named.may_be(folded))
    }

    /// Roles of which it is not decided what they can become, by ARN.
    pub(crate) fn undecided(&self) -> &[(String, Gap)] {
        let hidden = |role: &RoleFacts<'_>| of_role(self, role).map_or_else(Some, |escalation| escalation.hidden.clone());
        let all = || self.roles.iter().filter_map(|(arn, role)| Some((arn.clone(), hidden(role)?)));
        self.joined.undecided.get_or_init(|| all().collect())
    }

    /// What workloads are given.
    pub(crate) fn injected(&self) -> &Injected {
        self.joined.injected.get_or_init(|| Injected::of(self))
    }
}

impl RoleFacts<'_> {
    /// The role's ARN also where a definition gives its name alone.
    pub(crate) fn full_arn(&self) -> &str {
        self.principal.as_ref().map_or(&self.arn, |principal| &principal.arn)
    }
}
