//! The list of actions of one Allow without what was not used.

use std::collections::{BTreeMap, BTreeSet};

use super::fate::Fates;
use crate::catalogue::{Action, ActionId, IdRanges, actions_of, expand, names_any_service};
use crate::generate::shrink_within;
use crate::glob;
use crate::policy::{ActionPattern, Actions};

/// The list that is left; none if all of it stays. A `NotAction` becomes the list of what it leaves.
pub(super) fn trimmed(actions: &Actions, fates: &mut Fates<'_>) -> Option<Vec<String>> {
    if actions.negated {
        let named = actions.named_widely.as_ref().unwrap_or(&actions.named).complement();
        let spared = |pattern: &str| !actions.patterns.iter().any(|one| glob::intersects(&one.folded, pattern));
        let left = of_known(&named, &spared, fates);
        fates.listed |= left.is_some();
        return left;
    }
    let mut list: Vec<String> = Vec::new();
    let mut changed = false;
    for pattern in &actions.patterns {
        let left = of_pattern(pattern, fates);
        changed |= left.is_some();
        for text in left.unwrap_or_else(|| vec![pattern.text.to_string()]) {
            if !list.contains(&text) {
                list.push(text);
            }
        }
    }
    changed.then_some(list)
}

/// What is left of one entry; none if all of it stays.
fn of_pattern(pattern: &ActionPattern, fates: &mut Fates<'_>) -> Option<Vec<String>> {
    let folded = &*pattern.folded;
    // What such entries name is an open question.
    if pattern.spaced || !pattern.is_well_formed() || names_any_service(folded) {
        return None;
    }
    if let Action::Known(_) | Action::Named(_) = Action::of(folded) {
        return if fates.stays(folded, crate::catalogue::lookup(folded)) { None } else { Some(Vec::new()) };
    }
    let mut named = Vec::new();
    expand(folded, &mut named);
    if named.is_empty() {
        return if fates.stays(folded, None) { None } else { Some(Vec::new()) };
    }
    let everything = pattern.is_everything();
    let left = of_known(&IdRanges::from_ranges(named), &|inner| everything || glob::covers(folded, inner), fates);
    fates.listed |= everything && left.is_some();
    left
}

/// What is left of the actions that a wildcard names; none if all of it stays. `within` says whether
/// the wildcard takes in all of a pattern, in lower case.
fn of_known(named: &IdRanges, within: &dyn Fn(&str) -> bool, fates: &mut Fates<'_>) -> Option<Vec<String>> {
    let mut by_service: BTreeMap<&str, BTreeSet<ActionId>> = BTreeMap::new();
    for id in named.iter().filter(|id| fates.stays(&id.folded(), Some(*id))) {
        by_service.entry(id.service()).or_default().insert(id);
    }
    if by_service.values().map(BTreeSet::len).sum::<usize>() == named.count() {
        return None;
    }
    let mut list = Vec::new();
    for (service, stays) in by_service {
        let whole = format!("{service}:*");
        if stays.len() == actions_of(service).count() && within(&whole) {
            list.push(whole);
        } else {
            list.extend(shrink_within(&stays, within));
        }
    }
    for service in fates.foreign() {
        let whole = format!("{service}:*");
        if within(&whole) && fates.stays(&whole, None) {
            list.push(whole);
        }
    }
    list.sort();
    Some(list)
}
