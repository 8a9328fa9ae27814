//! The clock, read in one place.

use std::time::{SystemTime, UNIX_EPOCH};

use wallwalk_model::Time;

/// The current time.
#[must_use]
pub fn now() -> Time {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    Time::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

/// An identifier for a scan: its time, and enough randomness to tell two of the same millisecond apart.
#[must_use]
pub fn scan_id() -> String {
    let mut bytes = [0_u8; 6];
    // Without randomness the time alone still tells scans of one function apart.
    let _ = getrandom::fill(&mut bytes);
    let tail: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{:012x}-{tail}", now().millis())
}
