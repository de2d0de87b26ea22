//! The format of a sealed value, and the cipher that makes and opens it.

use aws_lc_rs::aead::{self, AES_256_GCM, Nonce, RandomizedNonceKey};
use std::fmt;
use zeroize::Zeroizing;

use crate::Aad;
use crate::derive::derive;

const VERSION: u8 = 1;
const FINGERPRINT: usize = 8;
const NONCE: usize = 12;
const TAG: usize = 16;
const NONCE_AT: usize = 1 + FINGERPRINT;
const BODY_AT: usize = NONCE_AT + NONCE;

/// A ciphertext as it is stored: version byte, fingerprint of the key (8 bytes), nonce (12 bytes),
/// AES-256-GCM ciphertext, tag (16 bytes). Version and fingerprint are authenticated too.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl Sealed {
    /// The bytes, to be stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, to be stored.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// The id of the key that these bytes say they were sealed with, as `key_id()` of that key
    /// gives it. Says which values a rotation still has to visit; proves nothing.
    pub fn key_id(bytes: &[u8]) -> Result<String, OpenError> {
        split(bytes).map(|parts| hex::encode(&parts.header[1..]))
    }
}

impl AsRef<[u8]> for Sealed {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Sealed> for Vec<u8> {
    fn from(sealed: Sealed) -> Self {
        sealed.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Why a sealed value did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was sealed with another key.
    #[error("sealed with another key")]
    WrongKey,
    /// It was changed, or belongs to another place.
    #[error("sealed value was changed or does not belong here")]
    Tampered,
    /// It is no sealed value, or one of a version this build does not know.
    #[error("not a sealed value")]
    Malformed,
}

/// What a sealed value holds. Part of what is authenticated: a sealed value never opens as a key.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Value = 0,
    Key = 1,
}

/// A key ready for use, and its fingerprint.
pub(crate) struct Cipher {
    key: RandomizedNonceKey,
    fingerprint: [u8; FINGERPRINT],
}

impl Cipher {
    /// The raw key does neither job itself: what encrypts and what is shown are derived from it.
    pub(crate) fn new(raw: &[u8; 32]) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        derive(raw, "seal", key.as_mut());
        let mut fingerprint = [0; FINGERPRINT];
        derive(raw, "fingerprint", &mut fingerprint);
        let key = RandomizedNonceKey::new(&AES_256_GCM, key.as_ref()).expect("32 bytes are an AES-256 key");
        Self { key, fingerprint }
    }

    pub(crate) fn key_id(&self) -> String {
        hex::encode(self.fingerprint)
    }

    pub(crate) fn seal(&self, purpose: Purpose, aad: &Aad, plain: &[u8]) -> Sealed {
        // Reserved in full: a vector that grew would leave plaintext behind.
        let mut out = Vec::with_capacity(BODY_AT + plain.len() + TAG);
        out.push(VERSION);
        out.extend_from_slice(&self.fingerprint);
        out.extend_from_slice(&[0; NONCE]);
        out.extend_from_slice(plain);
        let context = context(&out[..NONCE_AT], purpose, aad);
        let (nonce, tag) = self
            .key
            .seal_in_place_separate_tag(context, &mut out[BODY_AT..])
            .expect("AES-GCM fails only for inputs beyond 64 GiB");
        out[NONCE_AT..BODY_AT].copy_from_slice(nonce.as_ref());
        out.extend_from_slice(tag.as_ref());
        Sealed(out)
    }

    pub(crate) fn open(
        &self,
        purpose: Purpose,
        aad: &Aad,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let Parts { header, nonce, body } = split(sealed)?;
        if header[1..] != self.fingerprint {
            return Err(OpenError::WrongKey);
        }
        let mut plain = Zeroizing::new(body.to_vec());
        let length = self
            .key
            .open_in_place(Nonce::from(nonce), context(header, purpose, aad), &mut plain)
            .map_err(|_| OpenError::Tampered)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }
}

struct Parts<'a> {
    header: &'a [u8],
    nonce: &'a [u8; NONCE],
    body: &'a [u8],
}

