//! Plain data that every other part of wallwalk speaks in: ARNs, times, the snapshot of facts and
//! gaps, scopes, the evidence table and the reading of CloudTrail events.
//!
//! This crate is pure: it knows no AWS client, no file, no network and no clock. Whoever needs the
//! current time passes it in.

pub mod arn;
pub mod ec2;
pub mod ecr;
pub mod ecs;
pub mod elb;
pub mod event;
pub mod evidence;
pub mod gap;
pub mod iam;
pub mod image;
pub mod kms;
mod lenient;
pub mod reading;
pub mod redacted;
pub mod scope;
pub mod secrets;
pub mod snapshot;
pub mod time;

pub use arn::Arn;
pub use gap::{Gap, GapReason};
pub use reading::{Fact, Listing, Reading, Table};
pub use scope::{Key, Scope};
pub use snapshot::{Place, Snapshot};
pub use time::Time;
