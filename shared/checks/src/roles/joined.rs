//! What is worked out of an estate once, when a check first asks for it.
//!
//! Nothing here borrows from the snapshot, so that an estate may be handed on for a shorter time.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use wallwalk_iam::account::Principal;
use wallwalk_iam::generate::Need;
use wallwalk_model::snapshot::listing;
use wallwalk_model::{Gap, Reading, Table};

use super::RoleFacts;
use super::escalation::of_role;
use super::imds::Fleet;
use super::named::Nameable;
use super::needs::{self, Demand};
use super::paths::{self, Feeds, Running};
use super::readers::candidates;
use super::references::Injected;
use super::sharing::{self, Sharing};
use super::stored::{self, Stored, Stores};
use super::uses;
use crate::estate::Estate;

/// Answers that are kept.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    demands: OnceCell<BTreeMap<String, Demand>>,
    sharing: OnceCell<BTreeMap<String, Sharing>>,
    stores: OnceCell<Stores>,
    injected: OnceCell<Injected>,
    readers: OnceCell<Readers>,
    feeds: OnceCell<Feeds>,
    running_tasks: OnceCell<Nameable<Running>>,
    undecided: OnceCell<Vec<(String, Gap)>>,
    unseen: Unseen,
}

/// Principals that may be able to read objects.
#[derive(Debug, Default)]
struct Readers {
    by_object: BTreeMap<String, BTreeSet<String>>,
    /// Those whose policies may name anything.
    of_any: BTreeSet<String>,
}

/// What could not be read, or the listing that may hide it.
#[derive(Debug, Default)]
struct Unseen {
    principal: OnceCell<Option<Gap>>,
    user: OnceCell<Option<Gap>>,
    definition: OnceCell<Option<Gap>>,
}

fn unread<T>(table: &Table<T>) -> Option<Gap> {
    table.values().find_map(Reading::unread).cloned()
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

    /// Roles and users that may be able to read an object of a store, see [`candidates`]. If its own policies
    /// were not read, there may be others.
    pub(crate) fn possible_readers(&self, stored: &Stored) -> Vec<&Principal> {
        let (principals, stores) = (&self.web.account.principals, self.stores());
        let readers = self.joined.readers.get_or_init(|| {
            let mut readers = Readers::default();
            for (principal, bounds) in principals.keys().map(|arn| (arn, self.web.bounds(arn))) {
                match candidates(principal, bounds, stores) {
                    Some(arns) => arns.into_iter().for_each(|arn| {
                        readers.by_object.entry(arn.to_owned()).or_default().insert(principal.to_string());
                    }),
                    None => {
                        readers.of_any.insert(principal.to_string());
                    }
                }
            }
            readers
        });
        if stores.open().contains(&stored.arn) {
            return principals.values().collect();
        }
        let named = readers.by_object.get(&stored.arn).into_iter().flatten();
        let all: BTreeSet<&String> = named.chain(&readers.of_any).collect();
        all.into_iter().filter_map(|arn| principals.get(arn.as_str())).collect()
    }

    /// What workloads take in at their start.
    pub(crate) fn feeds(&self) -> &Feeds {
        self.joined.feeds.get_or_init(|| Feeds::of(self))
    }

    /// Tasks that may be entered.
    pub(crate) fn running_tasks(&self) -> &Nameable<Running> {
        self.joined.running_tasks.get_or_init(|| paths::running_tasks(self))
    }

    /// A role of the account that could not be read, or the listing of all: somebody may be hidden.
    pub(crate) fn unseen_principal(&self) -> Option<&Gap> {
        let snapshot = self.snapshot;
        let find = || unread(&snapshot.roles).or_else(|| snapshot.listing_gap("iam:GetAccountAuthorizationDetails"));
        self.joined.unseen.principal.get_or_init(find).as_ref()
    }

    /// A user that could not be read, or the listing of them.
    pub(crate) fn unseen_user(&self) -> Option<&Gap> {
        let snapshot = self.snapshot;
        let find = || unread(&snapshot.users).or_else(|| snapshot.listing_gap(&listing::users()));
        self.joined.unseen.user.get_or_init(find).as_ref()
    }

    /// A definition that could not be read, or a listing that may hide one.
    pub(crate) fn unseen_definition(&self) -> Option<&Gap> {
        let snapshot = self.snapshot;
        let rows = || unread(&snapshot.task_definitions).or_else(|| unread(&snapshot.families));
        let find = || self.unseen.clone().or_else(rows).or_else(|| snapshot.listing_gap("ecs:ListTaskDefinitionFamilies"));
        self.joined.unseen.definition.get_or_init(find).as_ref()
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
