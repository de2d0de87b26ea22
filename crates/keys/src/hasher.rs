//! Keyed hashes of machine secrets.

use aws_lc_rs::{constant_time, hmac};
use std::fmt;
use zeroize::Zeroizing;

use crate::KeyError;
use crate::derive::derive;

/// Hashes client secrets and other machine secrets with HMAC-SHA-256.
///
/// These secrets carry 256 random bits, so a slow hash would protect nothing and cost every login a
/// tenth of a second. The key adds that a stolen database alone can't even confirm a guess.
pub struct SecretHasher {
    secrets: hmac::Key,
    etags: hmac::Key,
    forms: hmac::Key,
}

impl SecretHasher {
    /// A hasher with this key. The uses get keys of their own, derived from it.
    pub fn new(key: &[u8; 32]) -> Self {
        let make = |label| {
            let mut derived = Zeroizing::new([0; 32]);
            derive(key, label, derived.as_mut());
            hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref())
        };
        Self { secrets: make("hash secret"), etags: make("etag"), forms: make("form token") }
    }

    /// The hash of a secret: what is stored, and what it is found by.
    pub fn hash(&self, secret: &str) -> [u8; 32] {
        sign(&self.secrets, secret)
    }

    /// What the forms of a session carry, so that another site cannot make one.
    pub fn form_token(&self, session: &str) -> [u8; 32] {
        sign(&self.forms, session)
    }

    /// Is this the stored hash? Takes the same time wherever they differ.
    pub fn matches(hash: &[u8; 32], stored: &[u8]) -> bool {
        constant_time::verify_slices_are_equal(hash, stored).is_ok()
    }

    /// An entity tag for a response body, in quotes. Keyed, because the plain hash of a body that
    /// holds a secret would let whoever sees the tag confirm a guess at it.
    pub fn etag(&self, body: &[u8]) -> String {
        format!("\"{}\"", hex::encode(&hmac::sign(&self.etags, body).as_ref()[..16]))
    }
}

fn sign(key: &hmac::Key, text: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(hmac::sign(key, text.as_bytes()).as_ref());
    out
}

impl TryFrom<&[u8]> for SecretHasher {
    type Error = KeyError;

    fn try_from(key: &[u8]) -> Result<Self, KeyError> {
        key.try_into().map(Self::new).map_err(|_| KeyError::Length)
    }
}

impl fmt::Debug for SecretHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHasher")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_match_only_themselves() {
        let hasher = SecretHasher::new(&[7; 32]);
        let hash = hasher.hash("secret");
        assert!(SecretHasher::matches(&hash, &hasher.hash("secret")));
        assert!(!SecretHasher::matches(&hash, &hasher.hash("secreT")));
        assert!(!SecretHasher::matches(&hash, &SecretHasher::new(&[8; 32]).hash("secret")));
        for wrong in [&hash[..31], &[], &[&hash[..], &[0]].concat()] {
            assert!(!SecretHasher::matches(&hash, wrong));
        }
        for at in 0..32 {
            let mut changed = hash;
            changed[at] ^= 1;
            assert!(!SecretHasher::matches(&hash, &changed), "byte {at}");
        }
    }

    /// Stored hashes must be found for ever. Computed with Python's `hmac`.
    #[test]
    fn hashes_stay_as_they_are() {
        let hasher = SecretHasher::new(&[7; 32]);
        assert_eq!(
            hex::encode(hasher.hash("secret")),
            "893afd18d085a79fbc19a27f9c02075e67cab3135f37f39d87dc2dde7178ea61"
        );
    }

    #[test]
    fn etags_are_128_quoted_bits_of_their_own() {
        let hasher = SecretHasher::new(&[7; 32]);
        let tag = hasher.etag(b"secret");
        assert_eq!(tag, hasher.etag(b"secret"));
        assert_ne!(tag, hasher.etag(b"other"));
        assert_ne!(tag, SecretHasher::new(&[8; 32]).etag(b"secret"));
        let digits = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).expect("quoted");
        assert_eq!(digits.len(), 32);
        assert!(!hex::encode(hasher.hash("secret")).contains(digits), "not the start of the secret's hash");
    }

    #[test]
    fn a_key_has_32_bytes() {
        assert_eq!(SecretHasher::try_from(&[7; 31][..]).expect_err("short"), KeyError::Length);
        let hasher = SecretHasher::try_from(&[7; 32][..]).expect("a key");
        assert_eq!(hasher.hash("x"), SecretHasher::new(&[7; 32]).hash("x"));
    }
}
