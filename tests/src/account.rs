//! A way into an account that a stand-in plays.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;

/// The Region of the bundled estate.
pub const REGION: &str = "eu-west-1";

/// Configuration with credentials that mean nothing, for the endpoint `url`.
pub async fn config(url: &str) -> SdkConfig {
    let credentials = Credentials::new("EXAMPLEKEYID", "not a secret", None, None, "tests");
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(url)
        .credentials_provider(credentials)
        .load()
        .await
}
