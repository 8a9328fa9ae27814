//! One role or user looked at: whether it may do something, what it may do, what it can become, and the
//! policy that would be enough.
//!
//! The answers are plain data for whoever shows them. Service control policies, and policies of resources
//! that are not read, are assumed to change nothing; each answer names what it assumes.

mod can;
mod parameters;
mod power;
mod profile;
mod remedy;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;
pub use wallwalk_iam::account::Principal;
use wallwalk_iam::catalogue::{ActionId, catalogue};
use wallwalk_iam::eval::{Answer, Assumption};
use wallwalk_model::{Arn, Gap, arn};

use crate::estate::Estate;

pub use can::{Also, Breakdown, Chosen, Decision, Ground, Open, Question, can};
pub use power::{Levels, Power, Sensitive, ServicePower};
pub use profile::{Administration, PathTold, PolicyTold, Profile, Use, profile};
pub use remedy::{PolicyText, Remedy};

/// An answer in one of four words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Says {
    /// Whatever is not known.
    #[serde(rename = "surely")]
    Yes,
    /// Under some condition, or in part.
    #[serde(rename = "possibly")]
    Depends,
    /// A document that was not read decides.
    #[serde(rename = "unread")]
    Unread,
    /// In no case.
    #[serde(rename = "never")]
    No,
}

impl From<Answer> for Says {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Surely => Self::Yes,
            Answer::Possibly => Self::Depends,
            Answer::Unread => Self::Unread,
            Answer::Never => Self::No,
        }
    }
}

impl Says {
    /// For people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Depends => "depends",
            Self::Unread => "unread",
            Self::No => "no",
        }
    }
}

/// Something that was assumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assumed {
    /// Its name.
    pub code: &'static str,
    /// For people: `unless a service control policy denies it`.
    pub text: &'static str,
}

impl From<Assumption> for Assumed {
    fn from(one: Assumption) -> Self {
        Self { code: one.code(), text: one.sentence() }
    }
}

/// Why a role or user cannot be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFound {
    /// There is none of that name.
    NoSuch(String),
    /// It is another account's: the ARN, the account that was read.
    Elsewhere(String, String),
    /// It was not read, or may be among those that were not.
    Unread(String, Gap),
}

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuch(written) => write!(f, "there is no role or user `{written}`"),
            Self::Elsewhere(written, own) => write!(f, "`{written}` is not of account {own}, which was read: give its account's snapshot"),
            Self::Unread(written, gap) => write!(f, "`{written}` was not read: {gap}; read it with a caller who may make that call"),
        }
    }
}

impl std::error::Error for NotFound {}

/// The role or user of that name or ARN; of a session the role. Names are unique ignoring case; of a role
/// and a user of one name the role is meant.
///
/// # Errors
/// Why there is none.
pub fn find<'e>(estate: &'e Estate<'_>, written: &str) -> Result<&'e Principal, NotFound> {
    let named = role_of_session(written);
    let sought = named.as_deref().unwrap_or(written);
    let principals = &estate.web.account.principals;
    if let Some(found) = principals.get(sought) {
        return Ok(found);
    }
    let own = &estate.snapshot.place.account;
    let account = sought.parse::<Arn>().ok().map(|arn| arn.account);
    if account.is_some_and(|account| !own.is_empty() && account != *own) {
        return Err(NotFound::Elsewhere(written.to_owned(), own.clone()));
    }
    // A session names its role without the path, and so do people.
    let name = arn::last_segment(sought);
    let by_name =
        |role: bool| principals.values().find(|one| one.is_role() == role && arn::last_segment(&one.arn).eq_ignore_ascii_case(name));
    let found = match sought.split_once(":user/") {
        Some(_) => by_name(false),
        None if sought.starts_with("arn:") => by_name(true),
        None => by_name(true).or_else(|| by_name(false)),
    };
    // An ARN with another path is another role's, unless it is a session's.
    if let Some(found) = found.filter(|_| named.is_some() || !sought.starts_with("arn:")) {
        return Ok(found);
    }
    let snapshot = estate.snapshot;
    let row = snapshot.roles.get(name).and_then(|reading| reading.unread().cloned());
    match row.or_else(|| snapshot.listing_gap("iam:GetAccountAuthorizationDetails")) {
        Some(gap) => Err(NotFound::Unread(written.to_owned(), gap)),
        None => Err(NotFound::NoSuch(written.to_owned())),
    }
}

/// `arn:aws:iam::ACCOUNT:role/NAME` of `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`.
fn role_of_session(written: &str) -> Option<String> {
    let (head, rest) = written.split_once(":assumed-role/")?;
    let mut parts = head.split(':');
    let (_, partition, _, _, account) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(format!("arn:{partition}:iam::{account}:role/{}", rest.split('/').next()?))
}

/// Names of roles and users that are known, for suggestions.
#[must_use]
pub fn names<'e>(estate: &'e Estate<'_>) -> Vec<&'e str> {
    estate.web.account.principals.keys().map(|arn| arn::last_segment(arn)).collect()
}

/// Names of every known action, for suggestions.
pub fn actions() -> impl Iterator<Item = &'static str> {
    ActionId::all().map(ActionId::name)
}

/// Which catalogue of actions the answers rest on.
fn edition() -> &'static str {
    catalogue().version
}
