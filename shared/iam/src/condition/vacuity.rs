//! Conditions that look like a restriction and are none, for the reader of a policy.
//!
//! The evaluation does not ask this module: there an atom holds if it holds for every state its key may
//! have. This one also tells what a caller can arrange at will.

use super::compare::{Seen, Situation, any_matches, is_variable, matches_all_of};
use super::evaluate::{hold_for, holds_without_key};
use super::known::{Carried, known};
use super::value;
use crate::catalogue;
use crate::key::{Context, KeyState, Keys};
use crate::policy::{Atom, Operator, Quantifier, Version};
use crate::readings::Readings;
use crate::tri::Tri;

/// Whether a condition, alone in its statement, restricts nothing that a session of a role asks.
#[must_use]
pub fn vacuous(atom: &Atom) -> bool {
    vacuities(std::slice::from_ref(atom)).next().is_some()
}

/// The conditions of a statement that restrict nothing that a session of a role asks, with the reason.
pub fn vacuities(atoms: &[Atom]) -> impl Iterator<Item = (&Atom, &'static str)> {
    atoms.iter().filter_map(|atom| Some((atom, reason(atom, atoms)?)))
}

fn reason(atom: &Atom, atoms: &[Atom]) -> Option<&'static str> {
    let test = atom.test.filter(|_| !atom.doubtful && !atom.values.is_empty())?;
    let carried = known(&atom.folded_key).1;
    let nothing = Keys::new();
    let at = Situation { version: Version::V2012, context: Context::new(&nothing, &nothing), readings: Readings::believed() };
    let wants = |wanted| atom.values.iter().any(|text| value::truth(text) == Some(wanted));
    if test.operator == Operator::Null {
        return match (wants(true), wants(false)) {
            (true, true) => Some("one of `true` and `false` always holds"),
            (false, true) if carried == Carried::Always => Some("every request carries the key"),
            (true, false) if carried == Carried::Never => Some("sessions of roles do not carry the key"),
            _ => None,
        };
    }
    if holds_without_key(test) && carried == Carried::Never {
        return Some("sessions of roles do not carry the key, and it holds without");
    }
    if !test.negated && matches_everything(atom, test.operator, at) {
        // A request through a VPC endpoint carries no address; nobody who writes these ranges thinks of that.
        let every_address = test.operator == Operator::IpAddress;
        if every_address || holds_without_key(test) || carried == Carried::Always {
            return Some("every value matches");
        }
    }
    if test.operator == Operator::Bool && &*atom.folded_key == "aws:securetransport" && wants(true) {
        return Some("the caller chooses to use TLS");
    }
    let may_leave_out = test.quantifier == Quantifier::All && *catalogue::unlisted_state(&atom.folded_key) == KeyState::Chosen;
    let asked_for = || atoms.iter().any(|other| other.folded_key == atom.folded_key && hold_for::<&str>(other, &[], at) == Tri::False);
    (may_leave_out && !asked_for()).then_some("it also holds when the caller leaves the key out")
}

fn matches_everything(atom: &Atom, operator: Operator, at: Situation<'_>) -> bool {
    let varies = atom.values.iter().any(|value| is_variable(value, at.version));
    matches_all_of(atom, operator) || !varies && any_matches(atom, operator, Seen::Like("*"), at) == Tri::True
}
