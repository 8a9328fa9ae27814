//! What actions are sensitive for. A judgement of ours, action by action; AWS has no such list.

/// A set of classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tags(u8);

impl Tags {
    /// Returns credentials, or what becomes one.
    pub const CREDENTIAL_EXPOSURE: Self = Self(1);
    /// Returns the customer's data.
    pub const DATA_ACCESS: Self = Self(1 << 1);
    /// Can raise the caller's own permissions, alone or with others of this class.
    pub const ESCALATION: Self = Self(1 << 2);
    /// Can open a resource to others.
    pub const RESOURCE_EXPOSURE: Self = Self(1 << 3);
    /// Can blind monitoring or destroy its records.
    pub const EVASION: Self = Self(1 << 4);

    /// Every class with its name, in the order of the bits.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::CREDENTIAL_EXPOSURE, "credential-exposure"),
        (Self::DATA_ACCESS, "data-access"),
        (Self::ESCALATION, "escalation"),
        (Self::RESOURCE_EXPOSURE, "resource-exposure"),
        (Self::EVASION, "evasion"),
    ];

    pub(super) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// Whether all of `other` are among these.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether some of `other` is among these.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Those of either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().filter(move |(class, _)| self.contains(*class)).map(|(_, name)| name)
    }
}
