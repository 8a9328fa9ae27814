//! The documents that bear on a request.

use std::sync::Arc;

use wallwalk_model::Gap;

use super::caller::Caller;
use crate::policy::Document;

/// Every document that bears on what a caller may do.
#[derive(Clone, Debug)]
pub struct Stack {
    /// Who asks.
    pub caller: Caller,
    /// Policies of the role or user, inline and managed.
    pub identity: Vec<Attached>,
    /// Permissions boundary.
    pub boundary: Option<Attached>,
    /// Session policies, which together limit the session; none if it has none.
    pub session: Option<Vec<Attached>>,
    /// Service control policies.
    pub scp: Limit,
    /// Resource control policies of the resource's account.
    pub rcp: Limit,
    /// Policy of the VPC endpoint that the request goes through, where one is known.
    pub endpoint: Option<Attached>,
}

impl Stack {
    /// A caller with nothing attached, in an account of whose organisation nothing is known.
    #[must_use]
    pub const fn new(caller: Caller) -> Self {
        Self { caller, identity: Vec::new(), boundary: None, session: None, scp: Limit::NotKnown, rcp: Limit::NotKnown, endpoint: None }
    }

    /// A document that exists and was not read.
    #[must_use]
    pub fn gap(&self) -> Option<&Gap> {
        let levels = [&self.scp, &self.rcp].into_iter().flat_map(|limit| limit.levels().iter().flatten());
        let session = self.session.iter().flatten();
        self.identity
            .iter()
            .chain(&self.boundary)
            .chain(session)
            .chain(&self.endpoint)
            .chain(levels)
            .find_map(|one| one.document.as_ref().err())
    }
}

/// A document and where it is attached.
#[derive(Clone, Debug)]
pub struct Attached {
    /// How people call it: `inline/deploy`, `managed/ReadOnlyAccess`.
    pub name: Box<str>,
    /// The document, or why it was not read.
    pub document: Result<Arc<Document>, Gap>,
}

/// Policies of an organisation.
#[derive(Clone, Debug)]
pub enum Limit {
    /// There is no organisation, or the policy type is off, or the account is not subject to it.
    None,
    /// Nobody could say: assumed to limit nothing, and the assumption is told.
    NotKnown,
    /// The policies of each level, from the root to the account: every level has to allow.
    Levels(Vec<Vec<Attached>>),
}

impl Limit {
    /// The levels; empty where nothing is limited.
    #[must_use]
    pub fn levels(&self) -> &[Vec<Attached>] {
        match self {
            Self::Levels(levels) => levels,
            Self::None | Self::NotKnown => &[],
        }
    }
}

/// What is known of the resource that a question concerns.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its account.
    pub account: Box<str>,
    /// What kind of policy it carries.
    pub kind: ResourceKind,
    /// Its own policies; a secret may have several.
    pub policies: Vec<Attached>,
    /// Whether every policy of it is there. If not, it may carry one that was not read.
    pub complete: bool,
}

/// What kind of policy a resource carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// One that grants beside the caller's own policies.
    Ordinary,
    /// A role's trust policy: without it nobody assumes the role.
    Trust,
    /// A key policy: without it identity policies have no effect.
    Key,
}
