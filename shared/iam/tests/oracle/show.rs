//! Policies of the oracle as JSON: for the engine to read, and for people where a law fails.

use std::fmt;

use serde_json::{Map, Value, json};

use super::oracle::{Policy, Statement, World};

/// The policy as JSON.
pub(crate) fn policy_json(policy: &Policy) -> Value {
    let version = if policy.v2012 { "2012-10-17" } else { "2008-10-17" };
    json!({"Version": version, "Statement": policy.statements.iter().map(statement_json).collect::<Vec<_>>()})
}

fn statement_json(statement: &Statement) -> Value {
    let mut out = Map::new();
    out.insert("Effect".to_owned(), json!(statement.effect));
    if let Some(principals) = &statement.principals {
        let mut kinds = Map::new();
        for (kind, name) in principals {
            let names = kinds.entry(kind.clone()).or_insert_with(|| json!([]));
            names.as_array_mut().expect("a list").push(json!(name));
        }
        let value = if kinds.contains_key("*") { json!("*") } else { Value::Object(kinds) };
        out.insert(if statement.not_principal { "NotPrincipal" } else { "Principal" }.to_owned(), value);
    }
    out.insert(if statement.not_action { "NotAction" } else { "Action" }.to_owned(), json!(statement.actions));
    if let Some(resources) = &statement.resources {
        out.insert(if statement.not_resource { "NotResource" } else { "Resource" }.to_owned(), json!(resources));
    }
    let mut conditions = Map::new();
    for one in &statement.conditions {
        let keys = conditions.entry(one.operator.clone()).or_insert_with(|| json!({}));
        keys.as_object_mut().expect("an object").insert(one.key.clone(), json!(one.values));
    }
    if !conditions.is_empty() {
        out.insert("Condition".to_owned(), Value::Object(conditions));
    }
    Value::Object(out)
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", policy_json(self))
    }
}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", statement_json(self))
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "owner {} {:?} management {}", self.owner, self.guard, self.caller.management)?;
        let alone = [("boundary", &self.boundary), ("session", &self.session), ("endpoint", &self.endpoint)];
        let alone = alone.into_iter().flat_map(|(what, policy)| policy.iter().map(move |policy| (what, policy)));
        let levels = [("scp", &self.scp), ("rcp", &self.rcp)];
        let levels = levels.into_iter().flat_map(|(what, levels)| levels.iter().flatten().map(move |policy| (what, policy)));
        let lists = [("identity", &self.identity), ("resource", &self.resource)];
        let lists = lists.into_iter().flat_map(|(what, list)| list.iter().map(move |policy| (what, policy)));
        lists.chain(alone).chain(levels).try_for_each(|(what, policy)| write!(f, "\n  {what} {policy:?}"))
    }
}
