//! Secrets and parameters that exist, with what bears on reading them: their keys, and the policies of both.
//!
//! Known are what was listed and what definitions refer to. Not known are grants of keys, policies that
//! services attach to a secret beside its own, and policies of parameters.

use std::collections::{BTreeMap, BTreeSet};

use wallwalk_iam::eval::{Attached, Resource, ResourceKind};
use wallwalk_iam::names::Names;
use wallwalk_iam::policy::{Effect, Kind};
use wallwalk_iam::{KeyState, account, glob};
use wallwalk_model::secrets::ResourcePolicy;
use wallwalk_model::{Arn, Fact, Gap, Place, Reading, Snapshot, Table, Time};

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

    /// A policy of its own that was not read.
    pub(crate) fn unread_policy(&self) -> Option<&Gap> {
        self.facts.policies.iter().find_map(|one| one.document.as_ref().err())
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
    /// Policies of the keys that encrypt them.
    pub(crate) keys: BTreeMap<String, Resource>,
    index: Index,
}

/// ARNs of objects by what policies may name them by. Names are in lower case, see [`super::named::Named`].
#[derive(Debug, Default)]
struct Index {
    by_arn: Names<String>,
    /// Parameters by the paths above them.
    by_path: Names<String>,
    /// Objects whose own policies allow somebody something, by whom.
    granted: BTreeMap<String, BTreeSet<String>>,
    /// Objects whose own policies may allow anybody something.
    open: BTreeSet<String>,
    /// Objects with a policy that was not read.
    unread: BTreeSet<String>,
}

/// Whom the policies of an object may allow something beside what principals' own policies say.
#[derive(Debug, Default)]
struct Granted {
    anybody: bool,
    unread: bool,
    principals: BTreeSet<String>,
}

impl Granted {
    fn by(facts: &Resource) -> Self {
        let mut granted = Self { unread: !facts.complete, ..Self::default() };
        for attached in &facts.policies {
            let Ok(document) = &attached.document else {
                granted.unread = true;
                continue;
            };
            for statement in document.statements.iter().filter(|statement| statement.doubtful || statement.effect == Effect::Allow) {
                let names = statement.principals.as_ref().filter(|principals| !principals.negated && !statement.doubtful);
                let names = names.map(|principals| principals.by_kind.values().flatten());
                granted.anybody |= names.is_none();
                for name in names.into_iter().flatten() {
                    // Sessions are told by their role without its path.
                    granted.anybody |= glob::has_wildcards(name) || name.contains(":assumed-role/");
                    granted.principals.insert(name.to_string());
                }
            }
        }
        granted
    }
}

impl Stores {
    fn add(&mut self, stored: Stored) {
        let arn = stored.arn.clone();
        let granted = Granted::by(&stored.facts);
        for (_, arns) in
            [(granted.anybody, &mut self.index.open), (granted.unread, &mut self.index.unread)].into_iter().filter(|(is, _)| *is)
        {
            arns.insert(arn.clone());
        }
        for principal in granted.principals {
            self.index.granted.entry(principal).or_default().insert(arn.clone());
        }
        if let Encrypted::By(key, facts) = &stored.key {
            self.keys.entry(key.clone()).or_insert_with(|| facts.clone());
        }
        self.objects.insert(arn, stored);
    }

    /// After the last object was added.
    fn finish(&mut self) {
        let arns = || self.objects.keys();
        self.index.by_arn = arns().map(|arn| (arn.to_ascii_lowercase(), arn.clone())).collect();
        let of_one = |arn: &String| paths_above(arn).into_iter().map(|path| (path.to_ascii_lowercase(), arn.clone())).collect::<Vec<_>>();
        self.index.by_path = arns().flat_map(of_one).collect();
    }

    /// ARNs of the objects whose ARN a pattern in lower case may name.
    pub(crate) fn named(&self, pattern: &str) -> impl Iterator<Item = &str> + use<'_> {
        self.index.by_arn.matching(pattern).map(|(_, arn)| arn.as_str())
    }

    /// ARNs of the parameters below a path that a pattern in lower case may name.
    pub(crate) fn below(&self, pattern: &str) -> impl Iterator<Item = &str> + use<'_> {
        self.index.by_path.matching(pattern).map(|(_, arn)| arn.as_str())
    }

    /// ARNs of the objects whose own policies name a principal.
    pub(crate) fn granted(&self, principal: &str) -> impl Iterator<Item = &str> {
        self.index.granted.get(principal).into_iter().flatten().map(String::as_str)
    }

    /// ARNs of the objects whose own policies may allow anybody something.
    pub(crate) const fn open(&self) -> &BTreeSet<String> {
        &self.index.open
    }

    /// Objects with a policy that was not read.
    pub(crate) fn unread(&self) -> impl Iterator<Item = &Stored> {
        self.index.unread.iter().filter_map(|arn| self.objects.get(arn))
    }

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
        hidden_secrets: snapshot.listing_gap("secretsmanager:ListSecrets"),
        hidden_parameters: snapshot.listing_gap("ssm:DescribeParameters"),
        ..Stores::default()
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
                stores.add(stored);
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
                stores.add(stored);
            }
            Fact::Known(_) | Fact::Absent => {}
        }
    }
    for (id, reading) in snapshot.parameters() {
        match &reading.fact {
            Fact::Gap(gap) => stores.hidden_parameters = stores.hidden_parameters.or_else(|| Some(gap.clone())),
            Fact::Known(parameter) => {
                let arn = parameter.arn.clone().unwrap_or_else(|| parameter_arn(&snapshot.place, &parameter.name));
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
                    arn,
                    facts,
                };
                stores.add(stored);
            }
            Fact::Absent => {}
        }
    }
    stores.finish();
    stores
}

/// ARN of a parameter of the snapshot's account and Region.
pub(crate) fn parameter_arn(place: &Place, name: &str) -> String {
    format!("arn:{}:ssm:{}:{}:parameter/{}", place.partition, place.region, place.account, name.trim_start_matches('/'))
}

/// What a call by path is authorised on for each path above a parameter, the shortest first; none for
/// anything else. A path may be given with a slash at its end and without.
pub(crate) fn paths_above(arn: &str) -> Vec<String> {
    let Some((head, name)) = arn.split_once(":parameter/") else { return Vec::new() };
    let below = name.match_indices('/').filter_map(|(at, _)| name.get(..at)).filter(|path| !path.is_empty());
    let forms = below.flat_map(|path| [path.to_owned(), format!("{path}/")]);
    std::iter::once(String::new()).chain(forms).map(|path| format!("{head}:parameter/{path}")).collect()
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
