//! The catalogue as a whole: pages, laws, and what all checks have in common.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cases;
mod common_rules;
mod laws;
mod pages;
