//! Kleene's three-valued logic: what holds, what does not, and what is open.

use std::ops::Not;

/// Whether something holds, when not everything is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tri {
    /// It does not hold, whatever the unknowns are.
    False,
    /// It holds for some values of the unknowns, or under one of the readings that are left open.
    Open,
    /// It holds, whatever the unknowns are.
    True,
}

impl Tri {
    /// From what must hold and what may: `must` implies `may`.
    #[must_use]
    pub const fn of(must: bool, may: bool) -> Self {
        if must {
            Self::True
        } else if may {
            Self::Open
        } else {
            Self::False
        }
    }

    /// Whether it holds in every case.
    #[must_use]
    pub const fn must(self) -> bool {
        matches!(self, Self::True)
    }

    /// Whether it holds in some case.
    #[must_use]
    pub const fn may(self) -> bool {
        !matches!(self, Self::False)
    }

    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// One of them holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }

    /// What is left when either of two cases applies and it is not known which.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        if self == other { self } else { Self::Open }
    }
}

impl Not for Tri {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::Open => Self::Open,
            Self::True => Self::False,
        }
    }
}

impl From<bool> for Tri {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}
