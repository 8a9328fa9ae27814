//! The forms a document arrives in: JSON text, the same percent-encoded as the IAM API returns it, or
//! either in a JSON string. Each is undone once.

use std::borrow::Cow;

use super::problem::Code;

/// The JSON text of a document, and what had to be tolerated.
pub(super) fn plain(text: &str) -> (Cow<'_, str>, Vec<(Code, String)>) {
    let mut tolerated = Vec::new();
    let text = without_mark(text, &mut tolerated);
    let text = if text.trim_start().starts_with('"') {
        // What is no string is left to the parser, which says where it goes wrong.
        serde_json::from_str::<String>(text).map_or(Cow::Borrowed(text), Cow::Owned)
    } else {
        Cow::Borrowed(text)
    };
    let first = text.trim_start().get(..3).unwrap_or_default();
    if !first.eq_ignore_ascii_case("%7b") {
        return (text, tolerated);
    }
    let decoded = decode(&text, &mut tolerated);
    (Cow::Owned(without_mark(&decoded, &mut tolerated).to_owned()), tolerated)
}

fn without_mark<'a>(text: &'a str, tolerated: &mut Vec<(Code, String)>) -> &'a str {
    let Some(rest) = text.strip_prefix('\u{feff}') else { return text };
    tolerated.push((Code::CharacterOutOfRange, "a byte order mark stands before the document: remove it".to_owned()));
    rest
}

/// Percent-decodes once. A `+` is a `+` (RFC 3986).
fn decode(text: &str, tolerated: &mut Vec<(Code, String)>) -> String {
    let hex = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok());
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let (mut at, mut lone) = (0, false);
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte != b'%' {
            out.push(byte);
        } else if let (Some(high), Some(low)) = (hex(bytes.get(at)), hex(bytes.get(at + 1))) {
            out.push(high << 4 | low);
            at += 2;
        } else {
            lone = true;
            out.push(byte);
        }
    }
    if lone {
        let text = "a `%` is followed by no two hexadecimal digits and stands for itself: encode the document again";
        tolerated.push((Code::PercentMalformed, text.to_owned()));
    }
    String::from_utf8(out).unwrap_or_else(|fault| {
        let text = "the percent-encoded bytes are no UTF-8, and were replaced where they are not: encode the document again";
        tolerated.push((Code::CharacterOutOfRange, text.to_owned()));
        String::from_utf8_lossy(fault.as_bytes()).into_owned()
    })
}
