//! What a customer may decide. Plain data; the file is read elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wallwalk_findings::Severity;
use wallwalk_model::image;

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
    /// After so many days without use a role, permission or secret counts as unused.
    pub unused_days: i64,
    /// About secrets.
    pub secrets: SecretSettings,
    /// Images of vendors whose known flaws are shown and wake nobody.
    pub vendor_images: Vec<VendorImage>,
    /// What differs from the catalogue, by check.
    pub checks: BTreeMap<String, CheckSettings>,
}

/// What a customer may decide about secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecretSettings {
    /// So many principals of the account may read a secret that is injected into a workload.
    pub max_readers: usize,
}

impl Default for SecretSettings {
    fn default() -> Self {
        Self { max_readers: 10 }
    }
}

/// A vendor's image and the checks that it is known to fail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VendorImage {
    /// Registry and repository, `public.ecr.aws/xray/aws-xray-daemon`; `*` stands for any characters.
    pub image: String,
    /// Names of the checks.
    pub checks: Vec<String>,
    /// Why it is accepted.
    pub reason: String,
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
            unused_days: 90,
            secrets: SecretSettings::default(),
            vendor_images: VENDOR_IMAGES.iter().map(|image| VendorImage::of_aws(image)).collect(),
            checks: BTreeMap::new(),
        }
    }
}

/// AWS's own agents.
const VENDOR_IMAGES: &[&str] = &[
    "public.ecr.aws/aws-observability/aws-for-fluent-bit",
    "public.ecr.aws/aws-observability/aws-otel-collector",
    "public.ecr.aws/cloudwatch-agent/cloudwatch-agent",
    "public.ecr.aws/xray/aws-xray-daemon",
];

impl VendorImage {
    fn of_aws(image: &str) -> Self {
        Self {
            image: image.to_owned(),
            checks: ["container-logging-off", "untrusted-sidecar-shares-task-role", "writable-root-filesystem"].map(str::to_owned).to_vec(),
            reason: "an agent that AWS publishes".into(),
        }
    }
}

impl Settings {
    /// The entry that accepts a failure of `check` for `image`. Registry and repository have to match
    /// as a whole; a name alone proves nothing.
    #[must_use]
    pub fn vendor_image(&self, image: &str, check: &str) -> Option<&VendorImage> {
        let repository = image::repository(image);
        self.vendor_images
            .iter()
            .find(|vendor| vendor.checks.iter().any(|one| one == check) && wallwalk_iam::glob::matches(&vendor.image, &repository))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_image_is_known_by_registry_and_repository_only() {
        let settings = Settings::default();
        let accepted = |image: &str, check: &str| settings.vendor_image(image, check).is_some();
        assert!(accepted("public.ecr.aws/xray/aws-xray-daemon:3.x", "writable-root-filesystem"));
        assert!(!accepted("public.ecr.aws/xray/aws-xray-daemon:3.x", "privileged-container"));
        assert!(!accepted("evil.example.com/xray/aws-xray-daemon:3.x", "writable-root-filesystem"));
        assert!(!accepted("aws-xray-daemon", "writable-root-filesystem"));
    }
}
