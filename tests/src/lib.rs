//! What tests of the whole share: the bundled estate, and generated estates of any size.
//!
//! It reaches no AWS client.

pub mod estates;
pub mod generate;
