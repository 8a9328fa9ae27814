//! Changes to a world that may not change an answer, or only one way.

use super::oracle::{Condition, Policy, Statement, World};

/// Adds a statement at one of six places; at the caller's own policies where that one is not there.
pub(crate) fn add(world: &mut World, place: usize, statement: Statement) {
    let bare = Statement { principals: None, not_principal: false, ..statement.clone() };
    let of_everybody = Statement { principals: Some(vec![("*".to_owned(), "*".to_owned())]), ..bare.clone() };
    let into = |policies: &mut Vec<Policy>, statement| match policies.first_mut() {
        Some(policy) => policy.statements.push(statement),
        None => policies.push(Policy { v2012: true, statements: vec![statement] }),
    };
    match (place, &mut world.boundary, &mut world.session, world.scp.first_mut(), world.rcp.first_mut()) {
        (1, Some(policy), ..) | (2, _, Some(policy), ..) => policy.statements.push(bare),
        (3, _, _, Some(level), _) => into(level, bare),
        (4, _, _, _, Some(level)) => into(level, of_everybody),
        (5, ..) => into(&mut world.resource, statement),
        _ => into(&mut world.identity, bare),
    }
}

/// The world with each of its policies changed, and the lists of policies turned round.
pub(crate) fn each_policy(world: &World, change: impl Fn(&Policy) -> Policy) -> World {
    let list = |policies: &[Policy]| policies.iter().map(&change).collect::<Vec<_>>();
    World {
        identity: list(&world.identity).into_iter().rev().collect(),
        boundary: world.boundary.as_ref().map(&change),
        session: world.session.as_ref().map(&change),
        scp: world.scp.iter().map(|level| list(level)).collect(),
        rcp: world.rcp.iter().map(|level| list(level)).collect(),
        resource: list(&world.resource).into_iter().rev().collect(),
        ..world.clone()
    }
}

fn turn<T: Clone>(list: &[T]) -> Vec<T> {
    list.iter().rev().cloned().collect()
}

/// The same policy with every list turned round.
pub(crate) fn reversed(policy: &Policy) -> Policy {
    let statements = policy.statements.iter().rev().map(|one| {
        let conditions = one.conditions.iter().rev().map(|condition| Condition { values: turn(&condition.values), ..condition.clone() });
        Statement {
            principals: one.principals.as_deref().map(turn),
            actions: turn(&one.actions),
            resources: one.resources.as_deref().map(turn),
            conditions: conditions.collect(),
            ..one.clone()
        }
    });
    Policy { statements: statements.collect(), ..policy.clone() }
}

/// The same policy in statements of one action and one resource, where nothing is negated.
pub(crate) fn split(policy: &Policy) -> Policy {
    let statements = policy.statements.iter().flat_map(|one| {
        let resources = one.resources.clone().unwrap_or_default();
        let actions: Vec<Vec<String>> =
            if one.not_action { vec![one.actions.clone()] } else { one.actions.iter().map(|action| vec![action.clone()]).collect() };
        let resources: Vec<Vec<String>> =
            if one.not_resource { vec![resources] } else { resources.into_iter().map(|resource| vec![resource]).collect() };
        let pairs =
            actions.into_iter().flat_map(move |action| resources.clone().into_iter().map(move |resource| (action.clone(), resource)));
        pairs.map(|(actions, resources)| Statement { actions, resources: Some(resources), ..one.clone() }).collect::<Vec<_>>()
    });
    Policy { statements: statements.collect(), ..policy.clone() }
}

/// A policy for each statement.
pub(crate) fn one_each(policy: &Policy) -> Vec<Policy> {
    policy.statements.iter().map(|one| Policy { statements: vec![one.clone()], ..policy.clone() }).collect()
}
