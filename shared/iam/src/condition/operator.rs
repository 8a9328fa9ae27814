//! Names of condition operators.

use crate::policy::{Operator, Quantifier, Test};

/// What an operator's name means, in any case; none if there is no such operator.
///
/// `Null` asks whether a key is there, so neither a set prefix nor `IfExists` goes with it: IAM refuses
/// the latter, and nothing says what the former would mean.
#[must_use]
pub fn test_of(operator: &str) -> Option<Test> {
    let (quantifier, rest) = if let Some(rest) = after("ForAllValues:", operator) {
        (Quantifier::All, rest)
    } else if let Some(rest) = after("ForAnyValue:", operator) {
        (Quantifier::Any, rest)
    } else {
        (Quantifier::Plain, operator)
    };
    let (name, if_exists) = match rest.len().checked_sub(SUFFIX.len()).and_then(|at| rest.split_at_checked(at)) {
        Some((name, suffix)) if suffix.eq_ignore_ascii_case(SUFFIX) => (name, true),
        _ => (rest, false),
    };
    let &(_, operator, negated) = NAMES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name))?;
    let decorated = quantifier != Quantifier::Plain || if_exists;
    (operator != Operator::Null || !decorated).then_some(Test { quantifier, operator, negated, if_exists })
}

const SUFFIX: &str = "IfExists";

fn after<'a>(prefix: &str, text: &'a str) -> Option<&'a str> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(tail)
}

/// The frequent ones stand first.
const NAMES: &[(&str, Operator, bool)] = &[
    ("StringEquals", Operator::StringEquals, false),
    ("StringLike", Operator::StringLike, false),
    ("Null", Operator::Null, false),
    ("ArnLike", Operator::ArnLike, false),
    ("Bool", Operator::Bool, false),
    ("StringNotEquals", Operator::StringEquals, true),
    ("StringNotLike", Operator::StringLike, true),
    ("ArnEquals", Operator::ArnLike, false),
    ("ArnNotEquals", Operator::ArnLike, true),
    ("ArnNotLike", Operator::ArnLike, true),
    ("StringEqualsIgnoreCase", Operator::StringEqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Operator::StringEqualsIgnoreCase, true),
    ("NumericEquals", Operator::NumericEquals, false),
    ("NumericNotEquals", Operator::NumericEquals, true),
    ("NumericLessThan", Operator::NumericLessThan, false),
    ("NumericLessThanEquals", Operator::NumericLessThanEquals, false),
    ("NumericGreaterThan", Operator::NumericGreaterThan, false),
    ("NumericGreaterThanEquals", Operator::NumericGreaterThanEquals, false),
    ("DateEquals", Operator::DateEquals, false),
    ("DateNotEquals", Operator::DateEquals, true),
    ("DateLessThan", Operator::DateLessThan, false),
    ("DateLessThanEquals", Operator::DateLessThanEquals, false),
    ("DateGreaterThan", Operator::DateGreaterThan, false),
    ("DateGreaterThanEquals", Operator::DateGreaterThanEquals, false),
    ("BinaryEquals", Operator::BinaryEquals, false),
    ("IpAddress", Operator::IpAddress, false),
    ("NotIpAddress", Operator::IpAddress, true),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_twenty_seven_names_and_each_is_known_in_any_case() {
        assert_eq!(NAMES.len(), 27);
        for &(name, operator, negated) in NAMES {
            let plain = Test { quantifier: Quantifier::Plain, operator, negated, if_exists: false };
            assert_eq!(test_of(name), Some(plain));
            assert_eq!(test_of(&name.to_uppercase()), Some(plain));
            assert_eq!(NAMES.iter().filter(|other| other.0 == name).count(), 1);
        }
    }

    #[test]
    fn prefixes_and_the_suffix_are_understood() {
        let test = test_of("forAnyValue:stringLikeIFEXISTS").unwrap();
        assert_eq!((test.quantifier, test.operator, test.negated, test.if_exists), (Quantifier::Any, Operator::StringLike, false, true));
        assert_eq!(test_of("ForAllValues:ArnNotEquals").unwrap().quantifier, Quantifier::All);
        assert!(test_of("NotIpAddressIfExists").unwrap().negated);
    }

    #[test]
    fn other_names_are_not() {
        for name in ["", "IfExists", "ForAllValues:", "StringEqual", " StringEquals", "ForAllValues: StringEquals", "StringEqualsIfExist"] {
            assert_eq!(test_of(name), None, "{name}");
        }
        for name in ["ForAllValues:ForAnyValue:StringEquals", "StringEqualsIfExistsIfExists", "BinaryNotEquals", "BoolNot", "ſtringEquals"]
        {
            assert_eq!(test_of(name), None, "{name}");
        }
        for name in ["NullIfExists", "ForAllValues:Null", "ForAnyValue:Null"] {
            assert_eq!(test_of(name), None, "{name}");
        }
    }
}
