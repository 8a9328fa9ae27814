//! Whether conditions hold, by what is known of their keys.

use super::compare::{self, Seen, Situation};
use super::contradiction;
use super::known::{Form, known};
use super::value;
use crate::catalogue;
use crate::glob;
use crate::key::{Context, KeyState};
use crate::policy::{Atom, Operator, Quantifier, Test, Version};
use crate::readings::{Reading, Readings};
use crate::tri::Tri;

/// Whether all conditions of a statement hold; without any, they do. Conditions that no request meets
/// together do not hold, even where each by itself may.
#[must_use]
pub fn all_hold(atoms: &[Atom], version: Version, context: Context<'_>, readings: Readings) -> Tri {
    let at = Situation { version, context, readings };
    let mut result = Tri::True;
    for atom in atoms {
        result = result.and(hold(atom, context.state(&atom.folded_key), at));
        if result == Tri::False {
            return result;
        }
    }
    if result == Tri::Open && contradiction::excluded(atoms, at, |key| context.state(key)) { Tri::False } else { result }
}

/// Whether one condition holds for a key of which `state` is known: true if it holds for every value
/// the state admits, absence included where it does; false if for none. `context` is for variables in
/// the condition's values.
///
/// Where that cannot be decided cheaply the result is open, which is always right.
#[must_use]
pub fn holds(atom: &Atom, state: &KeyState, version: Version, context: Context<'_>, readings: Readings) -> Tri {
    hold(atom, state, Situation { version, context, readings })
}

fn hold(atom: &Atom, state: &KeyState, at: Situation<'_>) -> Tri {
    match state {
        KeyState::Absent => hold_for::<&str>(atom, &[], at),
        KeyState::Exactly(values) => hold_for(atom, values, at),
        KeyState::OneOf(values) => {
            values.iter().map(|value| hold_for(atom, std::slice::from_ref(value), at)).reduce(Tri::join).unwrap_or(Tri::Open)
        }
        KeyState::Like(glob) if !glob::has_wildcards(glob) => hold_for(atom, &[glob::unescape(glob)], at),
        KeyState::Like(glob) => hold_where(atom, Unseen { glob, absent: false, several: false }, at),
        KeyState::Present => hold_where(atom, Unseen { glob: "*", absent: false, several: true }, at),
        KeyState::Unknown | KeyState::Chosen => hold_where(atom, Unseen { glob: "*", absent: true, several: true }, at),
    }
}

/// Whether a condition holds for a request that carries exactly these values of its key.
pub(super) fn hold_for<V: AsRef<str>>(atom: &Atom, values: &[V], at: Situation<'_>) -> Tri {
    let test = match plainly(atom, at) {
        Ok(test) => test,
        Err(result) => return result,
    };
    let empty = || !values.is_empty() && values.iter().all(|value| value.as_ref().is_empty());
    if test.operator == Operator::Null {
        return if empty() { empty_is_null(at, |null| null_test(atom, null, at)) } else { null_test(atom, values.is_empty(), at) };
    }
    let one = |value: &V| compare::any_matches(atom, test.operator, Seen::Exactly(value.as_ref()), at);
    match (test.quantifier, values) {
        (_, []) => holds_without_key(test).into(),
        (Quantifier::Plain, [value]) => negate(one(value), test),
        (Quantifier::Plain, several) => {
            let any = |wide: bool| if wide { several.iter().map(one).max().unwrap_or(Tri::False) } else { Tri::False };
            negate(at.readings.split(reading_of_several(&atom.folded_key), any), test)
        }
        (quantifier, several) => {
            let each = several.iter().map(|value| negate(one(value), test));
            let of_set = if quantifier == Quantifier::All { each.min() } else { each.max() }.unwrap_or(Tri::Open);
            if empty() { empty_is_null(at, |null| if null { holds_without_key(test).into() } else { of_set }) } else { of_set }
        }
    }
}

