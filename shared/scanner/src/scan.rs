//! One scan: reads, judges, remembers, tells.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use aws_config::SdkConfig;
use wallwalk_checks::Settings;
use wallwalk_collect::aws::{Collected, Collector, Options, Report};
use wallwalk_findings::{Cause, Changes, Channel, State};
use wallwalk_model::snapshot::Counts;
use wallwalk_model::{Key, Place, Scope, Snapshot, Time};
use wallwalk_publish::hub::SecurityHub;

use crate::deployment::{Deployment, Limits};
use crate::job::{Job, Work};
use crate::round::{self, Contribution, Delivered, Settled};
use crate::{clock, summary};

/// A scan is continued at most so often.
const MOST_HOPS: u32 = 20;
/// What was not delivered is tried again at most so often in a row.
const MOST_FLUSHES: u32 = 12;
/// Seconds until it is.
const FLUSH_DELAY: u16 = 300;

/// What a scan did.
#[derive(Debug, Default)]
pub struct Done {
    /// `full`, `narrow`, `flush`.
    pub kind: &'static str,
    /// Identifier of the scan.
    pub scan: String,
    /// Where.
    pub place: Place,
    /// Why nothing was done, if nothing was.
    pub skipped: Option<&'static str>,
    /// Whether time ran out and a further job goes on.
    pub continued: bool,
    /// What was read.
    pub read: Counts,
    /// Calls, throttling and waiting.
    pub report: Report,
    /// What changed.
    pub changes: Changes,
    /// Findings that Security Hub accepted.
    pub imported: usize,
    /// Findings it refused for good.
    pub refused: usize,
    /// Alerts published.
    pub alerts: usize,
    /// Messages left in the outbox that may yet be delivered.
    pub pending: usize,
    /// Age of the oldest message left in the outbox, deliverable or not, in seconds.
    pub oldest_pending_seconds: i64,
    /// Conflicting writes met.
    pub conflicts: u32,
    /// Everything that went wrong in delivering.
    pub problems: Vec<String>,
    /// Seconds from the oldest event to its verdict.
    pub event_lag_seconds: Option<i64>,
    /// How long it took.
    pub millis: u128,
}

/// Why a narrow scan is made.
#[derive(Debug, Default)]
pub struct Reasons {
    /// What is stale.
    pub keys: BTreeSet<Key>,
    /// Events that made it so.
    pub causes: Vec<Cause>,
    /// Actions that events showed roles of workloads to use.
    pub observed: BTreeMap<String, BTreeSet<String>>,
}

impl Deployment {
    /// A full scan, unless one was completed since `run`.
    ///
    /// # Errors
    /// If credentials or state cannot be had. What cannot be read is a gap, not an error.
    pub async fn full(&self, account: &str, region: &str, run: Time, hop: u32, limits: Limits) -> anyhow::Result<Done> {
        let started = Instant::now();
        let config = self.login(region).await;
        let place = self.place(&config, account, region).await?;
        let known = self.store().load(&place).await?.map(|(state, _)| state);
        if hop == 0 && known.as_ref().and_then(|state| state.full_scan.complete_at).is_some_and(|at| at > run) {
            return Ok(Done {
                kind: "full",
                place,
                skipped: Some("a full scan was completed since the job was planned"),
                ..Done::default()
            });
        }
        // A continuation goes on where the first part began: what was read since then counts as read.
        let since = (hop > 0).then_some(run);
        let began = since.unwrap_or_else(clock::now);
        let iam = self.identities(account, began).await;
        let shared = iam.is_some();
        let options = Options { deadline: limits.read, since, iam, ..Options::default() };
        let collected = self.read(&config, &place, &Scope::Full, known.as_ref(), &options).await?;
        if !shared {
            self.keep_identities(&collected.snapshot).await;
        }
        let (finished, full_since) = (collected.finished, collected.finished.then_some(began));
        let contribution = Contribution { snapshot: collected.snapshot, full_since, scan: clock::scan_id(), ..Contribution::default() };
        let mut done = self.finish("full", &config, &place, contribution, known.as_ref(), limits).await?;
        done.report = collected.report;
        if !finished {
            done.continued = true;
            anyhow::ensure!(hop < MOST_HOPS, "the scan of {account} {region} did not end in {MOST_HOPS} continuations");
            let job = Job::new(account, region, Work::Full { run, hop: hop + 1 });
            self.scan_queue().send(&job.body(), 0).await?;
        } else {
            self.flush_later(&done, 0).await?;
        }
        done.millis = started.elapsed().as_millis();
        Ok(done)
    }

