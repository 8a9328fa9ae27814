//! Conditions, the slow way.

use std::cmp::Ordering;
use std::net::IpAddr;

use wallwalk_iam::Reading;

use super::Wide;
use super::text::{Carried, Token, glob, substitute};

/// One condition as written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Condition {
    pub(crate) operator: String,
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

/// Whether a request with these keys meets a condition.
pub(crate) fn holds(condition: &Condition, v2012: bool, carried: &Carried, wide: Wide) -> bool {
    let written = condition.operator.to_ascii_lowercase();
    let (set, rest) = match written.split_once(':') {
        Some(("forallvalues", rest)) => ("all", rest),
        Some(("foranyvalue", rest)) => ("any", rest),
        Some(_) => return wide.reads(Reading::Malformed),
        None => ("", written.as_str()),
    };
    let (base, if_exists) = rest.strip_suffix("ifexists").map_or((rest, false), |base| (base, true));
    let negated = [
        "stringnotequals",
        "stringnotequalsignorecase",
        "stringnotlike",
        "numericnotequals",
        "datenotequals",
        "notipaddress",
        "arnnotequals",
        "arnnotlike",
    ]
    .contains(&base);
    let base = base.replace("not", "");
    if !KNOWN.contains(&base.as_str()) || (condition.operator.to_ascii_lowercase().contains("not") && !negated) {
        return wide.reads(Reading::Malformed);
    }
    let mut values = carried.get(&condition.key.to_ascii_lowercase()).cloned().unwrap_or_default();
    if wide.reads(Reading::EmptyIsNull) && (!set.is_empty() || base == "null") && values.iter().all(String::is_empty) {
        values.clear();
    }
    if base == "null" {
        return condition.values.iter().any(|wanted| match wanted.to_ascii_lowercase().as_str() {
            "true" => values.is_empty(),
            "false" => !values.is_empty(),
            _ => wide.reads(Reading::GarbageValue),
        });
    }
    if condition.values.is_empty() {
        return negated && wide.reads(Reading::Malformed);
    }
    if values.is_empty() {
        return if_exists || set == "all" || set.is_empty() && negated;
    }
    let one = |value: &String| condition.values.iter().any(|wanted| compare(&base, wanted, value, v2012, carried, wide));
    match set {
        "all" => values.iter().all(|value| one(value) != negated),
        "any" => values.iter().any(|value| one(value) != negated),
        _ if values.len() > 1 && !wide.reads(Reading::PlainOperatorOnMany) => negated,
        _ => values.iter().any(one) != negated,
    }
}

const KNOWN: &[&str] = &[
    "stringequals",
    "stringequalsignorecase",
    "stringlike",
    "numericequals",
    "numericlessthan",
    "numericlessthanequals",
    "numericgreaterthan",
    "numericgreaterthanequals",
    "dateequals",
    "datelessthan",
    "datelessthanequals",
    "dategreaterthan",
    "dategreaterthanequals",
    "bool",
    "binaryequals",
    "ipaddress",
    "arnequals",
    "arnlike",
    "null",
];

