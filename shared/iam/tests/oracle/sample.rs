//! Completions: concrete values for keys of which not everything is known.

use wallwalk_iam::KeyState;

use super::text::{glob, tokens};

/// Random numbers from a seed, the same everywhere.
#[derive(Clone, Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        usize::try_from(self.next() % sides as u64).expect("below a usize")
    }

    /// One of them.
    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.roll(all.len())]
    }
}

/// Values a key may have, one choice of them out of `domain`; none if it is absent.
pub(crate) fn complete(state: &KeyState, many: bool, domain: &[String], dice: &mut Dice) -> Option<Vec<String>> {
    let some = |dice: &mut Dice| {
        let count = if many { 1 + dice.roll(3) } else { 1 };
        (0..count).map(|_| dice.pick(domain).clone()).collect::<Vec<_>>()
    };
    match state {
        KeyState::Absent => None,
        KeyState::Exactly(values) => Some(values.iter().map(ToString::to_string).collect()),
        KeyState::OneOf(values) => Some(vec![dice.pick(values).to_string()]),
        KeyState::Like(pattern) => {
            let mut fitting: Vec<String> = domain.iter().filter(|one| glob(&tokens(pattern), one)).cloned().collect();
            fitting.push(pattern.replace('*', "").replace('?', "x"));
            fitting.push(pattern.replace(['*', '?'], "z"));
            Some(vec![dice.pick(&fitting).clone()])
        }
        KeyState::Present => Some(some(dice)),
        KeyState::Unknown | KeyState::Chosen => (dice.roll(3) > 0).then(|| some(dice)),
    }
}
