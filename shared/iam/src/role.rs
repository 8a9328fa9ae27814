//! What the identity policies and the boundary of a role allow.
//!
//! Source: IAM User Guide, "Policy evaluation logic": an explicit deny wins; the boundary has to
//! allow what the identity policies allow.

use wallwalk_model::Gap;

use crate::document::{Document, Effect, Patterns, Statement};
use crate::glob::{covers, may_overlap};

/// A policy with a name for the reader, or the reason why its document is missing.
pub type Named<'a> = (String, Result<&'a Document, Gap>);

/// The policies of a role.
#[derive(Clone, Debug, Default)]
pub struct Permissions<'a> {
    /// Inline and attached policies.
    pub identity: Vec<Named<'a>>,
    /// The permissions boundary.
    pub boundary: Option<Named<'a>>,
}

/// How sure a grant is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Allowed on the facts alone.
    Surely(Proof),
    /// A condition or a statement that may take it back leaves it open.
    Possibly(Proof),
    /// No statement allows it, but a policy was not read.
    Unread(Gap),
    /// Not allowed.
    No,
}

/// The statement that allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Name of the policy, `inline/deploy`.
    pub policy: String,
    /// The statement, `statement 2 (AllowAll)`.
    pub statement: String,
    /// What it says, `iam:* on *`.
    pub says: String,
}

impl Permissions<'_> {
    /// Whether the role may do everything that `action` names (a pattern such as `iam:*`) on
    /// everything that `resource` names.
    #[must_use]
    pub fn allows(&self, action: &str, resource: &str) -> Grant {
        let action = action.to_lowercase();
        let mut open: Option<Proof> = None;
        let mut sure: Option<Proof> = None;
        for (name, statement) in self.statements(Effect::Allow) {
            let proof = || Proof { policy: name.to_owned(), statement: statement.label(), says: says(statement) };
            if surely(statement, &action, resource) {
                sure.get_or_insert_with(proof);
            } else if statement_may_cover(statement, &action, resource) {
                open.get_or_insert_with(proof);
            }
        }
        let Some(proof) = sure.clone().or(open) else {
            let unread = self.identity.iter().find_map(|(_, document)| document.as_ref().err());
            return unread.map_or(Grant::No, |gap| Grant::Unread(gap.clone()));
        };
        let mut certain = sure.is_some();
        for (_, statement) in self.statements(Effect::Deny) {
            let clear = !statement.doubtful && statement.conditions.is_empty();
            if clear && list_covers(&statement.actions, &action) && list_covers(&statement.resources, resource) {
                return Grant::No;
            }
            certain &= !may_touch(statement, &action, resource);
        }
        // A policy that was not read may deny.
        certain &= self.identity.iter().all(|(_, document)| document.is_ok());
        match &self.boundary {
            None => {}
            Some((_, Err(_))) => certain = false,
            Some((name, Ok(document))) => {
                let boundary = Permissions { identity: vec![(name.clone(), Ok(document))], boundary: None };
                match boundary.allows(&action, resource) {
                    Grant::Surely(_) => {}
                    Grant::Possibly(_) => certain = false,
                    Grant::No | Grant::Unread(_) => return Grant::No,
                }
            }
        }
        if certain { Grant::Surely(proof) } else { Grant::Possibly(proof) }
    }

    /// Statements of the identity policies with the given effect.
    pub fn statements(&self, effect: Effect) -> impl Iterator<Item = (&str, &Statement)> {
        self.identity
            .iter()
            .filter_map(|(name, document)| Some((name.as_str(), document.as_ref().ok()?)))
            .flat_map(|(name, document)| document.statements.iter().map(move |statement| (name, statement)))
            .filter(move |(_, statement)| statement.effect == effect)
    }
}

fn surely(statement: &Statement, action: &str, resource: &str) -> bool {
    !statement.doubtful
        && statement.conditions.is_empty()
        && list_covers(&statement.actions, action)
        && list_covers(&statement.resources, resource)
        && !has_variable(&statement.resources)
}

/// Whether the statement covers the question if its conditions hold and its form is read kindly.
fn statement_may_cover(statement: &Statement, action: &str, resource: &str) -> bool {
    statement.doubtful && may_touch(statement, action, resource)
        || list_covers(&statement.actions, action) && list_covers(&statement.resources, resource)
        || list_covers(&statement.actions, action) && has_variable(&statement.resources)
}

fn has_variable(patterns: &Patterns) -> bool {
    let (Patterns::Any(list) | Patterns::NotAny(list)) = patterns;
    list.iter().any(|pattern| pattern.contains("${"))
}

/// Whether the patterns surely contain everything that `inner` names.
fn list_covers(patterns: &Patterns, inner: &str) -> bool {
    match patterns {
        Patterns::Any(list) => list.iter().any(|pattern| covers(pattern, inner)),
        Patterns::NotAny(list) => list.iter().all(|pattern| !may_overlap(pattern, inner)),
    }
}

/// Whether the statement may concern something that the question names.
fn may_touch(statement: &Statement, action: &str, resource: &str) -> bool {
    let touches = |patterns: &Patterns, text: &str| match patterns {
        Patterns::Any(list) => {
            list.is_empty() && statement.doubtful || list.iter().any(|pattern| pattern.contains("${") || may_overlap(pattern, text))
        }
        Patterns::NotAny(list) => !list.iter().any(|pattern| covers(pattern, text)),
    };
    touches(&statement.actions, action) && touches(&statement.resources, resource)
}

