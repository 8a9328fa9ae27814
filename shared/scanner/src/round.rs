//! Applies what was read to the stored state, as often as it takes.
//!
//! A writer keeps its contribution apart. When somebody else wrote meanwhile, the newer state is
//! loaded and the contribution applied to it again; nothing is read from AWS twice.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wallwalk_checks::Settings;
use wallwalk_collect::leftovers::without_leftovers;
use wallwalk_findings::ledger::{FullScan, Hub, Refusal, SCHEMA, Writer};
use wallwalk_findings::reconcile::{coverage, reconcile};
use wallwalk_findings::{Cause, Changes, Policy, Receipt, Round, State, Verdict};
use wallwalk_model::{Place, Snapshot, Time};
use wallwalk_publish::{Store, StoreError, Version};

const MOST_ATTEMPTS: u32 = 8;

/// What one scan adds.
#[derive(Clone, Debug, Default)]
pub struct Contribution {
    /// Facts and gaps read.
    pub snapshot: Snapshot,
    /// IAM actions that events showed roles of workloads to use, by role name.
    pub observed: BTreeMap<String, BTreeSet<String>>,
    /// Events that led to the scan.
    pub causes: Vec<Cause>,
    /// For a full scan that reached its end: when it began.
    pub full_since: Option<Time>,
    /// Identifier of the scan.
    pub scan: String,
}

/// What became of a contribution.
#[derive(Debug)]
pub struct Settled {
    /// The state as written.
    pub state: State,
    /// Its version, for the next conditional write; none if nothing is stored.
    pub version: Option<Version>,
    /// What changed.
    pub changes: Changes,
    /// Every verdict.
    pub verdicts: Vec<Verdict>,
    /// Conflicts met on the way.
    pub conflicts: u32,
}

/// Merges the contribution into `state`, judges the whole and brings ledger and outbox up to date.
pub fn apply(state: &mut State, contribution: &Contribution, settings: &Settings, policy: &Policy, now: Time) -> (Changes, Vec<Verdict>) {
    let known = std::mem::take(&mut state.snapshot);
    state.snapshot = known.merge(contribution.snapshot.clone()).compacted();
    if contribution.full_since.is_some() {
        state.snapshot = without_leftovers(std::mem::take(&mut state.snapshot));
    }
    let verdicts = wallwalk_checks::analyse(&state.snapshot, settings, now).verdicts;
    let checks = wallwalk_checks::enabled(settings);
    // Who may not even list the clusters has seen nothing, however far the scan came.
    let complete = contribution.full_since.is_some() && state.snapshot.listing_gap("ecs:ListClusters").is_none();
    if let Some(since) = contribution.full_since {
        let FullScan { started_at, complete_at, .. } = state.full_scan;
        if started_at.is_none_or(|known| known <= since) {
            let complete_at = if complete { Some(now) } else { complete_at };
            state.full_scan = FullScan { started_at: Some(since), complete_at, coverage: coverage(&state.snapshot) };
        }
    }
    let round =
        Round { now, scan: &contribution.scan, verdicts: &verdicts, checks: &checks, complete, causes: &contribution.causes, policy };
    let changes = reconcile(state, &round);
    for (role, actions) in &contribution.observed {
        state.ledger.observed_actions.entry(role.clone()).or_default().extend(actions.iter().cloned());
    }
    state.ledger.settings = (*settings != Settings::default()).then(|| serde_json::to_value(settings).unwrap_or_default());
    state.schema = SCHEMA;
    state.written_at = now;
    state.written_by = Writer {
        version: env!("CARGO_PKG_VERSION").into(),
        scan: contribution.scan.clone(),
        write: if state.written_by.scan == contribution.scan { state.written_by.write + 1 } else { 1 },
    };
    (changes, verdicts)
}

/// Applies the contribution to the stored state of `place` and writes it back.
///
/// # Errors
/// [`StoreError`] if the store cannot be read or written, or conflicts do not end.
pub async fn settle(
    store: &Store,
    place: &Place,
    contribution: &Contribution,
    settings: &Settings,
    policy: &Policy,
    now: Time,
) -> Result<Settled, StoreError> {
    let mut conflicts = 0;
    loop {
        let (mut state, version) = match store.load(place).await? {
            Some((state, version)) => (state, Some(version)),
            None => (State::new(place.clone()), None),
        };
        let (changes, verdicts) = apply(&mut state, contribution, settings, policy, now);
        match write(store, &state, version.as_ref()).await {
            Ok(version) => return Ok(Settled { state, version: Some(version), changes, verdicts, conflicts }),
            Err(StoreError::Conflict) if conflicts + 1 < MOST_ATTEMPTS => {
                conflicts += 1;
                tokio::time::sleep(pause(conflicts)).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// What became of an outbox.
#[derive(Debug, Default)]
pub struct Delivered {
    /// Accepted.
    pub receipts: BTreeSet<Receipt>,
    /// Findings refused for good, by id.
    pub refused: BTreeMap<String, Refusal>,
    /// Findings refused for a reason that may pass, by id.
    pub delayed: BTreeMap<String, Refusal>,
    /// What was learnt of Security Hub.
    pub hub: Option<Hub>,
}

/// Records what became of an outbox. Nothing is written if there is nothing to record.
///
/// # Errors
/// As [`settle`]. The deliveries are then repeated, which does no harm.
pub async fn acknowledge(store: &Store, settled: &mut Settled, delivered: &Delivered) -> Result<(), StoreError> {
    let mut first = Some((settled.state.clone(), settled.version.clone()));
    let place = settled.state.place.clone();
    for attempt in 1..=MOST_ATTEMPTS {
        let (before, version) = match first.take() {
            Some(known) => known,
            None => match store.load(&place).await? {
                Some((state, version)) => (state, Some(version)),
                // Somebody removed the state: there is nothing left to acknowledge.
                None => return Ok(()),
            },
        };
        let mut state = before.clone();
        state.acknowledge(&delivered.receipts);
        for (key, refusal) in &delivered.refused {
            state.quarantine(key, refusal.clone());
        }
        for (key, refusal) in &delivered.delayed {
            state.delay(key, refusal);
        }
        if let Some(hub) = &delivered.hub {
            state.ledger.hub = hub.clone();
        }
        if state == before {
            return Ok(());
        }
        state.written_by.write += 1;
        match write(store, &state, version.as_ref()).await {
            Ok(version) => {
                settled.state = state;
                settled.version = Some(version);
                return Ok(());
            }
            Err(StoreError::Conflict) if attempt < MOST_ATTEMPTS => tokio::time::sleep(pause(attempt)).await,
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::Conflict)
}

/// Writes, and finds out what happened when the answer was lost.
async fn write(store: &Store, state: &State, expected: Option<&Version>) -> Result<Version, StoreError> {
    let outcome = store.save(state, expected).await;
    if !matches!(outcome, Err(StoreError::Unreachable { .. } | StoreError::Conflict)) {
        return outcome;
    }
    match store.load(&state.place).await? {
        Some((stored, version)) if stored.written_by == state.written_by => Ok(version),
        _ => outcome,
    }
}

/// Full jitter up to 50 ms · 2^attempt, at most 2 s.
fn pause(attempt: u32) -> Duration {
    let most = 50_u64.saturating_mul(1 << attempt.min(6)).min(2000);
    let mut bytes = [0_u8; 2];
    let _ = getrandom::fill(&mut bytes);
    Duration::from_millis(u64::from(u16::from_le_bytes(bytes)) % most.max(1))
}
