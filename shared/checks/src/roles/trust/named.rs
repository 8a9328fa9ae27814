//! Whom statements of a trust policy name.

use wallwalk_iam::glob;
use wallwalk_iam::policy::{Document, Statement};

/// Somebody whom a statement names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Party<'a> {
    /// Everybody, or everybody but a few.
    Everybody,
    /// An account as a whole, by its twelve digits.
    Account(&'a str),
    /// A role, by ARN.
    Role(&'a str),
    /// One session of a role, by ARN.
    Session(&'a str),
    /// An IAM user or a federated user, by ARN.
    User(&'a str),
    /// A service.
    Service(&'a str),
    /// An identity provider.
    Provider(&'a str),
    /// Somebody else: the id of a deleted principal, or an unknown form.
    Other(&'a str),
}

impl<'a> Party<'a> {
    fn of(kind: &'a str, name: &'a str) -> Self {
        match kind {
            "*" | "AWS" if name == "*" => Self::Everybody,
            "Service" => Self::Service(name),
            "Federated" => Self::Provider(name),
            "AWS" if is_account(name) => Self::Account(name),
            "AWS" => {
                let parts: Vec<&str> = name.splitn(6, ':').collect();
                match parts.as_slice() {
                    ["arn", _, "iam", "", account, "root"] => Self::Account(account),
                    ["arn", _, "iam", "", _, rest] if rest.starts_with("role/") => Self::Role(name),
                    ["arn", _, "iam", "", _, rest] if rest.starts_with("user/") => Self::User(name),
                    ["arn", _, "sts", "", _, rest] if rest.starts_with("assumed-role/") => Self::Session(name),
                    ["arn", _, "sts", "", _, rest] if rest.starts_with("federated-user/") => Self::User(name),
                    _ => Self::Other(name),
                }
            }
            _ => Self::Other(name),
        }
    }

    /// Whether it is a service, by a name that holds in any partition.
    pub(crate) fn is_service(&self, service: &str) -> bool {
        matches!(self, Self::Service(name) if name.strip_suffix(".cn").unwrap_or(name).eq_ignore_ascii_case(service))
    }

    /// Whether it is one role, or one session of it.
    pub(crate) fn is_exact_role(&self) -> bool {
        matches!(self, Self::Role(arn) | Self::Session(arn) if is_exact(arn))
    }

    /// Whether it is a role that IAM Identity Center makes for people.
    /// Source: IAM Identity Center User Guide, "Referencing permission sets in resource policies".
    pub(crate) fn is_of_people(&self) -> bool {
        matches!(self, Self::Role(arn) | Self::Session(arn) if arn.contains("/AWSReservedSSO_"))
    }

    /// The account of an AWS principal.
    pub(crate) fn account(&self) -> Option<&'a str> {
        match self {
            Self::Account(account) => Some(account),
            Self::Role(arn) | Self::Session(arn) | Self::User(arn) => account_of(arn),
            Self::Everybody | Self::Service(_) | Self::Provider(_) | Self::Other(_) => None,
        }
    }
}

/// Whom a statement names. Where that was not understood it may be everybody.
pub(super) fn parties(statement: &Statement) -> impl Iterator<Item = Party<'_>> {
    let principals = statement.principals.as_ref();
    let everybody = principals.map_or(statement.doubtful, |principals| principals.negated);
    let listed = principals.filter(|principals| !principals.negated);
    let each = listed.into_iter().flat_map(|principals| &principals.by_kind);
    let each = each.flat_map(|(kind, names)| names.iter().map(move |name| Party::of(kind, name)));
    everybody.then_some(Party::Everybody).into_iter().chain(each)
}

fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a principal is the unique id of a role or user. AWS shows it in place of the ARN once the
/// role or user is gone.
/// Source: IAM User Guide, "IAM identifiers", "AWS JSON policy elements: Principal".
pub(super) fn is_orphan(name: &str) -> bool {
    let id = ["AROA", "AIDA"].into_iter().find_map(|prefix| name.strip_prefix(prefix));
    id.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()))
}

/// Values that conditions of the document compare `key` with; the key in lower case.
pub(super) fn constants<'a>(document: &'a Document, key: &str) -> impl Iterator<Item = &'a str> {
    let atoms = document.statements.iter().flat_map(|statement| &statement.conditions).filter(move |atom| *atom.folded_key == *key);
    atoms.flat_map(|atom| atom.values.iter().map(|value| &**value))
}

/// Accounts that the document mentions: of its principals, and in its conditions, patterns filled in.
pub(super) fn accounts(document: &Document) -> impl Iterator<Item = String> {
    let values = document.statements.iter().flat_map(|statement| &statement.conditions).flat_map(|atom| &atom.values);
    let principals = document.statements.iter().filter_map(|statement| statement.principals.as_ref());
    let names = principals.flat_map(|principals| principals.by_kind.values().flatten());
    let texts = values.chain(names);
    texts.filter_map(|text| account_in(if text.contains(':') { text.split(':').nth(4)? } else { text }))
}

/// Twelve digits that a text is, or that match it as a pattern.
fn account_in(text: &str) -> Option<String> {
    let form = |byte: u8| byte.is_ascii_digit() || byte == b'*' || byte == b'?';
    if text.is_empty() || !text.bytes().all(form) || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let missing = 12_usize.checked_sub(text.bytes().filter(|byte| *byte != b'*').count())?;
    // The first star stands for what is missing, the others for nothing.
    let filled = text.replacen('*', &"9".repeat(missing), 1).replace('*', "").replace('?', "9");
    is_account(&filled).then_some(filled)
}

/// A text that a pattern matches.
pub(super) fn filled(pattern: &str) -> String {
    pattern.replace('*', "any").replace('?', "x")
}

/// Whether a pattern names exactly one thing.
pub(super) fn is_exact(pattern: &str) -> bool {
    !glob::has_wildcards(pattern) && !pattern.contains("${")
}
