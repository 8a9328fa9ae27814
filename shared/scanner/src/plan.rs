//! Plans full scans: one job for each account and Region that is due.

use sha2::{Digest as _, Sha256};
use wallwalk_model::{Place, Time};

use crate::clock;
use crate::deployment::Deployment;
use crate::job::{Job, Work};
use crate::metrics::Metrics;

/// Hours after which an account and Region without a complete full scan counts as stale.
const STALE_AFTER_HOURS: i64 = 26;
const HOUR: i64 = 3_600_000;
/// Seconds over which the jobs of one account and Region more are spread.
const SPREAD_SECONDS: usize = 10;
/// The longest delay a queue knows, in seconds.
const MOST_DELAY: usize = 900;

/// What was planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Accounts and Regions that are scanned.
    pub expected: usize,
    /// Jobs sent.
    pub sent: usize,
    /// Accounts and Regions without a complete full scan for too long, or ever.
    pub stale: usize,
}

impl Deployment {
    /// Sends a job for each account and Region whose last complete scan is older than the interval.
    ///
    /// # Errors
    /// If something could not be planned. Everything else was, and planning again does no harm: a job
    /// whose scan has been made meanwhile is dropped.
    pub async fn plan(&self) -> anyhow::Result<Plan> {
        let now = clock::now();
        let environment = self.environment();
        let mut plan = Plan::default();
        let mut problems = Vec::new();
        for account in &environment.accounts {
            for region in &environment.regions {
                plan.expected += 1;
                match self.plan_one(account, region, now, &mut plan).await {
                    Ok(()) => {}
                    Err(error) => {
                        tracing::error!(account, region, error = format!("{error:#}"), "the scan could not be planned");
                        problems.push(format!("{account} {region}"));
                    }
                }
            }
        }
        tracing::info!(expected = plan.expected, sent = plan.sent, stale = plan.stale, "planned");
        let mut metrics = Metrics::new("scheduled");
        metrics.count("StaleAccountRegions", plan.stale);
        metrics.count("JobsSent", plan.sent);
        metrics.emit(now);
        anyhow::ensure!(problems.is_empty(), "not planned: {}", problems.join(", "));
        Ok(plan)
    }

    async fn plan_one(&self, account: &str, region: &str, now: Time, plan: &mut Plan) -> anyhow::Result<()> {
        let environment = self.environment();
        let last = self.store().full_scan_complete_at(&Place::new("", account, region)).await?;
        let older_than = |hours: i64| last.is_none_or(|last| now.since(last) >= hours * HOUR);
        plan.stale += usize::from(older_than(STALE_AFTER_HOURS));
        if !older_than(environment.scan_interval_hours) {
            return Ok(());
        }
        let job = Job::new(account, region, Work::Full { run: now, hop: 0 });
        let places = environment.accounts.len().saturating_mul(environment.regions.len());
        self.scan_queue().send(&job.body(), delay(account, region, places)).await?;
        plan.sent += 1;
        Ok(())
    }
}

/// Seconds that a job waits, so that many do not start at once; none where there is only one.
fn delay(account: &str, region: &str, places: usize) -> u16 {
    let window = places.saturating_sub(1).saturating_mul(SPREAD_SECONDS).min(MOST_DELAY);
    let digest = Sha256::digest(format!("{account}\u{1f}{region}"));
    let number = digest.iter().take(4).fold(0_usize, |number, byte| (number << 8) | usize::from(*byte));
    u16::try_from(number.checked_rem(window).unwrap_or(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_region_is_not_kept_waiting_and_many_are_spread() {
        assert_eq!(delay("111122223333", "eu-west-1", 1), 0);
        let delays: std::collections::BTreeSet<u16> = (0..1000).map(|n| delay(&format!("{n:012}"), "eu-west-1", 1000)).collect();
        assert!(delays.len() > 400 && delays.iter().all(|delay| usize::from(*delay) < MOST_DELAY), "{}", delays.len());
    }
}
