//! Who may assume a role.
//!
//! Source: IAM User Guide, "AWS JSON policy elements: Principal".

use crate::document::{Document, Effect, Statement};

/// Whom a trust policy admits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trust<'a> {
    /// One for each principal of each Allow statement.
    pub trusters: Vec<(&'a Statement, Truster)>,
}

/// A principal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truster {
    /// Everybody.
    Anybody,
    /// An account as a whole.
    Account(String),
    /// A principal of an account, by ARN.
    Principal {
        /// Its account.
        account: String,
        /// Its ARN.
        arn: String,
    },
    /// A service, `ecs-tasks.amazonaws.com`.
    Service(String),
    /// An identity provider.
    Federated(String),
    /// Something else: a unique id of a deleted principal, or an unknown form.
    Other(String),
}

/// Whom `document` admits.
#[must_use]
pub fn trust(document: &Document) -> Trust<'_> {
    let mut trusters = Vec::new();
    for statement in document.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        if statement.not_principal {
            trusters.push((statement, Truster::Anybody));
            continue;
        }
        for (kind, names) in &statement.principals {
            trusters.extend(names.iter().map(|name| (statement, truster(kind, name))));
        }
    }
    Trust { trusters }
}

fn truster(kind: &str, name: &str) -> Truster {
    match kind {
        _ if name == "*" => Truster::Anybody,
        "Service" => Truster::Service(name.to_owned()),
        "Federated" => Truster::Federated(name.to_owned()),
        "AWS" if name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit()) => Truster::Account(name.to_owned()),
        "AWS" => match name.split(':').collect::<Vec<_>>().as_slice() {
            ["arn", _, "iam", "", account, "root"] => Truster::Account((*account).to_owned()),
            ["arn", _, "iam" | "sts", "", account, ..] => Truster::Principal { account: (*account).to_owned(), arn: name.to_owned() },
            _ => Truster::Other(name.to_owned()),
        },
        _ => Truster::Other(name.to_owned()),
    }
}

/// Condition keys whose value reduces who may come to accounts or organisations that are named.
const REDUCING: &[&str] = &["aws:principalorgid", "aws:principalaccount", "aws:sourceaccount", "aws:principalarn", "aws:principalorgpaths"];

impl Statement {
    /// Whether a condition confines the callers to `accounts`, to an organisation, or to named
    /// principals of those accounts.
    #[must_use]
    pub fn confined_to(&self, accounts: &[&str]) -> bool {
        self.conditions.iter().any(|condition| {
            let positive = ["stringequals", "stringlike", "arnequals", "arnlike"].contains(&condition.operator.to_lowercase().as_str());
            positive
                && REDUCING.contains(&condition.key.as_str())
                && !condition.values.is_empty()
                && condition.values.iter().all(|value| match condition.key.as_str() {
                    "aws:principalorgid" | "aws:principalorgpaths" => value.starts_with("o-") && !value.starts_with("o-*"),
                    "aws:principalarn" => value.split(':').nth(4).is_some_and(|account| accounts.contains(&account)),
                    _ => accounts.contains(&value.as_str()),
                })
        })
    }

    /// Whether a condition asks for the external id.
    #[must_use]
    pub fn asks_external_id(&self) -> bool {
        self.conditions.iter().any(|condition| condition.key == "sts:externalid" && condition.operator.to_lowercase() == "stringequals")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;

    fn of(principal: &str) -> Truster {
        let text = format!(r#"{{"Statement":[{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"}}]}}"#);
        let document = parse(&text).document.unwrap();
        trust(&document).trusters[0].1.clone()
    }

    #[test]
    fn principals_are_told_apart() {
        assert_eq!(of("\"*\""), Truster::Anybody);
        assert_eq!(of(r#"{"AWS":["*"]}"#), Truster::Anybody);
        assert_eq!(of(r#"{"AWS":"111122223333"}"#), Truster::Account("111122223333".into()));
        assert_eq!(of(r#"{"AWS":"arn:aws:iam::111122223333:root"}"#), Truster::Account("111122223333".into()));
        assert_eq!(of(r#"{"Service":"ecs-tasks.amazonaws.com"}"#), Truster::Service("ecs-tasks.amazonaws.com".into()));
        assert_eq!(of(r#"{"AWS":"AROAEXAMPLE"}"#), Truster::Other("AROAEXAMPLE".into()));
    }

    #[test]
    fn only_named_accounts_and_organisations_confine() {
        let confined = |condition: &str| {
            let text =
                format!(r#"{{"Statement":[{{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{condition}}}]}}"#);
            let document = parse(&text).document.unwrap();
            document.statements[0].confined_to(&["111122223333"])
        };
        assert!(confined(r#"{"StringEquals":{"aws:PrincipalOrgID":"o-abcdef1234"}}"#));
        assert!(confined(r#"{"StringEquals":{"AWS:PrincipalAccount":["111122223333"]}}"#));
        assert!(!confined(r#"{"StringEquals":{"aws:PrincipalAccount":["111122223333","999988887777"]}}"#));
        assert!(!confined(r#"{"StringLike":{"aws:PrincipalOrgID":"*"}}"#));
        assert!(!confined(r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-abcdef1234"}}"#));
        assert!(!confined(r#"{"Bool":{"aws:SecureTransport":"true"}}"#));
    }
}
