//! `*` (any run of characters, also none) and `?` (exactly one character) in actions, resources and
//! condition values. Everything else is literal and nothing escapes.
//!
//! A pattern that was made by replacing variables may hold a `*` or `?` that stands for itself, as the
//! value of `${*}` or out of a tag. Such characters are carried as two private-use characters,
//! [`LITERAL_STAR`] and [`LITERAL_QUESTION_MARK`], which [`escape`] writes and [`unescape`] takes back;
//! so a pattern stays one text, and patterns without variables need no second form. Only patterns hold
//! them: the texts that patterns are matched against are plain.
//!
//! It does not know segments of ARNs and case of actions beyond a fold of its first bytes.

use std::borrow::Cow;

/// In a pattern, a `*` that matches only itself.
pub const LITERAL_STAR: char = '\u{10fff0}';

/// In a pattern, a `?` that matches only itself.
pub const LITERAL_QUESTION_MARK: char = '\u{10fff1}';

/// How many bytes of each side, from its beginning, compare without regard to ASCII case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fold {
    pub(crate) left: usize,
    pub(crate) right: usize,
}

impl Fold {
    pub(crate) const NOTHING: Self = Self { left: 0, right: 0 };
    pub(crate) const ALL: Self = Self { left: usize::MAX, right: usize::MAX };
}

/// Whether `text` matches `pattern`.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    matches_by(pattern, text, Fold::NOTHING)
}

/// Whether every text that matches `inner` matches `outer`.
///
/// Exact, unless the outer pattern has a `?`, the inner one a `*`, and the outer one is longer than 512
/// characters: then a `false` says only that it was not shown.
#[must_use]
pub fn covers(outer: &str, inner: &str) -> bool {
    covers_by(outer, inner, Fold::NOTHING)
}

/// Whether some text matches both patterns. Exact.
#[must_use]
pub fn intersects(a: &str, b: &str) -> bool {
    intersects_by(a, b, Fold::NOTHING)
}

/// A text as a pattern that matches exactly it.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !has_wildcards(text) {
        return Cow::Borrowed(text);
    }
    let one = |c| match c {
        '*' => LITERAL_STAR,
        '?' => LITERAL_QUESTION_MARK,
        other => other,
    };
    Cow::Owned(text.chars().map(one).collect())
}

/// The text that a pattern without wildcards matches.
#[must_use]
pub fn unescape(pattern: &str) -> Cow<'_, str> {
    if !pattern.contains([LITERAL_STAR, LITERAL_QUESTION_MARK]) {
        return Cow::Borrowed(pattern);
    }
    let one = |c| match c {
        LITERAL_STAR => '*',
        LITERAL_QUESTION_MARK => '?',
        other => other,
    };
    Cow::Owned(pattern.chars().map(one).collect())
}

/// Whether a pattern has a wildcard.
#[must_use]
pub fn has_wildcards(pattern: &str) -> bool {
    pattern.bytes().any(|byte| matches!(byte, b'*' | b'?'))
}

pub(crate) fn matches_by(pattern: &str, text: &str, fold: Fold) -> bool {
    walk(pattern.as_bytes(), text.as_bytes(), |at| match at.pattern {
        b'?' => Some((1, width(at.text))),
        _ if at.same(fold) => Some((1, 1)),
        LEAD if at.escaped() == Some(at.text) => Some((ESCAPED, 1)),
        _ => None,
    })
}

pub(crate) fn covers_by(outer: &str, inner: &str, fold: Fold) -> bool {
    // Read the wildcards of the inner pattern as characters nobody else uses. Texts made that way match
    // the inner pattern, so the outer one has to match them; and where its wildcards absorb such a
    // character they absorb whatever it stands for. Only a `?` must not absorb a `*`.
    let shown = walk(outer.as_bytes(), inner.as_bytes(), |at| match at.pattern {
        b'?' => (at.text != b'*').then(|| (1, width(at.text))),
        _ if at.same(fold) => Some((1, 1)),
        _ => None,
    });
    // There a `*` may still stand for as many characters as a `?` needs: `?*` covers `*?`.
    shown || outer.contains('?') && inner.contains('*') && covers_by_states(outer, inner, fold)
}

pub(crate) fn intersects_by(a: &str, b: &str, fold: Fold) -> bool {
    let meets = |at: At<'_>| match (at.pattern, at.text) {
        (b'?', other) => Some((1, width(other))),
        (one, b'?') => Some((width(one), 1)),
        _ if at.same(fold) => Some((1, 1)),
        _ => None,
    };
    match (a.contains('*'), b.contains('*')) {
        (_, false) => walk(a.as_bytes(), b.as_bytes(), meets),
        (false, true) => {
            let fold = Fold { left: fold.right, right: fold.left };
            intersects_by(b, a, fold)
        }
        // What stands between stars finds room inside a star of the other side; only the ends meet.
        (true, true) => heads_meet(a, b, fold) && tails_meet(a, b, fold),
    }
}

/// First byte of the escaped characters.
const LEAD: u8 = 0xf4;

