//! The fingerprint key and what is shown of a credential's length.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The key of the fingerprints. It has no `Debug`, and every copy is wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; 32]);

impl Key {
    /// A key of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// `f1:` and 80 bits of HMAC-SHA-256 over the credential's bytes, in lower-case base 32.
    ///
    /// Equal credentials have equal fingerprints under one key, and nobody without the key can test
    /// guesses.
    #[must_use]
    pub fn fingerprint(&self, credential: &[u8]) -> String {
        // HMAC takes keys of any length, so this cannot fail.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return String::new() };
        mac.update(&[1]);
        mac.update(credential);
        format!("f1:{}", base32(&mac.finalize().into_bytes(), 16))
    }
}

fn base32(bytes: &[u8], characters: usize) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let bit = |n: usize| bytes.get(n / 8).is_some_and(|byte| byte & (0x80 >> (n % 8)) != 0);
    (0..characters)
        .map(|n| {
            let index = (0..5).fold(0_usize, |index, k| index << 1 | usize::from(bit(n * 5 + k)));
            ALPHABET.get(index).copied().map_or('a', char::from)
        })
        .collect()
}

/// The bucket of a credential's length in bytes.
#[must_use]
pub const fn length_bucket(bytes: usize) -> &'static str {
    match bytes {
        0..=7 => "1-7",
        8..=11 => "8-11",
        12..=16 => "12-16",
        17..=32 => "17-32",
        33..=64 => "33-64",
        _ => "65+",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_depend_on_key_and_credential_and_have_the_documented_form() {
        let one = Key::new([1; 32]).fingerprint(b"x");
        assert_eq!(one, Key::new([1; 32]).fingerprint(b"x"));
        assert_ne!(one, Key::new([2; 32]).fingerprint(b"x"));
        assert_ne!(one, Key::new([1; 32]).fingerprint(b"y"));
        assert!(one.starts_with("f1:") && one.len() == 19);
    }

    #[test]
    fn base32_is_that_of_rfc_4648_in_lower_case() {
        assert_eq!(base32(b"foobar", 10), "mzxw6ytboi");
    }
}
