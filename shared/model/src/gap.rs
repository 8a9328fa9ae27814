//! What could not be seen, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that was not read, or that the analysis does not model.
///
/// A gap never turns into a pass: whatever depends on it is unknown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// The call that should have supplied the fact (`ecs:DescribeServices`), or, for
    /// [`GapReason::NotModelled`], what is not modelled.
    pub call: String,
    /// Why there is no fact.
    pub reason: GapReason,
    /// A sentence for people, without customer content: error code and message of the service.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// Why a fact is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapReason {
    /// The caller may not make the call.
    Denied,
    /// The service kept refusing because of its rate limit.
    Throttled,
    /// The call failed in another way, or its answer could not be understood.
    Failed,
    /// Nobody made the call, or the answer did not include the part.
    NotAsked,
    /// The analysis does not model it.
    NotModelled,
}

impl GapReason {
    /// The reason in one word, as findings and reports print it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Failed => "failed",
            Self::NotAsked => "not asked",
            Self::NotModelled => "not modelled",
        }
    }
}

impl Gap {
    /// A gap of `reason` for `call`.
    #[must_use]
    pub fn new(call: impl Into<String>, reason: GapReason, detail: impl Into<String>) -> Self {
        Self { call: call.into(), reason, detail: detail.into() }
    }

    /// Nobody made `call`.
    #[must_use]
    pub fn not_asked(call: impl Into<String>) -> Self {
        Self::new(call, GapReason::NotAsked, "")
    }

    /// The analysis does not model `what`.
    #[must_use]
    pub fn not_modelled(what: impl Into<String>) -> Self {
        Self::new(what, GapReason::NotModelled, "")
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.call, self.reason.word())?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, " ({})", self.detail) }
    }
}
