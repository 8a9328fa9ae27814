//! Conditions in words, for people.

use std::fmt::Write as _;

use crate::policy::{Atom, Operator, Quantifier, Test};

use super::value;

/// How many values are named before the rest is only counted.
const NAMED: usize = 4;

/// A condition in words: "aws:SourceVpce is `vpce-1`".
#[must_use]
pub fn describe(atom: &Atom) -> String {
    let Some(test) = atom.test.filter(|_| !atom.doubtful) else {
        return format!("{} meets `{}` {}, which is not understood", atom.key, atom.written, listed(&atom.values, "or"));
    };
    if test.operator == Operator::Null {
        return null(atom);
    }
    let subject = match test.quantifier {
        Quantifier::Plain => atom.key.to_string(),
        Quantifier::All => format!("every value of {}", atom.key),
        Quantifier::Any => format!("some value of {}", atom.key),
    };
    let mut text = format!("{subject} {} {}", relation(test), listed(&atom.values, if test.negated { "nor" } else { "or" }));
    if test.if_exists {
        text.push_str(", or the request does not carry it");
    }
    text
}

fn null(atom: &Atom) -> String {
    let wants = |wanted| atom.values.iter().any(|value| value::truth(value) == Some(wanted));
    match (wants(true), wants(false)) {
        (true, false) => format!("the request does not carry {}", atom.key),
        (false, true) => format!("the request carries {}", atom.key),
        (true, true) => format!("the request carries {} or not", atom.key),
        (false, false) => format!("{} meets `{}` {}, which is not understood", atom.key, atom.written, listed(&atom.values, "or")),
    }
}

const fn relation(test: Test) -> &'static str {
    match (test.operator, test.negated) {
        (Operator::StringEquals | Operator::NumericEquals | Operator::Bool, false) => "is",
        (Operator::StringEquals | Operator::NumericEquals | Operator::Bool, true) => "is not",
        (Operator::StringEqualsIgnoreCase, false) => "is, in any case,",
        (Operator::StringEqualsIgnoreCase, true) => "is not, in any case,",
        (Operator::StringLike | Operator::ArnLike, false) => "matches",
        (Operator::StringLike | Operator::ArnLike, true) => "does not match",
        (Operator::NumericLessThan, _) => "is less than",
        (Operator::NumericLessThanEquals, _) => "is at most",
        (Operator::NumericGreaterThan, _) => "is greater than",
        (Operator::NumericGreaterThanEquals, _) => "is at least",
        (Operator::DateEquals, false) => "is the instant",
        (Operator::DateEquals, true) => "is not the instant",
        (Operator::DateLessThan, _) => "is before",
        (Operator::DateLessThanEquals, _) => "is not after",
        (Operator::DateGreaterThan, _) => "is after",
        (Operator::DateGreaterThanEquals, _) => "is not before",
        (Operator::BinaryEquals, false) => "is, in base64,",
        (Operator::BinaryEquals, true) => "is not, in base64,",
        (Operator::IpAddress, false) => "is in",
        (Operator::IpAddress, true) => "is not in",
        (Operator::Null, _) => "is there",
    }
}

fn listed(values: &[Box<str>], word: &str) -> String {
    let mut text = String::new();
    let named = if values.len() > NAMED + 1 { NAMED } else { values.len() };
    let rest = values.len() - named;
    for (index, value) in values.iter().take(named).enumerate() {
        let between = match index {
            0 => "",
            _ if index + 1 == values.len() => &*format!(" {word} "),
            _ => ", ",
        };
        // Writing to a String cannot fail.
        let _ = write!(text, "{between}`{value}`");
    }
    match (values, rest) {
        ([], _) => text.push_str("one of no values"),
        (_, 0) => {}
        _ => {
            let _ = write!(text, " {word} {rest} more");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::test_of;

    fn words(operator: &str, key: &str, values: &[&str]) -> String {
        describe(&Atom {
            written: operator.into(),
            test: test_of(operator),
            key: key.into(),
            folded_key: key.to_lowercase().into(),
            values: values.iter().map(|value| (*value).into()).collect(),
            doubtful: false,
        })
    }

    #[test]
    fn conditions_read_as_sentences() {
        for (operator, key, values, expected) in [
            ("StringEquals", "aws:SourceVpce", &["vpce-1"] as &[&str], "aws:SourceVpce is `vpce-1`"),
            ("StringNotLike", "aws:userid", &["AROAX:*", "AIDA*"], "aws:userid does not match `AROAX:*` nor `AIDA*`"),
            ("StringEqualsIfExists", "k", &["a"], "k is `a`, or the request does not carry it"),
            ("ForAllValues:StringEquals", "aws:TagKeys", &["a", "b", "c"], "every value of aws:TagKeys is `a`, `b` or `c`"),
            ("ForAnyValue:ArnNotLike", "k", &["arn:*"], "some value of k does not match `arn:*`"),
            ("Null", "aws:TokenIssueTime", &["true"], "the request does not carry aws:TokenIssueTime"),
            ("Null", "aws:TokenIssueTime", &["False"], "the request carries aws:TokenIssueTime"),
            ("IpAddress", "aws:SourceIp", &["10.0.0.0/8"], "aws:SourceIp is in `10.0.0.0/8`"),
            ("DateLessThan", "aws:CurrentTime", &["2026-12-01"], "aws:CurrentTime is before `2026-12-01`"),
            ("StringLikes", "k", &["a"], "k meets `StringLikes` `a`, which is not understood"),
            ("StringEquals", "k", &["1", "2", "3", "4", "5"], "k is `1`, `2`, `3`, `4` or `5`"),
            ("StringEquals", "k", &["1", "2", "3", "4", "5", "6"], "k is `1`, `2`, `3`, `4` or 2 more"),
            ("StringEquals", "k", &[], "k is one of no values"),
        ] {
            assert_eq!(words(operator, key, values), expected);
        }
    }
}
