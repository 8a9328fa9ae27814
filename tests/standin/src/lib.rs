//! An AWS endpoint on loopback, for tests, benches and the demonstration: an estate to read, a fault
//! plan, a counter of calls, and a Security Hub that refuses what AWS refuses.
//!
//! It answers the read operations that are listed in [`operations`], a provider's part of Security
//! Hub, and as much of S3, SQS, SNS and STS as state, jobs, alerts and roles need. It is as strict as
//! AWS about page sizes, batch limits and error forms. It verifies no signature, evaluates no policy
//! and changes nothing on its own: tasks do not start, deployments do not move.

mod call;
mod clock;
mod estate;
mod fault;
mod http;
mod options;
mod quota;
mod server;
mod services;
mod token;
mod wire;
mod world;
mod xml;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;

use serde_json::{Map, Value};

pub use clock::Clock;
pub use estate::{Estate, EstateError, Table};
pub use fault::{Fault, FaultKind, When};
pub use options::Options;
pub use services::hub::{HubView, Refused};

use fault::Plan;
use server::Shared;
use world::World;

/// A running endpoint; it stops when it is dropped.
pub struct Standin {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl Standin {
    /// Starts an endpoint on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If the port cannot be had, or no thread for it.
    pub fn start(estate: Estate, options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Shared::new(World::new(estate, options), format!("http://{address}"));
        let worker = Arc::clone(&shared);
        thread::Builder::new().name("standin".into()).spawn(move || server::listen(&listener, &worker))?;
        Ok(Self { shared, address })
    }

    /// `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.url.clone()
    }

    /// Calls since the start or the last reset, `ecs:ListClusters` → count; every attempt counts,
    /// refused ones too.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.shared.world().calls.clone()
    }

    /// Calls that were throttled, by quota or by plan.
    #[must_use]
    pub fn throttled(&self) -> u64 {
        self.shared.world().throttled
    }

    /// Calls to operations that are not stood in for, in order.
    #[must_use]
    pub fn unknown(&self) -> Vec<String> {
        self.shared.world().unknown.clone()
    }

    /// Forgets the calls counted so far.
    pub fn reset_calls(&self) {
        let mut world = self.shared.world();
        world.calls.clear();
        world.unknown.clear();
        world.throttled = 0;
    }

    /// Replaces the fault plan; an empty one ends all faults.
    pub fn plan(&self, faults: Vec<Fault>) {
        self.shared.world().plan = Plan::new(faults);
    }

    /// Changes the estate that the stand-in was started with.
    pub fn edit(&self, edit: impl FnOnce(&mut Estate)) {
        let mut world = self.shared.world();
        let home = world.home.clone();
        if let Some(estate) = world.estates.get_mut(&home) {
            edit(estate);
        }
    }

    /// Adds the estate of another account or Region, or replaces it.
    pub fn add(&self, estate: Estate) {
        self.shared.world().estates.insert((estate.account.clone(), estate.region.clone()), estate);
    }

    /// What is in Security Hub, and what happened to it.
    #[must_use]
    pub fn hub(&self) -> HubView {
        let mut world = self.shared.world();
        let now = world.clock.millis();
        world.hub.view(now)
    }

    /// Enables or disables Security Hub in an account and Region.
    pub fn enable_hub(&self, account: &str, region: &str, enabled: bool) {
        self.shared.world().hub.enable(account, region, enabled);
    }

    /// Whether Security Hub refuses `StatusReasons` and `SecurityControlId` from now on.
    pub fn reject_extras(&self, reject: bool) {
        self.shared.world().hub.reject_extras = reject;
    }

    /// Does to a finding what a customer may do: sets Workflow, Note, an own severity. `false` if
    /// there is no such finding.
    pub fn triage(&self, id: &str, edit: impl FnOnce(&mut Map<String, Value>)) -> bool {
        self.shared.world().hub.triage(id, edit)
    }

    /// Bodies of the messages in a queue, those in flight and delayed included.
    #[must_use]
    pub fn messages(&self, queue: &str) -> Vec<String> {
        self.shared.world().queues.bodies(queue)
    }

    /// Empties a queue.
    pub fn purge(&self, queue: &str) {
        self.shared.world().queues.purge(queue);
    }

    /// The newest bytes of an object.
    #[must_use]
    pub fn object(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        self.shared.world().buckets.bytes(bucket, key)
    }

    /// Deletes an object with all its versions; `false` if there is none.
    pub fn delete_object(&self, bucket: &str, key: &str) -> bool {
        self.shared.world().buckets.delete(bucket, key)
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        self.shared.stop(self.address);
    }
}

impl std::fmt::Debug for Standin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Standin").field("url", &self.shared.url).finish_non_exhaustive()
    }
}

/// Every operation that reads an estate, as `ecs:ListClusters`, sorted.
#[must_use]
pub fn operations() -> Vec<String> {
    use services::{ec2, ecr, ecs, elb, iam, kms, secrets, ssm};
    let tables = [
        ("ecs", ecs::OPERATIONS),
        ("iam", iam::OPERATIONS),
        ("elasticloadbalancing", elb::OPERATIONS),
        ("secretsmanager", secrets::OPERATIONS),
        ("ssm", ssm::OPERATIONS),
        ("kms", kms::OPERATIONS),
        ("ecr", ecr::OPERATIONS),
    ];
    let mut all: Vec<String> =
        tables.iter().flat_map(|(service, table)| table.iter().map(move |(name, _)| format!("{service}:{name}"))).collect();
    all.extend(ec2::operations().map(|name| format!("ec2:{name}")));
    all.sort();
    all
}
