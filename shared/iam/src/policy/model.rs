//! What a policy document says.
//!
//! Source: IAM User Guide, "IAM JSON policy elements reference".

use std::collections::BTreeMap;

use crate::arn::ArnPattern;
use crate::catalogue::IdRanges;

/// What a document is attached to, which decides how some of it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Attached to a role or user.
    Identity,
    /// Permissions boundary.
    Boundary,
    /// Session policy.
    Session,
    /// Service control policy.
    Scp,
    /// Resource control policy.
    Rcp,
    /// Trust policy of a role.
    Trust,
    /// Policy of a secret, key, repository, bucket, …
    Resource,
    /// Policy of a VPC endpoint.
    Endpoint,
}

/// The version of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// `2008-10-17`, and documents that name none: policy variables are literal text.
    V2008,
    /// `2012-10-17`.
    V2012,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Version of the language.
    pub version: Version,
    /// `Id`.
    pub id: Option<Box<str>>,
    /// Statements in order.
    pub statements: Vec<Statement>,
}

/// Allow or deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Allow.
    Allow,
    /// Deny.
    Deny,
    /// Not understood: the statement may be either.
    Either,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its identifier.
    pub sid: Option<Box<str>>,
    /// Position in the list of statements, from 0; none if the document holds one bare statement.
    pub position: Option<u32>,
    /// Allow or deny.
    pub effect: Effect,
    /// Whether its form was not understood: then it never surely matches, and always may, as an Allow and as a Deny.
    pub doubtful: bool,
    /// Who; none where nothing is said.
    pub principals: Option<Principals>,
    /// Which actions.
    pub actions: Actions,
    /// On which resources; none where nothing is said.
    pub resources: Option<Resources>,
    /// All of these have to hold.
    pub conditions: Vec<Atom>,
}

impl Statement {
    /// JSON pointer (RFC 6901) of the statement in its document.
    #[must_use]
    pub fn pointer(&self) -> String {
        self.position.map_or_else(|| "/Statement".to_owned(), |n| format!("/Statement/{n}"))
    }

    /// How people find it: `statement 2 (AllowAll)`.
    #[must_use]
    pub fn label(&self) -> String {
        let number = self.position.unwrap_or(0) + 1;
        match &self.sid {
            Some(sid) if !sid.is_empty() => format!("statement {number} ({sid})"),
            _ => format!("statement {number}"),
        }
    }
}

/// `Action` or `NotAction`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actions {
    /// Whether it is `NotAction`.
    pub negated: bool,
    /// The list as written.
    pub patterns: Vec<ActionPattern>,
    /// Known actions that the list of patterns names under the narrow readings, `negated` not applied.
    pub(crate) named: IdRanges,
    /// The same under the wide readings; none where they do not differ.
    pub(crate) named_widely: Option<IdRanges>,
}

/// One entry of `Action` or `NotAction`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionPattern {
    /// As written.
    pub text: Box<str>,
    /// Trimmed and in lower case.
    pub(crate) folded: Box<str>,
    /// Whether it had white space around or in it.
    pub(crate) spaced: bool,
    pub(crate) form: ActionForm,
}

/// What kind of entry of `Action` or `NotAction` something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ActionForm {
    /// `*` or `*:*`.
    Everything,
    /// `service:Name`, with wildcards in the name or without.
    OfService,
    /// With wildcards in the service.
    AnyService,
    /// Neither: it never matches.
    Malformed,
}

/// `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    /// Whether it is `NotResource`.
    pub negated: bool,
    /// The list.
    pub patterns: Vec<ArnPattern>,
}

/// `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Principals {
    /// Whether it is `NotPrincipal`.
    pub negated: bool,
    /// Names by kind (`AWS`, `Service`, `Federated`, `CanonicalUser`); a bare `"*"` stands as `*` under the kind `*`.
    pub by_kind: BTreeMap<Box<str>, Vec<Box<str>>>,
}

/// One condition: an operator, a key, and the values of which one has to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    /// Operator as written, `ForAnyValue:StringLikeIfExists`.
    pub written: Box<str>,
    /// What it means; none if it is not known.
    pub test: Option<Test>,
    /// Key as written.
    pub key: Box<str>,
    /// Key in lower case.
    pub folded_key: Box<str>,
    /// Values, numbers and booleans in their source text.
    pub values: Vec<Box<str>>,
    /// Whether its form was not understood: then it is open.
    pub doubtful: bool,
}

/// What an operator's name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Test {
    /// `ForAllValues:` or `ForAnyValue:`.
    pub quantifier: Quantifier,
    /// The comparison.
    pub operator: Operator,
    /// Whether the operator says "not": `StringNotEquals` is `StringEquals`, negated.
    pub negated: bool,
    /// `…IfExists`.
    pub if_exists: bool,
}

/// How several values of a key are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantifier {
    /// No prefix.
    Plain,
    /// `ForAllValues:`.
    All,
    /// `ForAnyValue:`.
    Any,
}

/// A comparison. The negated operators are these, negated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `StringEquals`.
    StringEquals,
    /// `StringEqualsIgnoreCase`.
    StringEqualsIgnoreCase,
    /// `StringLike`.
    StringLike,
    /// `NumericEquals`.
    NumericEquals,
    /// `NumericLessThan`.
    NumericLessThan,
    /// `NumericLessThanEquals`.
    NumericLessThanEquals,
    /// `NumericGreaterThan`.
    NumericGreaterThan,
    /// `NumericGreaterThanEquals`.
    NumericGreaterThanEquals,
    /// `DateEquals`.
    DateEquals,
    /// `DateLessThan`.
    DateLessThan,
    /// `DateLessThanEquals`.
    DateLessThanEquals,
    /// `DateGreaterThan`.
    DateGreaterThan,
    /// `DateGreaterThanEquals`.
    DateGreaterThanEquals,
    /// `Bool`.
    Bool,
    /// `BinaryEquals`.
    BinaryEquals,
    /// `IpAddress`.
    IpAddress,
    /// `ArnEquals` and `ArnLike`, which mean the same.
    ArnLike,
    /// `Null`.
    Null,
}
