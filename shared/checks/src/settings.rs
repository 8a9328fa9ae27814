//! What a customer may decide. Plain data; the file is read elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wallwalk_findings::Severity;

/// Settings of a deployment. Every key has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Tag that names the environment of a service or cluster; key in any case.
    pub environment_tag: String,
    /// Environments by cluster name, where no tag says; `*` stands for any characters.
    pub environments: BTreeMap<String, String>,
    /// Environments that are production. An unlabelled one counts as production too.
    pub production: Vec<String>,
    /// Accounts that may appear in policies beside the own one.
    pub trusted_accounts: Vec<String>,
    /// What differs from the catalogue, by check.
    pub checks: BTreeMap<String, CheckSettings>,
}

/// What differs from the catalogue for one check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CheckSettings {
    /// Whether it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Replaces the base severity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            environment_tag: "Environment".into(),
            environments: BTreeMap::new(),
            production: ["prod", "production", "prd", "live"].map(str::to_owned).to_vec(),
            trusted_accounts: Vec::new(),
            checks: BTreeMap::new(),
        }
    }
}