/// Bytes of an escaped character.
const ESCAPED: usize = 4;

/// Where a walk stands.
#[derive(Clone, Copy)]
struct At<'a> {
    whole: &'a [u8],
    i: usize,
    j: usize,
    pattern: u8,
    text: u8,
}

impl At<'_> {
    #[inline]
    fn same(self, fold: Fold) -> bool {
        self.pattern == self.text || (self.i < fold.left || self.j < fold.right) && self.pattern.eq_ignore_ascii_case(&self.text)
    }

    /// The character an escaped one stands for.
    fn escaped(self) -> Option<u8> {
        match self.whole.get(self.i..self.i + ESCAPED)? {
            [LEAD, 0x8f, 0xbf, 0xb0] => Some(b'*'),
            [LEAD, 0x8f, 0xbf, 0xb1] => Some(b'?'),
            _ => None,
        }
    }
}

/// Matches a text against a pattern whose `*` is any run. What else stands in the pattern is up to
/// `step`, which says how many bytes to go on in pattern and text. Going back to the last star is
/// enough, since an earlier one only leaves less of the text.
#[inline]
fn walk(pattern: &[u8], text: &[u8], step: impl Fn(At<'_>) -> Option<(usize, usize)>) -> bool {
    let (mut i, mut j) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(i), text.get(j)) {
            (Some(b'*'), _) => {
                i += 1;
                if i == pattern.len() {
                    return true;
                }
                star = Some((i, j));
                continue;
            }
            (None, None) => return true,
            (Some(_), None) => return false,
            (Some(&one), Some(&other)) => {
                if let Some((more, further)) = step(At { whole: pattern, i, j, pattern: one, text: other }) {
                    i += more;
                    j += further;
                    continue;
                }
            }
            (None, Some(_)) => {}
        }
        let Some((after, from)) = star else { return false };
        let Some(&skipped) = text.get(from) else { return false };
        i = after;
        j = from + width(skipped);
        star = Some((after, j));
    }
}

/// Bytes of the UTF-8 character that begins so.
const fn width(lead: u8) -> usize {
    match lead {
        0..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    }
}

fn heads_meet(a: &str, b: &str, fold: Fold) -> bool {
    let pairs = a.char_indices().zip(b.char_indices());
    meet(pairs, fold)
}

fn tails_meet(a: &str, b: &str, fold: Fold) -> bool {
    let pairs = a.char_indices().rev().zip(b.char_indices().rev());
    meet(pairs, fold)
}

fn meet(pairs: impl Iterator<Item = ((usize, char), (usize, char))>, fold: Fold) -> bool {
    for ((i, one), (j, other)) in pairs {
        if one == '*' || other == '*' {
            return true;
        }
        let same = one == other || (i < fold.left || j < fold.right) && one.eq_ignore_ascii_case(&other);
        if one != '?' && other != '?' && !same {
            return false;
        }
    }
    true
}

/// The longest outer pattern, and the most state sets at once, that are followed.
const MOST_STATES: usize = 512;

/// Follows the outer pattern's states over all texts of the inner one. A character that the outer
/// pattern does not mention leads to the fewest states, so it alone stands for every wildcard of the
/// inner pattern, and of two sets of states only the smaller one matters.
fn covers_by_states(outer: &str, inner: &str, fold: Fold) -> bool {
    let outer: Vec<(usize, char)> = outer.char_indices().collect();
    if outer.len() > MOST_STATES {
        return false;
    }
    let step = |from: &[bool], read: Option<(usize, char)>| -> Vec<bool> {
        let mut to = vec![false; from.len()];
        for (n, _) in from.iter().enumerate().filter(|(_, on)| **on) {
            let next = match (outer.get(n), read) {
                (Some((_, '*')), _) => n,
                (Some((_, '?')), _) => n + 1,
                (Some(&(i, one)), Some((j, other)))
                    if one == other || (i < fold.left || j < fold.right) && one.eq_ignore_ascii_case(&other) =>
                {
                    n + 1
                }
                _ => continue,
            };
            set(&mut to, next);
        }
        close(&outer, &mut to);
        to
    };
    let mut start = vec![false; outer.len() + 1];
    set(&mut start, 0);
    close(&outer, &mut start);
    let mut frontier = vec![start];
    for (j, c) in inner.char_indices() {
        let mut next: Vec<Vec<bool>> = Vec::new();
        for states in frontier {
            match c {
                '*' => {
                    let mut states = states;
                    loop {
                        let further = step(&states, None);
                        let settled = further == states;
                        keep(&mut next, states);
                        if settled {
                            break;
                        }
                        states = further;
                    }
                }
                '?' => keep(&mut next, step(&states, None)),
                literal => keep(&mut next, step(&states, Some((j, literal)))),
            }
        }
        if next.len() > MOST_STATES || next.iter().any(|states| !states.contains(&true)) {
            return false;
        }
        frontier = next;
    }
    frontier.iter().all(|states| states.last() == Some(&true))
}

fn set(states: &mut [bool], n: usize) {
    if let Some(state) = states.get_mut(n) {
        *state = true;
    }
}

