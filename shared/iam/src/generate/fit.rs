//! Policies within AWS's limits of size: split by statement, and where even that does not do, resources
//! drawn together under shared beginnings.
//!
//! Source: IAM User Guide, "IAM and AWS STS quotas". The default quotas are kept; what an account was
//! granted beyond them is not known.

use std::collections::BTreeMap;

use super::synthesize::{Generated, blank};
use crate::policy::{ActionPattern, Actions, Document, Resources, Statement, print, size};

/// Characters of a customer managed policy, white space not counted.
pub const MANAGED_LIMIT: usize = 6_144;

/// Characters of all inline policies of one role together, white space not counted.
pub const INLINE_LIMIT: usize = 10_240;

/// Managed policies on one role by default.
pub const MOST_ATTACHED: usize = 10;

/// Statements as policies, no more than a role takes if that can be had.
pub(super) fn fit(statements: Vec<Statement>) -> Vec<Generated> {
    let exact = pack(&blank(), statements.clone());
    if exact.len() <= MOST_ATTACHED {
        return exact;
    }
    let resources = || statements.iter().filter_map(|one| one.resources.as_ref()).flat_map(|one| &one.patterns);
    let deepest = resources().map(|one| beginnings(one.text()).count()).max().unwrap_or_default();
    let mut best = exact;
    for depth in (1..=deepest).rev() {
        let (drawn, widened) = drawn_together(&statements, depth);
        let mut packed = pack(&blank(), drawn);
        for one in &mut packed {
            one.widened = widened.iter().filter(|pattern| names(&one.document, pattern)).cloned().collect();
        }
        let fits = packed.len() <= MOST_ATTACHED;
        if packed.len() < best.len() {
            best = packed;
        }
        if fits {
            break;
        }
    }
    best
}

fn names(document: &Document, resource: &str) -> bool {
    document.statements.iter().filter_map(|one| one.resources.as_ref()).flat_map(|one| &one.patterns).any(|one| one.text() == resource)
}

/// Statements in order as documents like `like`, each as full as it gets. A statement is taken apart
/// only if it fits no document by itself.
pub(crate) fn pack(like: &Document, statements: Vec<Statement>) -> Vec<Generated> {
    let with = |statements: Vec<Statement>| {
        let numbered = statements.into_iter().zip(0..).map(|(one, n)| Statement { position: Some(n), ..one }).collect();
        Document { version: like.version, id: like.id.clone(), statements: numbered }
    };
    let fits = |statements: &[Statement]| size(&with(statements.to_vec())) <= MANAGED_LIMIT;
    let mut documents: Vec<Vec<Statement>> = Vec::new();
    for statement in statements {
        for part in divided(statement, &|one| fits(std::slice::from_ref(one))) {
            if let Some(open) = documents.last_mut() {
                open.push(part.clone());
                if fits(open) {
                    continue;
                }
                open.pop();
            }
            documents.push(vec![part]);
        }
    }
    let many = documents.len() > 1;
    let generated = |(statements, n): (Vec<Statement>, usize)| {
        let document = with(statements);
        Generated {
            name_suffix: if many { format!("-{n}") } else { String::new() },
            text: print(&document),
            size: size(&document),
            document,
            widened: Vec::new(),
        }
    };
    documents.into_iter().zip(1..).map(generated).collect()
}

/// A statement as several that say the same together, each of which fits. Lists that are negated
/// cannot be taken apart. What cannot be taken apart further stays too large, and is found so.
fn divided(statement: Statement, fits: &dyn Fn(&Statement) -> bool) -> Vec<Statement> {
    let mut parts = Vec::new();
    let mut rest = statement;
    while !fits(&rest) {
        let Some((head, tail)) = resources_split(&rest, fits).or_else(|| actions_split(&rest, fits)) else { break };
        parts.push(head);
        rest = tail;
    }
    parts.push(rest);
    parts
}

fn resources_split(whole: &Statement, fits: &dyn Fn(&Statement) -> bool) -> Option<(Statement, Statement)> {
    let resources = whole.resources.as_ref().filter(|one| !one.negated)?;
    let with = |patterns: &[crate::arn::ArnPattern]| Statement {
        resources: Some(Resources { negated: false, patterns: patterns.to_vec() }),
        ..whole.clone()
    };
    let (head, tail) = split(&resources.patterns, |head| fits(&with(head)))?;
    Some((with(head), with(tail)))
}

fn actions_split(whole: &Statement, fits: &dyn Fn(&Statement) -> bool) -> Option<(Statement, Statement)> {
    let texts = |patterns: &[ActionPattern]| patterns.iter().map(|one| one.text.clone()).collect::<Vec<_>>();
    let with = |patterns: &[ActionPattern]| Statement { actions: Actions::new(false, texts(patterns)), ..whole.clone() };
    let (head, tail) = split(&whole.actions.patterns, |head| fits(&with(head))).filter(|_| !whole.actions.negated)?;
    Some((with(head), with(tail)))
}

/// The longest beginning of a list that fits, and the rest; neither is empty.
fn split<T>(list: &[T], fits: impl Fn(&[T]) -> bool) -> Option<(&[T], &[T])> {
    let at = |n: usize| list.split_at_checked(n);
    let (mut fitting, mut over) = (0, list.len());
    while over.saturating_sub(fitting) > 1 {
        let middle = fitting.midpoint(over);
        if at(middle).is_some_and(|(head, _)| fits(head)) {
            fitting = middle;
        } else {
            over = middle;
        }
    }
    at(fitting).filter(|_| fitting > 0)
}

/// The statements with resources drawn together that share their beginning of `depth` words, and the
/// patterns that stand for them.
fn drawn_together(statements: &[Statement], depth: usize) -> (Vec<Statement>, Vec<String>) {
    let mut widened = Vec::new();
    let mut drawn = Vec::new();
    for statement in statements {
        let Some(resources) = &statement.resources else { continue };
        let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for resource in resources.patterns.iter().map(crate::arn::ArnPattern::text) {
            groups.entry(beginnings(resource).nth(depth - 1).unwrap_or(resource)).or_default().push(resource);
        }
        let mut texts = Vec::new();
        for (beginning, members) in groups {
            if let [only] = members.as_slice() {
                texts.push((*only).to_owned());
            } else {
                let pattern = format!("{beginning}*");
                widened.push(pattern.clone());
                texts.push(pattern);
            }
        }
        drawn.push(Statement { resources: Some(Resources::new(false, texts)), ..statement.clone() });
    }
    (drawn, widened)
}

/// Beginnings of an ARN that end with a word of the resource's name, short ones first. What comes
/// before the name, the type included, is always kept, and so is everything up to a wildcard.
fn beginnings(resource: &str) -> impl Iterator<Item = &str> {
    let name_at = resource.match_indices(':').nth(4).and_then(|(colon, _)| {
        let part = resource.get(colon + 1..)?;
        Some(colon + 1 + part.find(['/', ':'])? + 1)
    });
    let from = name_at.unwrap_or(resource.len());
    let to = resource.find(['*', '?']).unwrap_or(resource.len());
    let ends = resource.match_indices(['/', '-', '_', '.']).map(|(at, _)| at + 1).filter(move |end| *end > from && *end <= to);
    ends.filter_map(|end| resource.get(..end))
}
