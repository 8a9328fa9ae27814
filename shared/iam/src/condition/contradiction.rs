//! Conditions that no request meets together.
//!
//! Found where one condition leaves only few values of its key: each of them is then tried on the
//! others. Contradictions between ranges and between patterns are not looked for.

use super::compare::{Situation, is_variable};
use super::evaluate::{hold_for, may_have_several, reading_of_several};
use super::value;
use crate::catalogue;
use crate::glob;
use crate::key::{Context, KeyState, Keys};
use crate::policy::{Atom, Operator, Quantifier, Version};
use crate::readings::{Reading, Readings};
use crate::tri::Tri;

/// Whether no request meets all of these, whoever makes it, as AWS is believed to read them.
#[must_use]
pub fn contradictory(atoms: &[Atom]) -> bool {
    let nothing = Keys::new();
    let readings = Readings::believed().with(Reading::TagKeyCase, false);
    let at = Situation { version: Version::V2012, context: Context::new(&nothing, &nothing), readings };
    excluded(atoms, at, |_| &KeyState::Unknown)
}

/// Whether what is known of a key and the conditions on it exclude each other. `state` is asked for the
/// keys of the conditions.
pub(super) fn excluded<'s>(atoms: &[Atom], at: Situation<'_>, state: impl Fn(&str) -> &'s KeyState) -> bool {
    atoms.iter().enumerate().any(|(index, atom)| {
        let beside = |(other_index, other): (usize, &Atom)| other_index != index && other.folded_key == atom.folded_key;
        atoms.iter().enumerate().any(beside) && leaves_nothing(atom, atoms, state(&atom.folded_key), at)
    })
}

/// Whether each of the few values that `atom` leaves of its key fails another condition.
fn leaves_nothing(atom: &Atom, atoms: &[Atom], state: &KeyState, at: Situation<'_>) -> bool {
    let fails_at = |values: &[&str], at| {
        let on_key = atoms.iter().filter(|other| other.folded_key == atom.folded_key);
        on_key.map(|other| hold_for(other, values, at)).any(|result| result == Tri::False)
    };
    let fails = |values: &[&str]| fails_at(values, at);
    let (absent, glob) = match state {
        KeyState::Absent | KeyState::Exactly(_) => return false,
        KeyState::OneOf(values) => return !values.is_empty() && values.iter().all(|value| fails(&[value])),
        KeyState::Like(glob) => (false, &**glob),
        KeyState::Present => (false, "*"),
        KeyState::Unknown | KeyState::Chosen => (true, "*"),
    };
    let value_fails = |value: &str| !glob::matches(glob, value) || fails(&[value]);
    match left(atom, state, at) {
        Left::Null => {
            // Whether an empty value counts as absence is one question, so its answers are tried one by one for all conditions.
            let (never, always) = (!at.readings.possibly_wide(Reading::EmptyIsNull), at.readings.surely_wide(Reading::EmptyIsNull));
            let read = |wide| Situation { readings: at.readings.with(Reading::EmptyIsNull, wide), ..at };
            let empty_fails = (always || fails_at(&[""], read(false))) && (never || fails_at(&[""], read(true)));
            (!absent || fails(&[])) && (empty_fails || !glob::matches(glob, ""))
        }
        Left::Listed { or_absent } => (!absent || !or_absent || fails(&[])) && atom.values.iter().all(|value| value_fails(value)),
        Left::Many => false,
    }
}

/// Which states of its key a condition leaves.
enum Left {
    /// Absence and, where that is as good as absence, empty values.
    Null,
    /// One of the values it lists; perhaps absence.
    Listed { or_absent: bool },
    /// Too many to try.
    Many,
}

fn left(atom: &Atom, state: &KeyState, at: Situation<'_>) -> Left {
    let Some(test) = atom.test.filter(|test| !test.negated && !atom.doubtful && test.quantifier == Quantifier::Plain) else {
        return Left::Many;
    };
    let plain_text = |value: &str| !is_variable(value, at.version);
    let listed = match test.operator {
        Operator::Null if atom.values.iter().all(|value| value::truth(value) == Some(true)) => return Left::Null,
        Operator::StringEquals => atom.values.iter().all(|value| plain_text(value)),
        Operator::StringLike | Operator::ArnLike => atom.values.iter().all(|value| plain_text(value) && !glob::has_wildcards(value)),
        _ => false,
    };
    if listed && has_one_value(&atom.folded_key, state, at.readings) { Left::Listed { or_absent: test.if_exists } } else { Left::Many }
}

/// Whether operators without a set prefix see one value of the key at most, or else match nothing.
fn has_one_value(key: &str, state: &KeyState, readings: Readings) -> bool {
    let one = matches!(state, KeyState::Like(_)) || !may_have_several(key);
    one || catalogue::is_multivalued(key) != Some(true) && !readings.possibly_wide(reading_of_several(key))
}
