//! One scan from scope to delivered outbox, whatever asked for it.
//!
//! The only place where reading, judging, remembering and telling meet. It judges nothing itself and
//! speaks to no service itself.

pub mod clock;
pub mod key;
pub mod round;
pub mod settings;

#[cfg(feature = "aws")]
pub mod account;
#[cfg(feature = "aws")]
pub mod deployment;
#[cfg(feature = "aws")]
pub mod environment;
#[cfg(feature = "aws")]
pub mod identities;
#[cfg(feature = "aws")]
pub mod job;
#[cfg(feature = "aws")]
pub mod metrics;
#[cfg(feature = "aws")]
pub mod plan;
#[cfg(feature = "aws")]
pub mod scan;
#[cfg(feature = "aws")]
pub mod summary;
#[cfg(feature = "aws")]
pub mod trigger;
