//! Secrets and parameters that task definitions refer to: metadata and policies, never a value.
//!
//! There is no listing of these: each reference is asked about by itself, under the name it was
//! written with.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use aws_sdk_ssm::types::ParameterStringFilter;
use serde_json::Value;
use wallwalk_model::secrets::{self, StoreReference};
use wallwalk_model::{Arn, Fact, Gap, GapReason, Key, Reading, Time};

use super::ask::Miss;
use super::call::Call;
use super::run::{Run, batches, each, list, next};

/// Names that one filter may have.
const MOST_NAMES: usize = 50;
const GONE: &[&str] = &["ResourceNotFoundException"];

/// The key that stands for a reference.
pub(super) fn key_of(reference: StoreReference) -> Option<Key> {
    match reference {
        StoreReference::Secret { id, .. } => Some(Key::Secret(id)),
        StoreReference::Parameter { name, .. } => Some(Key::Parameter(name)),
        StoreReference::Malformed => None,
    }
}

impl Run<'_> {
    /// Secrets by the references to them.
    pub(super) async fn secrets(&self, references: BTreeSet<String>) {
        let unread = references.into_iter().filter(|id| !self.read_before(&self.known.secrets, id));
        each(unread.map(|id| self.secret(id))).await;
    }

    async fn secret(&self, id: String) {
        let call = Call::DescribeSecret;
        let at = (self.clock)();
        if let Some(detail) = self.elsewhere(&id) {
            let gap = |call: Call| Gap::new(call.name(), GapReason::NotAsked, detail);
            self.put(|now| &mut now.secrets, id.clone(), Reading::gap(at, gap(call)));
            self.put(|now| &mut now.secret_policies, id, Reading::gap(at, gap(Call::GetResourcePolicy)));
            return;
        }
        let send = |tap| self.clients.secrets.describe_secret().secret_id(&id).customize().interceptor(tap).send();
        let answer = self.ask.json(call, send).await;
        let secret = match answer.map(serde_json::from_value::<secrets::Secret>) {
            Ok(Ok(secret)) if !secret.arn.is_empty() => secret,
            Ok(_) => {
                let gap = Gap::new(call.name(), GapReason::Failed, "the answer does not have the form the API documents");
                return self.put(|now| &mut now.secrets, id, Reading::gap(at, gap));
            }
            Err(Miss::Refused(refusal)) if refusal.is(GONE) => {
                self.put(|now| &mut now.secrets, id.clone(), Reading::absent(at));
                return self.put(|now| &mut now.secret_policies, id, Reading::absent(at));
            }
            Err(Miss::Refused(refusal)) => {
                self.put(|now| &mut now.secrets, id.clone(), Reading::gap(at, refusal.gap()));
                // Whether it may be read is another permission's matter.
                return self.secret_policy(id).await;
            }
            Err(Miss::Stopped) => return,
        };
        let versions = async {
            let versions = self.secret_versions(&id).await;
            let secret = secrets::Secret { versions, ..secret };
            self.put(|now| &mut now.secrets, id.clone(), Reading::known(at, secret));
        };
        tokio::join!(versions, self.secret_policy(id.clone()));
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

    async fn secret_policy(&self, id: String) {
        let at = (self.clock)();
        let send = |tap| self.clients.secrets.get_resource_policy().secret_id(&id).customize().interceptor(tap).send();
        let reading = match self.ask.json(Call::GetResourcePolicy, send).await {
            Ok(answer) => Reading::known(at, policy(answer.get("ResourcePolicy"))),
            Err(Miss::Refused(refusal)) if refusal.is(GONE) => Reading::absent(at),
            Err(Miss::Refused(refusal)) => Reading::gap(at, refusal.gap()),
            Err(Miss::Stopped) => return,
        };
        self.put(|now| &mut now.secret_policies, id, reading);
    }

    /// Why a secret is not asked about: the scanner's role reaches its own account, and its clients one
    /// Region.
    fn elsewhere(&self, id: &str) -> Option<&'static str> {
        let arn: Arn = id.parse().ok()?;
        match (arn.account == self.place.account, arn.region == self.place.region) {
            (false, _) => Some("the secret belongs to another account"),
            (true, false) => Some("the secret is in another Region"),
            (true, true) => None,
        }
    }

    /// Parameters by name.
    pub(super) async fn parameters(&self, names: BTreeSet<String>) {
        // AWS's own parameters can be used by everybody and are listed for nobody.
        let (public, own): (Vec<String>, Vec<String>) = names
            .into_iter()
            .filter(|name| !self.read_before(&self.known.parameters, name))
            .partition(|name| name.starts_with("/aws/service/"));
        for name in public {
            let gap = Gap::new(Call::DescribeParameters.name(), GapReason::NotAsked, "it is a public parameter of AWS");
            self.put(|now| &mut now.parameters, name, Reading::gap((self.clock)(), gap));
        }
        // Two spellings of each name may be asked for.
        each(batches(own, MOST_NAMES / 2).into_iter().map(async |batch: Vec<String>| {
            let about_the_question = self.parameter_batch(&batch).await;
            if about_the_question && batch.len() > 1 {
                // One name that the service does not take fails them all.
                each(batch.iter().map(|name| self.parameter_batch(std::slice::from_ref(name)))).await;
            }
        }))
        .await;
    }

    /// Reads parameters; whether the question itself was refused.
    async fn parameter_batch(&self, names: &[String]) -> bool {
        let call = Call::DescribeParameters;
        let values: BTreeSet<String> = names.iter().flat_map(|name| spellings(name)).collect();
        let page = async |token: Option<String>, at: Time| {
            let filter = ParameterStringFilter::builder().key("Name").option("Equals").set_values(Some(values.iter().cloned().collect()));
            // Only a builder without a key fails.
            let filter = filter.build().ok();
            let send = |tap| {
                let request = self.clients.ssm.describe_parameters().set_parameter_filters(filter.clone().map(|filter| vec![filter]));
                request.max_results(50).set_next_token(token.clone()).customize().interceptor(tap).send()
            };
            let mut answer = self.ask.json(call, send).await?;
            let token = next(&answer, "NextToken");
            let read = list(&mut answer, "Parameters", call)?.into_iter().filter_map(|one| serde_json::from_value(one).ok());
            let read: Vec<secrets::Parameter> = read.collect();
            // A service that ignores the filter would give the whole account.
            let asked = read.into_iter().filter(|parameter| values.contains(&parameter.name));
            Ok((self.record(call, |now| &mut now.parameters, at, asked, |parameter| &parameter.name)?, token))
        };
        let pages = self.pages(call, page).await;
        let gone = names.iter().filter(|name| spellings(name).iter().all(|spelling| !pages.ids.contains(spelling))).cloned();
        self.settle(|now| &mut now.parameters, gone, &pages.ids, pages.at, pages.miss.as_ref());
        matches!(pages.miss, Some(Miss::Refused(refusal)) if refusal.is_about_the_question())
    }

    /// The references under which a secret that an event names is known or referred to.
    pub(super) fn references_to_secret(&self, id: &str) -> BTreeSet<String> {
        let wanted = names(id);
        let same = |reference: &str| !wanted.is_disjoint(&names(reference));
        let read = self.known.secrets.iter().filter(|(key, reading)| {
            let known = if let Fact::Known(secret) = &reading.fact { same(&secret.arn) || same(&secret.name) } else { false };
            known || same(key)
        });
        let written = crate::references::store_references(self.known).into_iter().filter_map(|one| match one {
            StoreReference::Secret { id, .. } if same(&id) => Some(id),
            _ => None,
        });
        read.map(|(key, _)| key.clone()).chain(written).collect()
    }

    /// The same for a parameter, with or without its leading slash.
    pub(super) fn references_to_parameter(&self, name: &str) -> BTreeSet<String> {
        let same = |one: &str| one.trim_start_matches('/') == name.trim_start_matches('/');
        let read = self.known.parameters.keys().filter(|key| same(key)).cloned();
        let written = crate::references::store_references(self.known).into_iter().filter_map(|one| match one {
            StoreReference::Parameter { name, .. } if same(&name) => Some(name),
            _ => None,
        });
        read.chain(written).collect()
    }
}

/// A resource policy, or that there is none.
pub(super) fn policy(text: Option<&Value>) -> secrets::ResourcePolicy {
    serde_json::from_value(serde_json::json!({ "Document": text })).unwrap_or_default()
}

/// The names a parameter may have: an ARN does not tell `/name` from `name`.
fn spellings(name: &str) -> Vec<String> {
    let bare = name.trim_start_matches('/');
    if bare.contains('/') { vec![name.to_owned()] } else { vec![bare.to_owned(), format!("/{bare}")] }
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
