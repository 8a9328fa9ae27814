//! Sets of actions as one bit for each of the catalogue, for work on everything a role may do.

use super::{ActionId, IdRanges};

const WORDS: usize = ActionId::COUNT.div_ceil(64);

/// A set of actions. About 3 KB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionBits(Box<[u64]>);

impl Default for ActionBits {
    fn default() -> Self {
        Self::new()
    }
}

impl ActionBits {
    /// The empty set.
    #[must_use]
    pub fn new() -> Self {
        Self(vec![0; WORDS].into_boxed_slice())
    }

    /// Adds ranges of actions.
    pub fn add_ranges(&mut self, ranges: &IdRanges) {
        for &(first, last) in ranges.ranges() {
            let (from, to) = (usize::from(first), usize::from(last));
            let Some(words) = self.0.get_mut(from / 64..=to / 64) else { continue };
            for (word, at) in words.iter_mut().zip(from / 64..) {
                let low = if at == from / 64 { u64::MAX << (from % 64) } else { u64::MAX };
                let high = if at == to / 64 { u64::MAX >> (63 - to % 64) } else { u64::MAX };
                *word |= low & high;
            }
        }
    }

    /// Adds what is in the other set.
    pub fn union(&mut self, other: &Self) {
        self.combine(other, |mine, theirs| mine | theirs);
    }

    /// Takes away what is in the other set.
    pub fn subtract(&mut self, other: &Self) {
        self.combine(other, |mine, theirs| mine & !theirs);
    }

    /// Keeps what is in both.
    pub fn intersect(&mut self, other: &Self) {
        self.combine(other, |mine, theirs| mine & theirs);
    }

    fn combine(&mut self, other: &Self, with: impl Fn(u64, u64) -> u64) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine = with(*mine, *theirs);
        }
    }

    /// Whether the action is in the set.
    #[must_use]
    pub fn contains(&self, action: ActionId) -> bool {
        self.0.get(action.index() / 64).is_some_and(|word| word >> (action.index() % 64) & 1 == 1)
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// How many actions are in it.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The actions in order.
    pub fn iter(&self) -> impl Iterator<Item = ActionId> {
        self.0
            .iter()
            .zip(0_u16..)
            .flat_map(|(&word, at)| (0..64_u16).filter(move |bit| word >> bit & 1 == 1).map(move |bit| ActionId(at * 64 + bit)))
    }
}
