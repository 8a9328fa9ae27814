//! Secrets and parameters that exist, with what bears on reading them: their keys, and the policies of both.
//!
//! Known are what was listed and what definitions refer to. Not known are grants of keys, policies that
//! services attach to a secret beside its own, and policies of parameters.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_iam::eval::{Attached, Resource, ResourceKind};
use wallwalk_iam::policy::Kind;
use wallwalk_iam::{KeyState, account};
use wallwalk_model::secrets::ResourcePolicy;
use wallwalk_model::{Arn, Fact, Gap, Reading, Snapshot, Table, Time};

use super::needs::{Key, key_of};
use crate::estate::Estate;

/// Whether something is a secret or a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Store {
    /// Secrets Manager.
    Secrets,
    /// Systems Manager Parameter Store.
    Parameters,
}

/// A secret or parameter.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) arn: String,
    pub(crate) name: String,
    /// How people call it: `secret shop/db`.
    pub(crate) label: String,
    pub(crate) store: Store,
    /// The fact it was read from, and when.
    pub(crate) fact: (String, Time),
    pub(crate) region: String,
    /// Whether it is meant to be secret: every secret, and parameters that are not known to be plain text.
    pub(crate) secret: bool,
    /// Tags that conditions may look at; none where they were not read.
    pub(crate) tags: Option<Vec<(String, Option<String>)>>,
    /// Its own policies.
    pub(crate) facts: Resource,
    /// The key that encrypts it.
    pub(crate) key: Encrypted,
}

impl Stored {
    /// The state of a condition key about a tag of it, `aws:resourcetag/team`; none where tags were not read.
    pub(crate) fn tag(&self, key: &str) -> Option<KeyState> {
        let name = key.split_once('/').map_or("", |(_, name)| name);
        Some(match self.tags.as_ref()?.iter().find(|(tag, _)| tag.eq_ignore_ascii_case(name)) {
            Some((_, Some(value))) => KeyState::one(value.as_str()),
            Some((_, None)) => KeyState::Present,
            None => KeyState::Absent,
        })
    }

    /// Why its metadata are not known, if they are not.
    pub(crate) fn unread(&self) -> Option<&Gap> {
        match &self.key {
            Encrypted::Unread(gap) if self.tags.is_none() => Some(gap),
            _ => None,
        }
    }
}

/// What encrypts something.
#[derive(Clone, Debug)]
pub(crate) enum Encrypted {
    /// Nothing, or a key that everybody may use who may read the thing.
    Openly,
    /// A key of the customer's, with its policy.
    By(String, Resource),
    /// A key that was not read.
    Unread(Gap),
}

/// Everything in the stores that is known.
#[derive(Debug, Default)]
pub(crate) struct Stores {
    /// By ARN.
    pub(crate) objects: BTreeMap<String, Stored>,
    /// What may hide another secret.
    pub(crate) hidden_secrets: Option<Gap>,
    /// What may hide another parameter.
    pub(crate) hidden_parameters: Option<Gap>,
}

impl Stores {
    /// What may hide another object of a store.
    pub(crate) const fn hidden(&self, store: Store) -> Option<&Gap> {
        match store {
            Store::Secrets => self.hidden_secrets.as_ref(),
            Store::Parameters => self.hidden_parameters.as_ref(),
        }
    }
}

/// Everything in the stores of the snapshot's account and Region.
pub(crate) fn stores(estate: &Estate<'_>) -> Stores {
    let snapshot = estate.snapshot;
    let mut stores = Stores {
        objects: BTreeMap::new(),
        hidden_secrets: snapshot.listing_gap("secretsmanager:ListSecrets"),
        hidden_parameters: snapshot.listing_gap("ssm:DescribeParameters"),
    };
    let policies = policies_of_secrets(estate);
    for (id, reading) in snapshot.secrets() {
        match &reading.fact {
            Fact::Gap(gap) => {
                stores.hidden_secrets = stores.hidden_secrets.or_else(|| Some(gap.clone()));
                let facts = resource(id, ResourceKind::Ordinary, policies.get(id).cloned().unwrap_or_default());
                let stored = Stored {
                    label: format!("secret {id}"),
                    name: id.to_owned(),
                    store: Store::Secrets,
                    fact: (format!("secret:{id}"), reading.read_at),
                    region: region_of(id),
                    secret: true,
                    tags: None,
                    key: Encrypted::Unread(gap.clone()),
                    arn: id.to_owned(),
                    facts,
                };
                stores.objects.insert(id.to_owned(), stored);
            }
            // Nobody reads what waits for its deletion.
            Fact::Known(secret) if secret.deleted_date.is_none() && !secret.arn.is_empty() => {
                let facts = resource(&secret.arn, ResourceKind::Ordinary, policies.get(secret.arn.as_str()).cloned().unwrap_or_default());
                let tags = secret.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
                let stored = Stored {
                    label: format!("secret {}", secret.name),
                    name: secret.name.clone(),
                    store: Store::Secrets,
                    fact: (format!("secret:{id}"), reading.read_at),
                    region: region_of(&secret.arn),
                    secret: true,
                    tags: Some(tags),
                    key: encrypted(estate, secret.kms_key_id.as_deref(), &secret.arn),
                    arn: secret.arn.clone(),
                    facts,
                };
                stores.objects.insert(secret.arn.clone(), stored);
            }
            Fact::Known(_) | Fact::Absent => {}
        }
    }
    for (id, reading) in snapshot.parameters() {
        match &reading.fact {
            Fact::Gap(gap) => stores.hidden_parameters = stores.hidden_parameters.or_else(|| Some(gap.clone())),
            Fact::Known(parameter) => {
                let place = &snapshot.place;
                let name = parameter.name.trim_start_matches('/');
                let made = || format!("arn:{}:ssm:{}:{}:parameter/{name}", place.partition, place.region, place.account);
                let arn = parameter.arn.clone().unwrap_or_else(made);
                let kind = parameter.kind.as_deref();
                let key = if kind == Some("SecureString") {
                    encrypted(estate, parameter.key_id.as_deref(), &arn)
                } else if kind.is_none() {
                    Encrypted::Unread(Gap::not_asked("ssm:DescribeParameters Type"))
                } else {
                    Encrypted::Openly
                };
                let facts = resource(&arn, ResourceKind::Ordinary, Vec::new());
                let stored = Stored {
                    label: format!("parameter {}", parameter.name),
                    name: parameter.name.clone(),
                    store: Store::Parameters,
                    fact: (format!("param:{id}"), reading.read_at),
                    region: region_of(&arn),
                    secret: kind.is_none_or(|kind| kind == "SecureString"),
                    tags: None,
                    key,
                    arn: arn.clone(),
                    facts,
                };
                stores.objects.insert(arn, stored);
            }
            Fact::Absent => {}
        }
    }
    stores
}