/// What a statement says, short.
fn says(statement: &Statement) -> String {
    let short = |patterns: &Patterns, negation: &str| {
        let (prefix, list) = match patterns {
            Patterns::Any(list) => ("", list),
            Patterns::NotAny(list) => (negation, list),
        };
        let more = if list.len() > 3 { format!(" and {} more", list.len() - 3) } else { String::new() };
        format!("{prefix}{}{more}", list.iter().take(3).cloned().collect::<Vec<_>>().join(", "))
    };
    let condition = if statement.conditions.is_empty() { "" } else { " under conditions" };
    format!("{} on {}{condition}", short(&statement.actions, "everything but "), short(&statement.resources, "everything but "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;
    use proptest::prelude::*;

    fn document(statements: &str) -> Document {
        parse(&format!("{{\"Statement\":[{statements}]}}")).document.unwrap()
    }

    fn ask(statements: &str, boundary: Option<&str>, action: &str, resource: &str) -> &'static str {
        let own = document(statements);
        let bound = boundary.map(document);
        let permissions = Permissions {
            identity: vec![("inline/p".into(), Ok(&own))],
            boundary: bound.as_ref().map(|document| ("boundary".into(), Ok(document))),
        };
        word(&permissions.allows(action, resource))
    }

    fn word(grant: &Grant) -> &'static str {
        match grant {
            Grant::Surely(_) => "surely",
            Grant::Possibly(_) => "possibly",
            Grant::Unread(_) => "unread",
            Grant::No => "no",
        }
    }

    const ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

    #[test]
    fn grants_are_sure_open_or_absent() {
        let cases = [
            (ALL, None, "iam:*", "*", "surely"),
            (r#"{"Effect":"Allow","Action":"iam:*","Resource":"*"}"#, None, "iam:PutRolePolicy", "arn:aws:iam::1:role/x", "surely"),
            (r#"{"Effect":"Allow","Action":"IAM:putrolepolicy","Resource":"*"}"#, None, "iam:PutRolePolicy", "*", "surely"),
            (r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"}"#, None, "s3:*", "*", "no"),
            (r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}"#, None, "s3:*", "*", "no"),
            (
                r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#,
                None,
                "*",
                "*",
                "possibly",
            ),
            (r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#, None, "s3:*", "*", "surely"),
            (r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#, None, "iam:PassRole", "*", "no"),
            (ALL, Some(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#), "iam:*", "*", "no"),
            (ALL, Some(ALL), "iam:*", "*", "surely"),
            (r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/*"}"#, None, "s3:*", "*", "possibly"),
        ];
        for (statements, boundary, action, resource, expected) in cases {
            assert_eq!(ask(statements, boundary, action, resource), expected, "{statements} {action}");
        }
    }

    #[test]
    fn a_deny_takes_back_or_casts_doubt() {
        let deny = |more: &str| format!("{ALL},{{\"Effect\":\"Deny\",{more}}}");
        assert_eq!(ask(&deny(r#""Action":"*","Resource":"*""#), None, "s3:*", "*"), "no");
        assert_eq!(ask(&deny(r#""Action":"iam:*","Resource":"*""#), None, "s3:*", "*"), "surely");
        assert_eq!(ask(&deny(r#""Action":"iam:*","Resource":"*""#), None, "*", "*"), "possibly");
        let conditional = deny(r#""Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}"#);
        assert_eq!(ask(&conditional, None, "s3:*", "*"), "possibly");
    }

    #[test]
    fn a_policy_that_was_not_read_never_makes_sure_and_never_denies() {
        let all = document(ALL);
        let gap = Gap::not_asked("iam:GetPolicyVersion");
        let unread = Permissions { identity: vec![("managed/x".into(), Err(gap.clone()))], boundary: None };
        assert_eq!(word(&unread.allows("*", "*")), "unread");
        let both = Permissions { identity: vec![("a".into(), Ok(&all)), ("b".into(), Err(gap.clone()))], boundary: None };
        assert_eq!(word(&both.allows("*", "*")), "possibly");
        let bounded = Permissions { identity: vec![("a".into(), Ok(&all))], boundary: Some(("b".into(), Err(gap))) };
        assert_eq!(word(&bounded.allows("*", "*")), "possibly");
    }

    fn rank(word: &str) -> u8 {
        match word {
            "surely" => 2,
            "possibly" => 1,
            _ => 0,
        }
    }

    proptest! {
        #[test]
        fn adding_an_allow_never_removes_and_adding_a_deny_never_adds(
            actions in proptest::collection::vec(prop_oneof!["\\*", "s3:\\*", "s3:get\\*", "iam:\\*"], 1..4),
            effects in proptest::collection::vec(any::<bool>(), 4), extra in prop_oneof!["\\*", "s3:\\*", "iam:\\*"],
        ) {
            let statement = |allow: bool, action: &str| {
                format!(r#"{{"Effect":"{}","Action":"{}","Resource":"*"}}"#, if allow { "Allow" } else { "Deny" }, action.replace('\\', ""))
            };
            let base: Vec<String> = actions.iter().zip(&effects).map(|(action, allow)| statement(*allow, action)).collect();
            let text = base.join(",");
            for question in ["s3:GetObject", "s3:*", "iam:PassRole", "*"] {
                let before = rank(ask(&text, None, question, "*"));
                let more = rank(ask(&format!("{text},{}", statement(true, &extra)), None, question, "*"));
                let less = rank(ask(&format!("{text},{}", statement(false, &extra)), None, question, "*"));
                prop_assert!(more >= before && less <= before);
            }
        }
    }
}
