//! Compares verdicts with the ledger and decides what is new, worse, unchanged, resolved, and what
//! has to be told to whom.
//!
//! Pure: it knows no receiver and no clock. Delivery is at least once, so every message it makes
//! may be repeated without harm.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_model::{Gap, Place, Snapshot, Time};

use crate::absence::{Absence, absence};
use crate::alert::{self, Tidings};
use crate::asff::{self, Rendering, Style};
use crate::fingerprint::fingerprint;
use crate::identity::{finding_id, slot};
use crate::ledger::{Cause, Channel, Entry, Message, Sent, State, Stub};
use crate::{CheckInfo, Outcome, Severity, Subject, Verdict};

/// Days after which an entry whose finding is over is forgotten.
const FORGET_AFTER_DAYS: i64 = 120;
/// A finding that is still open is sent again once in so many days, well inside Security Hub's retention.
const HEARTBEAT_DAYS: i64 = 30;
const MOST_TRANSITIONS: usize = 10;

/// What a deployment wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What is the same for every finding.
    pub style: Style,
    /// Alerts are about findings of at least this severity.
    pub alert_from: Severity,
    /// Whether passed verdicts are published although nothing was open.
    pub publish_passed: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { style: Style::default(), alert_from: Severity::High, publish_passed: false }
    }
}

/// One evaluation.
#[derive(Clone, Copy, Debug)]
pub struct Round<'a> {
    /// When it was made.
    pub now: Time,
    /// Identifier of the scan.
    pub scan: &'a str,
    /// What the checks found.
    pub verdicts: &'a [Verdict],
    /// Checks that were evaluated.
    pub checks: &'a [&'a CheckInfo],
    /// Whether this ends a full scan that reached its end.
    pub complete: bool,
    /// Events that may have caused the changes.
    pub causes: &'a [Cause],
    /// What to tell.
    pub policy: &'a Policy,
}

/// What changed, by finding id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Failing now and not before.
    pub opened: Vec<String>,
    /// Still failing, more severely.
    pub worse: Vec<String>,
    /// Failing before and not now.
    pub resolved: Vec<String>,
    /// Cannot be seen now and could before.
    pub obscured: Vec<String>,
    /// Failing as before.
    pub unchanged: usize,
    /// Findings that cannot be decided.
    pub unknown: usize,
}

impl Changes {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.opened.is_empty() && self.worse.is_empty() && self.resolved.is_empty() && self.obscured.is_empty()
    }
}

/// Brings the ledger up to date with a round of verdicts and puts what is to be told into the outbox.
pub fn reconcile(state: &mut State, round: &Round<'_>) -> Changes {
    let place = state.place.clone();
    let infos: BTreeMap<&str, &CheckInfo> = round.checks.iter().map(|info| (info.name, *info)).collect();
    let mut changes = Changes::default();
    let mut tidings = Tidings::default();
    let mut judged = BTreeSet::new();

    for verdict in round.verdicts {
        let id = finding_id(&place, &verdict.check, &verdict.subject);
        let info = infos.get(verdict.check.as_str()).copied();
        let before = state.ledger.findings.get(&id).map(|entry| (entry.status.clone(), entry.severity));
        if before.is_none() && !round.policy.publish_passed && matches!(verdict.outcome, Outcome::Passed | Outcome::NotApplicable(_)) {
            continue;
        }
        note(state, &id, verdict, info, round);
        tally(&mut changes, &id, before.as_ref(), &verdict.outcome);
        tidings.add(&id, before, verdict, info);
        publish(state, &place, &id, info, &verdict.subject, &verdict.outcome, None, round);
        judged.insert(id);
    }

    let known = state.ledger.findings.iter().filter(|(id, entry)| entry.gone_at.is_none() && !judged.contains(*id));
    let unseen: Vec<String> = known.map(|(id, _)| id.clone()).collect();
    // Whole clusters go at once: each verdict is looked at once, not once for each finding that is left.
    let siblings = if unseen.is_empty() { Siblings::new() } else { siblings(round.verdicts) };
    for id in unseen {
        settle_unseen(state, &place, &id, &infos, &siblings, round, &mut changes);
    }

    forget(state, round.now);
    let first_time: BTreeSet<String> = round
        .checks
        .iter()
        .map(|info| info.name)
        .filter(|name| !state.ledger.known_checks.contains_key(*name))
        .map(str::to_owned)
        .collect();
    for name in &first_time {
        state.ledger.known_checks.insert(name.clone(), round.now);
    }
    alert::tell(state, &tidings, &first_time, round);
    changes
}

