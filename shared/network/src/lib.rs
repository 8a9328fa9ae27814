//! Who can reach whom, and why: exact address sets, security group rules, network ACLs, routes.
//!
//! The crate knows no ECS and no IAM. Answers rest on complete inputs: whoever asks passes a gap
//! where something was not read, and gets it back.
//!
//! Not modelled yet: paths inside a VPC, peering, transit gateways, load balancers as a way in.

pub mod exposure;
pub mod ranges;
pub mod rules;

pub use exposure::{Door, Exposure, Interface, Stop, exposure};
pub use ranges::{Cidr, Family, Grade, Ranges};
pub use rules::{Ports, Protocol, Rule, Source};
