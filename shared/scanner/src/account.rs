//! Credentials, Region and endpoint, from the standard chain.

use std::time::Duration;

use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};

/// Where credentials come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// Profile of the shared configuration; none for the chain's default.
    pub profile: Option<String>,
    /// Region; none for the chain's default.
    pub region: Option<String>,
    /// Role to assume with those credentials.
    pub role_arn: Option<String>,
    /// External id the role asks for.
    pub external_id: Option<String>,
}

/// The SDK configuration for `login`: environment, profile, SSO, container and instance credentials,
/// `AWS_ENDPOINT_URL`, in the SDK's own order.
pub async fn configure(login: &Login) -> SdkConfig {
    let timeouts =
        TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).operation_attempt_timeout(Duration::from_secs(30)).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts);
    if let Some(profile) = &login.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &login.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let base = loader.load().await;
    match &login.role_arn {
        Some(role) => assume(&base, role, login.external_id.as_deref(), "wallwalk").await,
        None => base,
    }
}

/// `base` with the credentials of `role` instead of its own.
pub async fn assume(base: &SdkConfig, role: &str, external_id: Option<&str>, session: &str) -> SdkConfig {
    let mut provider = AssumeRoleProvider::builder(role).session_name(session).configure(base);
    if let Some(external_id) = external_id {
        provider = provider.external_id(external_id);
    }
    let credentials = provider.build().await;
    base.to_builder().credentials_provider(aws_sdk_sts::config::SharedCredentialsProvider::new(credentials)).build()
}

/// `base` in another Region.
#[must_use]
pub fn in_region(base: &SdkConfig, region: &str) -> SdkConfig {
    base.to_builder().region(Region::new(region.to_owned())).build()
}
