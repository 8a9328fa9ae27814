//! Drives the stand-in with the real SDK clients: what they read must be what the estate holds, and
//! what AWS refuses must be refused, in a form that the clients understand.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod ec2;
mod ecs;
mod estates;
mod faults;
mod hub;
mod iam;
mod queues;
mod s3;
mod stores;

use std::fs;
use std::path::Path;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use wallwalk_standin::{Estate, Options, Standin};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-west-1";

/// The bundled estate.
pub(crate) fn shop() -> Estate {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../functions/cli/estates/shop");
    let mut documents: Vec<(String, String)> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap()))
        .collect();
    documents.sort();
    Estate::from_documents(&documents).unwrap()
}

pub(crate) fn start(estate: Estate) -> Standin {
    Standin::start(estate, Options::default()).unwrap()
}

/// What a client of the endpoint `url` is configured with: no retries, so that a test sees each answer.
pub(crate) fn config_with(url: &str, key: &str, token: Option<&str>, region: &str) -> SdkConfig {
    let credentials = Credentials::new(key, "not verified", token.map(Into::into), None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(RetryConfig::disabled())
        .build()
}

pub(crate) fn config(standin: &Standin) -> SdkConfig {
    config_with(&standin.url(), "standin", None, REGION)
}

/// The error code of an answer that must be a refusal.
pub(crate) fn code<T: std::fmt::Debug, E: ProvideErrorMetadata>(answer: Result<T, E>) -> String {
    answer.expect_err("a refusal").code().unwrap_or("no code").to_owned()
}
