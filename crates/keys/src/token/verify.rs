//! The public half: keys that verify, and the key set others verify with.

use aws_lc_rs::digest::{self, SHA256};
use aws_lc_rs::signature::{ED25519, ParsedPublicKey};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt;

use super::header;
use crate::KeyError;

/// No token of ours comes near this; a longer one is refused unread.
const MAX_TOKEN: usize = 16 * 1024;
const SIGNATURE: usize = 64;

/// The public half of a signing key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    bytes: [u8; 32],
    kid: String,
}

impl PublicKey {
    /// Reads the 32 bytes of an Ed25519 public key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Length)?;
        ParsedPublicKey::new(&ED25519, bytes).map_err(|_| KeyError::Invalid)?;
        // RFC 7638: the required members, in lexical order, without space.
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, BASE64URL.encode(bytes));
        let kid = BASE64URL.encode(digest::digest(&SHA256, members.as_bytes()));
        Ok(Self { bytes, kid })
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The key id: the RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The key as a JWK (RFC 8037).
    pub fn to_jwk(&self) -> Value {
        json!({
            "kty": "OKP", "crv": "Ed25519", "x": BASE64URL.encode(self.bytes),
            "kid": self.kid, "use": "sig", "alg": "EdDSA",
        })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.kid)
    }
}

/// Why a token was refused. Never says what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No token, too long, or (signed, but) not with the claims that were asked for.
    #[error("not an access token")]
    Malformed,
    /// Not signed by a key we know.
    #[error("the signature of the token is not valid")]
    Signature,
    /// Not signed the way ours are.
    #[error("the token is not signed with EdDSA")]
    Algorithm,
}

struct Known {
    header: String,
    parsed: ParsedPublicKey,
    public: PublicKey,
}

/// Verifies access tokens against a set of public keys: the current one, and earlier ones until
/// the last token of theirs has expired.
pub struct Verifier {
    known: Vec<Known>,
}

impl Verifier {
    /// Accepts tokens of these keys.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        let known = keys.into_iter().map(|public| Known {
            header: header(&public.kid),
            parsed: ParsedPublicKey::new(&ED25519, public.bytes)
                .expect("a public key was parsed when it was made"),
            public,
        });
        Self { known: known.collect() }
    }

    /// The claims of a token, if one of our keys signed it.
    ///
    /// Looks at no claim: the caller compares times with its own clock, and the rest with what it
    /// stored.
    pub fn verify<C: DeserializeOwned>(&self, token: &str) -> Result<C, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::Malformed);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(TokenError::Malformed)?;
        let known = self.known.iter().find(|known| known.header == header).ok_or_else(|| refusal(header))?;

        let mut raw = [0; SIGNATURE];
        if BASE64URL.decode_slice(signature, &mut raw) != Ok(SIGNATURE) {
            return Err(TokenError::Malformed);
        }
        known.parsed.verify_sig(message.as_bytes(), &raw).map_err(|_| TokenError::Signature)?;

        let claims = BASE64URL.decode(claims).map_err(|_| TokenError::Malformed)?;
        serde_json::from_slice(&claims).map_err(|_| TokenError::Malformed)
    }

    /// The key set that others verify our tokens with (RFC 7517).
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.known.iter().map(|known| known.public.to_jwk()).collect::<Vec<_>>() })
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.known.iter().map(|known| &known.public)).finish()
    }
}

/// Says what is wrong with a header that is none of ours. The token is refused whatever it says.
fn refusal(header: &str) -> TokenError {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
    }
    let parsed = BASE64URL.decode(header).ok().and_then(|raw| serde_json::from_slice::<Header>(&raw).ok());
    match parsed {
        None => TokenError::Malformed,
        Some(header) if header.alg != "EdDSA" => TokenError::Algorithm,
        Some(_) => TokenError::Signature,
    }
}
