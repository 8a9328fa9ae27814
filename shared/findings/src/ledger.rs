//! The state of one account and Region: its snapshot, what was said about it before, and what is
//! still to be delivered.
//!
//! Plain data; [`reconcile`](crate::reconcile()) gives it its meaning, the store keeps it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wallwalk_model::{Place, Snapshot, Time};

use crate::{Resource, Severity};

/// Version of the state's form. A reader refuses a newer one rather than destroy it.
pub const SCHEMA: u32 = 1;

/// A finding that was refused so often for reasons that might have passed is set aside.
pub const MOST_ATTEMPTS: u32 = 5;

/// Everything remembered of one account and Region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Version of this form.
    pub schema: u32,
    /// Where it belongs.
    #[serde(flatten)]
    pub place: Place,
    /// When it was last written.
    pub written_at: Time,
    /// Who wrote it.
    pub written_by: Writer,
    /// The last full scan.
    #[serde(default)]
    pub full_scan: FullScan,
    /// Facts and gaps.
    pub snapshot: Snapshot,
    /// What was said before.
    #[serde(default)]
    pub ledger: Ledger,
    /// What is to be delivered.
    #[serde(default)]
    pub outbox: Vec<Message>,
}

/// Who wrote a state, so that a write whose answer was lost can be recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// Version of the product.
    pub version: String,
    /// Identifier of the scan.
    pub scan: String,
    /// Number of the write within the scan.
    pub write: u32,
}

/// The last full scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullScan {
    /// When the last one began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When the last one that came to its end ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete_at: Option<Time>,
    /// Listings that were not complete, with the gap in words.
    #[serde(default)]
    pub coverage: BTreeMap<String, String>,
}

/// What was said before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Every finding ever published and not yet forgotten, by id.
    #[serde(default)]
    pub findings: BTreeMap<String, Entry>,
    /// Groups of findings that on-call was told about, by key.
    #[serde(default)]
    pub groups: BTreeMap<String, Group>,
    /// Checks evaluated here, with the time of the first evaluation.
    #[serde(default)]
    pub known_checks: BTreeMap<String, Time>,
    /// IAM actions that events showed a role to use. A lower bound.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub observed_actions: BTreeMap<String, BTreeSet<String>>,
    /// Settings of the last scan, so that a settings file with a mistake changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Value>,
    /// When the first digest went out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline_sent_at: Option<Time>,
    /// What is known of Security Hub here.
    #[serde(default)]
    pub hub: Hub,
    /// Findings that Security Hub refuses for good, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub quarantine: BTreeMap<String, Refusal>,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The check's name.
    pub check: String,
    /// Identity of the subject.
    pub subject: String,
    /// Container, where the subject is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    /// `failed`, `passed`, `unknown`, `not-applicable`, `gone`.
    pub status: String,
    /// Severity of the last failure, informational if it never failed.
    pub severity: Severity,
    /// Latest read time of the evidence.
    pub evidence_at: Time,
    /// When the identity was first seen. Never changes while the entry lives.
    pub first_seen: Time,
    /// When the status last changed.
    pub changed_at: Time,
    /// When it last failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failed: Option<Time>,
    /// When its subject was proven gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_at: Option<Time>,
    /// What Security Hub acknowledged last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// The last ten changes of status, `2026-11-23T14:02:03.000Z failed`.
    #[serde(default)]
    pub transitions: Vec<String>,
    /// Alert group it belongs to.
    pub group: String,
    /// The event that likely caused the last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<Cause>,
}

/// What a receiver acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// ASFF compliance status.
    pub status: String,
    /// `ACTIVE` or `ARCHIVED`.
    pub record_state: String,
    /// Severity label sent.
    pub severity: Severity,
    /// Fingerprint of the rendered finding.
    pub fingerprint: String,
    /// Its `UpdatedAt`.
    pub updated_at: Time,
    /// What an archived or unseen finding is rendered from.
    pub stub: Stub,
}

/// Enough of a finding to render it when its subject is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stub {
    /// Title.
    pub title: String,
    /// Primary resource.
    pub resource: Resource,
}

