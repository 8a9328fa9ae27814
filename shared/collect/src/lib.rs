//! Reads AWS, or files of what the AWS CLI printed, into a snapshot.
//!
//! The only crate that reads AWS. It cannot fail as a whole: what could not be read becomes a gap.
//! Strings that may hold secrets are examined and replaced here, on every way in; what enters the
//! snapshot is names, kinds, fingerprints and sightings. It judges nothing.
//!
//! Without the feature `aws` only the file loader remains, and no AWS SDK is compiled.

pub mod leftovers;
pub mod load;
pub mod redact;
pub mod references;

#[cfg(feature = "aws")]
pub mod aws;

pub use load::{LoadError, Loaded, load};
