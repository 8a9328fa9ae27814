//! Keeps calls below the rates of the customer's quotas.
//!
//! Token buckets in the time that the caller passes in; it neither sleeps nor looks at a clock.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::call::Bucket;

/// How long a throttling answer halves the refill of its bucket.
const SLOW: Duration = Duration::from_secs(60);
/// Longest wait between two tries of one call.
const LONGEST: Duration = Duration::from_secs(20);
/// Wait that doubles with each try.
const SHORTEST: Duration = Duration::from_millis(100);

/// Token buckets of one account and Region.
#[derive(Debug)]
pub(super) struct Pacer {
    factor: f64,
    buckets: Mutex<BTreeMap<&'static str, Level>>,
}

#[derive(Debug)]
struct Level {
    /// Below zero: taken by calls that are still waiting.
    tokens: f64,
    at: Instant,
    slow_until: Option<Instant>,
}

impl Pacer {
    /// Full buckets. `factor` scales rates and bursts.
    pub(super) fn new(factor: f64) -> Self {
        Self { factor, buckets: Mutex::default() }
    }

    /// Takes a token; gives how long to wait before it may be used.
    pub(super) fn take(&self, bucket: Bucket, now: Instant) -> Duration {
        let refill = (bucket.refill * self.factor).max(0.001);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let level = self.level(&mut buckets, bucket, now);
        level.tokens -= 1.0;
        if level.tokens >= 0.0 {
            return Duration::ZERO;
        }
        let slow = level.slow_until.is_some_and(|until| now < until);
        Duration::try_from_secs_f64(-level.tokens / if slow { refill / 2.0 } else { refill }).unwrap_or(LONGEST)
    }

    /// Notes a throttling answer.
    pub(super) fn throttled(&self, bucket: Bucket, now: Instant) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let level = self.level(&mut buckets, bucket, now);
        level.slow_until = Some(now + SLOW);
        // Whoever else draws on the quota has emptied it.
        level.tokens = level.tokens.min(0.0);
    }

    /// The bucket's level, filled up to `now`.
    fn level<'a>(&self, buckets: &'a mut BTreeMap<&'static str, Level>, bucket: Bucket, now: Instant) -> &'a mut Level {
        let burst = (bucket.burst * self.factor).max(1.0);
        let level = buckets.entry(bucket.name).or_insert(Level { tokens: burst, at: now, slow_until: None });
        let slow = level.slow_until.map_or(Duration::ZERO, |until| until.min(now).saturating_duration_since(level.at));
        let whole = now.saturating_duration_since(level.at);
        let filled = (whole.saturating_sub(slow) + slow / 2).as_secs_f64() * bucket.refill * self.factor;
        level.tokens = (level.tokens + filled).min(burst);
        level.at = level.at.max(now);
        level
    }
}

/// Wait before try number `attempt` (from 1) is repeated: full jitter, doubling up to 20 s.
///
/// `dice` is any random number.
pub(super) fn backoff(attempt: u32, dice: u64) -> Duration {
    let most = SHORTEST.saturating_mul(1_u32 << attempt.clamp(1, 16).saturating_sub(1)).min(LONGEST);
    let nanos = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(dice % nanos.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUCKET: Bucket = Bucket { name: "b", burst: 25.0, refill: 10.0 };

    fn waits(pacer: &Pacer, calls: usize, now: Instant) -> Vec<u128> {
        (0..calls).map(|_| pacer.take(BUCKET, now).as_millis()).collect()
    }

    #[test]
    fn the_burst_is_free_and_then_calls_come_at_the_rate() {
        let pacer = Pacer::new(1.0);
        let waits = waits(&pacer, 28, Instant::now());
        assert!(waits.iter().take(25).all(|wait| *wait == 0));
        assert_eq!(waits.get(25..), Some([100, 200, 300].as_slice()));
    }

    #[test]
    fn an_idle_bucket_fills_to_its_burst_and_no_further() {
        let pacer = Pacer::new(1.0);
        let start = Instant::now();
        waits(&pacer, 25, start);
        let later = start + Duration::from_secs(3600);
        assert_eq!(waits(&pacer, 26, later).last(), Some(&100));
    }

    #[test]
    fn a_throttling_answer_halves_the_refill_for_a_minute() {
        let pacer = Pacer::new(1.0);
        let start = Instant::now();
        pacer.throttled(BUCKET, start);
        assert_eq!(waits(&pacer, 2, start), [200, 400]);
        // The two taken are paid back at 5 a second: 59 s later the bucket is full again.
        assert_eq!(waits(&pacer, 26, start + Duration::from_secs(59)).last(), Some(&200));
        assert_eq!(waits(&pacer, 1, start + Duration::from_secs(61)), [0]);
        let pacer = Pacer::new(1.0);
        pacer.throttled(BUCKET, start);
        assert_eq!(pacer.take(Bucket { name: "other", ..BUCKET }, start), Duration::ZERO, "other buckets are not slowed");
    }

    #[test]
    fn time_that_goes_backwards_does_no_harm() {
        let pacer = Pacer::new(1.0);
        let start = Instant::now() + Duration::from_secs(10);
        waits(&pacer, 25, start);
        assert_eq!(waits(&pacer, 1, start.checked_sub(Duration::from_secs(5)).unwrap_or(start)), [100]);
    }

    #[test]
    fn a_factor_scales_rates() {
        let pacer = Pacer::new(2.0);
        assert_eq!(waits(&pacer, 51, Instant::now()).last(), Some(&50));
    }

    #[test]
    fn backoff_is_jittered_below_a_doubling_limit_of_twenty_seconds() {
        assert!(backoff(1, u64::MAX) < Duration::from_millis(100));
        assert_eq!(backoff(1, 0), Duration::ZERO);
        assert_eq!(backoff(3, 399_999_999), Duration::from_nanos(399_999_999));
        assert!((0..1000_u64).all(|dice| backoff(40, dice.wrapping_mul(0x9E37_79B9_7F4A_7C15)) < Duration::from_secs(20)));
        assert!(backoff(12, 19_999_999_999) > Duration::from_secs(19));
    }
}
