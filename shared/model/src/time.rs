//! Instants as the snapshot, the ledger and Security Hub write them: UTC, milliseconds, `Z`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An instant in milliseconds since 1970-01-01T00:00:00Z.
///
/// Written as RFC 3339 with exactly three decimals. Read from RFC 3339 with any offset, or from
/// epoch seconds (whole or fractional), which is what the AWS APIs and older AWS CLIs print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// Milliseconds in a day.
const DAY: i64 = 86_400_000;

impl Time {
    /// The instant `millis` milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This instant moved by `millis` milliseconds, saturating at the ends of the range.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// This instant moved by `days` days, saturating at the ends of the range.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_millis(days.saturating_mul(DAY))
    }

    /// Whole days since 1970-01-01, rounded down.
    #[must_use]
    pub const fn day(self) -> i64 {
        self.0.div_euclid(DAY)
    }

    /// Milliseconds from `earlier` to this instant; negative if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The calendar date, `2026-11-24`.
    #[must_use]
    pub fn date(self) -> String {
        self.to_string().chars().take(10).collect()
    }

    fn from_offset(at: OffsetDateTime) -> Self {
        let millis = at.unix_timestamp_nanos().div_euclid(1_000_000);
        Self(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0) * 1_000_000;
        let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second(),
            at.millisecond()
        )
    }
}

/// A text that is no instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotATime(String);

impl fmt::Display for NotATime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an RFC 3339 time", self.0)
    }
}

impl std::error::Error for NotATime {}

impl FromStr for Time {
    type Err = NotATime;

    /// Reads RFC 3339 (`2026-11-24T12:00:00Z`, any offset, any number of decimals).
    fn from_str(text: &str) -> Result<Self, NotATime> {
        OffsetDateTime::parse(text, &Rfc3339).map(Self::from_offset).map_err(|_| NotATime(text.chars().take(40).collect()))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeVisitor)
    }
}

struct TimeVisitor;

impl de::Visitor<'_> for TimeVisitor {
    type Value = Time;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an RFC 3339 time or epoch seconds")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Time, E> {
        Ok(Time(seconds.saturating_mul(1000)))
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Time, E> {
        self.visit_i64(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and the range is far wider than any date")]
    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Time, E> {
        Ok(Time((seconds * 1000.0).round() as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Time {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_spelling_of_an_instant_reads_as_the_same_instant() {
        let at = read("\"2026-11-23T14:02:03.120Z\"");
        assert_eq!(at, read("\"2026-11-23T15:02:03.120000+01:00\""));
        assert_eq!(at, read("1795442523.12"));
        assert_eq!(at.to_string(), "2026-11-23T14:02:03.120Z");
        assert_eq!(serde_json::to_string(&at).unwrap(), "\"2026-11-23T14:02:03.120Z\"");
    }

    #[test]
    fn what_is_no_time_is_refused_with_the_text() {
        let error = "yesterday".parse::<Time>().unwrap_err();
        assert_eq!(error.to_string(), "`yesterday` is not an RFC 3339 time");
    }

    #[test]
    fn extreme_numbers_do_not_panic() {
        let _ = read("1e300").to_string();
        let _ = read("-9223372036854775808").to_string();
        let _ = Time::from_millis(i64::MAX).plus_days(i64::MAX).date();
    }
}
