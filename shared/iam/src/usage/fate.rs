//! What becomes of each action.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_model::Time;

use super::{Kept, Usage, names};
use crate::catalogue::{self, ActionId};
use crate::generate::Need;

/// Passing a role is no call, so no report ever shows it, not even as use of its service.
const UNTRACEABLE: &str = "iam:passrole";

/// What the report says of a service.
#[derive(Clone)]
struct Reported {
    last: Option<Time>,
    /// By name in lower case; none if some entry of the service has no list.
    actions: Option<BTreeMap<String, Option<Time>>>,
}

/// Judges actions, and remembers what it said.
#[derive(Clone)]
pub(super) struct Fates<'f> {
    /// By prefix in lower case.
    services: BTreeMap<String, Reported>,
    since: Time,
    needed: BTreeSet<String>,
    tracked: &'f dyn Fn(ActionId) -> bool,
    /// What was removed, with its last use.
    pub(super) removed: BTreeMap<String, Option<Time>>,
    /// What was kept, and why.
    pub(super) kept: BTreeMap<String, Kept>,
    /// Whether a wildcard over all services became a list.
    pub(super) listed: bool,
}

impl<'f> Fates<'f> {
    pub(super) fn new(usage: &Usage, since: Time, keep: &[Need], tracked: &'f dyn Fn(ActionId) -> bool) -> Self {
        let mut services: BTreeMap<String, Reported> = BTreeMap::new();
        for used in &usage.services {
            let service = services
                .entry(used.namespace.to_ascii_lowercase())
                .or_insert_with(|| Reported { last: None, actions: Some(BTreeMap::new()) });
            service.last = service.last.max(used.last);
            match (&mut service.actions, &used.actions) {
                (Some(known), Some(actions)) => {
                    for action in actions {
                        let name = action.name.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
                        let last = known.entry(name).or_default();
                        *last = (*last).max(action.last);
                    }
                }
                (known, _) => *known = None,
            }
        }
        Self { services, since, needed: names(keep), tracked, removed: BTreeMap::new(), kept: BTreeMap::new(), listed: false }
    }

    /// Whether an action stays; its name in lower case, its id if the catalogue has one.
    pub(super) fn stays(&mut self, folded: &str, id: Option<ActionId>) -> bool {
        let (service, action) = folded.split_once(':').unwrap_or((folded, ""));
        let told = match id {
            Some(id) => id.name(),
            None => folded,
        };
        let why = if self.needed.contains(folded) {
            (told, Kept::Needed)
        } else if folded == UNTRACEABLE {
            (told, Kept::Untraceable)
        } else if !catalogue::service_exists(service) {
            (service, Kept::NotInCatalogue)
        } else if let Some(reported) = self.services.get(service) {
            if reported.last.is_none_or(|last| last < self.since) {
                let last = reported.last;
                self.removed.insert(service.to_owned(), last);
                return false;
            }
            match (&reported.actions, id.filter(|id| (self.tracked)(*id))) {
                (None, _) => (service, Kept::Ambiguous),
                (Some(_), None) => (service, Kept::Untracked),
                (Some(actions), Some(_)) => match actions.get(action).copied().flatten() {
                    Some(last) if last >= self.since => (told, Kept::Used(last)),
                    last => {
                        self.removed.insert(told.to_owned(), last);
                        return false;
                    }
                },
            }
        } else {
            (service, Kept::NotListed)
        };
        let (name, why) = why;
        if !self.kept.contains_key(name) {
            self.kept.insert(name.to_owned(), why);
        }
        true
    }

    /// Services that the report lists and the catalogue does not hold: what a wildcard allows of them
    /// has to be named. Their prefixes in lower case.
    pub(super) fn foreign(&self) -> Vec<String> {
        self.services.keys().filter(|service| !catalogue::service_exists(service)).cloned().collect()
    }

    /// Remembers why a whole policy stays.
    pub(super) fn keep<T>(&mut self, name: &str, why: Kept) -> Option<T> {
        self.kept.insert(name.to_owned(), why);
        None
    }
}
