//! What was read of IAM, kept once for each account and shared by its Regions.
//!
//! It is a cache: losing a race to write it, or the object itself, costs one more reading and nothing
//! else. Only full scans use it; an event about IAM is answered by reading IAM.

use wallwalk_collect::aws::IamFacts;
use wallwalk_model::{Snapshot, Time};
use wallwalk_publish::codec;

use crate::deployment::Deployment;

/// Facts older than this, in milliseconds, are read again.
const FRESH: i64 = 30 * 60 * 1000;

fn name(account: &str) -> String {
    format!("cache/{account}/iam.json.zst")
}

impl Deployment {
    /// What another Region's scan read of IAM lately; none where a single Region is scanned.
    pub async fn identities(&self, account: &str, now: Time) -> Option<IamFacts> {
        if self.environment().regions.len() < 2 {
            return None;
        }
        let name = name(account);
        let bytes = match self.store().blob(&name).await {
            Ok(bytes) => bytes?,
            Err(error) => {
                tracing::warn!(account, %error, "what is kept of IAM cannot be read; IAM is read again");
                return None;
            }
        };
        let facts: IamFacts = codec::unpack(&name, &bytes).ok()?;
        facts.read_at().filter(|read_at| now.since(*read_at) < FRESH)?;
        Some(facts)
    }

    /// Keeps what was read of IAM for the scans of other Regions, if it was read to its end.
    pub async fn keep_identities(&self, snapshot: &Snapshot) {
        let facts = IamFacts::of(snapshot);
        if self.environment().regions.len() < 2 || facts.read_at().is_none() {
            return;
        }
        let account = &snapshot.place.account;
        let name = name(account);
        let kept = match codec::pack(&name, &facts) {
            Ok(bytes) => self.store().put_blob(&name, &bytes).await,
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::warn!(account, %error, "what was read of IAM cannot be kept; other Regions read it again");
        }
    }
}
