//! Globs, variables, actions and resources, the slow way.

use std::collections::BTreeMap;

use wallwalk_iam::Reading;

use super::Wide;

/// What a request carries: values by key, whose name is in lower case. A key that is not here is absent.
pub(crate) type Carried = BTreeMap<String, Vec<String>>;

/// A pattern, character by character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// This character. The flag tells whether it came from the policy's text, and not from a variable.
    Literal(char, bool),
    /// `*`
    Many,
    /// `?`
    One,
}

/// A pattern without variables.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    text.chars()
        .map(|c| match c {
            '*' => Token::Many,
            '?' => Token::One,
            c => Token::Literal(c, true),
        })
        .collect()
}

/// A text in which nothing is a wildcard.
fn literal(text: &str) -> impl Iterator<Item = Token> + '_ {
    text.chars().map(|c| Token::Literal(c, false))
}

/// Whether a pattern matches a text, where `same` tells when two characters (with their positions) are the same.
fn glob_by(pattern: &[Token], text: &[char], same: &dyn Fn(usize, char, usize, char) -> bool) -> bool {
    fn go(p: usize, t: usize, pattern: &[Token], text: &[char], same: &dyn Fn(usize, char, usize, char) -> bool) -> bool {
        match (pattern.get(p), text.get(t)) {
            (None, rest) => rest.is_none(),
            (Some(Token::Many), None) => go(p + 1, t, pattern, text, same),
            (Some(Token::Many), Some(_)) => go(p + 1, t, pattern, text, same) || go(p, t + 1, pattern, text, same),
            (Some(_), None) => false,
            (Some(Token::One), Some(_)) => go(p + 1, t + 1, pattern, text, same),
            (Some(Token::Literal(a, _)), Some(b)) => same(p, *a, t, *b) && go(p + 1, t + 1, pattern, text, same),
        }
    }
    go(0, 0, pattern, text, same)
}

/// Whether a pattern matches a text, case and all.
pub(crate) fn glob(pattern: &[Token], text: &str) -> bool {
    glob_by(pattern, &text.chars().collect::<Vec<_>>(), &|_, a, _, b| a == b)
}

/// The text with its variables replaced; none if it has one without a value, which matches nothing.
/// Variables before the character position `from` are literal text. Where the text is no pattern its
/// own wildcards are characters like any other.
pub(crate) fn substitute(text: &str, is_pattern: bool, from: usize, v2012: bool, carried: &Carried, wide: Wide) -> Option<Vec<Token>> {
    let tokens = |text: &str| if is_pattern { tokens(text) } else { text.chars().map(|c| Token::Literal(c, true)).collect() };
    let chars: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let end = chars[at..].iter().position(|c| *c == '}').map(|n| at + n);
        let starts = chars[at] == '$' && chars.get(at + 1) == Some(&'{');
        if v2012 && at >= from && starts {
            let Some(end) = end else {
                // Without its end it is literal text, unless what is malformed is read widely.
                out.extend(if wide.reads(Reading::Malformed) {
                    vec![Token::Many]
                } else {
                    tokens(&chars[at..].iter().collect::<String>())
                });
                return Some(out);
            };
            let inner: String = chars[at + 2..end].iter().collect();
            if let Some(replaced) = variable(&inner, carried, wide) {
                out.extend(replaced?);
                at = end + 1;
                continue;
            }
        }
        out.extend(tokens(&chars[at].to_string()));
        at += 1;
    }
    Some(out)
}

/// What stands for `${inner}`: nothing if it is literal text, `Some(None)` if it has no value.
fn variable(inner: &str, carried: &Carried, wide: Wide) -> Option<Option<Vec<Token>>> {
    if ["*", "?", "$"].contains(&inner) {
        return Some(Some(literal(inner).collect()));
    }
    let (key, default) = match inner.split_once(',') {
        None => (inner, None),
        Some((key, rest)) => {
            if !rest.starts_with(' ') && !wide.reads(Reading::DefaultWithoutSpace) {
                return None;
            }
            (key, Some(rest.trim_start().strip_prefix('\'')?.strip_suffix('\'')?))
        }
    };
    let values = carried.get(&key.to_ascii_lowercase()).map_or(&[][..], |values| values);
    Some(match (values, default) {
        ([one], _) => Some(literal(one).collect()),
        ([], Some(default)) => Some(literal(default).collect()),
        _ => None,
    })
}