/// Whether one value of the request meets one value of the policy, by an operator that is not negated.
fn compare(operator: &str, wanted: &str, value: &str, v2012: bool, carried: &Carried, wide: Wide) -> bool {
    let garbage = wide.reads(Reading::GarbageValue);
    let ordered = |order: Option<Ordering>| order.map_or(garbage, |order| meets(operator, order));
    match operator {
        "stringequals" | "stringequalsignorecase" => {
            let Some(wanted) = substitute(wanted, false, 0, v2012, carried, wide) else { return false };
            let ignoring_case = operator != "stringequals";
            let folded = |c: char| if ignoring_case { fold(c, wide) } else { c };
            let wanted: Vec<Token> = wanted
                .into_iter()
                .map(|token| match token {
                    Token::Literal(c, own) => Token::Literal(folded(c), own),
                    wildcard => wildcard,
                })
                .collect();
            glob(&wanted, &value.chars().map(folded).collect::<String>())
        }
        "stringlike" => substitute(wanted, true, 0, v2012, carried, wide).is_some_and(|wanted| glob(&wanted, value)),
        "arnequals" | "arnlike" => arn(wanted, value, v2012, carried, wide),
        "bool" => {
            let from = if wide.reads(Reading::VariableInBool) { 0 } else { usize::MAX };
            let Some(wanted) = substitute(wanted, false, from, v2012, carried, wide) else { return false };
            let wanted: String = wanted.iter().map(|token| character(*token)).collect();
            match (boolean(&wanted), boolean(value)) {
                (Some(a), Some(b)) => a == b,
                _ => garbage,
            }
        }
        "binaryequals" => base64(wanted).map_or(garbage, |wanted| wanted == value.as_bytes()),
        "ipaddress" => match (cidr(wanted), value.parse::<IpAddr>().ok()) {
            (Some((base, length)), Some(address)) => within(base, length, address, wide),
            _ => garbage,
        },
        _ if operator.starts_with("numeric") => ordered(number(value).zip(number(wanted)).map(|(value, wanted)| numbers(&value, &wanted))),
        _ => ordered(date(value).zip(date(wanted)).map(|(value, wanted)| value.cmp(&wanted))),
    }
}

/// A pattern's character where wildcards mean nothing.
fn character(token: Token) -> char {
    match token {
        Token::Literal(c, _) => c,
        Token::Many => '*',
        Token::One => '?',
    }
}

fn meets(operator: &str, order: Ordering) -> bool {
    let name = operator.trim_start_matches("numeric").trim_start_matches("date");
    match name {
        "equals" => order.is_eq(),
        "lessthan" => order.is_lt(),
        "lessthanequals" => order.is_le(),
        "greaterthan" => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn fold(c: char, wide: Wide) -> char {
    if !wide.reads(Reading::FoldBeyondAscii) {
        return c.to_ascii_lowercase();
    }
    let single = |mut each: Box<dyn Iterator<Item = char>>, c| match (each.next(), each.next()) {
        (Some(only), None) => only,
        _ => c,
    };
    let upper = single(Box::new(c.to_uppercase()), c);
    single(Box::new(upper.to_lowercase()), upper)
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let data = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - data.len() > 2 {
        return None;
    }
    let mut bits = Vec::new();
    for c in data.chars() {
        let n = ALPHABET.find(c)?;
        bits.extend((0..6).rev().map(|bit| n >> bit & 1 == 1));
    }
    let spare = bits.len() % 8;
    if bits[bits.len() - spare..].contains(&true) {
        return None;
    }
    Some(bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |n, bit| n << 1 | u8::from(*bit))).collect())
}

fn cidr(text: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = text.split_once('/').map_or((text, None), |(a, l)| (a, Some(l)));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(most), |length| length.parse().ok().filter(|n| *n <= most))?;
    Some((address, length))
}