/// Records a verdict in the ledger.
fn note(state: &mut State, id: &str, verdict: &Verdict, info: Option<&CheckInfo>, round: &Round<'_>) {
    let status = verdict.outcome.word();
    let entry = state.ledger.findings.entry(id.to_owned()).or_insert_with(|| Entry {
        check: verdict.check.clone(),
        subject: verdict.subject.id.clone(),
        container: verdict.subject.container.clone(),
        status: String::new(),
        severity: Severity::Informational,
        evidence_at: verdict.evidence_at,
        first_seen: verdict.evidence_at,
        changed_at: round.now,
        last_failed: None,
        gone_at: None,
        sent: None,
        transitions: Vec::new(),
        group: String::new(),
        caused_by: None,
    });
    entry.group = alert::group_key(&state.place, &verdict.subject, info);
    // A late writer must not move the evidence back.
    entry.evidence_at = entry.evidence_at.max(verdict.evidence_at);
    entry.gone_at = None;
    let severity = match &verdict.outcome {
        Outcome::Failed(failure) => {
            entry.last_failed = Some(verdict.evidence_at);
            failure.severity
        }
        _ => entry.severity,
    };
    let changed = entry.status != status || (matches!(verdict.outcome, Outcome::Failed(_)) && entry.severity != severity);
    entry.severity = severity;
    if entry.status != status {
        turn(entry, status, round.now);
    }
    if changed {
        entry.caused_by = cause_of(verdict, round.causes);
    }
}

fn turn(entry: &mut Entry, status: &str, now: Time) {
    status.clone_into(&mut entry.status);
    entry.changed_at = now;
    entry.transitions.push(format!("{now} {status}"));
    let surplus = entry.transitions.len().saturating_sub(MOST_TRANSITIONS);
    entry.transitions.drain(..surplus);
}

/// The latest event that made one of the verdict's facts stale before it was read.
fn cause_of(verdict: &Verdict, causes: &[Cause]) -> Option<Cause> {
    causes
        .iter()
        .filter(|cause| cause.time <= verdict.evidence_at && !cause.keys.is_disjoint(&verdict.facts))
        .max_by_key(|cause| (cause.time, cause.event_id.clone()))
        .cloned()
}

fn tally(changes: &mut Changes, id: &str, before: Option<&(String, Severity)>, outcome: &Outcome) {
    let was = before.map_or("", |(status, _)| status.as_str());
    match outcome {
        Outcome::Failed(failure) if was != "failed" => changes.opened.push(id.to_owned()),
        Outcome::Failed(failure) if before.is_some_and(|(_, severity)| *severity < failure.severity) => changes.worse.push(id.to_owned()),
        Outcome::Failed(_) => changes.unchanged += 1,
        Outcome::Unknown(_) => {
            changes.unknown += 1;
            if was == "failed" || was == "passed" {
                changes.obscured.push(id.to_owned());
            }
        }
        Outcome::Passed | Outcome::NotApplicable(_) => {
            if was == "failed" || was == "unknown" {
                changes.resolved.push(id.to_owned());
            }
        }
    }
}

/// Subjects that a check judged, and the gap if a part of one could not be seen.
type Siblings<'a> = BTreeMap<(&'a str, &'a str), Option<&'a Gap>>;

fn siblings(verdicts: &[Verdict]) -> Siblings<'_> {
    let mut siblings = Siblings::new();
    for verdict in verdicts {
        let hidden = siblings.entry((&*verdict.check, &*verdict.subject.id)).or_default();
        if let (Outcome::Unknown(gap), None, None) = (&verdict.outcome, &verdict.subject.container, &hidden) {
            *hidden = Some(gap);
        }
    }
    siblings
}

