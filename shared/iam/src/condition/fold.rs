//! Letters without regard to case.

use std::borrow::Cow;

/// Folds the case of ASCII letters, or of all letters one by one (Unicode's simple folding).
pub(super) fn fold(text: &str, beyond_ascii: bool) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte.is_ascii_uppercase() || beyond_ascii && !byte.is_ascii()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(if beyond_ascii { text.chars().map(simple).collect() } else { text.to_ascii_lowercase() })
}

/// Simple folding maps a character to one character; those whose other case is several, as `ß`, stay.
fn simple(character: char) -> char {
    // Unicode folds the dotless i to nothing else, although its capital is the ordinary I.
    if character == 'ı' {
        return character;
    }
    let upper = single(character.to_uppercase()).unwrap_or(character);
    single(upper.to_lowercase()).unwrap_or(upper)
}

fn single(mut characters: impl Iterator<Item = char>) -> Option<char> {
    let first = characters.next()?;
    characters.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_folding_maps_one_character_to_one() {
        let same = |one, other| fold(one, true) == fold(other, true);
        for (one, other) in [("Straße", "STRAßE"), ("ß", "ẞ"), ("Σς", "σσ"), ("ÄÖ", "äö"), ("\u{212a}", "k"), ("ſ", "S"), ("ǅ", "ǆ")]
        {
            assert!(same(one, other), "{one} {other}");
        }
        for (one, other) in [("ß", "ss"), ("İ", "i"), ("ı", "I"), ("İ", "i\u{307}")] {
            assert!(!same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn ascii_folding_leaves_other_letters() {
        assert_eq!(fold("AbÄ", false), "abÄ");
        assert!(matches!(fold("abÄ", false), Cow::Borrowed(_)));
    }
}
