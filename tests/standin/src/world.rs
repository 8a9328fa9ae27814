//! Everything that stands behind the endpoint, and the way a call takes through it.

use std::collections::BTreeMap;

use crate::call::{Call, Service};
use crate::clock::Clock;
use crate::estate::Estate;
use crate::fault::{Bend, FaultKind, Plan};
use crate::options::Options;
use crate::quota;
use crate::services::hub::Hub;
use crate::services::s3::Buckets;
use crate::services::sns::Topics;
use crate::services::sqs::{Queues, patience};
use crate::services::sts::{self, Keys, Principal};
use crate::services::{Answer, Read, ec2, ecr, ecs, elb, iam, kms, secrets, ssm};
use crate::wire::{Common, Refusal};

/// What stands behind the endpoint.
pub(crate) struct World {
    /// By account and Region.
    pub(crate) estates: BTreeMap<(String, String), Estate>,
    /// Account and Region of the estate that the stand-in was started with.
    pub(crate) home: (String, String),
    partition: String,
    keys: Keys,
    pub(crate) hub: Hub,
    pub(crate) buckets: Buckets,
    pub(crate) queues: Queues,
    topics: Topics,
    pub(crate) plan: Plan,
    quotas: Option<quota::Buckets>,
    pub(crate) calls: BTreeMap<String, u64>,
    pub(crate) throttled: u64,
    pub(crate) unknown: Vec<String>,
    pub(crate) clock: Clock,
}

/// What the fault plan holds for one call.
pub(crate) enum Fate {
    /// It is worked on; what becomes of the answer is said by the kinds.
    Worked(Vec<FaultKind>),
    /// It is refused.
    Refused(Refusal),
    /// It is answered by something that is not the service, with this status.
    Html(u16),
    /// The connection breaks.
    Reset,
}

impl World {
    pub(crate) fn new(estate: Estate, options: Options) -> Self {
        let home = (estate.account.clone(), estate.region.clone());
        let partition = estate.partition.clone();
        let mut keys = Keys::default();
        for (key, account) in &options.keys {
            keys.insert(key, Principal::user(&partition, account));
        }
        let mut hub = Hub::default();
        hub.reject_extras = options.hub_rejects_extras;
        hub.lag = options.hub_lag;
        for (account, region) in &options.hub_disabled {
            hub.enable(account, region, false);
        }
        let mut buckets = Buckets::default();
        buckets.conditional = options.conditional_prefix;
        options.buckets.iter().for_each(|name| buckets.create(name));
        let mut queues = Queues::default();
        options.queues.iter().for_each(|name| queues.create(&home.0, &home.1, name));
        Self {
            estates: BTreeMap::from([(home.clone(), estate)]),
            home,
            partition,
            keys,
            hub,
            buckets,
            queues,
            topics: Topics::default(),
            plan: Plan::default(),
            quotas: options.quotas.then(quota::Buckets::default),
            calls: BTreeMap::new(),
            throttled: 0,
            unknown: Vec::new(),
            clock: options.clock,
        }
    }

    /// Whose call it is, written into the call.
    pub(crate) fn caller(&self, call: &mut Call) -> Result<Principal, Refusal> {
        let default = Principal::user(&self.partition, &self.home.0);
        let principal = self.keys.caller(call, &default, self.clock.millis())?;
        call.account.clone_from(&principal.account);
        Ok(principal)
    }

    /// Counts the call and asks quotas and fault plan about it. Latencies are added to `latency`.
    pub(crate) fn fate(&mut self, call: &mut Call, caller: &Principal, latency: &mut std::time::Duration) -> Fate {
        let name = call.name();
        *self.calls.entry(name.clone()).or_default() += 1;
        let now = self.clock.millis();
        if self.quotas.as_mut().is_some_and(|buckets| !buckets.take(call, now)) {
            self.throttled += 1;
            return Fate::Refused(Refusal::of(call.service, Common::Throttled));
        }
        let mut afterwards = Vec::new();
        for kind in self.plan.strike(&name, |text| call.holds(text)) {
            match kind {
                FaultKind::Latency(more) => *latency += more,
                FaultKind::Deny => return Fate::Refused(Refusal::denied(call, &caller.arn)),
                FaultKind::Throttle => {
                    self.throttled += 1;
                    return Fate::Refused(Refusal::of(call.service, Common::Throttled));
                }
                FaultKind::Expired => return Fate::Refused(Refusal::of(call.service, Common::Expired)),
                FaultKind::Internal => return Fate::Refused(Refusal::of(call.service, Common::Internal)),
                FaultKind::Refuse { status, code, message } => return Fate::Refused(Refusal::new(status, &code, message)),
                FaultKind::Html(status) => return Fate::Html(status),
                FaultKind::Reset => return Fate::Reset,
                FaultKind::GarbledToken => call.bend = Bend::Garbled,
                FaultKind::RepeatedToken => call.bend = Bend::Repeated,
                FaultKind::RefuseHalf => call.refuse_half = true,
                FaultKind::WrongCounts => call.wrong_counts = true,
                FaultKind::LoseAnswer | FaultKind::HalfAnswer => afterwards.push(kind),
            }
        }
        Fate::Worked(afterwards)
    }

    /// Works on the call.
    pub(crate) fn answer(&mut self, call: &Call, caller: &Principal, url: &str) -> Answer {
        let now = self.clock.millis();
        let answer = match call.service {
            Service::Ecs => self.read(call, ecs::OPERATIONS),
            Service::Ec2 => ec2::answer(self.estate(call), call),
            Service::Iam => self.read(call, iam::OPERATIONS),
            Service::Elb => self.read(call, elb::OPERATIONS),
            Service::Secrets => self.read(call, secrets::OPERATIONS),
            Service::Ssm => self.read(call, ssm::OPERATIONS),
            Service::Kms => self.read(call, kms::OPERATIONS),
            Service::Ecr => self.read(call, ecr::OPERATIONS),
            Service::Sts => sts::answer(&mut self.keys, call, caller, now),
            Service::Hub => self.hub.answer(call, caller, &self.partition, now),
            Service::S3 => self.buckets.answer(call, now),
            Service::Sqs => self.queues.answer(call, url, now),
            Service::Sns => self.topics.answer(&mut self.queues, call, now),
        };
        answer.unwrap_or_else(|| {
            self.unknown.push(call.name());
            Err(Refusal::of(call.service, Common::UnknownOperation))
        })
    }

    fn read(&self, call: &Call, operations: &[(&str, Read)]) -> Option<Answer> {
        let operation = operations.iter().find(|(name, _)| *name == call.operation)?.1;
        Some(operation(self.estate(call), call))
    }

    /// The estate that the call sees: that of its account and Region; IAM is the same in each.
    fn estate(&self, call: &Call) -> &Estate {
        let exact = self.estates.get(&(call.account.clone(), call.region.clone()));
        let of_account = || self.estates.iter().find(|((account, _), _)| *account == call.account).map(|(_, estate)| estate);
        let found = exact.or_else(|| if call.service == Service::Iam { of_account() } else { None });
        found.unwrap_or(&EMPTY)
    }
}

/// What a caller from elsewhere sees.
static EMPTY: std::sync::LazyLock<Estate> = std::sync::LazyLock::new(Estate::default);

/// How long a call that found nothing may be asked again.
pub(crate) fn waits(call: &Call) -> std::time::Duration {
    if call.service == Service::Sqs { patience(call) } else { std::time::Duration::ZERO }
}
