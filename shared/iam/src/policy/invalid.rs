//! Values that their operator cannot read.

use super::model::{Atom, Operator, Quantifier, Test, Version};
use super::problem::Code;
use crate::condition;
use crate::key::{Context, KeyState, Keys};
use crate::readings::{Reading, Readings};

/// What is wrong with a value, if it is no number, date, range, base64 or truth value where one has to
/// be. What counts as one is asked of the evaluation, so that nobody is told otherwise than it decides:
/// compared with a value that can be read, the answer depends on how unreadable values are taken.
pub(super) fn invalid(operator: Operator, value: &str) -> Option<(Code, String)> {
    let (code, readable, what) = match operator {
        Operator::StringEquals | Operator::StringEqualsIgnoreCase | Operator::StringLike | Operator::ArnLike => return None,
        Operator::Null if value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") => return None,
        Operator::Null => return Some((Code::BoolInvalid, format!("`{value}` is neither `true` nor `false`: write one of them"))),
        Operator::NumericEquals
        | Operator::NumericLessThan
        | Operator::NumericLessThanEquals
        | Operator::NumericGreaterThan
        | Operator::NumericGreaterThanEquals => (Code::NumberInvalid, "0", "a number: write digits, with a point if need be"),
        Operator::DateEquals
        | Operator::DateLessThan
        | Operator::DateLessThanEquals
        | Operator::DateGreaterThan
        | Operator::DateGreaterThanEquals => (Code::DateInvalid, "0", "a date: write it as `2026-01-31T00:00:00Z`"),
        Operator::Bool => (Code::BoolInvalid, "true", "`true` or `false`: write one of them"),
        Operator::BinaryEquals => (Code::Base64Invalid, "", "base64: encode the bytes"),
        Operator::IpAddress => (Code::CidrInvalid, "0.0.0.0", "a range of addresses: write it as `10.0.0.0/8`"),
    };
    let test = Test { quantifier: Quantifier::Plain, operator, negated: false, if_exists: false };
    let atom = Atom { test: Some(test), ..Atom::new("", "", [value]) };
    let (state, none) = (KeyState::one(readable), Keys::new());
    let holds = |garbage_matches| {
        let readings = Readings::fixed(0).with(Reading::GarbageValue, garbage_matches);
        condition::holds(&atom, &state, Version::V2008, Context::closed(&none), readings)
    };
    (holds(false) != holds(true)).then(|| (code, format!("`{value}` is not {what}")))
}