/// A known finding that no verdict names: gone, or merely not seen.
fn settle_unseen(
    state: &mut State,
    place: &Place,
    id: &str,
    infos: &BTreeMap<&str, &CheckInfo>,
    siblings: &Siblings<'_>,
    round: &Round<'_>,
    changes: &mut Changes,
) {
    let Some(entry) = state.ledger.findings.get(id).filter(|entry| entry.gone_at.is_none()).cloned() else { return };
    let info = infos.get(entry.check.as_str()).copied();
    let outcome = match not_judged(&state.snapshot, &entry, info, siblings) {
        Absence::Proven => {
            Outcome::NotApplicable(if info.is_none() { "the check is switched off".into() } else { "the subject is gone".into() })
        }
        Absence::Unproven(gap) => Outcome::Unknown(gap),
    };
    let was = entry.status.clone();
    let subject = Subject {
        id: entry.subject.clone(),
        container: entry.container.clone(),
        resource: entry.sent.as_ref().map(|sent| sent.stub.resource.clone()).unwrap_or_default(),
        ..Subject::default()
    };
    if let Some(entry) = state.ledger.findings.get_mut(id) {
        match &outcome {
            Outcome::Unknown(_) => {
                changes.unknown += 1;
                if entry.status != "unknown" {
                    turn(entry, "unknown", round.now);
                }
            }
            _ => {
                turn(entry, "gone", round.now);
                entry.gone_at = Some(round.now);
            }
        }
    }
    match &outcome {
        Outcome::Unknown(_) if was == "failed" || was == "passed" => changes.obscured.push(id.to_owned()),
        Outcome::NotApplicable(_) if was == "failed" || was == "unknown" => changes.resolved.push(id.to_owned()),
        _ => {}
    }
    let title = pending_stub(state, id).or_else(|| entry.sent.map(|sent| sent.stub));
    if let Some(stub) = title {
        let subject = Subject { resource: stub.resource.clone(), ..subject };
        publish(state, place, id, info, &subject, &outcome, Some(&stub.title), round);
    }
}

/// Whether the subject of a finding without a verdict is gone.
fn not_judged(snapshot: &Snapshot, entry: &Entry, info: Option<&CheckInfo>, siblings: &Siblings<'_>) -> Absence {
    let Some(info) = info else { return Absence::Proven };
    if let Some(hidden) = siblings.get(&(entry.check.as_str(), entry.subject.as_str())) {
        // The workload was judged, this container was not among it: gone, unless the workload's
        // containers could not be seen.
        return hidden.map_or(Absence::Proven, |gap| Absence::Unproven(gap.clone()));
    }
    absence(snapshot, entry, Some(info.subject))
}

fn pending(state: &State, id: &str) -> Option<usize> {
    state.outbox.iter().position(|message| message.channel == Channel::SecurityHub && message.key == id)
}

fn pending_stub(state: &State, id: &str) -> Option<Stub> {
    state.outbox.get(pending(state, id)?)?.sent.as_ref().map(|sent| sent.stub.clone())
}

