//! Many names, such as ARNs, among which patterns are looked up without trying each of them.
//!
//! A name is found by any of its parts from a boundary between words on: of the literal parts of a pattern the one
//! that the fewest names hold is looked up, and only those names are tried.

use crate::glob;

/// Names, each with something that belongs to it. A name may occur more than once.
#[derive(Clone, Debug)]
pub struct Names<V> {
    /// By name.
    entries: Vec<(String, V)>,
    /// Positions of entries, and of bytes in their names, ordered by what stands there.
    tails: Vec<(usize, usize)>,
}

impl<V> Default for Names<V> {
    fn default() -> Self {
        Self { entries: Vec::new(), tails: Vec::new() }
    }
}

impl<V> FromIterator<(String, V)> for Names<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(entries: I) -> Self {
        let mut entries: Vec<(String, V)> = entries.into_iter().collect();
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        let starts = |name: &str| -> Vec<usize> { std::iter::once(0).chain(name.match_indices(is_boundary).map(|(at, _)| at)).collect() };
        let tails = entries.iter().enumerate().flat_map(|(entry, (name, _))| starts(name).into_iter().map(move |at| (entry, at)));
        let mut names = Self { tails: tails.collect(), entries };
        let mut tails = std::mem::take(&mut names.tails);
        tails.sort_by(|one, other| names.tail(*one).cmp(names.tail(*other)));
        names.tails = tails;
        names
    }
}

impl<V> Names<V> {
    /// The entries whose name matches a pattern, in the order of their names.
    pub fn matching(&self, pattern: &str) -> impl Iterator<Item = (&str, &V)> + use<'_, V> {
        let fewest = parts(pattern).map(|part| self.holding(part)).min_by_key(|tails| tails.len());
        let mut found: Vec<usize> = match fewest {
            Some(tails) => tails.iter().map(|(entry, _)| *entry).collect(),
            None => (0..self.entries.len()).collect(),
        };
        found.sort_unstable();
        found.dedup();
        let mut entries: Vec<&(String, V)> = found.into_iter().filter_map(|entry| self.entries.get(entry)).collect();
        entries.retain(|(name, _)| glob::matches(pattern, name));
        entries.into_iter().map(|(name, value)| (name.as_str(), value))
    }

    fn tail(&self, (entry, at): (usize, usize)) -> &str {
        self.entries.get(entry).and_then(|(name, _)| name.get(at..)).unwrap_or_default()
    }

    /// Tails that begin with a text.
    fn holding(&self, text: &str) -> &[(usize, usize)] {
        let from = self.tails.partition_point(|tail| self.tail(*tail) < text);
        let rest = self.tails.get(from..).unwrap_or_default();
        let to = rest.partition_point(|tail| self.tail(*tail).starts_with(text));
        rest.get(..to).unwrap_or_default()
    }
}

/// Words begin at what is neither letter nor digit.
fn is_boundary(c: char) -> bool {
    !c.is_alphanumeric()
}

/// What stands in a pattern for something else than itself.
const fn is_wild(c: char) -> bool {
    matches!(c, '*' | '?' | glob::LITERAL_STAR | glob::LITERAL_QUESTION_MARK)
}

/// Texts at boundaries that every match of a pattern holds.
fn parts(pattern: &str) -> impl Iterator<Item = &str> {
    let literal = pattern.split(is_wild).enumerate();
    // What stands before the first wildcard stands at the beginning of the name.
    let bounded = literal.filter_map(|(n, part)| if n == 0 { Some(part) } else { part.find(is_boundary).and_then(|at| part.get(at..)) });
    bounded.filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_matches_is_found_and_nothing_else(
            names in proptest::collection::vec("[ab:/é*]{0,6}", 0..12),
            pattern in "[ab:/é*?]{0,6}",
        ) {
            let index: Names<usize> = names.iter().cloned().enumerate().map(|(n, name)| (name, n)).collect();
            let found: Vec<usize> = index.matching(&pattern).map(|(_, n)| *n).collect();
            let mut expected: Vec<usize> = (0..names.len()).filter(|n| glob::matches(&pattern, &names[*n])).collect();
            expected.sort_by_key(|n| &names[*n]);
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn characters_that_stand_for_themselves_are_found() {
        let names: Names<()> = ["a:*", "a:b", "b:*"].into_iter().map(|name| (name.to_owned(), ())).collect();
        let found = |pattern: &str| names.matching(pattern).map(|(name, ())| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(found(&glob::escape("a:*")), ["a:*"]);
        assert_eq!(found(&format!("*{}", glob::escape(":*"))), ["a:*", "b:*"]);
        assert_eq!(found("*"), ["a:*", "a:b", "b:*"]);
    }
}
