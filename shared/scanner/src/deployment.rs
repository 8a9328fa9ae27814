//! What the functions of one deployment share: its settings, clients and credentials, made once for
//! each process.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use aws_config::SdkConfig;
use tokio::sync::{Mutex, OnceCell};
use wallwalk_checks::Settings;
use wallwalk_collect::aws::whoami;
use wallwalk_findings::State;
use wallwalk_model::Place;
use wallwalk_publish::Store;
use wallwalk_publish::alerts::Topic;
use wallwalk_publish::queue::Queue;
use wallwalk_publish::s3::Bucket;
use wallwalk_secrets::Key;

use crate::account::{self, Login};
use crate::environment::Environment;
use crate::{clock, key, settings};

/// Nothing new is begun to be read when so little time is left.
const SPARE_TO_WRITE: Duration = Duration::from_secs(60);
/// Nothing new is begun to be delivered when so little time is left.
const SPARE_TO_ACKNOWLEDGE: Duration = Duration::from_secs(20);

/// One deployment, as its functions see it. Cheap to clone.
#[derive(Clone)]
pub struct Deployment {
    inner: Arc<Inner>,
}

struct Inner {
    environment: Environment,
    base: SdkConfig,
    store: Store,
    scan_queue: Queue,
    event_queue: Queue,
    topic: Option<Topic>,
    key: OnceCell<Key>,
    logins: Mutex<BTreeMap<String, SdkConfig>>,
}

/// Until when an invocation may read and deliver; `None` for as long as it takes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// No new listing or batch is begun to be read after it.
    pub read: Option<Instant>,
    /// No new delivery is begun after it.
    pub deliver: Option<Instant>,
}

impl Limits {
    /// The limits of an invocation that ends `deadline` milliseconds after the epoch.
    #[must_use]
    pub fn of_invocation(deadline: u64) -> Self {
        let left = i64::try_from(deadline).unwrap_or(i64::MAX).saturating_sub(clock::now().millis());
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        let now = Instant::now();
        let before = |spare| now.checked_add(left.saturating_sub(spare));
        Self { read: before(SPARE_TO_WRITE), deliver: before(SPARE_TO_ACKNOWLEDGE) }
    }
}

impl Deployment {
    /// The deployment that the process's environment describes.
    ///
    /// # Errors
    /// If the environment lacks something or says it wrongly.
    pub async fn from_process() -> anyhow::Result<Self> {
        Ok(Self::new(Environment::from_process()?, account::configure(&Login::default()).await))
    }

    /// The deployment that `environment` describes, with the credentials and endpoint of `base`.
    #[must_use]
    pub fn new(environment: Environment, base: SdkConfig) -> Self {
        let store = Store::S3(Bucket::new(&base, &environment.state_bucket, ""));
        let scan_queue = Queue::new(&base, &environment.scan_queue_url);
        let event_queue = Queue::new(&base, &environment.event_queue_url);
        let topic = environment.alerts_topic_arn.as_ref().map(|arn| Topic::new(&base, arn));
        let (key, logins) = (OnceCell::new(), Mutex::new(BTreeMap::new()));
        Self { inner: Arc::new(Inner { environment, base, store, scan_queue, event_queue, topic, key, logins }) }
    }

    /// What the environment says.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.inner.environment
    }

    /// Where states and configuration are kept.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The queue of scan jobs.
    #[must_use]
    pub fn scan_queue(&self) -> &Queue {
        &self.inner.scan_queue
    }

    /// The queue of events and second looks.
    #[must_use]
    pub fn event_queue(&self) -> &Queue {
        &self.inner.event_queue
    }

    /// The topic of alerts, if there is one.
    #[must_use]
    pub fn topic(&self) -> Option<&Topic> {
        self.inner.topic.as_ref()
    }

    /// Whether the account and Region are among those that are scanned.
    #[must_use]
    pub fn covers(&self, account: &str, region: &str) -> bool {
        let Environment { accounts, regions, .. } = self.environment();
        accounts.iter().any(|one| one == account) && regions.iter().any(|one| one == region)
    }

    /// The deployment's fingerprint key.
    ///
    /// # Errors
    /// If the store does not give it.
    pub async fn key(&self) -> anyhow::Result<Key> {
        self.inner.key.get_or_try_init(|| key::of_store(self.store())).await.cloned()
    }

    /// Credentials to read and import with in `region`.
    pub async fn login(&self, region: &str) -> SdkConfig {
        let mut logins = self.inner.logins.lock().await;
        if let Some(config) = logins.get(region) {
            return config.clone();
        }
        let base = account::in_region(&self.inner.base, region);
        let config = match &self.environment().member_role_arn {
            Some(role) => account::assume(&base, role, None, "wallwalk").await,
            None => base,
        };
        logins.insert(region.to_owned(), config.clone());
        config
    }

    /// The place those credentials belong to, which has to be the one that is to be scanned: an import
    /// with another account's credentials would be refused as a whole.
    ///
    /// # Errors
    /// If the credentials do not work, or belong to another account.
    pub async fn place(&self, config: &SdkConfig, account: &str, region: &str) -> anyhow::Result<Place> {
        let place = whoami(config).await?;
        if place.account != account {
            bail!("the credentials belong to account {}, the job is for {account}: check the member role", place.account);
        }
        Ok(Place { region: region.to_owned(), ..place })
    }

    /// The settings in force. A file with a mistake changes nothing: what was in force before stays.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn settings(&self, state: Option<&State>) -> anyhow::Result<Settings> {
        let Some(bytes) = self.store().blob(settings::NAME).await? else { return Ok(Settings::default()) };
        match settings::parse(settings::NAME, &String::from_utf8_lossy(&bytes)) {
            Ok(settings) => Ok(settings),
            Err(error) => {
                tracing::error!(%error, "the settings file has a mistake; the settings of the last scan stay in force");
                let last = state.and_then(|state| state.ledger.settings.clone());
                Ok(last.and_then(|last| serde_json::from_value(last).ok()).unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invocation_keeps_time_to_write_and_to_acknowledge() {
        let deadline = u64::try_from(clock::now().plus_millis(900_000).millis()).unwrap();
        let limits = Limits::of_invocation(deadline);
        let left = |until: Option<Instant>| until.unwrap().saturating_duration_since(Instant::now()).as_secs();
        assert!((835..=840).contains(&left(limits.read)), "{}", left(limits.read));
        assert!((875..=880).contains(&left(limits.deliver)), "{}", left(limits.deliver));
        assert_eq!(left(Limits::of_invocation(0).read), 0);
    }
}
