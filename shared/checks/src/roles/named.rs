//! What a principal's own policies name for some calls, and which known things that may be.
//!
//! It only narrows down: whether a call is allowed is the engine's to say. So that nothing is missed,
//! case and colons are read as widely as may be.

use wallwalk_iam::Readings;
use wallwalk_iam::catalogue::{Action, lookup};
use wallwalk_iam::eval::Bounds;
use wallwalk_iam::names::Names;

/// Patterns of resources in lower case; none where policies may name anything.
#[derive(Debug)]
pub(crate) struct Named(Option<Vec<String>>);

impl Named {
    /// What the policies may allow any of the calls on.
    pub(crate) fn of(bounds: &Bounds<'_>, actions: &[&str]) -> Self {
        Self(if bounds.gap().is_some() { None } else { allowed(bounds, actions) })
    }

    /// The patterns; none where policies may name anything.
    pub(crate) fn patterns(&self) -> Option<&[String]> {
        self.0.as_deref()
    }
}

fn allowed(bounds: &Bounds<'_>, actions: &[&str]) -> Option<Vec<String>> {
    let ids: Vec<_> = actions.iter().filter_map(|action| lookup(action)).collect();
    let mut patterns = Vec::new();
    for (_, statement, conditions) in bounds.own_allows() {
        let concerned = || ids.iter().any(|id| statement.actions.matches(&Action::Known(*id), Readings::OPEN).may());
        if !conditions.may() || !(statement.doubtful || concerned()) {
            continue;
        }
        let resources = statement.resources.as_ref().filter(|resources| !resources.negated && !statement.doubtful)?;
        for pattern in &resources.patterns {
            if pattern.has_variables() || pattern.is_short() || pattern.is_malformed() {
                return None;
            }
            patterns.push(pattern.text().to_ascii_lowercase());
        }
    }
    Some(patterns)
}

/// Things that policies name by one or more ARNs, in an order of their own.
#[derive(Debug)]
pub(crate) struct Nameable<T> {
    all: Vec<T>,
    by_arn: Names<usize>,
}

impl<T> Nameable<T> {
    pub(crate) fn new(all: Vec<T>, arns: impl Fn(&T) -> Vec<String>) -> Self {
        let by_arn =
            all.iter().enumerate().flat_map(|(position, one)| arns(one).into_iter().map(move |arn| (arn.to_ascii_lowercase(), position)));
        Self { by_arn: by_arn.collect(), all }
    }

    /// Those that may be named.
    pub(crate) fn named(&self, named: &Named) -> Vec<&T> {
        let Some(patterns) = named.patterns() else { return self.all.iter().collect() };
        let mut positions: Vec<usize> = patterns.iter().flat_map(|pattern| self.by_arn.matching(pattern)).map(|(_, at)| *at).collect();
        positions.sort_unstable();
        positions.dedup();
        positions.into_iter().filter_map(|position| self.all.get(position)).collect()
    }
}
