//! Is a need met by what a role may do?

use std::borrow::Cow;

use super::compare::target;
use super::need::Need;
use crate::catalogue::Action;
use crate::eval::{Answer, Bounds, Query};
use crate::glob;

/// One action of a need on one of its resources, with the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answered<'n> {
    /// Action, as IAM writes it.
    pub action: &'static str,
    /// ARN, ARN pattern, or `*`.
    pub resource: &'n str,
    /// Whether the role may do it on all that the resource names.
    pub answer: Answer,
}

/// Whether a need is met: the worst answer over its actions and resources. Of a need under a condition
/// it is asked with the key bound.
#[must_use]
pub fn satisfied(need: &Need, bounds: &Bounds<'_>) -> Answer {
    each(need, bounds).map(|one| one.answer).min().unwrap_or(Answer::Surely)
}

/// The answer for each action and resource of a need.
#[must_use]
pub fn answers<'n>(need: &'n Need, bounds: &Bounds<'_>) -> Vec<Answered<'n>> {
    each(need, bounds).collect()
}

fn each<'n>(need: &'n Need, bounds: &Bounds<'_>) -> impl Iterator<Item = Answered<'n>> {
    let keys = need.keys();
    need.pairs().map(move |(action, resource)| {
        let (folded, asked) = (action.to_ascii_lowercase(), authorised_on(action, resource));
        let answer = bounds.can(&Query::new(Action::of(&folded), target(&asked)).with(&keys));
        Answered { action, resource, answer }
    })
}

/// The resource that AWS checks. Creating a log group is checked on a stream of it without a name, which
/// is why a policy has to name `…:log-group:GROUP:*`, and why the bare ARN of the group does not do.
///
/// Source: error messages of CloudWatch Logs.
fn authorised_on<'n>(action: &str, resource: &'n str) -> Cow<'n, str> {
    match resource.strip_suffix(":*") {
        Some(group) if action == "logs:CreateLogGroup" && group.contains(":log-group:") && !glob::has_wildcards(group) => {
            Cow::Owned(format!("{group}:log-stream:"))
        }
        _ => Cow::Borrowed(resource),
    }
}
