//! The private half: keys that sign, and what they sign.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use serde::Serialize;
use std::fmt;
use zeroize::Zeroizing;

use super::{PublicKey, header};
use crate::KeyError;

/// An Ed25519 key that signs access tokens.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl SigningKey {
    /// A new random key.
    pub fn generate() -> Self {
        Self::new(Ed25519KeyPair::generate().expect("the system has randomness"))
            .expect("a generated key is valid")
    }

    /// Reads a key that [`SigningKey::to_pkcs8`] wrote, and makes sure it is the one called `kid`.
    pub fn from_pkcs8(kid: &str, bytes: &[u8]) -> Result<Self, KeyError> {
        let key = Self::new(Ed25519KeyPair::from_pkcs8(bytes).map_err(|_| KeyError::Invalid)?)?;
        if key.kid() == kid { Ok(key) } else { Err(KeyError::OtherKey) }
    }

    fn new(pair: Ed25519KeyPair) -> Result<Self, KeyError> {
        let public = PublicKey::from_bytes(pair.public_key().as_ref())?;
        Ok(Self { pair, public })
    }

    /// The key as PKCS#8, to be sealed with the root key.
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.pair.to_pkcs8().expect("a valid key has an encoding").as_ref().to_vec())
    }

    /// The key id: the RFC 7638 thumbprint of the public key.
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// The public half, to be stored in the open and given to every verifier.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid())
    }
}

/// Signs access tokens with one key.
pub struct Signer {
    key: SigningKey,
    header: String,
}

impl Signer {
    /// Signs with this key from now on.
    pub fn new(key: SigningKey) -> Self {
        Self { header: header(key.kid()), key }
    }

    /// The id of the key.
    pub fn kid(&self) -> &str {
        self.key.kid()
    }

    /// The public half of the key.
    pub fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    /// A signed token with these claims.
    ///
    /// # Panics
    /// If the claims have no JSON form (a map whose keys are no strings).
    pub fn sign<C: Serialize>(&self, claims: &C) -> String {
        // Room for those of an identity.
        let mut json = Vec::with_capacity(1024);
        serde_json::to_writer(&mut json, claims).expect("claims have a JSON form");
        // 88 is a signature of 64 bytes in base64; the rest is for what base64 adds to the other part, and two dots.
        let mut token = Vec::with_capacity(self.header.len() + json.len().div_ceil(3) * 4 + 92);
        token.extend_from_slice(self.header.as_bytes());
        push_part(&mut token, &json);
        let signature = self.key.pair.sign(&token);
        push_part(&mut token, signature.as_ref());
        String::from_utf8(token).expect("base64url is ASCII")
    }
}

/// Adds a dot and these bytes in base64url.
fn push_part(token: &mut Vec<u8>, bytes: &[u8]) {
    token.push(b'.');
    let start = token.len();
    token.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = token.get_mut(start..).map(|room| BASE64URL.encode_slice(bytes, room));
    let written = written.and_then(Result::ok).expect("there is room for four characters for three bytes");
    token.truncate(start + written);
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.kid())
    }
}
