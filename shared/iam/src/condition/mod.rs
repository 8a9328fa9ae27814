//! Conditions: whether what a statement asks of a request holds, when not everything is known of it.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Conditions with
//! multiple context keys or values". It does not know which keys an action supports: that list lags
//! behind AWS and decides nothing.

mod arns;
mod compare;
mod contradiction;
mod describe;
mod evaluate;
mod fold;
mod known;
mod operator;
mod vacuity;
mod value;

pub use contradiction::contradictory;
pub use describe::describe;
pub use evaluate::{all_hold, holds};
pub use operator::test_of;
pub use vacuity::{vacuities, vacuous};
