//! How bad a flaw is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How bad a flaw is, in Security Hub's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// No flaw, or one that matters to nobody's safety.
    Informational,
    /// Worth mending when somebody passes by.
    Low,
    /// Worth planning.
    Medium,
    /// Worth interrupting the week's work.
    High,
    /// Worth waking somebody.
    Critical,
}

impl Severity {
    /// From worst to least.
    pub const ALL: [Self; 5] = [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Informational];

    /// This severity moved by `steps` levels, clamped to the ends of the scale.
    #[must_use]
    pub fn moved(self, steps: i32) -> Self {
        let rank = i32::from(self.rank()).saturating_add(steps).clamp(1, 5);
        Self::ALL.into_iter().find(|severity| i32::from(severity.rank()) == rank).unwrap_or(self)
    }

    /// 1 (informational) to 5 (critical).
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Informational => 1,
            Self::Low => 2,
            Self::Medium => 3,
            Self::High => 4,
            Self::Critical => 5,
        }
    }

    /// `critical`, `high`, …
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A word that is no severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotASeverity(String);

impl fmt::Display for NotASeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no severity; use informational, low, medium, high or critical", self.0)
    }
}

impl std::error::Error for NotASeverity {}

impl FromStr for Severity {
    type Err = NotASeverity;

    fn from_str(text: &str) -> Result<Self, NotASeverity> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.word().eq_ignore_ascii_case(text))
            .ok_or_else(|| NotASeverity(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_stops_at_both_ends() {
        assert_eq!(Severity::High.moved(1), Severity::Critical);
        assert_eq!(Severity::Critical.moved(3), Severity::Critical);
        assert_eq!(Severity::Low.moved(-9), Severity::Informational);
    }

    #[test]
    fn words_read_in_any_case() {
        assert_eq!("HIGH".parse(), Ok(Severity::High));
        assert_eq!(
            "bad".parse::<Severity>().unwrap_err().to_string(),
            "`bad` is no severity; use informational, low, medium, high or critical"
        );
    }
}
