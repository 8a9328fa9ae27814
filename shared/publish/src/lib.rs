//! Everything that leaves wallwalk: Security Hub, SNS, job queues and the state store.
//!
//! Delivery is at least once. Nothing here decides what is told; that is `findings`.
//! Without the feature `aws` only the folder store remains, and no AWS SDK is compiled.

pub mod codec;
pub mod error;
pub mod files;
pub mod folder;
pub mod store;

#[cfg(feature = "aws")]
mod sdk;

#[cfg(feature = "aws")]
pub mod alerts;
#[cfg(feature = "aws")]
pub mod hub;
#[cfg(feature = "aws")]
pub mod queue;
#[cfg(feature = "aws")]
pub mod s3;

pub use error::StoreError;
pub use store::{Store, Version};
