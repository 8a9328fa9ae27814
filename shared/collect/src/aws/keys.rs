//! KMS keys that secrets and parameters are encrypted with, and their policies.
//!
//! Only what refers to a key leads to it: there may be many more. Keys that AWS manages are not read,
//! and grants are not. A policy is asked for by the key's own name, because an alias will not do.

use std::collections::BTreeSet;

use serde_json::Value;
use wallwalk_model::kms::{self, find_key};
use wallwalk_model::{Fact, Gap, GapReason, Reading, Snapshot, arn};

use super::ask::{Miss, odd};
use super::call::Call;
use super::run::{Run, each};
use super::stores::{elsewhere, policy};
use crate::references;

const GONE: &[&str] = &["NotFoundException"];

impl Run<'_> {
    /// Keys by the references to them.
    pub(super) async fn keys(&self, references: BTreeSet<String>) {
        each(references.into_iter().map(|reference| self.kms_key(reference))).await;
    }

    async fn kms_key(&self, reference: String) {
        let call = Call::DescribeKey;
        let at = (self.clock)();
        if let Some(detail) = elsewhere("key", &reference, self.place) {
            let gap = |call: Call| Gap::new(call.name(), GapReason::NotAsked, detail.clone());
            self.put(|now| &mut now.keys, reference.clone(), Reading::gap(at, gap(call)));
            self.put(|now| &mut now.key_policies, reference, Reading::gap(at, gap(Call::GetKeyPolicy)));
            return;
        }
        let send = |tap| self.clients.kms.describe_key().key_id(&reference).customize().interceptor(tap).send();
        let answer = self.ask.json(call, send).await;
        let key = answer.and_then(|mut answer| {
            let key = answer.get_mut("KeyMetadata").map(Value::take).and_then(|key| serde_json::from_value::<kms::Key>(key).ok());
            key.filter(|key| !key.arn.is_empty()).ok_or_else(|| odd(call, "the answer does not have the form the API documents"))
        });
        match key {
            Ok(key) => {
                for id in BTreeSet::from([key.arn.clone(), reference]) {
                    self.put(|now| &mut now.keys, id, Reading::known(at, key.clone()));
                }
                if key.key_manager.as_deref() != Some("AWS") {
                    self.key_policy(key.arn).await;
                }
            }
            Err(Miss::Refused(refusal)) if refusal.is(GONE) => {
                self.put(|now| &mut now.keys, reference.clone(), Reading::absent(at));
                self.put(|now| &mut now.key_policies, reference, Reading::absent(at));
            }
            Err(Miss::Refused(refusal)) => {
                self.put(|now| &mut now.keys, reference.clone(), Reading::gap(at, refusal.gap()));
                // Whether it may be read is another permission's matter.
                if reference.contains(":key/") {
                    self.key_policy(reference).await;
                }
            }
            Err(Miss::Stopped) => {}
        }
    }

    async fn key_policy(&self, key_arn: String) {
        let at = (self.clock)();
        let send = |tap| self.clients.kms.get_key_policy().key_id(&key_arn).policy_name("default").customize().interceptor(tap).send();
        let reading = match self.ask.json(Call::GetKeyPolicy, send).await {
            Ok(answer) => Reading::known(at, policy(answer.get("Policy"))),
            Err(Miss::Refused(refusal)) if refusal.is(GONE) => Reading::absent(at),
            Err(Miss::Refused(refusal)) => Reading::gap(at, refusal.gap()),
            Err(Miss::Stopped) => return,
        };
        self.put(|now| &mut now.key_policies, key_arn, reading);
    }

    /// References to keys in what was read, now or in an earlier part of this reading.
    pub(super) fn key_references(&self, now: &Snapshot) -> BTreeSet<String> {
        let mut found = references::key_references(now);
        if self.full && self.options.since.is_some() {
            found.extend(references::key_references(self.known));
        }
        found
    }

    /// Whether a key that is referred to is not read.
    pub(super) fn lacks_key(&self, now: &Snapshot, reference: &str) -> bool {
        if find_key(&now.keys, reference).is_some() {
            return false;
        }
        let Some((id, reading)) = find_key(&self.known.keys, reference) else { return true };
        if self.full { !self.read_before(&self.known.keys, id) } else { matches!(reading.fact, Fact::Gap(_)) }
    }

    /// What is to be asked about when an event names a key; nothing, if nothing leads to it.
    pub(super) fn keys_named(&self, id: &str) -> BTreeSet<String> {
        let same = |reference: &str| arn::last_segment(reference) == arn::last_segment(id);
        let read = self.known.keys.iter().filter(|(key, reading)| same(key) || reading.value().is_some_and(|key| same(&key.arn)));
        let written = references::key_references(self.known).into_iter().filter(|reference| same(reference));
        read.map(|(key, _)| key.clone()).chain(written).collect()
    }
}
