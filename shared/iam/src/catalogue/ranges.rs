//! Sets of actions as ranges of ids: small, because policies name neighbours.

use super::{ActionId, expand, expand_any_service};

/// A set of actions as sorted, disjoint, non-adjacent ranges of ids, both ends included.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdRanges(Box<[(u16, u16)]>);

impl IdRanges {
    /// The actions from one position up to, and without, another.
    pub(super) fn span(from: usize, end: usize) -> Self {
        let mut ranges = Vec::new();
        push(&mut ranges, from, end);
        Self(ranges.into_boxed_slice())
    }

    /// Every action.
    #[must_use]
    pub fn all() -> Self {
        Self::default().complement()
    }

    /// Of ranges in any order, that may overlap.
    #[must_use]
    pub fn from_ranges(mut ranges: Vec<(u16, u16)>) -> Self {
        if !ranges.is_sorted() {
            ranges.sort_unstable();
        }
        ranges.dedup_by(|next, kept| {
            let joins = next.0 <= kept.1.saturating_add(1);
            if joins {
                kept.1 = kept.1.max(next.1);
            }
            joins
        });
        Self(ranges.into_boxed_slice())
    }

    /// The actions that some of the patterns names; patterns are in lower case. A wildcard in the service
    /// names nothing, unless `any_service`.
    #[must_use]
    pub fn of_patterns<'a>(patterns: impl IntoIterator<Item = &'a str>, any_service: bool) -> Self {
        let mut ranges = Vec::new();
        for pattern in patterns {
            if any_service {
                expand_any_service(pattern, &mut ranges);
            } else {
                expand(pattern, &mut ranges);
            }
        }
        Self::from_ranges(ranges)
    }

    /// Whether the action is in the set.
    #[must_use]
    pub fn contains(&self, action: ActionId) -> bool {
        let id = action.0;
        let after = self.0.partition_point(|range| range.0 <= id);
        after.checked_sub(1).and_then(|at| self.0.get(at)).is_some_and(|range| id <= range.1)
    }

    /// The actions in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.0.iter().chain(&other.0).copied().collect())
    }

    /// The actions of the catalogue that are not in the set.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut rest = Vec::with_capacity(self.0.len() + 1);
        let mut next = 0_usize;
        for &(first, last) in &self.0 {
            push(&mut rest, next, usize::from(first));
            next = usize::from(last) + 1;
        }
        push(&mut rest, next, ActionId::COUNT);
        Self(rest.into_boxed_slice())
    }

    /// Whether it is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many actions there are in it.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.iter().map(|range| usize::from(range.1 - range.0) + 1).sum()
    }

    /// The actions in order.
    pub fn iter(&self) -> impl Iterator<Item = ActionId> {
        self.0.iter().flat_map(|&(first, last)| (first..=last).map(ActionId))
    }

    /// The ranges, both ends included.
    #[must_use]
    pub const fn ranges(&self) -> &[(u16, u16)] {
        &self.0
    }
}

/// The range from `next` up to, and without, `end`.
fn push(ranges: &mut Vec<(u16, u16)>, next: usize, end: usize) {
    if let (Ok(first), Some(Ok(last))) = (u16::try_from(next), end.checked_sub(1).map(u16::try_from))
        && first <= last
    {
        ranges.push((first, last));
    }
}
