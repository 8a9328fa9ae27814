//! Keys that the caller chooses: is there a choice that opens the door, or does none?
//!
//! Candidates are leaving a key out, the constants that conditions compare it with, and one value no
//! condition knows. At most [`MOST`] combinations are tried; beyond that the answer stays open.

use std::collections::{BTreeMap, BTreeSet};

use super::bounds::{Answer, Bounds, Query};
use super::ground::{Lean, Unread};
use crate::arn::ArnPattern;
use crate::key::{Context, KeyState, Keys};
use crate::policy::{Atom, Operator, Quantifier, Statement};
use crate::tri::Tri;
use crate::variable;

/// Combinations that are tried.
pub(super) const MOST: usize = 64;

/// A value that no policy mentions.
const FRESH: &str = "a-value-of-the-caller";

/// Sharpens an open answer by trying what the caller may choose.
pub(super) fn sharpen(bounds: &Bounds<'_>, query: &Query<'_>, unread: Unread) -> Answer {
    let Some(choices) = Choices::of(bounds, query) else { return Answer::Possibly };
    let mut some = false;
    for keys in choices.combinations(query.bound) {
        match bounds.tri(&Query { bound: &keys, ..*query }, unread, Lean::Neither, &mut ()) {
            Tri::True => return Answer::Surely,
            Tri::Open => some = true,
            Tri::False => {}
        }
    }
    // No choice is left out where conditions only ask whether the key is one of their constants.
    if some || !choices.exhaustive { Answer::Possibly } else { Answer::Never }
}

/// The choice that opens the door, for explanations.
pub(super) fn choice(bounds: &Bounds<'_>, query: &Query<'_>) -> Option<Vec<(String, Option<String>)>> {
    let choices = Choices::of(bounds, query)?;
    let opens = |keys: &Keys| bounds.tri(&Query { bound: keys, ..*query }, Unread::MaySayAnything, Lean::Neither, &mut ()) == Tri::True;
    let keys = choices.combinations(query.bound).find(opens)?;
    let told = choices.by_key.keys().map(|key| {
        let value = match keys.get(key) {
            Some(KeyState::Exactly(values)) => values.first().map(|value| value.to_string()),
            _ => None,
        };
        (key.clone(), value)
    });
    Some(told.collect())
}

struct Choices {
    by_key: BTreeMap<String, Vec<Option<Box<str>>>>,
    exhaustive: bool,
}

impl Choices {
    /// The chosen keys in conditions that bear on the question; none if there are none, or too many.
    fn of(bounds: &Bounds<'_>, query: &Query<'_>) -> Option<Self> {
        let context = Context::new(query.bound, &bounds.base);
        let mut constants: BTreeMap<String, BTreeSet<Box<str>>> = BTreeMap::new();
        let mut exhaustive = true;
        let of_resource = query.facts.into_iter().flat_map(|facts| &facts.policies).filter_map(|one| one.document.as_ref().ok());
        let of_resource = of_resource.flat_map(|document| &document.statements);
        for statement in bounds.grounds.statements().map(|ready| ready.statement).chain(of_resource) {
            let varies = varies(statement);
            if !varies && statement.conditions.is_empty() || !statement.actions.matches(&query.action, crate::Readings::OPEN).may() {
                continue;
            }
            // Through a variable the choice may have to be a text that is no constant of any condition.
            exhaustive &= !varies;
            for atom in &statement.conditions {
                if *context.state(&atom.folded_key) == KeyState::Chosen {
                    exhaustive &= compares_constants(atom);
                    constants.entry(atom.folded_key.to_string()).or_default().extend(values(atom));
                }
            }
        }
        let by_key: BTreeMap<_, Vec<_>> = constants
            .into_iter()
            .map(|(key, constants)| (key, [None, Some(FRESH.into())].into_iter().chain(constants.into_iter().map(Some)).collect()))
            .collect();
        let combinations = by_key.values().map(Vec::len).try_fold(1_usize, |product, n| product.checked_mul(n));
        (!by_key.is_empty() && combinations.is_some_and(|n| n <= MOST)).then_some(Self { by_key, exhaustive })
    }

    /// Every combination, in order, on top of the keys already bound.
    fn combinations(&self, bound: &Keys) -> impl Iterator<Item = Keys> {
        let total: usize = self.by_key.values().map(Vec::len).product();
        (0..total).map(move |mut n| {
            let mut keys = bound.clone();
            for (key, candidates) in &self.by_key {
                let picked = candidates.get(n % candidates.len()).cloned().flatten();
                n /= candidates.len();
                keys.set(key, picked.map_or(KeyState::Absent, KeyState::one));
            }
            keys
        })
    }
}

/// Whether the statement has variables, whatever their keys.
fn varies(statement: &Statement) -> bool {
    let in_resources = || statement.resources.iter().flat_map(|resources| &resources.patterns).any(ArnPattern::has_variables);
    let in_values = || statement.conditions.iter().flat_map(|atom| &atom.values).any(|value| variable::has_variables(value));
    in_resources() || in_values()
}

/// Whether the atom only asks whether the key is one of its constants, or is there at all.
fn compares_constants(atom: &Atom) -> bool {
    atom.test.is_some_and(|test| {
        test.quantifier == Quantifier::Plain
            && matches!(test.operator, Operator::StringEquals | Operator::Null | Operator::Bool)
            && !atom.values.iter().any(|value| variable::has_variables(value) || value.is_empty())
            && crate::catalogue::is_multivalued(&atom.folded_key) == Some(false)
    })
}

/// Values worth trying against an atom.
fn values(atom: &Atom) -> Vec<Box<str>> {
    let Some(test) = atom.test else { return Vec::new() };
    let plain = |value: &str| -> Box<str> { value.replace('*', "").replace('?', "x").into() };
    match test.operator {
        Operator::Null => Vec::new(),
        Operator::Bool => ["true", "false"].map(Box::from).to_vec(),
        Operator::StringLike | Operator::ArnLike => atom.values.iter().map(|value| plain(value)).collect(),
        Operator::IpAddress => atom.values.iter().map(|value| value.split('/').next().unwrap_or_default().into()).collect(),
        Operator::NumericLessThan
        | Operator::NumericLessThanEquals
        | Operator::NumericGreaterThan
        | Operator::NumericGreaterThanEquals
        | Operator::NumericEquals => atom
            .values
            .iter()
            .filter_map(|value| value.parse::<i64>().ok())
            .flat_map(|number| [number.checked_sub(1), Some(number), number.checked_add(1)])
            .flatten()
            .map(|number| number.to_string().into())
            .collect(),
        _ => atom.values.iter().filter(|value| !variable::has_variables(value)).cloned().collect(),
    }
}
