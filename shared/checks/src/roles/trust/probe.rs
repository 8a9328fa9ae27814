//! Callers that are made up to ask a trust policy.

use std::collections::BTreeSet;

use wallwalk_iam::eval::{Caller, SessionOf, Situation, Who};
use wallwalk_iam::{KeyState, Keys};
use wallwalk_model::Time;

use super::{ECS_TASKS, Party, Trust, named};

/// An account and an organisation that nobody has.
const STRANGER: &str = "000000000000";
const STRANGE_ORGANISATION: &str = "o-0000000000";

const ASSUME: &str = "sts:assumerole";

/// An external id that nobody agreed on.
const GUESS: &str = "a-guess";

/// A caller with what is known of its request.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    /// For people: `account 999988887777`.
    pub(super) who: String,
    pub(super) caller: Caller,
    /// In lower case.
    pub(super) action: &'static str,
    pub(super) keys: Keys,
}

impl Trust<'_> {
    /// Whether an account is the own one.
    pub(crate) fn is_own(&self, account: &str) -> bool {
        account == self.place_account()
    }

    /// Whether an account is neither the own one nor trusted by the settings.
    pub(crate) fn is_foreign(&self, account: &str) -> bool {
        !self.is_own(account) && !self.estate.settings.trusted_accounts.iter().any(|one| one == account)
    }

    fn place_account(&self) -> &str {
        &self.estate.snapshot.place.account
    }

    /// Accounts of strangers: one that nobody has, then those that the policy mentions.
    fn strange_accounts(&self) -> Vec<String> {
        let mentioned: BTreeSet<String> = named::accounts(self.document).filter(|one| self.is_foreign(one) && one != STRANGER).collect();
        [STRANGER.to_owned()].into_iter().chain(mentioned).collect()
    }

    /// Organisations of strangers: one that nobody has, then those that the policy mentions and that
    /// are known not to be the own one.
    fn strange_organisations(&self) -> Vec<&str> {
        let own = self.estate.web.account.organization.as_deref();
        let keys = ["aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths"];
        let values = keys.into_iter().flat_map(|key| named::constants(self.document, key));
        let mentioned = values.filter_map(|value| value.split('/').next()).filter(|one| named::is_exact(one));
        let others: BTreeSet<&str> = mentioned.filter(|one| own.is_some_and(|own| own != *one)).collect();
        [STRANGE_ORGANISATION].into_iter().chain(others).collect()
    }

    /// Anybody, in accounts and organisations that are not known to be the customer's.
    pub(crate) fn strangers(&self) -> Vec<Probe> {
        let mut probes = Vec::new();
        for account in self.strange_accounts() {
            let who = if account == STRANGER { "anybody".to_owned() } else { format!("anybody in account {account}") };
            for arn in self.made_up(&account, false) {
                probes.extend(self.strange_organisations().into_iter().map(|organisation| self.direct(&who, &arn, Some(organisation))));
            }
        }
        probes
    }

    /// Callers of a foreign account who stand for a party and know no external id.
    pub(crate) fn outsiders(&self, party: &Party<'_>) -> Vec<Probe> {
        let mut probes = Vec::new();
        for (arn, who) in self.standing_for(party, false) {
            for organisation in self.strange_organisations() {
                for external in [KeyState::Absent, KeyState::one(GUESS)] {
                    let mut probe = self.direct(&who, &arn, Some(organisation));
                    probe.keys.set("sts:ExternalId", external);
                    probes.push(probe);
                }
            }
        }
        probes
    }

    /// Callers of the own account who stand for a party; not the role itself.
    pub(crate) fn insiders(&self, party: &Party<'_>) -> Vec<Probe> {
        let own = self.estate.web.account.organization.as_deref();
        let callers = self.standing_for(party, true).into_iter().filter(|(arn, _)| *arn != *self.role.arn);
        callers.map(|(arn, who)| self.direct(&who, &arn, own)).collect()
    }

    /// ARNs that stand for a party, each in words.
    fn standing_for(&self, party: &Party<'_>, with_exact: bool) -> Vec<(String, String)> {
        match party {
            Party::Account(account) => {
                let place = if with_exact { "this account".to_owned() } else { format!("account {account}") };
                let named = |arn: &str| format!("{} of {place}", arn.splitn(6, ':').nth(5).unwrap_or(arn));
                let (first, more) = (self.anybody(account), self.mentioned(account, with_exact));
                let any = (first.clone(), format!("whoever may in {place}"));
                [any].into_iter().chain(more.into_iter().filter(|arn| *arn != first).map(|arn| (arn.clone(), named(&arn)))).collect()
            }
            Party::Role(arn) | Party::User(arn) | Party::Session(arn) => {
                vec![(if named::is_exact(arn) { (*arn).to_owned() } else { named::filled(arn) }, (*arn).to_owned())]
            }
            Party::Everybody | Party::Service(_) | Party::Provider(_) | Party::Other(_) => Vec::new(),
        }
    }

    fn anybody(&self, account: &str) -> String {
        format!("arn:{}:iam::{account}:role/any", self.estate.snapshot.place.partition)
    }

    fn made_up(&self, account: &str, with_exact: bool) -> BTreeSet<String> {
        self.mentioned(account, with_exact).into_iter().chain([self.anybody(account)]).collect()
    }

    /// Principals of an account that match what conditions ask of the caller's ARN. Patterns are met by
    /// whoever gives a principal that name; a whole ARN is a choice of its own.
    fn mentioned(&self, account: &str, with_exact: bool) -> BTreeSet<String> {
        let constants = named::constants(self.document, "aws:principalarn").filter(|one| with_exact || !named::is_exact(one));
        let of_account = constants.filter_map(|pattern| {
            let parts: Vec<&str> = pattern.splitn(6, ':').collect();
            let [_, _, _, _, own, name] = parts.as_slice() else { return None };
            if !wallwalk_iam::glob::matches(own, account) || !(name.starts_with("role/") || name.starts_with("user/")) {
                return None;
            }
            Some(format!("arn:{}:iam::{account}:{}", self.estate.snapshot.place.partition, named::filled(name)))
        });
        of_account.collect()
    }

    /// A principal that calls by itself.
    fn direct(&self, who: &str, arn: &str, organization: Option<&str>) -> Probe {
        let caller = caller(arn, &self.estate.snapshot.place.partition);
        let of = if matches!(caller.who, Who::User { .. }) { SessionOf::User } else { SessionOf::Role };
        let principal = caller.arn().unwrap_or(arn).to_owned();
        let mut keys = Situation { arn: &principal, id: None, tags: None, of, organization, now: self.estate.now }.keys();
        if let Some(organization) = organization.filter(|one| Some(*one) != self.estate.web.account.organization.as_deref()) {
            keys.set("aws:PrincipalOrgPaths", KeyState::one(format!("{organization}/r-0000/")));
        }
        Probe { who: who.to_owned(), caller, action: ASSUME, keys }
    }

    /// ECS, asked by a task of this account and Region.
    pub(crate) fn own_tasks(&self) -> Vec<Probe> {
        let place = &self.estate.snapshot.place;
        let mut keys = self.service_keys(ECS_TASKS);
        keys.set("aws:SourceAccount", KeyState::one(place.account.as_str()));
        keys.set("aws:SourceArn", KeyState::Like(format!("arn:{}:ecs:{}:{}:*", place.partition, place.region, place.account).into()));
        if let Some(own) = self.estate.web.account.organization.as_deref() {
            keys.set("aws:SourceOrgID", KeyState::one(own));
        }
        vec![Probe { who: "ECS for this account".to_owned(), caller: Caller::service(ECS_TASKS), action: ASSUME, keys }]
    }

    /// ECS, asked by tasks of strangers, in every Region that the policy mentions.
    pub(crate) fn foreign_tasks(&self) -> Vec<Probe> {
        let place = &self.estate.snapshot.place;
        let sources: Vec<Vec<&str>> =
            named::constants(self.document, "aws:sourcearn").map(|pattern| pattern.splitn(6, ':').collect()).collect();
        let segment = |n: usize| sources.iter().filter_map(move |parts| parts.get(n)).map(|part| named::filled(part));
        let regions: BTreeSet<String> = segment(3).chain([place.region.clone()]).filter(|region| !region.is_empty()).collect();
        let made_up = ["cluster/any", "service/any/any", "task/any/any", "task-definition/any:1"].map(str::to_owned);
        let resources: BTreeSet<String> = segment(5).chain(made_up).collect();
        let mut probes = Vec::new();
        for account in self.strange_accounts() {
            let who = if account == STRANGER { "ECS for any account".to_owned() } else { format!("ECS for account {account}") };
            for region in &regions {
                let arn = |resource| format!("arn:{}:ecs:{region}:{account}:{resource}", place.partition).into();
                for organisation in self.strange_organisations() {
                    let mut keys = self.service_keys(ECS_TASKS);
                    keys.set("aws:SourceAccount", KeyState::one(account.as_str()));
                    keys.set("aws:SourceArn", KeyState::OneOf(resources.iter().map(arn).collect()));
                    keys.set("aws:SourceOrgID", KeyState::one(organisation));
                    keys.set("aws:SourceOrgPaths", KeyState::one(format!("{organisation}/r-0000/")));
                    probes.push(Probe { who: who.clone(), caller: Caller::service(ECS_TASKS), action: ASSUME, keys });
                }
            }
        }
        probes
    }

    /// A service on behalf of this account; of which resource is not known.
    pub(crate) fn service(&self, name: &str) -> Vec<Probe> {
        let mut keys = self.service_keys(name);
        keys.set("aws:SourceAccount", KeyState::one(self.place_account()));
        vec![Probe { who: name.to_owned(), caller: Caller::service(name), action: ASSUME, keys }]
    }

    /// Whoever an identity provider vouches for.
    pub(crate) fn federated(&self, provider: &str) -> Vec<Probe> {
        let mut keys = time_keys(self.estate.now);
        keys.set("aws:FederatedProvider", KeyState::one(provider));
        let action = if provider.contains(":saml-provider/") { "sts:assumerolewithsaml" } else { "sts:assumerolewithwebidentity" };
        vec![Probe { who: format!("whoever {provider} vouches for"), caller: Caller::federated(provider), action, keys }]
    }

    fn service_keys(&self, service: &str) -> Keys {
        time_keys(self.estate.now)
            .with("aws:PrincipalIsAWSService", KeyState::one("true"))
            .with("aws:PrincipalServiceName", KeyState::one(service))
            .with("aws:PrincipalServiceNamesList", KeyState::Present)
    }
}

fn time_keys(now: Time) -> Keys {
    Keys::new()
        .with("aws:CurrentTime", KeyState::one(now.to_string()))
        .with("aws:EpochTime", KeyState::one(now.millis().div_euclid(1000).to_string()))
}

/// The caller that an ARN stands for: a role, a user, or one session of a role.
fn caller(arn: &str, partition: &str) -> Caller {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        [_, _, "sts", _, account, session] if session.starts_with("assumed-role/") => {
            let role = session.split('/').nth(1).unwrap_or_default();
            let of_role = Caller::role(&format!("arn:{partition}:iam::{account}:role/{role}"));
            let who = match of_role.who {
                Who::Role { arn: role, .. } => Who::Role { arn: role, session: Some(arn.into()) },
                who => who,
            };
            Caller { who, ..of_role }
        }
        [_, _, "sts", ..] => Caller::user(arn),
        [.., name] if name.starts_with("user/") => Caller::user(arn),
        _ => Caller::role(arn),
    }
}