    /// A scan of what events made stale, on top of the stored `state`.
    ///
    /// # Errors
    /// If credentials or state cannot be had.
    pub async fn narrow(&self, state: &State, reasons: Reasons, limits: Limits) -> anyhow::Result<Done> {
        let started = Instant::now();
        let place = &state.place;
        let config = self.login(&place.region).await;
        let oldest = reasons.causes.iter().map(|cause| cause.time).min();
        let scope = Scope::Narrow(reasons.keys);
        let options = Options { deadline: limits.read, ..Options::default() };
        let collected = self.read(&config, place, &scope, Some(state), &options).await?;
        let Reasons { causes, observed, .. } = reasons;
        let contribution =
            Contribution { snapshot: collected.snapshot, causes, observed, scan: clock::scan_id(), ..Contribution::default() };
        let mut done = self.finish("narrow", &config, place, contribution, Some(state), limits).await?;
        done.report = collected.report;
        done.continued = !collected.finished;
        self.flush_later(&done, 0).await?;
        done.event_lag_seconds = oldest.map(|oldest| clock::now().since(oldest) / 1000);
        done.millis = started.elapsed().as_millis();
        Ok(done)
    }

    /// Delivers what the outbox still holds.
    ///
    /// # Errors
    /// If credentials or state cannot be had.
    pub async fn flush(&self, account: &str, region: &str, hop: u32, limits: Limits) -> anyhow::Result<Done> {
        let started = Instant::now();
        let config = self.login(region).await;
        let place = self.place(&config, account, region).await?;
        let Some((state, version)) = self.store().load(&place).await? else {
            return Ok(Done { kind: "flush", place, skipped: Some("there is no state"), ..Done::default() });
        };
        let mut done = Done { kind: "flush", place, scan: clock::scan_id(), ..Done::default() };
        let mut settled = Settled { state, version: Some(version), changes: Changes::default(), verdicts: Vec::new(), conflicts: 0 };
        self.deliver(&config, &mut settled, false, &mut done, limits).await?;
        self.flush_later(&done, hop + 1).await?;
        done.millis = started.elapsed().as_millis();
        Ok(done)
    }

    async fn read(
        &self,
        config: &SdkConfig,
        place: &Place,
        scope: &Scope,
        known: Option<&State>,
        options: &Options,
    ) -> anyhow::Result<Collected> {
        let nothing = Snapshot::new(place.clone());
        let known = known.map_or(&nothing, |state| &state.snapshot);
        let collector = Collector::new(config, place.clone(), self.key().await?, clock::now);
        Ok(collector.collect(scope, known, options).await)
    }

    /// Settles a contribution and delivers what it gave rise to.
    async fn finish(
        &self,
        kind: &'static str,
        config: &SdkConfig,
        place: &Place,
        contribution: Contribution,
        known: Option<&State>,
        limits: Limits,
    ) -> anyhow::Result<Done> {
        let mut done = Done { kind, scan: contribution.scan.clone(), place: place.clone(), ..Done::default() };
        let settings = self.settings(known).await?;
        let policy = &self.environment().policy;
        let probe = contribution.full_since.is_some();
        let mut settled = round::settle(self.store(), place, &contribution, &settings, policy, clock::now()).await?;
        done.read = contribution.snapshot.counts();
        done.changes = std::mem::take(&mut settled.changes);
        done.conflicts = settled.conflicts;
        let extras = settled.state.ledger.hub.extras_rejected;
        self.deliver(config, &mut settled, probe, &mut done, limits).await?;
        if settled.state.ledger.hub.extras_rejected && !extras {
            self.deliver_without_extras(config, place, &contribution.scan, &settings, &mut done, limits).await?;
        }
        Ok(done)
    }

