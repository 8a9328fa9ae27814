//! Secrets: which there are, and of those that task definitions refer to their versions and policies.
//! Never a value.
//!
//! A full reading lists them. The list may lag by minutes, so what is referred to and not on it is
//! asked about by itself, under the name it was written with; so is everything where the list was
//! denied or is too long, and in a narrow reading.
//! Source: AWS Secrets Manager API Reference, `ListSecrets`.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use wallwalk_model::secrets::{self, StoreReference, find_secret, secret_answers};
use wallwalk_model::{Arn, Fact, Gap, GapReason, Reading, Snapshot, Time};

use super::ask::Miss;
use super::call::Call;
use super::run::{Run, each, list, next};
use super::stores::{elsewhere, objects, policy};
use crate::references;

/// Pages of a hundred secrets. An account may have five thousand such pages.
const MOST_PAGES: usize = 200;
const GONE: &[&str] = &["ResourceNotFoundException"];

impl Run<'_> {
    /// Every secret of the account and Region, those that wait for their deletion included.
    pub(super) async fn all_secrets(&self) {
        let call = Call::ListSecrets;
        let page = async |token: Option<String>, at: Time| {
            let send = |tap| {
                let request = self.clients.secrets.list_secrets().include_planned_deletion(true).max_results(100);
                request.set_next_token(token.clone()).customize().interceptor(tap).send()
            };
            let mut answer = self.ask.json(call, send).await?;
            let token = next(&answer, "NextToken");
            let entries = list(&mut answer, "SecretList", call)?.into_iter().map(secrets::described);
            let read: Vec<secrets::Secret> = objects(entries, call)?;
            Ok((self.record(call, |now| &mut now.secrets, at, read, |secret| &secret.arn)?, token))
        };
        self.listing_up_to(MOST_PAGES, call.name(), call, page).await;
    }

    /// Secrets by the references to them.
    pub(super) async fn secrets(&self, references: BTreeSet<String>) {
        each(references.into_iter().map(|id| self.secret(id))).await;
    }

    async fn secret(&self, id: String) {
        match self.listed_secret(&id) {
            Some((at, secret)) => self.secret_details([secret.arn.clone()].into(), at, secret).await,
            None => self.described_secret(id).await,
        }
    }

    /// The secret of this reading's list that a reference surely names.
    fn listed_secret(&self, id: &str) -> Option<(Time, secrets::Secret)> {
        let now = self.now();
        let (key, reading) = find_secret(&now.secrets, id)?;
        surely(key, id).then_some(())?;
        Some((reading.read_at, reading.value()?.clone()))
    }

    async fn described_secret(&self, id: String) {
        let call = Call::DescribeSecret;
        let at = (self.clock)();
        if let Some(detail) = elsewhere("secret", &id, self.place) {
            let gap = |call: Call| Gap::new(call.name(), GapReason::NotAsked, detail.clone());
            self.put(|now| &mut now.secrets, id.clone(), Reading::gap(at, gap(call)));
            self.put(|now| &mut now.secret_policies, id, Reading::gap(at, gap(Call::GetResourcePolicy)));
            return;
        }
        let send = |tap| self.clients.secrets.describe_secret().secret_id(&id).customize().interceptor(tap).send();
        let answer = self.ask.json(call, send).await;
        match answer.map(serde_json::from_value::<secrets::Secret>) {
            Ok(Ok(secret)) if !secret.arn.is_empty() => {
                self.others_are_gone(&id, Some(&secret.arn), at);
                let keys: BTreeSet<String> = [secret.arn.clone(), id].into();
                if self.is_referred_to(&secret) {
                    self.secret_details(keys, at, secret).await;
                } else {
                    keys.into_iter().for_each(|key| self.put(|now| &mut now.secrets, key, Reading::known(at, secret.clone())));
                }
            }
            Ok(_) => {
                let gap = Gap::new(call.name(), GapReason::Failed, "the answer does not have the form the API documents");
                self.put(|now| &mut now.secrets, id, Reading::gap(at, gap));
            }
            Err(Miss::Refused(refusal)) if refusal.is(GONE) => {
                self.others_are_gone(&id, None, at);
                self.put(|now| &mut now.secrets, id.clone(), Reading::absent(at));
                self.put(|now| &mut now.secret_policies, id, Reading::absent(at));
            }
            Err(Miss::Refused(refusal)) => {
                self.put(|now| &mut now.secrets, id.clone(), Reading::gap(at, refusal.gap()));
                // Whether it may be read is another permission's matter.
                self.secret_policy(&id, &[id.clone()].into()).await;
            }
            Err(Miss::Stopped) => {}
        }
    }

    /// One secret bears a name at a time: every other that is known by it has been deleted.
    fn others_are_gone(&self, name: &str, arn: Option<&str>, at: Time) {
        let bears = |secret: &secrets::Secret| secret.name == name && Some(secret.arn.as_str()) != arn;
        for (key, _) in self.known.secrets.iter().filter(|(_, reading)| reading.value().is_some_and(bears)) {
            self.put(|now| &mut now.secrets, key.clone(), Reading::absent(at));
            self.put(|now| &mut now.secret_policies, key.clone(), Reading::absent(at));
        }
    }

    /// Records a secret with its versions, and its policy, under `keys`.
    async fn secret_details(&self, keys: BTreeSet<String>, at: Time, secret: secrets::Secret) {
        let id = secret.arn.clone();
        let versions = async {
            let versions = self.secret_versions(&id).await;
            for key in &keys {
                let secret = secrets::Secret { versions: versions.clone(), ..secret.clone() };
                self.put(|now| &mut now.secrets, key, Reading::known(at, secret));
            }
        };
        tokio::join!(versions, self.secret_policy(&id, &keys));
    }

    /// The versions with their dates, or nothing if they could not be read.
    async fn secret_versions(&self, id: &str) -> Option<Vec<secrets::SecretVersion>> {
        let call = Call::ListSecretVersionIds;
        let read = Mutex::new(Vec::new());
        let page = async |token: Option<String>, _: Time| {
            let send = |tap| {
                let request = self.clients.secrets.list_secret_version_ids().secret_id(id).max_results(100);
                request.set_next_token(token.clone()).customize().interceptor(tap).send()
            };
            let mut answer = self.ask.json(call, send).await?;
            let versions = list(&mut answer, "Versions", call)?.into_iter().filter_map(|one| serde_json::from_value(one).ok());
            read.lock().unwrap_or_else(PoisonError::into_inner).extend(versions);
            Ok((Vec::new(), next(&answer, "NextToken")))
        };
        let pages = self.pages(call, page).await;
        pages.miss.is_none().then(|| read.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    async fn secret_policy(&self, id: &str, keys: &BTreeSet<String>) {
        let at = (self.clock)();
        let send = |tap| self.clients.secrets.get_resource_policy().secret_id(id).customize().interceptor(tap).send();
        let reading = match self.ask.json(Call::GetResourcePolicy, send).await {
            Ok(answer) => Reading::known(at, policy(answer.get("ResourcePolicy"))),
            Err(Miss::Refused(refusal)) if refusal.is(GONE) => Reading::absent(at),
            Err(Miss::Refused(refusal)) => Reading::gap(at, refusal.gap()),
            Err(Miss::Stopped) => return,
        };
        keys.iter().for_each(|key| self.put(|now| &mut now.secret_policies, key, reading.clone()));
    }

    fn is_referred_to(&self, secret: &secrets::Secret) -> bool {
        let names = |snapshot: &Snapshot| {
            references::store_references(snapshot)
                .iter()
                .any(|one| matches!(one, StoreReference::Secret { id, .. } if secret_answers(&secret.arn, &secret.name, id)))
        };
        self.full || names(&self.now()) || names(self.known)
    }

    /// Whether a secret that is referred to is not read, or only as an entry of the list.
    pub(super) fn lacks_secret(&self, now: &Snapshot, id: &str) -> bool {
        if let Some((key, reading)) = find_secret(&now.secrets, id) {
            return reading.value().is_some() && (!surely(key, id) || !now.secret_policies.contains_key(key));
        }
        let Some((key, reading)) = find_secret(&self.known.secrets, id) else { return true };
        let had = match &reading.fact {
            Fact::Known(_) => surely(key, id) && self.known.secret_policies.contains_key(key),
            Fact::Absent => key == id,
            Fact::Gap(_) => false,
        };
        !had || (self.full && !self.read_before(&self.known.secrets, key))
    }

    /// What is to be asked about when an event names a secret: what is known of it or refers to it, and
    /// what is not known at all by the name it has.
    pub(super) fn secrets_named(&self, id: &str) -> BTreeSet<String> {
        let wanted = names(id);
        let same = |reference: &str| !wanted.is_disjoint(&names(reference));
        let read = self.known.secrets.iter().filter(|(key, reading)| {
            let known = if let Fact::Known(secret) = &reading.fact { same(&secret.arn) || same(&secret.name) } else { false };
            known || same(key)
        });
        let written = references::store_references(self.known).into_iter().filter_map(|one| match one {
            StoreReference::Secret { id, .. } if same(&id) => Some(id),
            _ => None,
        });
        let mut keys: BTreeSet<String> = read.map(|(key, _)| key.clone()).chain(written).collect();
        if !id.starts_with("arn:") {
            // Whoever is asked by name answers for what is known by the ARN.
            let answered = |key: &String| {
                let secret = self.known.secrets.get(key).and_then(Reading::value);
                secret.is_some_and(|secret| secret.name == id && secret.arn == *key)
            };
            keys.retain(|key| !answered(key));
            keys.insert(id.to_owned());
        } else if keys.is_empty() {
            keys.insert(id.to_owned());
        }
        keys
    }
}

/// Whether the secret under `key` is what the reference means. Of one that is no more than part of an
/// ARN and ends like a whole one, only the service knows.
///
/// Source: AWS Secrets Manager User Guide, "Finding a secret from a partial ARN".
fn surely(key: &str, reference: &str) -> bool {
    let ends_like_a_whole_one = || {
        let suffix = reference.rsplit_once('-').map_or("", |(_, suffix)| suffix);
        suffix.len() == 6 && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    key == reference || !reference.starts_with("arn:") || !ends_like_a_whole_one()
}

/// The names a secret's id may stand for: what looks like a random suffix may be part of the name.
fn names(id: &str) -> BTreeSet<String> {
    let name = match id.parse::<Arn>() {
        Ok(arn) => arn.resource.strip_prefix("secret:").unwrap_or(&arn.resource).to_owned(),
        Err(_) => id.to_owned(),
    };
    let stem = name.rsplit_once('-').filter(|(_, suffix)| suffix.len() == 6).map(|(stem, _)| stem.to_owned());
    stem.into_iter().chain([name]).filter(|name| !name.is_empty()).collect()
}
