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
