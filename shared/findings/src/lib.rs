//! What wallwalk says: verdicts, the identity of findings, the ledger of what was said before, what
//! is to be told to whom, and how it is written.
//!
//! This crate is pure: it reads no clock, opens no file and speaks to nobody. It knows no AWS
//! resource beyond what a verdict names.

pub mod absence;
pub mod alert;
pub mod asff;
pub mod check;
pub mod fingerprint;
pub mod identity;
pub mod ledger;
pub mod reconcile;
pub mod report;
pub mod severity;
pub mod text;
pub mod verdict;

pub use check::{Category, CheckInfo, SubjectKind, Tier};
pub use ledger::{Cause, Channel, Message, Receipt, State};
pub use reconcile::{Changes, Policy, Round, reconcile};
pub use severity::Severity;
pub use verdict::{Certainty, Facts, Failure, Outcome, Resource, Subject, Verdict};
