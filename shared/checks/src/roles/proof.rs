//! Answers of the engine as lines of evidence.

use wallwalk_iam::arn::Target;
use wallwalk_iam::catalogue::Action;
use wallwalk_iam::eval::{Bounds, Explanation, Query, Reason};
use wallwalk_iam::paths::{Met, Proof};
use wallwalk_iam::{KeyState, Keys, Tri};

/// Why a role may do something, as lines of evidence.
#[must_use]
pub fn why(bounds: &Bounds<'_>, action: &str, resource: &str) -> Vec<String> {
    let folded = action.to_ascii_lowercase();
    lines(&bounds.explain(&Query::new(Action::of(&folded), Target::pattern(resource))))
}

/// The same for a question with keys of its own.
pub(crate) fn because(bounds: &Bounds<'_>, query: &Query<'_>) -> Vec<String> {
    lines(&bounds.explain(query))
}

/// The statements that surely deny something, as lines of evidence.
pub(crate) fn denied(bounds: &Bounds<'_>, query: &Query<'_>) -> Vec<String> {
    bounds.explain(query).denied_by.iter().filter(|reason| reason.applies == Tri::True).map(line).collect()
}

/// The statements that allow, what leaves them open, and what may deny.
fn lines(explanation: &Explanation) -> Vec<String> {
    let mut lines = Vec::new();
    // One sure statement proves it; of open ones all are told.
    match explanation.allowed_by.iter().find(|reason| reason.applies == Tri::True) {
        Some(reason) => lines.push(line(reason)),
        None => lines.extend(explanation.allowed_by.iter().map(line)),
    }
    if !explanation.answer.surely() {
        lines.extend(explanation.denied_by.iter().map(|reason| format!("may be denied: {}", line(reason))));
    }
    lines
}

fn line(reason: &Reason) -> String {
    let open: Vec<&str> = reason.only_if.iter().map(|one| one.text.as_str()).collect();
    let only_if = if open.is_empty() { String::new() } else { format!("; only if {}", open.join(" and ")) };
    format!("policy {} → {}: {}{only_if}", reason.policy, reason.label, reason.says)
}

/// A path as lines of evidence: each call with the statement that allows it, then what is gained.
#[must_use]
pub fn proof_lines(bounds: &Bounds<'_>, proof: &Proof) -> Vec<String> {
    let mut all = vec![format!("path {}: {}", proof.path, proof.what)];
    for met in &proof.needs {
        all.push(need_line(bounds, met));
    }
    let gain = &proof.gain;
    all.push(format!("gained: {} on {}{}", gain.action, gain.resource, if gain.surely { "" } else { ", possibly" }));
    all
}

/// What the first call of a path that is not sure hangs on.
pub(crate) fn open_condition(bounds: &Bounds<'_>, proof: &Proof) -> Option<String> {
    let open = proof.needs.iter().find(|met| !met.answer.surely())?;
    let explained = explained(bounds, open);
    let reasons = explained.allowed_by.iter().chain(&explained.denied_by);
    reasons.flat_map(|reason| &reason.only_if).map(|one| one.text.clone()).next()
}

fn explained(bounds: &Bounds<'_>, met: &Met) -> Explanation {
    let keys = met.bind.iter().fold(Keys::new(), |keys, (key, value)| keys.with(key, KeyState::one(value.as_str())));
    let folded = met.action.to_ascii_lowercase();
    bounds.explain(&Query::new(Action::of(&folded), Target::exact(&met.resource)).with(&keys))
}

/// A call with its answer and the statements that give it.
pub(crate) fn need_line(bounds: &Bounds<'_>, met: &Met) -> String {
    let by = lines(&explained(bounds, met));
    let with: Vec<String> = met.bind.iter().map(|(key, value)| format!(" with {key} = {value}")).collect();
    let reason = if by.is_empty() { String::new() } else { format!(": {}", by.join("; ")) };
    format!("{} {} on {}{}{reason}", met.answer.word(), met.action, met.resource, with.concat())
}
