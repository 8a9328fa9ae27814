//! A fact with the time it was read, and what is known of a listing's completeness.
//!
//! Both are join-semilattices: [`Reading::join`] and [`Listing::join`] are commutative, associative
//! and idempotent, and a later reading wins. That is what lets scans overlap without losing each
//! other's news.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{Gap, Time};

/// What was found when somebody looked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact<T> {
    /// The service gave this answer. An empty list is an answer.
    Known(T),
    /// The service said that there is no such thing.
    Absent,
    /// It could not be read.
    Gap(Gap),
}

/// A fact and the clock before the call that supplied it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reading<T> {
    /// The clock before the call (before its first page) was sent.
    pub read_at: Time,
    /// What the call gave.
    pub fact: Fact<T>,
}

/// Facts of one kind by identifier.
pub type Table<T> = BTreeMap<String, Reading<T>>;

impl<T> Reading<T> {
    /// `value` was read at `read_at`.
    pub const fn known(read_at: Time, value: T) -> Self {
        Self { read_at, fact: Fact::Known(value) }
    }

    /// It could not be read at `read_at`.
    pub const fn gap(read_at: Time, gap: Gap) -> Self {
        Self { read_at, fact: Fact::Gap(gap) }
    }

    /// The service said at `read_at` that there is no such thing.
    pub const fn absent(read_at: Time) -> Self {
        Self { read_at, fact: Fact::Absent }
    }

    /// The value, if it is known.
    pub const fn value(&self) -> Option<&T> {
        match &self.fact {
            Fact::Known(value) => Some(value),
            Fact::Absent | Fact::Gap(_) => None,
        }
    }

    /// Why it could not be read, if it could not.
    pub const fn unread(&self) -> Option<&Gap> {
        match &self.fact {
            Fact::Gap(gap) => Some(gap),
            Fact::Known(_) | Fact::Absent => None,
        }
    }
}

impl<T: Serialize> Reading<T> {
    /// The later of two readings of the same thing.
    ///
    /// At equal times a known value beats an absence, and that a gap; two different values of the
    /// same instant are ordered by their JSON text, so that the choice does not depend on the side.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        match self.rank().cmp(&other.rank()) {
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Equal if self.text() < other.text() => other,
            std::cmp::Ordering::Equal => self,
        }
    }

    const fn rank(&self) -> (Time, u8) {
        let kind = match self.fact {
            Fact::Gap(_) => 0,
            Fact::Absent => 1,
            Fact::Known(_) => 2,
        };
        (self.read_at, kind)
    }

    fn text(&self) -> String {
        serde_json::to_string(&self.fact).unwrap_or_default()
    }
}

/// What is known of one listing: its last complete reading, and whether a later attempt failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listing {
    /// The latest reading in which every page was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete: Option<Complete>,
    /// The latest attempt that did not read every page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Failed>,
}

/// A listing all of whose pages were read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Complete {
    /// The clock before the first page was asked for.
    pub read_at: Time,
    /// Identifiers of everything listed.
    pub members: BTreeSet<String>,
}

/// A listing that was begun and not finished.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    /// The clock before the first page was asked for.
    pub read_at: Time,
    /// Why it is incomplete.
    pub gap: Gap,
}

impl Listing {
    /// Every page was read, beginning at `read_at`.
    #[must_use]
    pub const fn complete(read_at: Time, members: BTreeSet<String>) -> Self {
        Self { complete: Some(Complete { read_at, members }), failed: None }
    }

    /// Begun at `read_at` and not finished.
    #[must_use]
    pub const fn failed(read_at: Time, gap: Gap) -> Self {
        Self { complete: None, failed: Some(Failed { read_at, gap }) }
    }

    /// The gap, if the latest attempt was incomplete.
    #[must_use]
    pub fn gap(&self) -> Option<&Gap> {
        let failed = self.failed.as_ref()?;
        let newer = self.complete.as_ref().is_none_or(|complete| complete.read_at < failed.read_at);
        newer.then_some(&failed.gap)
    }

    /// Whether a complete reading later than `read_at` did not show `id`.
    #[must_use]
    pub fn disproves(&self, id: &str, read_at: Time) -> bool {
        self.complete.as_ref().is_some_and(|complete| complete.read_at > read_at && !complete.members.contains(id))
    }

    /// What two observers of the same listing know together.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self { complete: self.complete.max(other.complete), failed: self.failed.max(other.failed) }
    }
}
