//! The IAM policy language: what a principal may surely and possibly do, and why.
//!
//! A question is an action on a resource. Asked of a principal with every document that bears on it, it
//! has one of three answers: *surely*, whatever the condition keys are that nobody knows; *possibly*,
//! for some values of them, or under one of two readings that AWS leaves open; *never*. Where a
//! document decides that exists and was not read, the answer says so. What is not understood never makes
//! an answer surer.
//!
//! | Module | What it holds |
//! | --- | --- |
//! | [`policy`] | documents: parsed without ever failing as a whole, and written again |
//! | [`catalogue`] | actions, the resources they are asked about, condition keys |
//! | [`arn`], [`glob`], [`variable`], [`condition`] | matching |
//! | [`eval`] | the decision for one request, both bounds, and their proof |
//! | [`account`], [`paths`], [`gain`] | all principals of an account, who may act as whom, and what for |
//! | [`generate`], [`usage`] | policies that hold what is needed, or what was used, and the proof of it |
//!
//! The crate knows no ECS: action names are only strings to it. It reads nothing: documents and facts are
//! handed in. Policies of the organisation count where they are handed in, and are assumed to limit
//! nothing where not.

pub mod account;
pub mod arn;
pub mod catalogue;
pub mod condition;
pub mod eval;
pub mod gain;
pub mod generate;
pub mod glob;
mod key;
pub mod names;
pub mod paths;
pub mod policy;
mod readings;
mod tri;
pub mod usage;
pub mod variable;

pub use key::{Context, KeyState, Keys};
pub use readings::{Reading, Readings};
pub use tri::Tri;