/// Puts the finding into the outbox if Security Hub does not already hold what it should.
#[expect(clippy::too_many_arguments, reason = "one finding's whole context; a struct would be built once and taken apart at once")]
fn publish(
    state: &mut State,
    place: &Place,
    id: &str,
    info: Option<&CheckInfo>,
    subject: &Subject,
    outcome: &Outcome,
    known_title: Option<&str>,
    round: &Round<'_>,
) {
    let Some(entry) = state.ledger.findings.get(id) else { return };
    let waiting = pending(state, id);
    // What the hub holds, or may hold once the pending message has arrived.
    let held = waiting.and_then(|n| state.outbox.get(n)).and_then(|message| message.sent.as_ref()).or(entry.sent.as_ref());
    let active = held.is_some_and(|sent| sent.record_state == "ACTIVE");
    let (status, record_state, severity) = match outcome {
        Outcome::Failed(failure) => ("FAILED", "ACTIVE", failure.severity),
        Outcome::Unknown(_) => ("NOT_AVAILABLE", "ACTIVE", entry.severity),
        Outcome::Passed if active || round.policy.publish_passed => ("PASSED", "ACTIVE", Severity::Informational),
        Outcome::NotApplicable(_) if active => match held {
            Some(sent) => (status_word(&sent.status), "ARCHIVED", sent.severity),
            None => return,
        },
        Outcome::Passed | Outcome::NotApplicable(_) => return,
    };
    let mut style = round.policy.style.clone();
    style.extras = !state.ledger.hub.extras_rejected;
    let after = held.map_or(entry.evidence_at, |sent| entry.evidence_at.max(sent.updated_at.plus_millis(1)));
    let known_title = known_title.or_else(|| match outcome {
        Outcome::Failed(_) => None,
        _ => held.map(|sent| sent.stub.title.as_str()),
    });
    let rendering = Rendering { place, id, entry, info, subject, known_title, outcome, status, record_state, severity, updated_at: after };
    let body = asff::finding(&rendering, &style);
    let revisions: &[String] = if let Outcome::Failed(failure) = outcome { &failure.revisions } else { &[] };
    let print = fingerprint(&body, revisions);
    let unchanged = held.is_some_and(|sent| {
        let same = sent.status == status && sent.record_state == record_state && sent.severity == severity;
        let wording_matters = status != "PASSED" && record_state == "ACTIVE";
        same && (sent.fingerprint == print || !wording_matters)
    });
    if unchanged && !(waiting.is_none() && heartbeat_due(id, held, entry, status, round.now)) {
        return;
    }
    if state.ledger.quarantine.get(id).is_some_and(|refusal| refusal.fingerprint == print) {
        return;
    }
    let sent = Sent {
        status: status.to_owned(),
        record_state: record_state.to_owned(),
        severity,
        fingerprint: print.clone(),
        updated_at: after,
        stub: Stub { title: asff::title(&rendering), resource: subject.resource.clone() },
    };
    let message = Message {
        channel: Channel::SecurityHub,
        key: id.to_owned(),
        fingerprint: print,
        updated_at: after,
        attempts: 0,
        body,
        sent: Some(sent),
    };
    state.ledger.quarantine.remove(id);
    match waiting.and_then(|n| state.outbox.get_mut(n)) {
        Some(slot) => *slot = message,
        None => state.outbox.push(message),
    }
}

fn status_word(status: &str) -> &'static str {
    match status {
        "FAILED" => "FAILED",
        "PASSED" => "PASSED",
        "WARNING" => "WARNING",
        _ => "NOT_AVAILABLE",
    }
}

/// Whether an open finding has to be shown to be alive: once in [`HEARTBEAT_DAYS`], on a day of its
/// own, and only with evidence read after what was sent.
fn heartbeat_due(id: &str, held: Option<&Sent>, entry: &Entry, status: &str, now: Time) -> bool {
    let Some(sent) = held.filter(|sent| sent.record_state == "ACTIVE" && status != "PASSED") else { return false };
    let own_day = i64::from(slot(id)) % HEARTBEAT_DAYS;
    let since_own_day = (now.day() - own_day).rem_euclid(HEARTBEAT_DAYS);
    let last_own_day = now.day() - since_own_day;
    entry.evidence_at > sent.updated_at && sent.updated_at.day() < last_own_day
}

/// Drops entries whose finding has been over for long.
fn forget(state: &mut State, now: Time) {
    let waiting: BTreeSet<String> = state.outbox.iter().map(|message| message.key.clone()).collect();
    state.ledger.findings.retain(|id, entry| {
        let over = entry.gone_at.or((entry.status == "passed" || entry.status == "not-applicable").then_some(entry.changed_at));
        waiting.contains(id) || over.is_none_or(|at| now < at.plus_days(FORGET_AFTER_DAYS))
    });
}

/// The gap in words, for coverage tables.
#[must_use]
pub fn coverage(snapshot: &Snapshot) -> BTreeMap<String, String> {
    snapshot.listings.iter().filter_map(|(name, listing)| listing.gap().map(|gap: &Gap| (name.clone(), gap.to_string()))).collect()
}
