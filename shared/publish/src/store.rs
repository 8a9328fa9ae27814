//! The state store, wherever it is.

use wallwalk_findings::State;
use wallwalk_model::{Place, Time};

use crate::StoreError;
use crate::folder::Folder;

/// What a conditional write is conditioned on: S3's ETag, or the hash of a file. Opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(String);

impl Version {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The version's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where states and configuration are kept.
#[derive(Clone, Debug)]
pub enum Store {
    /// A local folder.
    Folder(Folder),
    /// An S3 bucket.
    #[cfg(feature = "aws")]
    S3(crate::s3::Bucket),
}

impl Store {
    /// The state of `place` with its version, if there is one.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read or decoded. A refusal is never taken for absence.
    #[cfg_attr(not(feature = "aws"), expect(clippy::unused_async, reason = "the bucket's half awaits"))]
    pub async fn load(&self, place: &Place) -> Result<Option<(State, Version)>, StoreError> {
        match self {
            Self::Folder(folder) => folder.load(place),
            #[cfg(feature = "aws")]
            Self::S3(bucket) => bucket.load(place).await,
        }
    }

    /// Writes `state` if the stored one is still `expected`; `None` expects that there is none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if it is not.
    #[cfg_attr(not(feature = "aws"), expect(clippy::unused_async, reason = "the bucket's half awaits"))]
    pub async fn save(&self, state: &State, expected: Option<&Version>) -> Result<Version, StoreError> {
        match self {
            Self::Folder(folder) => folder.save(state, expected),
            #[cfg(feature = "aws")]
            Self::S3(bucket) => bucket.save(state, expected).await,
        }
    }

    /// When the last full scan of `place` ended; `None` if there was none.
    ///
    /// # Errors
    /// [`StoreError`].
    #[cfg_attr(not(feature = "aws"), expect(clippy::unused_async, reason = "the bucket's half awaits"))]
    pub async fn full_scan_complete_at(&self, place: &Place) -> Result<Option<Time>, StoreError> {
        match self {
            Self::Folder(folder) => Ok(folder.load(place)?.and_then(|(state, _)| state.full_scan.complete_at)),
            #[cfg(feature = "aws")]
            Self::S3(bucket) => bucket.full_scan_complete_at(place).await,
        }
    }

    /// The bytes stored under `name`, if there are any.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    #[cfg_attr(not(feature = "aws"), expect(clippy::unused_async, reason = "the bucket's half awaits"))]
    pub async fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Folder(folder) => folder.blob(name),
            #[cfg(feature = "aws")]
            Self::S3(bucket) => bucket.blob(name).await,
        }
    }

    /// Stores `bytes` under `name`, whatever is there.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    #[cfg_attr(not(feature = "aws"), expect(clippy::unused_async, reason = "the bucket's half awaits"))]
    pub async fn put_blob(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        match self {
            Self::Folder(folder) => folder.put_blob(name, bytes),
            #[cfg(feature = "aws")]
            Self::S3(bucket) => bucket.put_blob(name, bytes).await,
        }
    }

    /// Stores `bytes` under `name` unless something is there. Says whether they were stored.
    ///
    /// # Errors
    /// [`StoreError::Unreachable`].
    #[cfg_attr(not(feature = "aws"), expect(clippy::unused_async, reason = "the bucket's half awaits"))]
    pub async fn create_blob(&self, name: &str, bytes: &[u8]) -> Result<bool, StoreError> {
        match self {
            Self::Folder(folder) => folder.create_blob(name, bytes),
            #[cfg(feature = "aws")]
            Self::S3(bucket) => bucket.create_blob(name, bytes).await,
        }
    }
}
