//! Policy variables: `${key}`, `${key, 'default'}`, and `${*}`, `${?}`, `${$}` for the characters.
//!
//! Source: IAM User Guide, "IAM policy elements: Variables and tags". What stands in for a variable is
//! literal: a `*` in the value of a tag is no wildcard. Variables exist in documents of the version
//! 2012-10-17 only, in the last segment of a resource and in values of the string and ARN operators;
//! it does not know where a text stands, so callers ask only there.

use std::borrow::Cow;

use crate::glob::{LITERAL_QUESTION_MARK, LITERAL_STAR, escape};
use crate::key::{Context, KeyState};
use crate::readings::{Reading, Readings};

/// A text after its variables were replaced. Texts are patterns for [`crate::glob`]: a `*` or `?` that
/// comes from a value, or from `${*}`, is escaped and matches only itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Substituted<'a> {
    /// One pattern, whatever is not known.
    Text(Cow<'a, str>),
    /// A variable has no value, or several: the text matches nothing.
    NoMatch,
    /// It depends on what is not known: surely nothing matches, and at most what this pattern matches.
    Open {
        /// The widest pattern.
        widest: String,
    },
}

/// Whether there is something to replace.
#[must_use]
pub fn has_variables(text: &str) -> bool {
    text.contains("${")
}

/// Replaces the variables from the byte offset `from` on. Wildcards of the text stay wildcards.
#[must_use]
pub fn substitute<'a>(text: &'a str, from: usize, context: Context<'_>, readings: Readings) -> Substituted<'a> {
    replace(text, from, false, context, readings)
}

/// The same for operators without wildcards: a `*` or `?` of the text is escaped too, so that the
/// pattern matches exactly the text. Where no wildcard is left, [`crate::glob::unescape`] gives it back.
#[must_use]
pub fn substitute_exact<'a>(text: &'a str, context: Context<'_>, readings: Readings) -> Substituted<'a> {
    replace(text, 0, true, context, readings)
}

/// What stands between two places of a text where something is to be replaced.
pub(crate) enum Piece<'a> {
    /// Text.
    Literal(&'a str),
    /// A variable: its key, its default, and whether a space stands before the default.
    Variable { written: &'a str, key: &'a str, default: Option<(&'a str, bool)> },
    /// `${` and what follows it, without the end of a variable.
    Unterminated(&'a str),
}

/// Takes a text apart.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let piece;
        (piece, rest) = first(rest);
        Some(piece)
    })
}

fn first(text: &str) -> (Piece<'_>, &str) {
    let Some(inside) = text.strip_prefix("${") else {
        let (literal, rest) = text.find("${").and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""));
        return (Piece::Literal(literal), rest);
    };
    let parsed = match inside.split_once(['}', ',']) {
        Some((key, _)) if inside.as_bytes().get(key.len()) == Some(&b'}') => inside.get(key.len() + 1..).map(|rest| (key, None, rest)),
        Some((key, after)) => {
            let (spaced, quoted) = after.strip_prefix(' ').map_or((false, after), |quoted| (true, quoted));
            let default = quoted.strip_prefix('\'').and_then(|quoted| quoted.split_once("'}"));
            default.map(|(default, rest)| (key, Some((default, spaced)), rest))
        }
        None => None,
    };
    let Some((key, default, rest)) = parsed else { return (Piece::Unterminated(text), "") };
    let written = text.get(..text.len() - rest.len()).unwrap_or(text);
    (Piece::Variable { written, key, default }, rest)
}

fn replace<'a>(text: &'a str, from: usize, exact: bool, context: Context<'_>, readings: Readings) -> Substituted<'a> {
    let literal = |chunk: &'a str| if exact { escape(chunk) } else { Cow::Borrowed(chunk) };
    let (head, tail) = text.split_at_checked(from).unwrap_or((text, ""));
    if !has_variables(tail) {
        return Substituted::Text(literal(text));
    }
    let mut out = literal(head).into_owned();
    let mut open = false;
    for piece in pieces(tail) {
        let value = match piece {
            Piece::Literal(chunk) => Value::Text(literal(chunk)),
            Piece::Unterminated(chunk) => either(readings, Reading::Malformed, || Value::Text(literal(chunk)), || Value::Text("*".into())),
            Piece::Variable { key: "*", default: None, .. } => Value::Literal(LITERAL_STAR),
            Piece::Variable { key: "?", default: None, .. } => Value::Literal(LITERAL_QUESTION_MARK),
            Piece::Variable { key: "$", default: None, .. } => Value::Literal('$'),
            Piece::Variable { written, key, default: Some((default, false)) } => {
                either(readings, Reading::DefaultWithoutSpace, || Value::Text(literal(written)), || of_key(key, Some(default), context))
            }
            Piece::Variable { key, default, .. } => of_key(key, default.map(|(default, _)| default), context),
        };
        match value {
            Value::Text(text) => out.push_str(&text),
            Value::Literal(c) => out.push(c),
            Value::None => return Substituted::NoMatch,
            Value::Open(pattern) => {
                open = true;
                out.push_str(pattern);
            }
        }
    }
    if open { Substituted::Open { widest: out } } else { Substituted::Text(Cow::Owned(out)) }
}

