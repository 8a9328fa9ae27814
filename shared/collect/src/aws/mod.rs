//! Reads AWS.
//!
//! A reading cannot fail as a whole: what a call did not give is a gap that names the call and the
//! reason, and what the deadline left over is simply not in the snapshot. Calls are paced below half
//! of the customer's quotas. What is asked is in `call`; nothing here writes, and no call can give a
//! secret's value. It judges nothing, and it does not know why it was asked.
//!
//! ECS, Secrets Manager, Systems Manager, KMS and ECR answer in JSON, and the JSON is read as it came, by
//! the same functions that load files. EC2, IAM and Elastic Load Balancing answer in XML; there the
//! SDK's types are turned into the model's.

mod accessed;
mod ask;
mod call;
mod definitions;
mod ec2;
mod ecs;
mod elb;
mod follow;
mod iam;
mod keys;
mod narrow;
mod pace;
mod parameters;
mod registry;
mod run;
mod secrets;
mod stores;
mod tap;
mod trouble;
mod whoami;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use wallwalk_model::{Place, Scope, Snapshot, Time};
use wallwalk_secrets::Key;

pub use iam::IamFacts;
pub use whoami::{CallError, whoami};

use ask::Asker;
use pace::Pacer;
use run::Run;

/// Reads one account and Region, as often as it is asked. Cheap to clone; clones share the pacing.
#[derive(Clone)]
pub struct Collector {
    clients: Arc<Clients>,
    pacer: Arc<Pacer>,
    place: Place,
    key: Key,
    clock: fn() -> Time,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("place", &self.place).finish_non_exhaustive()
    }
}

/// The SDK's clients.
struct Clients {
    ecs: aws_sdk_ecs::Client,
    iam: aws_sdk_iam::Client,
    ec2: aws_sdk_ec2::Client,
    elb: aws_sdk_elasticloadbalancingv2::Client,
    secrets: aws_sdk_secretsmanager::Client,
    ssm: aws_sdk_ssm::Client,
    kms: aws_sdk_kms::Client,
    ecr: aws_sdk_ecr::Client,
}

/// How a reading is made.
#[derive(Clone, Default)]
pub struct Options {
    /// Nothing new is begun after this.
    pub deadline: Option<Instant>,
    /// Told after each answer.
    pub progress: Option<Arc<Tell>>,
    /// What another Region's reading found in IAM, which is global. A full reading takes it instead of
    /// reading IAM again; a narrow one reads IAM itself.
    pub iam: Option<IamFacts>,
    /// Whether a full reading has IAM report what the roles of workloads last used. It takes some calls and
    /// seconds for each role.
    pub last_accessed: bool,
    /// For a full reading that continues an earlier one: what is known from this time on counts as
    /// read.
    pub since: Option<Time>,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("deadline", &self.deadline).field("since", &self.since).finish_non_exhaustive()
    }
}

/// Somebody who is told how far a reading is.
pub type Tell = dyn Fn(&Progress) + Send + Sync;

/// How far a reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The call that was answered last, `ecs:DescribeServices`.
    pub call: &'static str,
    /// Calls made so far.
    pub calls: u64,
    /// Throttling answers so far.
    pub throttled: u64,
}

/// What a reading gave.
#[derive(Clone, Debug)]
pub struct Collected {
    /// What was read now, and nothing of what was known before.
    pub snapshot: Snapshot,
    /// What it took.
    pub report: Report,
    /// Whether everything in the scope was read or at least tried. If the deadline came first, what was
    /// not begun is not in the snapshot.
    pub finished: bool,
}

/// What a reading took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Requests sent, repetitions included, by call (`ecs:ListClusters`).
    pub calls: BTreeMap<String, u64>,
    /// Throttling answers.
    pub throttled: u64,
    /// Time that calls waited for their turn or before they were repeated. Calls wait side by side, so
    /// the sum may exceed the time the reading took.
    pub waited: Duration,
}

impl Collector {
    /// A collector for `place` with the credentials, endpoint and timeouts of `config`.
    ///
    /// `key` is the key of the fingerprints of values; `clock` dates what is read.
    #[must_use]
    pub fn new(config: &SdkConfig, place: Place, key: Key, clock: fn() -> Time) -> Self {
        // Retries are decided here, where the rate of all calls is known.
        let config =
            config.to_builder().retry_config(RetryConfig::disabled()).region(aws_config::Region::new(place.region.clone())).build();
        let clients = Clients {
            ecs: aws_sdk_ecs::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            ec2: aws_sdk_ec2::Client::new(&config),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(&config),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            ssm: aws_sdk_ssm::Client::new(&config),
            kms: aws_sdk_kms::Client::new(&config),
            ecr: aws_sdk_ecr::Client::new(&config),
        };
        Self { clients: Arc::new(clients), pacer: Arc::new(Pacer::new(1.0)), place, key, clock }
    }

    /// The same with another pace: 1 keeps to half of the quotas that AWS publishes, 2 to the whole.
    /// For accounts whose quotas were raised, and for endpoints that have none.
    #[must_use]
    pub fn at_pace(mut self, factor: f64) -> Self {
        self.pacer = Arc::new(Pacer::new(factor.clamp(0.01, 1e6)));
        self
    }

    /// Reads what `scope` asks for.
    ///
    /// `known` is the merge of earlier readings. Task definition revisions that it holds, examined by
    /// the current rules, are not read again, and a narrow scope reads beyond its keys only what is
    /// referred to and not in it.
    pub async fn collect(&self, scope: &Scope, known: &Snapshot, options: &Options) -> Collected {
        let full = match scope {
            Scope::Full => true,
            Scope::Narrow(keys) => keys.contains(&wallwalk_model::Key::Account),
        };
        let ask = Asker::new(&self.pacer, options);
        let run = Run::new(&self.clients, ask, (&self.place, &self.key, self.clock), (known, full, options));
        match scope {
            Scope::Narrow(keys) if !full => run.narrow(keys).await,
            _ => run.everything().await,
        }
        let (mut snapshot, ask) = run.finish();
        crate::redact::scrub_tags(&mut snapshot, &self.key);
        let (report, finished) = ask.finish();
        Collected { snapshot, report, finished }
    }
}
