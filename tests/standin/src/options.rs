//! How a stand-in is set up.

use std::collections::BTreeMap;

use crate::clock::Clock;

/// How a stand-in is set up. The default is the most obliging: no quotas, Security Hub enabled
/// everywhere, every access key the estate's own account.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether the API quotas are kept: what exceeds them is throttled.
    pub quotas: bool,
    /// The clock of quotas, retention, visibility timeouts and sessions.
    pub clock: Clock,
    /// Accounts by access key id. Keys that are not in it are the estate's account's; AssumeRole adds
    /// keys of the role's account.
    pub keys: BTreeMap<String, String>,
    /// Buckets that exist.
    pub buckets: Vec<String>,
    /// Queues that exist in the estate's account and Region.
    pub queues: Vec<String>,
    /// Objects below this prefix may be written with `If-Match` or `If-None-Match` only, as a bucket
    /// policy would have it.
    pub conditional_prefix: Option<String>,
    /// Accounts and Regions where Security Hub is not enabled.
    pub hub_disabled: Vec<(String, String)>,
    /// Whether Security Hub refuses `StatusReasons` and `SecurityControlId`.
    pub hub_rejects_extras: bool,
    /// How many calls to Security Hub `GetFindings` is behind.
    pub hub_lag: usize,
}
