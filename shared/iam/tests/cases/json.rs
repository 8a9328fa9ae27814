//! Policies of the oracle, from JSON. What is malformed beyond an unknown effect is left to the parser's own tests.

use std::collections::BTreeSet;

use serde_json::Value;

use super::oracle::{Condition, Policy, Statement, World};

/// The texts of a scalar or list.
fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().flat_map(list).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

impl Policy {
    /// A policy from its JSON.
    pub(crate) fn from_json(value: &Value) -> Self {
        let statements = match &value["Statement"] {
            Value::Array(all) => all.iter().map(Statement::from_json).collect(),
            Value::Null => Vec::new(),
            one => vec![Statement::from_json(one)],
        };
        Self { v2012: value["Version"] == "2012-10-17", statements }
    }
}

impl Statement {
    fn from_json(value: &Value) -> Self {
        let either = |plain: &str, not: &str| match (value.get(plain), value.get(not)) {
            (Some(list), _) => (false, Some(list.clone())),
            (None, Some(list)) => (true, Some(list.clone())),
            (None, None) => (false, None),
        };
        let (not_principal, principals) = either("Principal", "NotPrincipal");
        let (not_action, actions) = either("Action", "NotAction");
        let (not_resource, resources) = either("Resource", "NotResource");
        let principals = principals.map(|principals| match &principals {
            Value::Object(kinds) => {
                kinds.iter().flat_map(|(kind, names)| list(names).into_iter().map(move |name| (kind.clone(), name))).collect()
            }
            star => list(star).into_iter().map(|name| ("*".to_owned(), name)).collect(),
        });
        let mut conditions = Vec::new();
        for (operator, keys) in value["Condition"].as_object().into_iter().flatten() {
            for (key, values) in keys.as_object().into_iter().flatten() {
                conditions.push(Condition { operator: operator.clone(), key: key.clone(), values: list(values) });
            }
        }
        Self {
            effect: value["Effect"].as_str().unwrap_or_default().to_owned(),
            not_principal,
            principals,
            not_action,
            actions: actions.as_ref().map(list).unwrap_or_default(),
            not_resource,
            resources: resources.as_ref().map(list),
            conditions,
        }
    }
}

impl World {
    /// Keys that conditions and variables mention, in lower case, and every value that conditions compare with.
    pub(crate) fn mentions(&self) -> (BTreeSet<String>, Vec<String>) {
        let levels = self.scp.iter().chain(&self.rcp).flatten();
        let single = self.boundary.iter().chain(&self.session).chain(&self.endpoint);
        let statements = self.identity.iter().chain(&self.resource).chain(single).chain(levels).flat_map(|policy| &policy.statements);
        let (mut keys, mut values) = (BTreeSet::new(), BTreeSet::from(["".to_owned(), "fresh".to_owned()]));
        for one in statements {
            for condition in &one.conditions {
                keys.insert(condition.key.to_ascii_lowercase());
                for value in &condition.values {
                    values.extend([value.clone(), value.replace('*', ""), value.replace(['*', '?'], "x")]);
                }
            }
            let texts = one.conditions.iter().flat_map(|condition| &condition.values).chain(one.resources.iter().flatten());
            for text in texts {
                for variable in text.split("${").skip(1) {
                    keys.insert(variable.split([',', '}']).next().unwrap_or_default().to_ascii_lowercase());
                }
            }
        }
        (keys, values.into_iter().collect())
    }
}
