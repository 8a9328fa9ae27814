//! Policies made from needs. The same needs give the same bytes, in whatever order they come.

use std::collections::{BTreeMap, BTreeSet};

use super::compare::{covers, is_plain};
use super::fit;
use super::need::{Given, Need, Purpose};
use super::satisfied::satisfied;
use crate::eval::{Answer, Bounds};
use crate::policy::{Actions, Document, Effect, Resources, Statement, Version};

/// A policy that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// What to add to the policy's name: empty, or `-1`, `-2`, … where one policy would be too large.
    pub name_suffix: String,
    /// The policy.
    pub document: Document,
    /// The same as JSON.
    pub text: String,
    /// Characters that count against AWS's limit, see [`super::MANAGED_LIMIT`].
    pub size: usize,
    /// Resources that are wider than any need, because exact ones would not fit.
    pub widened: Vec<String>,
}

/// Needs to make a policy from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// Certain needs, and those of the others that the role surely meets today.
    pub needs: Vec<Need>,
    /// Needs that are left out, because they depend on what was not read and the role does not meet them
    /// today. A policy made without them is incomplete if one of them turns out to be certain.
    pub left_out: Vec<Need>,
}

/// Picks the needs that a policy is made from. Without a present role only certain needs are.
#[must_use]
pub fn select(needs: &[Need], current: Option<&Bounds<'_>>) -> Selected {
    let held = |need: &Need| current.is_some_and(|bounds| satisfied(need, bounds) == Answer::Surely);
    let (needs, left_out) = needs.iter().cloned().partition(|need| need.certain || held(need));
    Selected { needs, left_out }
}

/// The policies that allow the needs and nothing else, as few as hold them; none without needs.
///
/// One statement for each purpose, set of resources and condition. What another need of the same action
/// covers is not said twice.
#[must_use]
pub fn synthesize(needs: &[Need]) -> Vec<Generated> {
    let statements = statements(needs);
    if statements.is_empty() { Vec::new() } else { fit::fit(statements) }
}

/// Resources of one action under one condition, each with the purpose it is first needed for.
type Wanted<'n> = BTreeMap<(Option<&'n Given>, &'static str), BTreeMap<&'n str, Purpose>>;

/// What one statement says, but for its resources.
type Heading<'n> = (Purpose, Option<&'n Given>, BTreeSet<&'n str>);

fn statements(needs: &[Need]) -> Vec<Statement> {
    let mut wanted = Wanted::new();
    for need in needs {
        for (action, resource) in need.pairs() {
            let purpose = wanted.entry((need.given.as_ref(), action)).or_default().entry(resource).or_insert(need.purpose);
            *purpose = need.purpose.min(*purpose);
        }
    }
    let mut by_resource: BTreeMap<(Purpose, Option<&Given>, &str), BTreeSet<&str>> = BTreeMap::new();
    for ((given, action), resources) in &wanted {
        // A need under a condition is met by a grant without one.
        let plainly = wanted.get(&(None, *action)).filter(|_| given.is_some());
        let patterns: Vec<&str> = resources.keys().copied().filter(|one| !is_plain(one)).collect();
        for (resource, purpose) in resources {
            // Of two patterns that say the same the first stays.
            let said_by = |other: &str| other != *resource && covers(other, resource) && !(covers(resource, other) && other > *resource);
            let said_plainly = plainly.is_some_and(|plainly| plainly.keys().any(|other| covers(other, resource)));
            if !said_plainly && !patterns.iter().any(|other| said_by(other)) {
                by_resource.entry((*purpose, *given, *resource)).or_default().insert(*action);
            }
        }
    }
    let mut by_heading: BTreeMap<Heading<'_>, BTreeSet<&str>> = BTreeMap::new();
    for ((purpose, given, resource), actions) in by_resource {
        by_heading.entry((purpose, given, actions)).or_default().insert(resource);
    }
    let mut numbers: BTreeMap<Purpose, usize> = BTreeMap::new();
    by_heading
        .into_iter()
        .map(|((purpose, given, actions), resources)| {
            let number = numbers.entry(purpose).or_default();
            *number += 1;
            let sid = if *number == 1 { purpose.sid().to_owned() } else { format!("{}{number}", purpose.sid()) };
            Statement {
                sid: Some(sid.into()),
                position: None,
                effect: Effect::Allow,
                doubtful: false,
                principals: None,
                actions: Actions::new(false, actions),
                resources: Some(Resources::new(false, resources)),
                conditions: given.map(Given::atom).into_iter().collect(),
            }
        })
        .collect()
}

/// A document of the present version without statements.
pub(super) const fn blank() -> Document {
    Document { version: Version::V2012, id: None, statements: Vec::new() }
}