    /// Renders what was refused for its optional fields again without them, and delivers it.
    async fn deliver_without_extras(
        &self,
        config: &SdkConfig,
        place: &Place,
        scan: &str,
        settings: &Settings,
        done: &mut Done,
        limits: Limits,
    ) -> anyhow::Result<()> {
        let nothing_new = Contribution { snapshot: Snapshot::new(place.clone()), scan: scan.to_owned(), ..Contribution::default() };
        let policy = &self.environment().policy;
        let mut settled = round::settle(self.store(), place, &nothing_new, settings, policy, clock::now()).await?;
        self.deliver(config, &mut settled, false, done, limits).await
    }

    /// Delivers the outbox and acknowledges what arrived. A hub that was off is only asked whether it
    /// still is, and that only if `probe`.
    async fn deliver(&self, config: &SdkConfig, settled: &mut Settled, probe: bool, done: &mut Done, limits: Limits) -> anyhow::Result<()> {
        let outbox = settled.state.outbox.clone();
        let waiting = |channel| outbox.iter().any(|message| message.channel == channel);
        let mut delivered = Delivered::default();
        let mut hub_state = settled.state.ledger.hub.clone();
        if waiting(Channel::SecurityHub) {
            let hub = SecurityHub::new(config, settled.state.place.clone());
            let off = hub_state.status.as_deref() == Some("disabled");
            if !off || probe && hub.enabled().await == Some(true) {
                let imported = hub.deliver(&outbox, clock::now(), limits.deliver).await;
                hub_state.status = if imported.disabled {
                    Some("disabled".into())
                } else if imported.receipts.is_empty() {
                    hub_state.status
                } else {
                    Some("enabled".into())
                };
                hub_state.extras_rejected |= imported.extras_rejected;
                done.imported += imported.receipts.len();
                done.refused += imported.refused.len();
                done.problems.extend(imported.problems);
                delivered.receipts.extend(imported.receipts);
                delivered.refused = imported.refused;
                delivered.delayed = imported.delayed;
            } else {
                done.problems.push("Security Hub is not enabled here: findings wait in the outbox".into());
            }
        }
        if waiting(Channel::Alerts)
            && let Some(topic) = self.topic()
        {
            let told = topic.deliver(&outbox).await;
            done.alerts += told.receipts.len();
            done.problems.extend(told.problems);
            delivered.receipts.extend(told.receipts);
        }
        delivered.hub = Some(hub_state.clone());
        round::acknowledge(self.store(), settled, &delivered).await?;
        let oldest = settled.state.outbox.iter().map(|message| message.updated_at).min();
        done.oldest_pending_seconds = oldest.map_or(0, |oldest| clock::now().since(oldest) / 1000);
        done.pending = settled.state.outbox.iter().filter(|message| self.is_deliverable(message.channel, &hub_state)).count();
        Ok(())
    }

    fn is_deliverable(&self, channel: Channel, hub: &wallwalk_findings::ledger::Hub) -> bool {
        match channel {
            Channel::SecurityHub => hub.status.as_deref() != Some("disabled"),
            Channel::Alerts => self.topic().is_some(),
        }
    }

    /// Has the outbox tried again in some minutes, if something is left in it that may yet arrive.
    async fn flush_later(&self, done: &Done, hop: u32) -> anyhow::Result<()> {
        if done.pending > 0 && hop < MOST_FLUSHES {
            let job = Job::new(&done.place.account, &done.place.region, Work::Flush { hop });
            self.scan_queue().send(&job.body(), FLUSH_DELAY).await?;
        }
        Ok(())
    }

    /// Works one job of the scan queue.
    ///
    /// # Errors
    /// If the text is no such job, or the work failed: the queue delivers it again.
    pub async fn work(&self, body: &str, limits: Limits) -> anyhow::Result<Done> {
        let job = Job::parse(body)?;
        anyhow::ensure!(
            self.covers(&job.account, &job.region),
            "the job is for {} {}, which this deployment does not scan",
            job.account,
            job.region
        );
        let done = match job.work {
            Work::Full { run, hop } => self.full(&job.account, &job.region, run, hop, limits).await?,
            Work::Flush { hop } => self.flush(&job.account, &job.region, hop, limits).await?,
            Work::Again { .. } => anyhow::bail!("a second look belongs into the event queue"),
        };
        summary::tell("scan", &done);
        Ok(done)
    }
}