fn within(base: IpAddr, length: u32, address: IpAddr, wide: Wide) -> bool {
    fn same(a: u128, b: u128, width: u32, length: u32) -> bool {
        (0..length).all(|n| a >> (width - 1 - n) & 1 == b >> (width - 1 - n) & 1)
    }
    match (base, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(u128::from(u32::from(a)), u128::from(u32::from(b)), 32, length),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(a.into(), b.into(), 128, length),
        (IpAddr::V4(_), IpAddr::V6(b)) => {
            wide.reads(Reading::MappedIpv6) && b.to_ipv4_mapped().is_some_and(|b| within(base, length, IpAddr::V4(b), wide))
        }
        (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

fn arn(wanted: &str, value: &str, v2012: bool, carried: &Carried, wide: Wide) -> bool {
    if wanted == "*" {
        return true;
    }
    let Some(pattern) = substitute(wanted, true, 0, v2012, carried, wide) else { return false };
    let targets: Vec<&str> = value.splitn(6, ':').collect();
    if targets.len() < 6 || targets[0] != "arn" {
        return wide.reads(Reading::ArnOperatorOnNonArn) && glob(&pattern, value);
    }
    // Segments end at the colons of the policy's text; those of a tag's value are part of a segment.
    let mut segments = vec![Vec::new()];
    for token in pattern {
        if token == Token::Literal(':', true) && segments.len() < 6 {
            segments.push(Vec::new());
        } else if let Some(last) = segments.last_mut() {
            last.push(token);
        }
    }
    segments.len() == 6 && segments.iter().zip(targets).all(|(segment, target)| glob(segment, target))
}

/// Sign, digits before the point without leading zeros, digits after it without trailing zeros.
type Number = (bool, String, String);

fn number(text: &str) -> Option<Number> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || !(whole.to_owned() + fraction).chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0').to_owned(), fraction.trim_end_matches('0').to_owned());
    Some((negative && !(whole.is_empty() && fraction.is_empty()), whole, fraction))
}

fn numbers(a: &Number, b: &Number) -> Ordering {
    let size = |n: &Number, m: &Number| n.1.len().cmp(&m.1.len()).then_with(|| n.1.cmp(&m.1)).then_with(|| n.2.cmp(&m.2));
    match (a.0, b.0) {
        (false, false) => size(a, b),
        (true, true) => size(b, a),
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
    }
}

/// Seconds since 1970 and the digits of the fraction.
fn date(text: &str) -> Option<(i128, String)> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.len() != 4 && digits.chars().all(|c| c.is_ascii_digit()) {
        return Some((text.parse().ok()?, String::new()));
    }
    let (day, time) = text.split_once('T').map_or((text, None), |(day, time)| (day, Some(time)));
    let field = |text: Option<&str>, width: usize| {
        text.filter(|t| t.len() == width && t.chars().all(|c| c.is_ascii_digit())).and_then(|t| t.parse::<i128>().ok())
    };
    let parts: Vec<&str> = day.split('-').collect();
    let (year, month, date) = match parts.len() {
        1 if time.is_none() => (field(parts.first().copied(), 4)?, 1, 1),
        2 if time.is_none() => (field(parts.first().copied(), 4)?, field(parts.get(1).copied(), 2)?, 1),
        3 => (field(parts.first().copied(), 4)?, field(parts.get(1).copied(), 2)?, field(parts.get(2).copied(), 2)?),
        _ => return None,
    };
    let leap = |y: i128| y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    let length = |y: i128, m: i128| match m {
        2 => 28 + i128::from(leap(y)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if !(1..=12).contains(&month) || date < 1 || date > length(year, month) {
        return None;
    }
    let years = |range: std::ops::Range<i128>| range.map(|y| 365 + i128::from(leap(y))).sum::<i128>();
    let mut days = if year >= 1970 { years(1970..year) } else { -years(year..1970) };
    days += (1..month).map(|m| length(year, m)).sum::<i128>() + date - 1;
    let Some(time) = time else { return Some((days * 86_400, String::new())) };
    let (clock, offset) = match time.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let at = time.rfind(['+', '-'])?;
            let (hours, minutes) = time[at + 1..].split_once(':')?;
            let offset = field(Some(hours), 2)? * 3600 + field(Some(minutes), 2)? * 60;
            (&time[..at], if time[at..].starts_with('-') { -offset } else { offset })
        }
    };
    let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(clock, fraction)| (clock, Some(fraction)));
    let parts: Vec<&str> = clock.split(':').collect();
    let second = match (parts.len(), fraction) {
        (2, None) => 0,
        (3, _) => field(parts.get(2).copied(), 2)?.min(59),
        _ => return None,
    };
    let fraction = fraction.unwrap_or("");
    if !fraction.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let clock = field(parts.first().copied(), 2)? * 3600 + field(parts.get(1).copied(), 2)? * 60 + second;
    Some((days * 86_400 + clock - offset, fraction.trim_end_matches('0').to_owned()))
}
