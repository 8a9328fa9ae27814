//! Does this string betray a secret?
//!
//! A deployed task definition is not source code: `POSTGRES_PASSWORD=changeme` in a repository is an
//! example, in a running definition it is the live password. So names, values and neighbours are
//! judged together, and weak credentials are a class of their own.
//!
//! The crate knows no AWS API, no file, no clock and no network, and never asks a provider whether a
//! credential is valid. No character of a credential leaves it: what comes out are kinds, the rule
//! that noticed, buckets of length and keyed fingerprints.

mod argv;
mod entropy;
mod examine;
mod formats;
mod key;
mod name;
mod shape;
mod structure;
mod weak;

pub use examine::{Class, Confidence, Context, Examined, Reference, Sighting, Stage, Subject, Text, examine};
pub use key::{Key, length_bucket};
pub use name::{NameClass, classify as classify_name};

pub use argv::{Argv, argv};

/// Version of the rules. It changes whenever a value might be judged differently, and what was
/// examined under another version is read once more.
pub const RULES_VERSION: &str = "2026-11-24.1";
