//! Conditions: a table of every operator, the cases that others get wrong, and the law that what is
//! said of a key of which little is known holds for every value it may turn out to have.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod cases;
mod law;
mod table;
mod together;
mod unseen;
mod variables;

use wallwalk_iam::condition::{all_hold, holds, test_of};
use wallwalk_iam::policy::{Atom, Version};
use wallwalk_iam::{Context, KeyState, Keys, Readings, Tri};

fn atom(operator: &str, key: &str, values: &[&str]) -> Atom {
    Atom {
        written: operator.into(),
        test: test_of(operator),
        key: key.into(),
        folded_key: key.to_lowercase().into(),
        values: texts(values),
        doubtful: false,
    }
}

fn texts(values: &[&str]) -> Vec<Box<str>> {
    values.iter().map(|value| (*value).into()).collect()
}

fn exactly(values: &[&str]) -> KeyState {
    KeyState::Exactly(texts(values))
}

fn in_state(atom: &Atom, state: &KeyState, readings: Readings) -> Tri {
    let nothing = Keys::new();
    holds(atom, state, Version::V2012, Context::closed(&nothing), readings)
}

/// With every reading open.
fn of(operator: &str, values: &[&str], request: &[&str]) -> Tri {
    in_state(&atom(operator, "k", values), &exactly(request), Readings::OPEN)
}

fn like(glob: &str) -> KeyState {
    KeyState::Like(glob.into())
}

fn one_of(values: &[&str]) -> KeyState {
    KeyState::OneOf(texts(values))
}

/// With every reading open and nothing bound by the question.
fn all(atoms: &[Atom], keys: &Keys) -> Tri {
    let nothing = Keys::new();
    all_hold(atoms, Version::V2012, Context::new(&nothing, keys), Readings::OPEN)
}