/// A group of findings that on-call was told about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// First 16 hexadecimal digits of SHA-256 over the key and `opened_at`.
    pub alert_id: String,
    /// Highest severity announced.
    pub severity: Severity,
    /// Ids of the failing members announced.
    pub members: BTreeSet<String>,
    /// When it was opened.
    pub opened_at: Time,
    /// When the last notice about it was made.
    pub last_sent: Time,
}

/// The event that likely caused a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cause {
    /// CloudTrail event id.
    pub event_id: String,
    /// `AuthorizeSecurityGroupIngress`.
    pub event_name: String,
    /// ARN of the caller, or of the session's issuer.
    pub actor: String,
    /// When the call was made.
    pub time: Time,
    /// Service that called on the caller's behalf, `cloudformation.amazonaws.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// What the event made stale.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub keys: BTreeSet<String>,
}

/// What is known of Security Hub in this account and Region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hub {
    /// `enabled` or `disabled`; absent before the first delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Whether it refused `StatusReasons` and `SecurityControlId` from a custom product.
    #[serde(default)]
    pub extras_rejected: bool,
}

/// Why Security Hub refuses a finding for good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Fingerprint of what was refused; another one is tried again.
    pub fingerprint: String,
    /// Error code.
    pub code: String,
    /// Error message.
    pub message: String,
    /// When.
    pub since: Time,
}

/// A receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Security Hub, `BatchImportFindings`.
    SecurityHub,
    /// SNS, the alerts topic.
    Alerts,
}

/// Something to be delivered. One channel and key has at most one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Receiver.
    pub channel: Channel,
    /// Finding id, or alert id and kind.
    pub key: String,
    /// Fingerprint of the body's meaning.
    pub fingerprint: String,
    /// `UpdatedAt` of a finding; time of making for an alert.
    pub updated_at: Time,
    /// Deliveries tried.
    #[serde(default)]
    pub attempts: u32,
    /// What is delivered.
    pub body: Value,
    /// For findings: what becomes [`Entry::sent`] once acknowledged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
}

impl Message {
    /// What an acknowledgement must match: a newer message under the same key is not acknowledged.
    #[must_use]
    pub fn receipt(&self) -> Receipt {
        Receipt { channel: self.channel, key: self.key.clone(), fingerprint: self.fingerprint.clone(), updated_at: self.updated_at }
    }
}

/// Proof that exactly this message was delivered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Receipt {
    /// Receiver.
    pub channel: Channel,
    /// Key of the message.
    pub key: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Its time.
    pub updated_at: Time,
}

impl State {
    /// An empty state of `place`.
    #[must_use]
    pub fn new(place: Place) -> Self {
        Self { schema: SCHEMA, snapshot: Snapshot::new(place.clone()), place, ..Self::default() }
    }

    /// Removes what was delivered from the outbox and remembers it as sent.
    pub fn acknowledge(&mut self, receipts: &BTreeSet<Receipt>) {
        let outbox = std::mem::take(&mut self.outbox);
        for message in outbox {
            if !receipts.contains(&message.receipt()) {
                self.outbox.push(message);
            } else if let (Some(sent), Some(entry)) = (message.sent, self.ledger.findings.get_mut(&message.key)) {
                entry.sent = Some(sent);
            }
        }
    }

    /// Counts a refusal that may pass; after [`MOST_ATTEMPTS`] the finding is set aside all the same.
    pub fn delay(&mut self, key: &str, refusal: &Refusal) {
        let same = |message: &&mut Message| {
            message.channel == Channel::SecurityHub && message.key == key && message.fingerprint == refusal.fingerprint
        };
        if let Some(message) = self.outbox.iter_mut().find(same) {
            message.attempts += 1;
            if message.attempts >= MOST_ATTEMPTS {
                self.quarantine(key, refusal.clone());
            }
        }
    }

    /// Sets a refused finding aside: it is not sent again until its fingerprint changes.
    pub fn quarantine(&mut self, key: &str, refusal: Refusal) {
        self.outbox.retain(|message| !(message.key == key && message.fingerprint == refusal.fingerprint));
        self.ledger.quarantine.insert(key.to_owned(), refusal);
    }
}