fn region_of(arn: &str) -> String {
    arn.parse::<Arn>().map(|arn| arn.region).unwrap_or_default()
}

/// Something with its own policies, in the account that its ARN names.
pub(crate) fn resource(arn: &str, kind: ResourceKind, policies: Vec<Attached>) -> Resource {
    let account = arn.parse::<Arn>().map(|arn| arn.account).unwrap_or_default();
    Resource { account: account.into(), kind, policies, complete: true }
}

/// Policies of secrets, by the ARN of the secret. They stand under every key that the secret was asked for by.
fn policies_of_secrets<'a>(estate: &Estate<'a>) -> BTreeMap<&'a str, Vec<Attached>> {
    let snapshot = estate.snapshot;
    let mut all: BTreeMap<&str, Vec<Attached>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (key, reading) in snapshot.secret_policies() {
        let secret = estate.secret(key).and_then(|(_, reading)| reading.value());
        let (arn, name) = secret.map_or((key, key), |secret| (&secret.arn, &secret.name));
        if seen.insert(arn) {
            all.entry(arn).or_default().extend(attached(reading, format!("policy of secret {name}")));
        }
    }
    all
}

/// A resource policy; none where there is no policy.
fn attached(reading: &Reading<ResourcePolicy>, name: String) -> Option<Attached> {
    let document = match &reading.fact {
        Fact::Known(policy) => account::read(policy.document.as_deref()?, Kind::Resource),
        Fact::Gap(gap) => Err(gap.clone()),
        Fact::Absent => return None,
    };
    Some(Attached { name: name.into(), document })
}

/// A repository with its policy; one of another account, whose policy was not read, may have any.
pub(crate) fn of_repository(snapshot: &Snapshot, arn: &str) -> Resource {
    let reading = snapshot.repository_policies.get(arn);
    let name = format!("policy of repository {}", wallwalk_model::arn::last_segment(arn));
    let policies = reading.and_then(|reading| attached(reading, name)).into_iter().collect();
    let known = resource(arn, ResourceKind::Ordinary, policies);
    let own = *known.account == *snapshot.place.account;
    Resource { complete: own || reading.is_some_and(|reading| !matches!(reading.fact, Fact::Gap(_))), ..known }
}

/// The key that the metadata of something name.
fn encrypted(estate: &Estate<'_>, id: Option<&str>, of: &str) -> Encrypted {
    let home = of.parse::<Arn>().ok();
    let place = home.as_ref().map_or(("", "", ""), |arn| (&*arn.partition, &*arn.region, &*arn.account));
    match key_of(estate.snapshot, id, place) {
        Key::None => Encrypted::Openly,
        Key::Unread(gap) => Encrypted::Unread(gap),
        Key::Arn(arn) => {
            let policies = policy_of_key(estate.snapshot, &arn);
            let facts = resource(&arn, ResourceKind::Key, policies);
            Encrypted::By(arn, facts)
        }
    }
}

/// The policy of a key. Every key has one, so that one without is one that was not read.
fn policy_of_key(snapshot: &Snapshot, arn: &str) -> Vec<Attached> {
    let name = format!("policy of key {}", wallwalk_model::arn::last_segment(arn));
    let policies: &Table<ResourcePolicy> = &snapshot.key_policies;
    let unread = |name: String| Attached { name: name.into(), document: Err(Gap::not_asked("kms:GetKeyPolicy")) };
    let found = policies.get(arn).and_then(|reading| attached(reading, name.clone()));
    vec![found.unwrap_or_else(|| unread(name))]
}
