//! What is worked out of an estate once, when a check first asks for it.
//!
//! Nothing here borrows from the snapshot, so that an estate may be handed on for a shorter time.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use wallwalk_iam::generate::Need;

use super::RoleFacts;
use super::imds::Fleet;
use super::needs::{self, Demand};
use super::readers::may_read_some;
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
    secret_readers: OnceCell<BTreeSet<String>>,
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

    /// ARNs of the roles and users whose own policies may let them read some secret.
    pub(crate) fn secret_readers(&self) -> &BTreeSet<String> {
        let principals = || self.web.account.principals.keys();
        let all = || principals().filter(|arn| may_read_some(self.web.bounds(arn), Store::Secrets)).map(|arn| arn.to_string());
        self.joined.secret_readers.get_or_init(|| all().collect())
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
