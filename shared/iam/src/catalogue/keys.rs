//! What is known of condition keys as such, whatever the request.
//!
//! Source: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference.

use std::cmp::Ordering;

use super::tables::{CHOSEN, FAMILY_HEAD, KEY_LISTS, KEY_NUMBERS, KEY_TEMPLATES, KEYS, Sought, partition, partition_near};
use crate::key::KeyState;

/// What is known of a condition key nobody says anything of: that the caller chooses it, or nothing. The key
/// is in lower case.
#[must_use]
pub fn unlisted_state(key: &str) -> &'static KeyState {
    let chosen = CHOSEN.iter().any(|(stem, open)| if *open { key.starts_with(stem) } else { key == *stem });
    if chosen { &KeyState::Chosen } else { &KeyState::Unknown }
}

/// Whether a key carries several values; none if that is not known. The key is in lower case, and may be
/// one of a family, such as `aws:requesttag/env`.
#[must_use]
pub fn is_multivalued(key: &str) -> Option<bool> {
    match KEY_NUMBERS.get(KEYS.find(key).or_else(|| family(key))?) {
        Some(0) => Some(false),
        Some(1) => Some(true),
        _ => None,
    }
}

/// Position of the key whose variable this one fills in.
fn family(key: &str) -> Option<usize> {
    let sought = Sought::new(key.get(..FAMILY_HEAD)?)?;
    let at = |position: usize| KEY_TEMPLATES.get(position).map_or(0, |at| usize::from(*at));
    let head = |position: usize| KEYS.compare_head(at(position), 0, &sought, FAMILY_HEAD);
    let first = partition(0, KEY_TEMPLATES.len(), |position| head(position) == Ordering::Less);
    let end = partition_near(first, KEY_TEMPLATES.len(), |position| head(position) == Ordering::Equal);
    (first..end).map(at).find(|at| of_family(KEYS.get(*at), key))
}

/// Whether a key is `family` with its variable filled in. Two services write the variable of tags as `tag-key`.
fn of_family(family: &str, key: &str) -> bool {
    let (head, tail) = match family.split_once("${") {
        Some((head, rest)) => (head, rest.split_once('}').map_or("", |(_, tail)| tail)),
        None => (family.strip_suffix("tag-key").unwrap_or(family), ""),
    };
    let (Some(start), Some(end)) = (key.get(..head.len()), key.len().checked_sub(tail.len()).and_then(|at| key.get(at..))) else {
        return false;
    };
    key.len() > head.len() + tail.len() && head.eq_ignore_ascii_case(start) && tail.eq_ignore_ascii_case(end)
}

/// The keys of a list.
pub(super) fn of_list(list: Option<&u16>) -> impl Iterator<Item = &'static str> + use<> {
    let keys = list.map(|list| KEY_LISTS.get(usize::from(*list))).unwrap_or_default();
    keys.iter().map(|key| KEYS.get(usize::from(*key)))
}
