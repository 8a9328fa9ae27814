//! The IAM policy language: what a role may surely and possibly do, and why.
//!
//! Answers have two sides. *Surely* rests on statements without conditions that nothing can take
//! back; *possibly* counts every statement whose conditions or form leave the question open. What is
//! not understood never makes an answer surer.
//!
//! The crate knows no ECS: action names are only strings to it. It does not know service control
//! policies, session policies or the catalogue of actions.

pub mod document;
pub mod glob;
pub mod role;
pub mod trust;

pub use document::{Document, Effect, Parsed, Problem, Statement, parse};
pub use role::{Grant, Permissions, Proof};
pub use trust::{Trust, Truster};
