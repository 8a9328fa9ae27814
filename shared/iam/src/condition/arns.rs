//! ARNs in conditions: six segments, each compared by itself.
//!
//! Unlike in the resources of a statement, a `*` never runs over a colon, except in the sixth segment.
//!
//! Source: IAM User Guide, "Amazon Resource Name (ARN) condition operators".

use crate::glob;
use crate::readings::{Reading, Readings};
use crate::tri::Tri;
use crate::variable::{self, Piece};

/// Whether a pattern matches a value.
pub(super) fn matches(pattern: &str, value: &str, readings: Readings) -> Tri {
    if pattern == "*" {
        return Tri::True;
    }
    let Some(value_segments) = of_arn(value) else {
        return readings.split(Reading::ArnOperatorOnNonArn, |wide| (wide && glob::matches(pattern, value)).into());
    };
    let Some(pattern_segments) = segments(pattern) else { return Tri::False };
    pattern_segments.iter().zip(value_segments).all(|(pattern, value)| glob::matches(pattern, value)).into()
}

/// Whether a pattern matches a value of which only a glob is known.
pub(super) fn matches_glob(pattern: &str, value: &str) -> Tri {
    if pattern == "*" {
        return Tri::True;
    }
    // Segments compared one by one never match more than the texts as wholes do.
    let apart = !glob::intersects(pattern, value);
    let (Some([head @ .., last]), false) = (segments(pattern), apart) else { return Tri::of(false, !apart) };
    let Some([value_head @ .., value_last]) = of_arn(value) else { return Tri::Open };
    if value_head.iter().any(|segment| glob::has_wildcards(segment)) {
        return Tri::Open;
    }
    let heads = head.iter().zip(value_head).all(|(pattern, value)| glob::matches(pattern, value));
    Tri::of(heads && glob::covers(last, value_last), heads && glob::intersects(last, value_last))
}

/// The segments of a value, if it is an ARN.
pub(super) fn of_arn(value: &str) -> Option<[&str; 6]> {
    segments(value).filter(|[first, ..]| *first == "arn")
}

/// The segments of a pattern with variables, whose names hold colons too.
pub(super) fn with_variables(pattern: &str) -> Option<[&str; 6]> {
    let mut result = [""; 6];
    let (mut from, mut at, mut found) = (0, 0, 0);
    for piece in variable::pieces(pattern) {
        let (text, is_variable) = match piece {
            Piece::Literal(text) | Piece::Unterminated(text) => (text, false),
            Piece::Variable { written, .. } => (written, true),
        };
        for (colon, _) in text.match_indices(':').filter(|_| !is_variable).take(5 - found) {
            *result.get_mut(found)? = pattern.get(from..at + colon)?;
            (from, found) = (at + colon + 1, found + 1);
        }
        at += text.len();
    }
    *result.get_mut(found).filter(|_| found == 5)? = pattern.get(from..)?;
    Some(result)
}

/// The five segments before the resource, and the resource with its colons.
fn segments(text: &str) -> Option<[&str; 6]> {
    let mut parts = text.splitn(6, ':');
    let mut next = || parts.next();
    Some([next()?, next()?, next()?, next()?, next()?, next()?])
}
