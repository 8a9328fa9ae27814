//! How resources of needs and of policies compare.

use crate::arn::{ArnPattern, Target};
use crate::glob;
use crate::key::{Context, Keys};
use crate::policy::{Kind, Version};
use crate::readings::Readings;
use crate::tri::Tri;

/// What a resource of a need is asked as: one resource, or all that a pattern names.
pub(super) fn target(resource: &str) -> Target<'_> {
    if glob::has_wildcards(resource) { Target::pattern(resource) } else { Target::exact(resource) }
}

/// Whether every resource of `inner` is surely one of `outer`, whatever is read into either.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    if is_plain(outer) { outer == inner } else { relation(outer, inner).must() }
}

/// Whether it is an ARN that covers itself only, as most are.
pub(super) fn is_plain(resource: &str) -> bool {
    !resource.contains(['*', '?', '$']) && resource.splitn(6, ':').count() == 6
}

/// Whether some resource may be of both.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    relation(one, other).may()
}

/// Whether a pattern may name ARNs of a form. Stars stay within their segments, or else `…:log-group:*`
/// could be an ARN of any service.
pub(super) fn of_form(pattern: &str, form: &str) -> bool {
    let short = pattern.splitn(6, ':').count() < 6;
    short || pattern.splitn(6, ':').zip(form.splitn(6, ':')).all(|(one, other)| glob::intersects(one, other))
}

fn relation(outer: &str, inner: &str) -> Tri {
    let none = Keys::new();
    ArnPattern::new(outer).matches(target(inner), Kind::Identity, Version::V2012, Context::closed(&none), Readings::OPEN)
}