/// A star may stand for nothing.
fn close(outer: &[(usize, char)], states: &mut [bool]) {
    for (n, (_, c)) in outer.iter().enumerate() {
        if *c == '*' && states.get(n) == Some(&true) {
            set(states, n + 1);
        }
    }
}

/// Adds a set of states, unless a smaller one is there.
fn keep(sets: &mut Vec<Vec<bool>>, new: Vec<bool>) {
    let within = |small: &[bool], large: &[bool]| small.iter().zip(large).all(|(one, other)| !one || *other);
    if sets.iter().any(|known| within(known, &new)) {
        return;
    }
    sets.retain(|known| !within(&new, known));
    sets.push(new);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_match() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("s3:*", "s3:GetObject", true),
            ("s3:Get?bject", "s3:GetObject", true),
            ("s3:Get*Acl", "s3:GetObjectAcl", true),
            ("s3:Get*Acl", "s3:GetObject", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
            ("?", "é", true),
            ("*?", "é", true),
            ("*??", "é", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn escaped_characters_match_only_themselves() {
        let pattern = format!("a{LITERAL_STAR}*{LITERAL_QUESTION_MARK}");
        assert_eq!(pattern, escape("a*").into_owned() + "*" + &escape("?"));
        assert!(matches(&pattern, "a*?") && matches(&pattern, "a*xy?"));
        assert!(!matches(&pattern, "ab?") && !matches(&pattern, "a*x"));
        assert!(covers("a??", &escape("a*?")) && covers(&escape("a*"), &escape("a*")));
        assert!(!covers(&escape("a*"), "a*") && covers("a*", &escape("a*")));
        assert!(intersects(&escape("*"), "*") && !intersects(&escape("*"), "a*"));
        assert_eq!(unescape(&escape("${*}?")), "${*}?");
        assert!(!has_wildcards(&escape("*?")));
    }

    #[test]
    fn case_is_ignored_only_in_the_first_bytes() {
        let fold = Fold { left: 2, right: 0 };
        assert!(matches_by("AB*c", "abXc", fold) && !matches_by("ABc", "abC", fold));
        assert!(covers_by("A?*", "a*?", fold) && !covers_by("abC", "abc", fold));
        assert!(intersects_by("AB", "a*", fold) && intersects_by("AB*", "a*", fold) && !intersects_by("abC", "abc*", fold));
        // Sides may be exchanged along the way; the bytes that are ignored have to follow them.
        assert!(!intersects_by("ab", "*B", Fold { left: 1, right: 0 }));
    }

    /// The definition, and nothing else.
    fn naively(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|n| naively(rest, &text[n..])),
            Some(('?', rest)) => !text.is_empty() && naively(rest, &text[1..]),
            Some((c, rest)) => text.first() == Some(c) && naively(rest, &text[1..]),
        }
    }

    fn words(alphabet: &[char], longest: usize) -> Vec<Vec<char>> {
        let mut all: Vec<Vec<char>> = vec![Vec::new()];
        let mut last = all.clone();
        for _ in 0..longest {
            last = last.iter().flat_map(|word| alphabet.iter().map(|c| [word.as_slice(), &[*c]].concat())).collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    #[test]
    fn the_relations_are_those_of_the_sets_of_texts() {
        // No pattern mentions `/`, so it stands for every character that none mentions.
        let texts = words(&['a', 'b', ':', '/'], 6);
        assert_eq!(texts.len(), 5461);
        let mut patterns = words(&['a', 'b', '*', '?'], 4);
        patterns.extend(words(&['a', ':', '*', '?'], 3));
        let spelt: Vec<String> = texts.iter().map(|text| text.iter().collect()).collect();
        let sets: Vec<(String, Vec<u64>)> = patterns
            .iter()
            .map(|pattern| {
                let spelling: String = pattern.iter().collect();
                let mut bits = vec![0_u64; texts.len().div_ceil(64)];
                for (n, text) in texts.iter().enumerate() {
                    let expected = naively(pattern, text);
                    assert_eq!(matches(&spelling, &spelt[n]), expected, "{spelling} {}", spelt[n]);
                    bits[n / 64] |= u64::from(expected) << (n % 64);
                }
                (spelling, bits)
            })
            .collect();
        for (p, of_p) in &sets {
            for (q, of_q) in &sets {
                let covered = of_p.iter().zip(of_q).all(|(one, other)| other & !one == 0);
                assert_eq!(covers(p, q), covered, "{p} covers {q}");
                let meet = of_p.iter().zip(of_q).any(|(one, other)| one & other != 0);
                assert_eq!(intersects(p, q), meet, "{p} meets {q}");
            }
        }
    }

    #[test]
    fn long_patterns_are_compared_without_much_ado() {
        let questions = "?".repeat(60_000);
        assert!(!covers(&format!("*a{questions}"), "*a*"));
        assert!(covers(&format!("*{}", "?".repeat(40)), &format!("{}*", "?".repeat(40))));
        assert!(intersects(&format!("{questions}*"), "*a*"));
    }
}
