//! How much a string varies.

/// Shannon entropy of the bytes, in bits for each byte.
pub(crate) fn shannon(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let total = bytes.len() as f64;
    counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total).map(|p| -p * p.log2()).sum()
}

/// Number of character classes among lower case, upper case, digits and others.
pub(crate) fn classes(text: &str) -> usize {
    let has = |test: fn(char) -> bool| usize::from(text.chars().any(test));
    has(|c| c.is_lowercase()) + has(|c| c.is_uppercase()) + has(|c| c.is_ascii_digit()) + has(|c| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_zero_for_one_letter_and_grows_with_variety() {
        assert!(shannon(b"aaaa") < 0.001);
        assert!((shannon(b"abcd") - 2.0).abs() < 0.001);
        assert_eq!(classes("aB3-"), 4);
    }
}