/// What stands in for a variable.
enum Value<'a> {
    Text(Cow<'a, str>),
    Literal(char),
    None,
    Open(&'a str),
}

/// The one or the other where the question is fixed, else anything.
fn either<'a>(readings: Readings, question: Reading, narrow: impl Fn() -> Value<'a>, wide: impl Fn() -> Value<'a>) -> Value<'a> {
    match (readings.surely_wide(question), readings.possibly_wide(question)) {
        (true, _) => wide(),
        (false, false) => narrow(),
        (false, true) => Value::Open("*"),
    }
}

fn of_key<'a>(key: &str, default: Option<&'a str>, context: Context<'a>) -> Value<'a> {
    let absent = default.map_or(Value::None, |default| Value::Text(escape(default)));
    match context.state(&key.to_ascii_lowercase()) {
        KeyState::Absent => absent,
        KeyState::Exactly(values) | KeyState::OneOf(values) if values.is_empty() => absent,
        KeyState::Exactly(values) | KeyState::OneOf(values) if values.len() == 1 => {
            Value::Text(escape(values.first().map_or("", |value| value)))
        }
        KeyState::Exactly(_) => Value::None,
        KeyState::Like(pattern) => Value::Open(pattern),
        KeyState::OneOf(_) | KeyState::Present | KeyState::Unknown | KeyState::Chosen => Value::Open("*"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Keys;

    fn keys() -> Keys {
        Keys::new()
            .with("k", KeyState::one("v"))
            .with("wild", KeyState::one("a*/${k}:?"))
            .with("absent", KeyState::Absent)
            .with("many", KeyState::Exactly(vec!["a".into(), "b".into()]))
            .with("like", KeyState::Like("AROA?:*".into()))
            .with("one-of", KeyState::OneOf(vec!["a".into(), "b".into()]))
            .with("chosen", KeyState::Chosen)
    }

    fn shown(substituted: Substituted<'_>) -> String {
        let plain = |text: &str| text.replace(LITERAL_STAR, "<star>").replace(LITERAL_QUESTION_MARK, "<one>");
        match substituted {
            Substituted::Text(text) => plain(&text),
            Substituted::NoMatch => "no match".into(),
            Substituted::Open { widest } => format!("at most {}", plain(&widest)),
        }
    }

    fn under(text: &str, readings: Readings) -> String {
        let keys = keys();
        let none = Keys::new();
        shown(substitute(text, 0, Context::new(&none, &keys), readings))
    }

    #[test]
    fn variables_are_replaced_by_what_is_known_of_their_key() {
        for (text, expected) in [
            ("plain*", "plain*"),
            ("${k}", "v"),
            ("a${K}b${k}${k}*", "avbvv*"),
            ("${wild}", "a<star>/${k}:<one>"),
            ("${absent}", "no match"),
            ("${many}", "no match"),
            ("${many, 'd'}", "no match"),
            ("${absent, 'd*}e'}x", "d<star>}ex"),
            ("${k, 'd'}", "v"),
            ("${like}/x", "at most AROA?:*/x"),
            ("${one-of}", "at most *"),
            ("${chosen}/${k}", "at most */v"),
            ("${chosen}/${absent}", "no match"),
            ("${aws:SourceVpce, 'd'}", "at most *"),
            ("${*}${?}${$}{k}", "<star><one>${k}"),
            ("$k {k} $", "$k {k} $"),
        ] {
            assert_eq!(under(text, Readings::believed()), expected, "{text}");
        }
    }

    #[test]
    fn forms_that_are_open_follow_their_reading() {
        let question = |reading, wide| Readings::believed().with(reading, wide);
        for (text, reading, narrow, wide, open) in [
            ("${absent,'d'}", Reading::DefaultWithoutSpace, "${absent,'d'}", "d", "at most *"),
            ("${k,'d'}", Reading::DefaultWithoutSpace, "${k,'d'}", "v", "at most *"),
            ("a${k", Reading::Malformed, "a${k", "a*", "at most a*"),
            ("a${k, d}", Reading::Malformed, "a${k, d}", "a*", "at most a*"),
        ] {
            assert_eq!(under(text, question(reading, false)), narrow, "{text}");
            assert_eq!(under(text, question(reading, true)), wide, "{text}");
            assert_eq!(under(text, Readings::OPEN), open, "{text}");
        }
    }

    #[test]
    fn variables_count_from_an_offset_on_and_exact_texts_hold_no_wildcard() {
        let (keys, none) = (keys(), Keys::new());
        let context = Context::new(&none, &keys);
        assert_eq!(shown(substitute("${k}:${k}", 5, context, Readings::OPEN)), "${k}:v");
        assert_eq!(shown(substitute_exact("*${k}?", context, Readings::OPEN)), "<star>v<one>");
        assert_eq!(shown(substitute_exact("*", context, Readings::OPEN)), "<star>");
        assert!(has_variables("a${") && !has_variables("a$ {"));
    }
}
