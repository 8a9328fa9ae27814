//! Whether a value of a request matches one of the values a condition lists, negation apart.

use super::known::{Form, known};
use super::value::{self, Decimal, Instant, Range};
use super::{arns, fold::fold};
use crate::glob;
use crate::key::Context;
use crate::policy::{Atom, Operator, Version};
use crate::readings::{Reading, Readings};
use crate::tri::Tri;
use crate::variable::{self, Substituted};

/// What a comparison rests on apart from the two values.
#[derive(Clone, Copy)]
pub(super) struct Situation<'a> {
    pub(super) version: Version,
    pub(super) context: Context<'a>,
    pub(super) readings: Readings,
}

/// A value of a request.
#[derive(Clone, Copy)]
pub(super) enum Seen<'a> {
    Exactly(&'a str),
    /// Some text that a glob matches.
    Like(&'a str),
}

/// Whether `seen` matches a value of the condition.
pub(super) fn any_matches(atom: &Atom, operator: Operator, seen: Seen<'_>, at: Situation<'_>) -> Tri {
    let mut result = Tri::False;
    for value in &atom.values {
        result = result.or(matches(operator, value, seen, at));
        if result == Tri::True {
            break;
        }
    }
    result
}

/// Whether the values of a condition leave nothing out that its key can have, by the form of the key.
pub(super) fn matches_all_of(atom: &Atom, operator: Operator) -> bool {
    let has_truth = |wanted| atom.values.iter().any(|text| value::truth(text) == Some(wanted));
    let has_range = |wanted| atom.values.iter().any(|text| Range::parse(text) == Some(wanted));
    let form = || known(&atom.folded_key).0;
    match operator {
        Operator::Bool => has_truth(true) && has_truth(false) && form() == Form::Truth,
        Operator::IpAddress => has_range(Range::EVERY_V4) && has_range(Range::EVERY_V6) && form() == Form::Address,
        _ => false,
    }
}

/// Whether variables in a text are replaced.
pub(super) fn is_variable(text: &str, version: Version) -> bool {
    version == Version::V2012 && variable::has_variables(text)
}

fn matches(operator: Operator, wanted: &str, seen: Seen<'_>, at: Situation<'_>) -> Tri {
    match operator {
        Operator::StringEquals => exact(wanted, seen, at),
        Operator::StringEqualsIgnoreCase => ignoring_case(wanted, seen, at),
        Operator::StringLike => like(wanted, seen, at),
        Operator::ArnLike => arn(wanted, seen, at),
        Operator::Bool => truth(wanted, seen, at),
        Operator::NumericEquals
        | Operator::NumericLessThan
        | Operator::NumericLessThanEquals
        | Operator::NumericGreaterThan
        | Operator::NumericGreaterThanEquals => {
            parsed(seen, at, |seen| Some(Decimal::parse(seen)?.compare(Decimal::parse(wanted)?)), |order| ordered(operator, order))
        }
        Operator::DateEquals
        | Operator::DateLessThan
        | Operator::DateLessThanEquals
        | Operator::DateGreaterThan
        | Operator::DateGreaterThanEquals => {
            parsed(seen, at, |seen| Some(Instant::parse(seen)?.cmp(&Instant::parse(wanted)?)), |order| ordered(operator, order))
        }
        Operator::BinaryEquals => parsed(seen, at, |seen| Some(value::bytes(wanted)? == seen.as_bytes()), Tri::from),
        Operator::IpAddress => parsed(
            seen,
            at,
            |seen| Some((Range::parse(wanted)?, value::address(seen)?)),
            |(range, address)| {
                let mapped = || at.readings.split(Reading::MappedIpv6, |wide| (wide && range.contains_mapped(address)).into());
                if range.contains(address) { Tri::True } else { mapped() }
            },
        ),
        // Asks whether the key is there, not what it is; the evaluation answers before values are compared.
        Operator::Null => Tri::Open,
    }
}

fn exact(wanted: &str, seen: Seen<'_>, at: Situation<'_>) -> Tri {
    if !is_variable(wanted, at.version) {
        return match seen {
            Seen::Exactly(seen) => (seen == wanted).into(),
            Seen::Like(glob) => Tri::of(false, glob == "*" || glob::matches(glob, wanted)),
        };
    }
    pattern(variable::substitute_exact(wanted, at.context, at.readings), seen)
}

fn like(wanted: &str, seen: Seen<'_>, at: Situation<'_>) -> Tri {
    if !is_variable(wanted, at.version) {
        return glob_matches(wanted, seen);
    }
    pattern(variable::substitute(wanted, 0, at.context, at.readings), seen)
}

fn pattern(wanted: Substituted<'_>, seen: Seen<'_>) -> Tri {
    match wanted {
        Substituted::Text(pattern) => glob_matches(&pattern, seen),
        Substituted::NoMatch => Tri::False,
        Substituted::Open { widest } => Tri::of(false, glob_matches(&widest, seen).may()),
    }
}

fn glob_matches(pattern: &str, seen: Seen<'_>) -> Tri {
    match seen {
        Seen::Like("*") => Tri::of(!pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*'), true),
        Seen::Exactly(seen) => glob::matches(pattern, seen).into(),
        Seen::Like(glob) => Tri::of(glob::covers(pattern, glob), glob::intersects(pattern, glob)),
    }
}

fn ignoring_case(wanted: &str, seen: Seen<'_>, at: Situation<'_>) -> Tri {
    if let (false, Seen::Exactly(seen)) = (is_variable(wanted, at.version), seen)
        && wanted.is_ascii()
        && seen.is_ascii()
    {
        return wanted.eq_ignore_ascii_case(seen).into();
    }
    let (wanted, open) = if is_variable(wanted, at.version) {
        match variable::substitute_exact(wanted, at.context, at.readings) {
            Substituted::Text(pattern) => (pattern, false),
            Substituted::NoMatch => return Tri::False,
            Substituted::Open { widest } => (widest.into(), true),
        }
    } else {
        (glob::escape(wanted), false)
    };
    let folded = |beyond_ascii| match seen {
        Seen::Exactly(seen) => glob_matches(&fold(&wanted, beyond_ascii), Seen::Exactly(&fold(seen, beyond_ascii))),
        Seen::Like(glob) => glob_matches(&fold(&wanted, beyond_ascii), Seen::Like(&fold(glob, beyond_ascii))),
    };
    let result = at.readings.split(Reading::FoldBeyondAscii, folded);
    if open { Tri::of(false, result.may()) } else { result }
}

fn arn(wanted: &str, seen: Seen<'_>, at: Situation<'_>) -> Tri {
    if !is_variable(wanted, at.version) {
        return match seen {
            Seen::Exactly(seen) => arns::matches(wanted, seen, at.readings),
            Seen::Like(glob) => arns::matches_glob(wanted, glob),
        };
    }
    let Seen::Exactly(value) = seen else { return Tri::of(false, like(wanted, seen, at).may()) };
    let Some(value_segments) = arns::of_arn(value) else {
        return at.readings.split(Reading::ArnOperatorOnNonArn, |wide| if wide { like(wanted, seen, at) } else { Tri::False });
    };
    // Colons in the value of a variable are part of a segment, so segments are taken apart first.
    let Some(segments) = arns::with_variables(wanted) else { return Tri::False };
    let each = segments.into_iter().zip(value_segments).map(|(wanted, value)| like(wanted, Seen::Exactly(value), at));
    each.min().unwrap_or(Tri::False)
}

fn truth(wanted: &str, seen: Seen<'_>, at: Situation<'_>) -> Tri {
    let compare = |wanted: &str| parsed(seen, at, |seen| Some(value::truth(wanted)? == value::truth(seen)?), Tri::from);
    if !is_variable(wanted, at.version) {
        return compare(wanted);
    }
    at.readings.split(Reading::VariableInBool, |wide| {
        if !wide {
            return compare(wanted);
        }
        match variable::substitute_exact(wanted, at.context, at.readings) {
            Substituted::Text(pattern) => compare(&glob::unescape(&pattern)),
            Substituted::NoMatch => Tri::False,
            Substituted::Open { .. } => Tri::Open,
        }
    })
}

/// Compares what has to be read first. What cannot be read matches under the wide reading.
fn parsed<T>(seen: Seen<'_>, at: Situation<'_>, read: impl FnOnce(&str) -> Option<T>, test: impl FnOnce(T) -> Tri) -> Tri {
    match seen {
        Seen::Exactly(seen) => read(seen).map_or_else(|| at.readings.split(Reading::GarbageValue, Tri::from), test),
        Seen::Like(_) => Tri::Open,
    }
}

fn ordered(operator: Operator, order: std::cmp::Ordering) -> Tri {
    Tri::from(match operator {
        Operator::NumericLessThan | Operator::DateLessThan => order.is_lt(),
        Operator::NumericLessThanEquals | Operator::DateLessThanEquals => order.is_le(),
        Operator::NumericGreaterThan | Operator::DateGreaterThan => order.is_gt(),
        Operator::NumericGreaterThanEquals | Operator::DateGreaterThanEquals => order.is_ge(),
        _ => order.is_eq(),
    })
}
