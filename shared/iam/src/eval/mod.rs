//! May a caller do something: for one concrete request, and for everything that agrees with what is known.
//!
//! One evaluator serves both. It answers in three values; with every condition key known and every
//! open question decided, the middle one cannot arise.
//!
//! Source: IAM User Guide, "Policy evaluation logic".

mod bounds;
mod caller;
mod decide;
mod explain;
mod ground;
mod grounds;
mod principal;
mod situation;
mod stack;
mod statement;
mod witness;

pub use bounds::{Answer, Bounds, Query};
pub use caller::{Caller, Who};
pub use decide::{Decision, Request, decide};
pub use explain::{Assumption, Explanation, OpenCondition, Reason, says};
pub use ground::Layer;
pub use principal::{Standing, standing};
pub use situation::{SessionOf, Situation};
pub use stack::{Attached, Limit, Resource, ResourceKind, Stack};
