//! Elastic Load Balancing v2.
//!
//! Source: Elastic Load Balancing API Reference.

use serde_json::Value;

use super::{Answer, Read, after, listed, output, size, text_of};
use crate::call::Call;
use crate::estate::{Estate, Table};
use crate::token;
use crate::wire::Refusal;

pub(crate) const OPERATIONS: &[(&str, Read)] = &[
    ("DescribeLoadBalancers", |e, c| {
        let by =
            By { ids: ("LoadBalancerArns", "LoadBalancerArn"), names: ("Names", "LoadBalancerName"), not_found: "LoadBalancerNotFound" };
        describe(c, &e.load_balancers, "LoadBalancers", &by, |_| true)
    }),
    ("DescribeListeners", listeners),
    ("DescribeTargetGroups", target_groups),
];

struct By {
    ids: (&'static str, &'static str),
    names: (&'static str, &'static str),
    not_found: &'static str,
}

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "ValidationError", message)
}

fn listeners(estate: &Estate, call: &Call) -> Answer {
    let balancer = call.text("LoadBalancerArn");
    if balancer.is_none() && call.texts("ListenerArns").is_empty() {
        return Err(invalid("You must specify either listener ARNs or a load balancer ARN".into()));
    }
    known_balancer(estate, balancer)?;
    let by = By { ids: ("ListenerArns", "ListenerArn"), names: ("", ""), not_found: "ListenerNotFound" };
    describe(call, &estate.listeners, "Listeners", &by, |one| balancer.is_none_or(|arn| text_of(one, "LoadBalancerArn") == arn))
}

fn target_groups(estate: &Estate, call: &Call) -> Answer {
    let balancer = call.text("LoadBalancerArn");
    known_balancer(estate, balancer)?;
    let by = By { ids: ("TargetGroupArns", "TargetGroupArn"), names: ("Names", "TargetGroupName"), not_found: "TargetGroupNotFound" };
    describe(call, &estate.target_groups, "TargetGroups", &by, |one| {
        let behind = one.get("LoadBalancerArns").and_then(Value::as_array);
        balancer.is_none_or(|arn| behind.is_some_and(|list| list.iter().any(|one| one.as_str() == Some(arn))))
    })
}

fn known_balancer(estate: &Estate, arn: Option<&str>) -> Result<(), Refusal> {
    match arn {
        Some(arn) if !estate.load_balancers.contains_key(arn) => {
            Err(Refusal::new(400, "LoadBalancerNotFound", format!("Load balancers '[{arn}]' not found")))
        }
        _ => Ok(()),
    }
}

fn describe(call: &Call, table: &Table, member: &str, by: &By, keep: impl Fn(&Value) -> bool) -> Answer {
    let most = size(call, "PageSize", (1, 400, 400), invalid)?;
    let (ids, names) = (call.texts(by.ids.0), call.texts(by.names.0));
    // AWS takes twenty of either in one call.
    if ids.len() > 20 || names.len() > 20 {
        return Err(invalid("at most 20 can be described by ARN or name".into()));
    }
    if let Some(absent) = ids.iter().find(|id| !table.contains_key(*id)) {
        return Err(Refusal::new(400, by.not_found, format!("'[{absent}]' not found")));
    }
    if let Some(absent) = names.iter().find(|name| !table.values().any(|one| text_of(one, by.names.1) == *name)) {
        return Err(Refusal::new(400, by.not_found, format!("'[{absent}]' not found")));
    }
    let chosen = |one: &Value| {
        (ids.is_empty() || ids.iter().any(|id| text_of(one, by.ids.1) == id))
            && (names.is_empty() || names.iter().any(|name| text_of(one, by.names.1) == name))
    };
    let after = after(call, "Marker", invalid)?;
    let (page, last) = token::page(table, "", after.as_deref(), most, |_, one| chosen(one) && keep(one));
    let list = page.into_iter().map(|(_, one)| one.clone()).collect();
    output(listed((member, list), ("NextMarker", last.map(|last| token::seal(call, &last, call.text("Marker"))))))
}
