//! Text within the limits of those who receive it.

/// `text` without control characters, cut to at most `units` UTF-16 code units.
///
/// Receivers count code points or code units; the latter are never fewer. A cut text ends with `…`.
#[must_use]
pub fn cut(text: &str, units: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    if clean.encode_utf16().count() <= units {
        return clean;
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in clean.chars() {
        used += c.len_utf16();
        if used > units {
            break;
        }
        kept.push(c);
    }
    kept.push('…');
    kept
}

/// `text` as one line within `units` UTF-16 code units.
#[must_use]
pub fn line(text: &str, units: usize) -> String {
    cut(&text.replace('\n', " "), units)
}

/// `text` as printable ASCII of at most `length` characters, for SNS subjects.
#[must_use]
pub fn ascii(text: &str, length: usize) -> String {
    let printable: String = text.chars().map(|c| if (' '..='~').contains(&c) { c } else { '?' }).take(length).collect();
    printable.trim().to_owned()
}

/// `1 finding`, `2 findings`.
#[must_use]
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_counts_utf16_units_and_keeps_characters_whole() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("🏰🏰🏰", 4), "🏰…");
        assert!(cut(&"🏰".repeat(1000), 256).encode_utf16().count() <= 256);
    }

    #[test]
    fn control_characters_do_not_pass() {
        assert_eq!(line("a\u{1b}[31m\nb\u{0}", 80), "a [31m b ");
        assert_eq!(ascii("naïve\r\nBcc: x", 99), "na?ve??Bcc: x");
    }
}