/// Whether an entry of `Action` names an action.
pub(crate) fn action(pattern: &str, action: &str, wide: Wide) -> bool {
    if pattern.contains(char::is_whitespace) && !wide.reads(Reading::ActionWhitespace) {
        return false;
    }
    let pattern = pattern.trim().to_lowercase();
    if pattern == "*" || pattern == "*:*" {
        return true;
    }
    let Some((service, _)) = pattern.split_once(':') else { return false };
    if service.contains(['*', '?']) && !wide.reads(Reading::ActionServiceGlob) {
        return false;
    }
    glob(&tokens(&pattern), &action.to_lowercase())
}

/// The text with `*` for each variable.
fn without_variables(text: &str) -> String {
    let mut parts = text.split("${");
    let head = parts.next().unwrap_or_default().to_owned();
    parts.fold(head, |out, part| out + "*" + part.split_once('}').map_or("", |(_, rest)| rest))
}

/// Where an entry of `Resource` stands, which decides how a short one is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Identity,
    Boundary,
    Session,
    Scp,
    Rcp,
    Resource,
    Endpoint,
}

/// First word of a resource part, and whether something follows it.
fn word(resource: &str) -> (&str, bool) {
    match resource.find(['/', ':']) {
        Some(n) => (&resource[..n], true),
        None => (resource, false),
    }
}

/// Whether an entry of `Resource` matches an ARN, or `*` for no resource.
pub(crate) fn resource(pattern: &str, place: Place, v2012: bool, target: &str, carried: &Carried, wide: Wide) -> bool {
    let stars = |text: &str| !text.is_empty() && text.chars().all(|c| c == '*');
    if stars(pattern) || pattern.strip_prefix("arn:").is_some_and(|rest| rest.splitn(5, ':').all(stars)) {
        return true;
    }
    if target == "*" {
        return false;
    }
    let mut segments: Vec<&str> = pattern.splitn(6, ':').collect();
    if v2012 && wide.reads(Reading::Malformed) && segments[..5.min(segments.len())].iter().any(|segment| segment.contains("${")) {
        // A variable where none may stand is literal text, unless what is malformed is read widely.
        return resource(&without_variables(pattern), place, v2012, target, carried, wide);
    }
    if segments.len() < 6 {
        let padded = match place {
            Place::Identity | Place::Boundary | Place::Session => true,
            Place::Resource | Place::Endpoint => pattern.contains(['*', '?']),
            Place::Scp => pattern.ends_with('*'),
            Place::Rcp => false,
        };
        if !padded || !wide.reads(Reading::ShortArn) {
            return false;
        }
        segments.resize(6, "*");
    }
    if segments[2].contains(['*', '?']) && !wide.reads(Reading::ServiceSegmentGlob) {
        return false;
    }
    let targets: Vec<&str> = target.splitn(6, ':').collect();
    let (type_word, typed) = word(segments[5]);
    if typed
        && type_word.contains(['*', '?'])
        && !wide.reads(Reading::TypeWordGlob)
        && super::facts::is_type_word(targets[2], word(targets[5]).0)
    {
        return false;
    }
    let text = segments.join(":");
    let prefix = segments[..5].iter().map(|s| s.chars().count() + 1).sum::<usize>();
    let Some(whole) = substitute(&text, true, prefix, v2012, carried, wide) else { return false };
    let target_prefix = targets[..5].iter().map(|s| s.chars().count() + 1).sum::<usize>();
    // The word `arn` itself and the resource part are compared case and all.
    let same = |p: usize, a: char, t: usize, b: char| {
        let folded = wide.reads(Reading::PrefixCase) && (4..prefix).contains(&p) && (4..target_prefix).contains(&t);
        a == b || folded && a.eq_ignore_ascii_case(&b)
    };
    if wide.reads(Reading::StarCrossesColon) {
        return glob_by(&whole, &target.chars().collect::<Vec<_>>(), &same);
    }
    let fold = |text: &str| if wide.reads(Reading::PrefixCase) { text.to_ascii_lowercase() } else { text.to_owned() };
    segments[0] == "arn" && (1..5).all(|n| glob(&tokens(&fold(segments[n])), &fold(targets[n]))) && glob(&whole[prefix..], targets[5])
}