/// What is not seen of a key: its values all match `glob`, it may be absent, it may have several.
#[derive(Clone, Copy)]
struct Unseen<'a> {
    glob: &'a str,
    absent: bool,
    several: bool,
}

fn hold_where(atom: &Atom, unseen: Unseen<'_>, at: Situation<'_>) -> Tri {
    let test = match plainly(atom, at) {
        Ok(test) => test,
        Err(result) => return result,
    };
    let anything = !unseen.glob.is_empty() && unseen.glob.bytes().all(|byte| byte == b'*');
    let may_be_empty = || glob::matches(unseen.glob, "") && known(&atom.folded_key).0 == Form::Free;
    let absent = |result: Tri, if_absent: &dyn Fn() -> Tri| if unseen.absent { result.join(if_absent()) } else { result };
    if test.operator == Operator::Null {
        let filled = null_test(atom, false, at);
        let present = if may_be_empty() { filled.join(empty_is_null(at, |null| null_test(atom, null, at))) } else { filled };
        return absent(present, &|| null_test(atom, true, at));
    }
    let matched = if anything && compare::matches_all_of(atom, test.operator) {
        Tri::True
    } else {
        compare::any_matches(atom, test.operator, Seen::Like(unseen.glob), at)
    };
    let present = if test.quantifier == Quantifier::Plain {
        // Several values change only what one value surely matches.
        let several = unseen.several && matched == Tri::True && may_have_several(&atom.folded_key);
        let of_several = |wide: bool| if wide { matched } else { Tri::False };
        negate(if several { matched.join(at.readings.split(reading_of_several(&atom.folded_key), of_several)) } else { matched }, test)
    } else {
        let of_set = negate(matched, test);
        if may_be_empty() {
            of_set.join(empty_is_null(at, |null| if null { holds_without_key(test).into() } else { of_set }))
        } else {
            of_set
        }
    };
    absent(present, &|| holds_without_key(test).into())
}

/// What an atom tests; or its result, where that does not depend on its key.
fn plainly(atom: &Atom, at: Situation<'_>) -> Result<Test, Tri> {
    let malformed = at.readings.split(Reading::Malformed, Tri::from);
    match atom.test {
        Some(_) if atom.doubtful => Err(malformed),
        Some(test) if atom.values.is_empty() => Err(if test.negated { malformed } else { Tri::False }),
        Some(test) => Ok(test),
        None => Err(malformed),
    }
}

/// Whether a test holds for a request that does not carry its key.
pub(super) fn holds_without_key(test: Test) -> bool {
    test.if_exists || test.quantifier == Quantifier::All || test.quantifier == Quantifier::Plain && test.negated
}

fn negate(matched: Tri, test: Test) -> Tri {
    if test.negated { !matched } else { matched }
}

/// `true` asks that the key be absent, `false` that it be there.
fn null_test(atom: &Atom, null: bool, at: Situation<'_>) -> Tri {
    let one = |value: &str| {
        value::truth(value).map_or_else(|| at.readings.split(Reading::GarbageValue, Tri::from), |wanted| (wanted == null).into())
    };
    atom.values.iter().map(|value| one(value)).max().unwrap_or(Tri::False)
}

fn empty_is_null(at: Situation<'_>, test: impl Fn(bool) -> Tri) -> Tri {
    at.readings.split(Reading::EmptyIsNull, test)
}

/// Whether a request may carry several values of a key.
pub(super) fn may_have_several(key: &str) -> bool {
    is_tag(key) || catalogue::is_multivalued(key) != Some(false)
}

/// The question that several values of a key raise for an operator without a set prefix. A tag has one
/// value: several are those of tags whose keys differ in case only.
pub(super) fn reading_of_several(key: &str) -> Reading {
    if is_tag(key) { Reading::TagKeyCase } else { Reading::PlainOperatorOnMany }
}

fn is_tag(key: &str) -> bool {
    key.split_once('/').is_some_and(|(family, _)| family.ends_with("tag"))
}
