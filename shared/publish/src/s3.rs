//! The state store in a versioned S3 bucket.
//!
//! Every write of a state is conditional (`If-Match` or `If-None-Match`), so that no path can
//! overwrite blindly. The ETag is opaque.
//! Source: Amazon S3 User Guide, "Conditional writes".

use aws_config::SdkConfig;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use wallwalk_findings::State;
use wallwalk_model::Place;

use crate::sdk::{code, status, words};
use crate::store::Version;
use crate::{StoreError, codec};

/// A bucket that holds states and configuration.
#[derive(Clone, Debug)]
pub struct Bucket {
    client: Client,
    bucket: String,
    prefix: String,
}

impl Bucket {
    /// The bucket `bucket`, with every key below `prefix` (empty, or ending in `/`).
    #[must_use]
    pub fn new(config: &SdkConfig, bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        // Path style where an endpoint is given: a stand-in has no name for each bucket.
        let path_style = config.endpoint_url().is_some() || std::env::var_os("AWS_ENDPOINT_URL_S3").is_some();
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build();
        Self { client: Client::from_conf(config), bucket: bucket.into(), prefix: prefix.into() }
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The state of `place`, if there is one.
    ///
    /// # Errors
    /// [`StoreError`]. Without `s3:ListBucket` a missing object answers 403: that is an error too,
    /// never "no object yet".
    pub async fn load(&self, place: &Place) -> Result<Option<(State, Version)>, StoreError> {
        let name = codec::name(place);
        let Some((bytes, version)) = self.get(&name).await? else { return Ok(None) };
        Ok(Some((codec::decode(&name, &bytes)?, version)))
    }

    /// Writes `state` if the stored one is still `expected`; `None` expects that there is none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if somebody else wrote meanwhile. [`StoreError::Unreachable`] leaves
    /// open whether the write happened: reload and compare `written_by`.
    pub async fn save(&self, state: &State, expected: Option<&Version>) -> Result<Version, StoreError> {
        let name = codec::name(&state.place);
        let body = codec::encode(state)?;
        let mut request = self.client.put_object().bucket(&self.bucket).key(self.key(&name)).body(ByteStream::from(body));
        request = match expected {
            Some(version) => request.if_match(version.as_str()),
            None => request.if_none_match("*"),
        };
        if let Some(complete_at) = state.full_scan.complete_at {
            request = request.metadata("full-scan-complete-at", complete_at.to_string());
        }
        match request.send().await {
            Ok(answer) => Ok(Version::new(answer.e_tag().unwrap_or_default())),
            Err(error) => match (status(&error), expected) {
                (Some(409 | 412), _) | (Some(404), Some(_)) => Err(StoreError::Conflict),
                _ => Err(StoreError::Unreachable { what: "write", name, reason: words(&error) }),
            },
        }
    }

    /// The object's bytes, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.get(name).await?.map(|(bytes, _)| bytes))
    }

    /// Stores `bytes`, whatever is there. Not for states: the bucket's policy refuses to write those blindly.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn put_blob(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let body = ByteStream::from(bytes.to_vec());
        match self.client.put_object().bucket(&self.bucket).key(self.key(name)).body(body).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(StoreError::Unreachable { what: "write", name: name.to_owned(), reason: words(&error) }),
        }
    }

    /// Stores `bytes` unless an object is there. Says whether they were stored.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn create_blob(&self, name: &str, bytes: &[u8]) -> Result<bool, StoreError> {
        let body = ByteStream::from(bytes.to_vec());
        let request = self.client.put_object().bucket(&self.bucket).key(self.key(name)).if_none_match("*").body(body);
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if matches!(status(&error), Some(409 | 412)) => Ok(false),
            Err(error) => Err(StoreError::Unreachable { what: "write", name: name.to_owned(), reason: words(&error) }),
        }
    }

    /// When the last full scan of `place` ended, from the state's metadata; `None` if there is no state.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    pub async fn full_scan_complete_at(&self, place: &Place) -> Result<Option<wallwalk_model::Time>, StoreError> {
        let name = codec::name(place);
        match self.client.head_object().bucket(&self.bucket).key(self.key(&name)).send().await {
            Ok(answer) => Ok(answer.metadata().and_then(|map| map.get("full-scan-complete-at")).and_then(|text| text.parse().ok())),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(StoreError::Unreachable { what: "read", name, reason: words(&error) }),
        }
    }

    async fn get(&self, name: &str) -> Result<Option<(Vec<u8>, Version)>, StoreError> {
        let unreachable = |reason: String| StoreError::Unreachable { what: "read", name: name.to_owned(), reason };
        match self.client.get_object().bucket(&self.bucket).key(self.key(name)).send().await {
            Ok(answer) => {
                let version = Version::new(answer.e_tag().unwrap_or_default());
                let bytes = answer.body.collect().await.map_err(|error| unreachable(error.to_string()))?;
                Ok(Some((bytes.to_vec(), version)))
            }
            Err(error) if code(&error) == "NoSuchKey" => Ok(None),
            Err(error) => Err(unreachable(words(&error))),
        }
    }
}
