//! What can go wrong with the store.

use thiserror::Error;

/// Why the state could not be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Somebody else wrote first: reload, apply again, write again.
    #[error("the state was written by somebody else meanwhile")]
    Conflict,
    /// The state has a newer form than this version knows.
    #[error(
        "the state `{name}` has schema {found}, this version knows {known}; run a newer wallwalk, or restore an earlier version of the object"
    )]
    Newer {
        /// Name of the object or file.
        name: String,
        /// Its schema.
        found: u64,
        /// What this version knows.
        known: u32,
    },
    /// The state cannot be decoded. It is left as it is.
    #[error(
        "the state `{name}` cannot be decoded ({reason}); it was left untouched: restore an earlier version of it, or move it away to begin anew"
    )]
    Corrupt {
        /// Name of the object or file.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The store refused or could not be reached.
    #[error("the state store could not {what} `{name}`: {reason}")]
    Unreachable {
        /// `read` or `write`.
        what: &'static str,
        /// Name of the object or file.
        name: String,
        /// The service's or system's words.
        reason: String,
    },
}
