//! What tests of the whole share: the bundled estate, and generated estates of any size.
//!
//! Without the feature `aws` it reaches no AWS client.

#[cfg(feature = "aws")]
pub mod account;
pub mod estates;
pub mod generate;
