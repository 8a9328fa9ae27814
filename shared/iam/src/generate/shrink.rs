//! Lists of actions made shorter to read, `s3:Get*Tagging`.
//!
//! A wildcard stands only where a word of the name begins or ends, and only if it names, in the whole
//! catalogue with all that was ever in it, nothing that is not wanted. It still takes in what AWS adds
//! later; so policies made from needs are never shortened.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{ActionId, IdRanges, expand};

/// Fewer names than this are read as quickly as a pattern.
const FEWEST: usize = 3;

/// The actions as patterns and names, sorted, that name exactly them.
#[must_use]
pub fn shrink(actions: &BTreeSet<ActionId>) -> Vec<String> {
    shrink_within(actions, &|_| true)
}

/// The same with patterns, in lower case, that `admissible` admits, and no others.
pub(crate) fn shrink_within(actions: &BTreeSet<ActionId>, admissible: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut by_service: BTreeMap<&str, BTreeSet<ActionId>> = BTreeMap::new();
    for action in actions {
        by_service.entry(action.service()).or_default().insert(*action);
    }
    let mut list = Vec::new();
    for (service, wanted) in by_service {
        Shrinking { service, wanted: &wanted, admissible, rest: wanted.clone(), list: &mut list }.run();
    }
    list.sort();
    list
}

struct Shrinking<'s> {
    service: &'s str,
    wanted: &'s BTreeSet<ActionId>,
    admissible: &'s dyn Fn(&str) -> bool,
    /// What no pattern names yet.
    rest: BTreeSet<ActionId>,
    list: &'s mut Vec<String>,
}

impl Shrinking<'_> {
    fn run(mut self) {
        // A shorter beginning names all that longer ones do, so the shortest that may stand come first.
        let most = self.rest.iter().map(|action| words(action.name()).len()).max().unwrap_or_default();
        for length in 0..=most {
            let heads: BTreeSet<String> =
                self.rest.iter().filter_map(|action| Some(words(action.name()).get(..length)?.concat())).collect();
            for head in heads {
                self.try_one(&format!("{}:{head}*", self.service));
            }
        }
        let mut with_tails: Vec<(usize, String)> =
            self.candidates().into_iter().filter_map(|pattern| Some((self.named(&pattern)?.len(), pattern))).collect();
        with_tails.sort_by(|(many, one), (few, other)| few.cmp(many).then_with(|| one.cmp(other)));
        for (_, pattern) in with_tails {
            self.try_one(&pattern);
        }
        self.list.extend(self.rest.iter().map(|action| action.name().to_owned()));
    }

    /// Patterns with words at both ends.
    fn candidates(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for action in &self.rest {
            let words = words(action.name());
            for head in 1..words.len() {
                for tail in head..words.len() {
                    if let (Some(head), Some(tail)) = (words.get(..head), words.get(tail..)) {
                        all.insert(format!("{}:{}*{}", self.service, head.concat(), tail.concat()));
                    }
                }
            }
        }
        all
    }

    /// What a pattern names, if it may stand.
    fn named(&self, pattern: &str) -> Option<BTreeSet<ActionId>> {
        let folded = pattern.to_ascii_lowercase();
        let mut ranges = Vec::new();
        expand(&folded, &mut ranges);
        let ranges = IdRanges::from_ranges(ranges);
        let exact = ranges.count() >= FEWEST && ranges.count() <= self.wanted.len() && ranges.iter().all(|one| self.wanted.contains(&one));
        (exact && (self.admissible)(&folded)).then(|| ranges.iter().collect())
    }

    fn try_one(&mut self, pattern: &str) {
        if let Some(named) = self.named(pattern)
            && named.intersection(&self.rest).count() >= FEWEST
        {
            self.rest.retain(|action| !named.contains(action));
            self.list.push(pattern.to_owned());
        }
    }
}

/// The words of an action's name: `Get`, `Object`, `ACL`, `Tags`.
fn words(name: &str) -> Vec<&str> {
    let name = name.split_once(':').map_or(name, |(_, name)| name);
    let bytes = name.as_bytes();
    let upper = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_uppercase);
    let lower = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
    let begins = |at: &usize| *at == 0 || upper(*at) && (!upper(*at - 1) || lower(*at + 1));
    let starts: Vec<usize> = (0..name.len()).filter(begins).collect();
    let ends = starts.iter().skip(1).copied().chain([name.len()]);
    starts.iter().zip(ends).filter_map(|(from, to)| name.get(*from..to)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{actions_of, lookup};

    fn ids(names: &[&str]) -> BTreeSet<ActionId> {
        names.iter().map(|name| lookup(name).expect("in the catalogue")).collect()
    }

    fn of_patterns(patterns: &[&str]) -> BTreeSet<ActionId> {
        IdRanges::of_patterns(patterns.iter().copied(), false).iter().collect()
    }

    #[test]
    fn names_fall_into_words() {
        for (name, expected) in [
            ("s3:GetObjectVersionTagging", &["Get", "Object", "Version", "Tagging"][..]),
            ("waf:GetWebACLForResource", &["Get", "Web", "ACL", "For", "Resource"]),
            ("rds-db:connect", &["connect"]),
            ("ec2:CreateVpc2", &["Create", "Vpc2"]),
            ("elasticloadbalancing:ModifyIPPools", &["Modify", "IP", "Pools"]),
        ] {
            assert_eq!(words(name), expected, "{name}");
        }
    }

    #[test]
    fn a_wildcard_names_nothing_that_is_not_wanted() {
        let all: BTreeSet<ActionId> = actions_of("s3").iter().collect();
        assert_eq!(shrink(&all), ["s3:*"]);
        let getters = of_patterns(&["s3:get*"]);
        assert_eq!(shrink(&getters), ["s3:Get*"]);
        let tagging = of_patterns(&["s3:get*tagging"]);
        assert!(tagging.len() >= FEWEST && shrink(&tagging) == ["s3:Get*Tagging"], "{:?}", shrink(&tagging));
        let without_one: BTreeSet<ActionId> = getters.iter().copied().filter(|id| id.name() != "s3:GetObject").collect();
        let short = shrink(&without_one);
        assert!(short.len() < without_one.len() && !short.contains(&"s3:Get*".to_owned()), "{short:?}");
        let folded: Vec<String> = short.iter().map(|one| one.to_ascii_lowercase()).collect();
        assert_eq!(of_patterns(&folded.iter().map(String::as_str).collect::<Vec<_>>()), without_one);
    }

    #[test]
    fn few_names_and_ends_within_a_word_stay_as_they_are() {
        let two = ids(&["ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability"]);
        assert_eq!(shrink(&two), ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage"]);
        // These share `Get`, and more only within words.
        let three = ids(&["s3:GetObject", "s3:GetObjectAcl", "s3:ListBucket"]);
        assert_eq!(shrink(&three), ["s3:GetObject", "s3:GetObjectAcl", "s3:ListBucket"]);
        assert!(shrink(&BTreeSet::new()).is_empty());
    }

    #[test]
    fn patterns_that_are_not_admitted_do_not_stand() {
        let all: BTreeSet<ActionId> = actions_of("s3").iter().collect();
        let short = shrink_within(&all, &|pattern| pattern.len() > "s3:*".len());
        assert!(!short.contains(&"s3:*".to_owned()) && short.contains(&"s3:Put*".to_owned()));
    }
}
