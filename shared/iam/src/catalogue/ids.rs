//! Actions by id: name, level, what they are sensitive for.

use std::ops::Deref;

use super::tables::{self, ACTION_KEYS, ACTION_LEVELS, ADDED, DROPPED, NAMES, TRACKED};
use super::{ResourceType, Tags, keys, resources};

/// An action of the catalogue. Means nothing outside one build.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(pub(super) u16);

impl ActionId {
    /// How many there are.
    pub const COUNT: usize = tables::ACTIONS;

    /// Every action, by service and then by name.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..u16::try_from(Self::COUNT).unwrap_or(u16::MAX)).map(Self)
    }

    /// Position in the table.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// `ecs:RunTask`.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES.get(self.index())
    }

    /// `ecs:runtask`.
    #[must_use]
    pub fn folded(self) -> Folded {
        let name = self.name().as_bytes();
        let mut bytes = [0; Folded::MOST];
        for (to, from) in bytes.iter_mut().zip(name) {
            *to = from.to_ascii_lowercase();
        }
        Folded { bytes, length: name.len().min(Folded::MOST) }
    }

    /// `ecs`.
    #[must_use]
    pub fn service(self) -> &'static str {
        self.name().split_once(':').map_or("", |(service, _)| service)
    }

    /// What is known of it.
    #[must_use]
    pub fn info(self) -> ActionInfo {
        let bits = ACTION_LEVELS.get(self.index()).copied().unwrap_or_default();
        let level = match bits & 7 {
            0 => Level::List,
            1 => Level::Read,
            3 => Level::Tagging,
            4 => Level::Permissions,
            _ => Level::Write,
        };
        let origin = match (DROPPED.binary_search(&self.0), ADDED.binary_search(&self.0)) {
            (Ok(_), _) => Origin::Dropped,
            (_, Ok(_)) => Origin::Added,
            _ => Origin::Listed,
        };
        ActionInfo { id: self, level, tags: Tags::from_bits(bits >> 3), origin }
    }

    /// Whether IAM's last-accessed information reports this very action. While it does not, that nobody
    /// was seen using it says nothing.
    #[must_use]
    pub fn is_tracked(self) -> bool {
        TRACKED.binary_search(&self.0).is_ok()
    }
}

/// A name in lower case, held in place so that nothing is allocated.
#[derive(Clone, Copy, Debug)]
pub struct Folded {
    bytes: [u8; Self::MOST],
    length: usize,
}

impl Folded {
    /// As long as the longest name.
    const MOST: usize = tables::LONGEST_NAME;
}

impl Deref for Folded {
    type Target = str;

    fn deref(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// Access level, as the Service Authorization Reference states it, with corrections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Lists resources.
    List,
    /// Reads content or attributes.
    Read,
    /// Creates, changes or deletes. Also where the level is not known.
    Write,
    /// Changes tags only.
    Tagging,
    /// Grants or changes permissions.
    Permissions,
}

/// Where an action is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The Service Authorization Reference lists it.
    Listed,
    /// It was listed once, or AWS's own policies name it; resource types and keys are not known.
    Dropped,
    /// It is known from elsewhere; what is not stated of it is not known.
    Added,
}

/// What is known of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionInfo {
    id: ActionId,
    /// Access level.
    pub level: Level,
    /// What it is sensitive for.
    pub tags: Tags,
    /// Where it is known from.
    pub origin: Origin,
}

impl ActionInfo {
    /// Resource types it is authorised on, and whether a call always names one of that type.
    pub fn types(&self) -> impl Iterator<Item = (ResourceType, bool)> + use<> {
        resources::of_action(self.id)
    }

    /// Condition keys it looks at, as AWS spells them, without most of the global ones.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> + use<> {
        keys::of_list(ACTION_KEYS.get(self.id.index()))
    }
}