fn split(sealed: &[u8]) -> Result<Parts<'_>, OpenError> {
    let (header, rest) = sealed.split_at_checked(NONCE_AT).ok_or(OpenError::Malformed)?;
    let (nonce, body) = rest.split_first_chunk().ok_or(OpenError::Malformed)?;
    if header[0] != VERSION || body.len() < TAG {
        return Err(OpenError::Malformed);
    }
    Ok(Parts { header, nonce, body })
}

/// Header and purpose have fixed lengths, so that putting them in front stays unambiguous.
fn context(header: &[u8], purpose: Purpose, aad: &Aad) -> aead::Aad<Vec<u8>> {
    aead::Aad::from([header, &[purpose as u8], aad.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataKey, RootKey};

    fn place() -> Aad {
        Aad::new(&["secret", "7f3a", "value", "1"])
    }

    #[test]
    fn what_was_sealed_opens() {
        let key = DataKey::generate();
        for length in [0, 1, 15, 16, 17, 1000, 100_000] {
            let plain = vec![0x5a; length];
            let sealed = key.seal(&place(), &plain);
            assert_eq!(sealed.0.len(), BODY_AT + length + TAG);
            assert_eq!(*key.open(&place(), sealed.as_bytes()).expect("opens"), plain);
        }
    }

    #[test]
    fn the_layout_is_as_documented() {
        let key = DataKey::generate();
        let sealed = key.seal(&place(), b"").into_bytes();
        assert_eq!(sealed[0], 1);
        assert_eq!(hex::encode(&sealed[1..9]), key.key_id());
        assert_eq!(Sealed::key_id(&sealed), Ok(key.key_id()));
        assert_eq!(Sealed::key_id(&sealed[..36]), Err(OpenError::Malformed));
    }

    /// Stored values must open for ever: what this build wrote once, every later one reads. Made with
    /// Python's `cryptography`, after the description of the format.
    #[test]
    fn a_value_sealed_by_version_one_opens() {
        let root = RootKey::from_base64("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").expect("a key");
        let sealed = hex::decode(concat!(
            "015d12aeaf298e03b8",
            "6465666768696a6b6c6d6e6f",
            "e14c3c6fe9cce005eb3b7aa0cfad8d3afcaf2796af040a"
        ))
        .expect("hex");
        assert_eq!(*root.open(&place(), &sealed).expect("opens"), b"hunter2");
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let key = DataKey::generate();
        let sealed = key.seal(&place(), b"hunter2").into_bytes();
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut changed = sealed.clone();
                changed[at] ^= 1 << bit;
                let expected = match at {
                    0 => OpenError::Malformed,
                    1..NONCE_AT => OpenError::WrongKey,
                    _ => OpenError::Tampered,
                };
                assert_eq!(key.open(&place(), &changed).expect_err("changed"), expected, "byte {at}");
            }
        }
    }

    #[test]
    fn every_cut_and_every_extension_is_noticed() {
        let key = DataKey::generate();
        let mut sealed = key.seal(&place(), b"hunter2").into_bytes();
        for length in 0..sealed.len() {
            let expected = if length < BODY_AT + TAG { OpenError::Malformed } else { OpenError::Tampered };
            assert_eq!(key.open(&place(), &sealed[..length]).expect_err("cut"), expected, "{length}");
        }
        sealed.push(0);
        assert_eq!(key.open(&place(), &sealed).expect_err("extended"), OpenError::Tampered);
    }

    #[test]
    fn a_value_opens_only_where_it_belongs() {
        let key = DataKey::generate();
        let sealed = key.seal(&place(), b"hunter2");
        for parts in [
            &["secret", "7f3a", "value", "2"][..],
            &["secret", "7f3b", "value", "1"],
            &["secret", "7f3a", "value1"],
            &["secret", "7f3a", "value", "1", ""],
            &[],
        ] {
            assert_eq!(
                key.open(&Aad::new(parts), sealed.as_bytes()).expect_err("moved"),
                OpenError::Tampered
            );
        }
    }

    #[test]
    fn the_same_value_never_looks_the_same() {
        let key = DataKey::generate();
        let nonces: std::collections::HashSet<_> =
            (0..1000).map(|_| key.seal(&place(), b"x").0[NONCE_AT..BODY_AT].to_vec()).collect();
        assert_eq!(nonces.len(), 1000);
    }
}
