//! wallwalk on real parts: the built functions against Lambda's Runtime API, AWS by moto, template by
//! cfn-lint.
//!
//! Everything listens on the loopback interface and ends with the test. moto's Security Hub accepts
//! anything, so what is sent to it is looked at on its way; the strict one is the stand-in's.

#![expect(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on fails")]

mod aws;
mod binaries;
mod deployment;
mod estate;
mod http;
mod lambda;
mod moto;
mod proxy;
mod python;

mod denied;
mod equality;
mod events;
mod managed;
mod robust;
mod rounds;
mod smoke;
mod template;
