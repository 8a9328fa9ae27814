//! The tables that the build script makes out of `data/`, and how they are searched. They are constants of
//! the program: nothing is done with them before they are asked.

use std::cmp::Ordering;

use super::hash::hash;

include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// Marks a required resource type in a list of types.
pub(super) const REQUIRED: u16 = 1 << 15;

/// No longer text is ever found.
const LONGEST_TEXT: usize = if LONGEST_NAME > LONGEST_KEY { LONGEST_NAME } else { LONGEST_KEY };

/// Texts one after another, in ASCII, with eight bytes more at the end.
pub(super) struct Texts {
    text: &'static str,
    /// Where the first of each block begins.
    blocks: &'static [u32],
    /// Where each begins, counted from its block, and where the last one ends.
    starts: &'static [u16],
}

impl Texts {
    pub(super) const fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    fn start(&self, at: usize) -> usize {
        let (block, start) = (self.blocks.get(at / BLOCK), self.starts.get(at));
        block.map_or(0, |block| *block as usize) + start.map_or(0, |start| usize::from(*start))
    }

    pub(super) fn get(&self, at: usize) -> &'static str {
        self.text.get(self.start(at)..self.start(at + 1)).unwrap_or_default()
    }

    /// Compares a text, without its first `skipped` bytes, with what is sought, as if both were in lower case.
    pub(super) fn compare(&self, at: usize, skipped: usize, sought: &Sought) -> Ordering {
        self.compare_head(at, skipped, sought, usize::MAX)
    }

    /// The same with no more than `most` bytes of the text.
    pub(super) fn compare_head(&self, at: usize, skipped: usize, sought: &Sought, most: usize) -> Ordering {
        let from = self.start(at) + skipped;
        let length = self.start(at + 1).saturating_sub(from).min(most);
        for (word, done) in sought.words.iter().zip((0..).step_by(8)) {
            let bytes = self.text.as_bytes().get(from + done..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
            let ours = lower(u64::from_be_bytes(bytes)) & head(length.saturating_sub(done));
            if ours != *word {
                return ours.cmp(word);
            }
            if length.max(sought.length) <= done + 8 {
                break;
            }
        }
        Ordering::Equal
    }

    pub(super) fn bytes(&self, at: usize) -> &'static [u8] {
        self.text.as_bytes().get(self.start(at)..self.start(at + 1)).unwrap_or_default()
    }

    /// Position of a text in any case; the texts are sorted ignoring case.
    pub(super) fn find(&self, text: &str) -> Option<usize> {
        let sought = Sought::new(text)?;
        let at = partition(0, self.len(), |at| self.compare(at, 0, &sought) == Ordering::Less);
        (at < self.len() && self.compare(at, 0, &sought) == Ordering::Equal).then_some(at)
    }
}

/// Position of the action of that whole name, in any case.
pub(super) fn named(name: &str) -> Option<usize> {
    let (before, after) = SLOTS.split_at_checked(hash(name) % SLOTS.len())?;
    let taken = after.iter().chain(before).take_while(|slot| **slot != u16::MAX).map(|slot| usize::from(*slot));
    taken.into_iter().find(|at| NAMES.bytes(*at).eq_ignore_ascii_case(name.as_bytes()))
}

/// A text that is sought, in lower case, eight bytes to a word and filled up with zeros, so that words
/// compare as the text does.
pub(super) struct Sought {
    words: [u64; Self::WORDS],
    length: usize,
}

impl Sought {
    const WORDS: usize = LONGEST_TEXT.div_ceil(8);

    /// None if the text is longer than any that can be found.
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut words = [0; Self::WORDS];
        if text.len() > LONGEST_TEXT {
            return None;
        }
        let (chunks, rest) = text.as_bytes().as_chunks();
        for (word, bytes) in words.iter_mut().zip(chunks) {
            *word = lower(u64::from_be_bytes(*bytes));
        }
        if let Some(word) = words.get_mut(chunks.len()) {
            let last = rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            *word = lower(last).checked_shl(8 * (8 - rest.len()) as u32).unwrap_or_default();
        }
        Some(Self { words, length: text.len() })
    }

    /// The first eight bytes.
    pub(super) const fn head(&self) -> u64 {
        let [first, ..] = self.words;
        first
    }
}

/// Eight bytes with their ASCII letters in lower case.
const fn lower(word: u64) -> u64 {
    const ALL: u64 = 0x0101_0101_0101_0101;
    let low = word & (0x7f * ALL);
    let from_a = low + (0x80 - b'A' as u64) * ALL;
    let beyond_z = low + (0x7f - b'Z' as u64) * ALL;
    let capital = (from_a ^ beyond_z) & !word & (0x80 * ALL);
    word | capital >> 2
}

/// Mask of the first bytes of a word.
const fn head(bytes: usize) -> u64 {
    if bytes >= 8 { u64::MAX } else { !(u64::MAX >> (8 * bytes)) }
}

/// Lists of numbers one after another.
pub(super) struct Lists {
    starts: &'static [u16],
    items: &'static [u16],
}

impl Lists {
    pub(super) fn get(&self, at: usize) -> &'static [u16] {
        let bounds = self.starts.get(at..=at + 1).and_then(|pair| pair.first().zip(pair.last()));
        bounds.and_then(|(from, to)| self.items.get(usize::from(*from)..usize::from(*to))).unwrap_or_default()
    }
}

/// The first position from `from` to `to` that is not before the place sought.
pub(super) fn partition(mut from: usize, mut to: usize, before: impl Fn(usize) -> bool) -> usize {
    while from < to {
        let middle = from.midpoint(to);
        if before(middle) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    from
}

/// The same, where the place is believed to be near `from`.
pub(super) fn partition_near(from: usize, to: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut known, mut step) = (from, 1);
    while known + step < to && before(known + step - 1) {
        known += step;
        step *= 2;
    }
    partition(known, to.min(known + step), before)
}
