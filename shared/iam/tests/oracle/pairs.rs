//! Statements few enough to try every pair of them.

use super::generate::{MANY, RESOURCES, SINGLE, TAG};
use super::oracle::{Condition, Statement};

/// Statements of one action, one resource and at most one condition, of each kind that matters.
pub(crate) fn small_statements() -> Vec<Statement> {
    let condition =
        |operator: &str, key: &str, value: &str| vec![Condition { operator: operator.into(), key: key.into(), values: vec![value.into()] }];
    let conditions = [
        Vec::new(),
        condition("StringEquals", SINGLE, "a"),
        condition("StringNotEquals", SINGLE, "a"),
        condition("StringEquals", MANY, "a"),
        condition("Null", TAG, "true"),
    ];
    let resources = ["*", RESOURCES[0], "arn:aws:ecs:*:*:task/*", "arn:aws:ecs:*:*:ta?k/a", "arn:aws:ecs:*:*:task/${aws:PrincipalTag/x}"];
    let mut all = Vec::new();
    for effect in ["Allow", "Deny"] {
        for action in ["*", "ecs:Stop*", "ecs:StopTask", "secretsmanager:GetFrob"] {
            for resource in resources {
                for conditions in &conditions {
                    all.push(Statement {
                        effect: effect.to_owned(),
                        not_principal: false,
                        principals: None,
                        not_action: false,
                        actions: vec![action.to_owned()],
                        not_resource: false,
                        resources: Some(vec![resource.to_owned()]),
                        conditions: conditions.clone(),
                    });
                }
            }
        }
    }
    all
}
