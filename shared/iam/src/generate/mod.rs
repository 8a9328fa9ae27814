//! Policies made from needs, and the proof that they suffice and grant nothing else.
//!
//! Nothing is shown that was not proved: the text is read again, every need is asked of it alone, and
//! what it grants is held against what the present role may do. Nothing is ever applied.
//!
//! Not known here: what a workload needs, which the caller derives; what application code does.

mod compare;
mod difference;
mod excess;
mod fit;
mod need;
mod prove;
mod satisfied;
mod shrink;
mod snippet;
mod synthesize;

pub use difference::difference;
pub use excess::{Excess, Surplus, excess};
pub(crate) use fit::pack;
pub use fit::{INLINE_LIMIT, MANAGED_LIMIT, MOST_ATTACHED};
pub use need::{Given, Need, Purpose};
pub use prove::{Compared, Pair, ProofFailure, Proved, prove};
pub use satisfied::{Answered, answers, satisfied};
pub use shrink::shrink;
pub(crate) use shrink::shrink_within;
pub use snippet::{Snippet, cloudformation};
pub use synthesize::{Generated, Selected, select, synthesize};
