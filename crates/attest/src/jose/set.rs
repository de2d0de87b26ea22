//! Sets of keys (RFC 7517 section 5).

use std::sync::Arc;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

use super::{Algorithm, PublicKey};

/// Most keys of a set that are read; further ones are as if they were not there.
const MOST_KEYS: usize = 200;

/// Most certificates of a key that are read.
const MOST_CERTIFICATES: usize = 8;

/// A public key of a set.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its id, if it has one.
    pub id: Option<String>,
    /// The one algorithm that it is for, if the set says so.
    pub algorithm: Option<Algorithm>,
    /// What it is for beside signatures: `sig`, `jwt-svid`, `x509-svid`, if the set says so.
    pub usage: Option<String>,
    /// The certificates that came with it (`x5c`), as DER.
    pub certificates: Vec<Vec<u8>>,
    /// The key.
    pub key: Arc<PublicKey>,
}

impl Key {
    /// Whether it may verify this algorithm.
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.algorithm.is_none_or(|only| only == algorithm) && self.key.fits(algorithm)
    }
}

/// The text is no set of keys.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidKeys {
    /// Not JSON, or without a list `keys`.
    #[error("expected a JSON Web Key Set: an object with a list \"keys\"")]
    Form,
    /// None of the keys can be used to verify signatures.
    #[error(
        "none of the keys can verify a signature: expected RSA keys of at least 2048 bits, EC or Ed25519 keys"
    )]
    Empty,
    /// Not the PEM of a public key.
    #[error(
        "expected a public key or certificate in PEM: RSA of at least 2048 bits, EC (P-256, P-384, P-521) or Ed25519"
    )]
    Pem,
}

/// Keys of an issuer.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    x5c: Option<Vec<String>>,
}

impl KeySet {
    /// Reads a JSON Web Key Set. Keys of kinds that are not understood are passed over (RFC 7517 section 5), and so are
    /// those that are not for verifying.
    pub fn from_jwks(text: &[u8]) -> Result<Self, InvalidKeys> {
        let set: Jwks = serde_json::from_slice(text).map_err(|_| InvalidKeys::Form)?;
        let keys: Vec<Key> = set.keys.into_iter().take(MOST_KEYS).filter_map(from_jwk).collect();
        if keys.is_empty() { Err(InvalidKeys::Empty) } else { Ok(Self { keys }) }
    }

    /// A set of keys in PEM without ids.
    pub fn from_pems<'a>(pems: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidKeys> {
        let key = |pem| PublicKey::from_pem(pem).map(|key| unnamed(key, None)).ok_or(InvalidKeys::Pem);
        let keys = pems.into_iter().map(key).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(InvalidKeys::Empty) } else { Ok(Self { keys }) }
    }

    /// A map of ids to certificates in PEM, as Google publishes keys.
    pub fn from_certificates(text: &[u8]) -> Result<Self, InvalidKeys> {
        let map: std::collections::BTreeMap<String, String> =
            serde_json::from_slice(text).map_err(|_| InvalidKeys::Form)?;
        let key = |(id, pem): (String, String)| PublicKey::from_pem(&pem).map(|key| unnamed(key, Some(id)));
        let keys: Vec<Key> = map.into_iter().take(MOST_KEYS).filter_map(key).collect();
        if keys.is_empty() { Err(InvalidKeys::Empty) } else { Ok(Self { keys }) }
    }

    /// The keys.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Only keys that satisfy the condition.
    #[must_use]
    pub fn only(mut self, condition: impl Fn(&Key) -> bool) -> Self {
        self.keys.retain(condition);
        self
    }
}

fn unnamed(key: PublicKey, id: Option<String>) -> Key {
    Key { id, algorithm: None, usage: None, certificates: Vec::new(), key: Arc::new(key) }
}

fn from_jwk(value: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    if jwk.usage.as_deref() == Some("enc") {
        return None;
    }
    if jwk.key_ops.as_ref().is_some_and(|operations| !operations.iter().any(|one| one == "verify")) {
        return None;
    }
    // A key for an algorithm that is not known here, such as one for encryption, is not used at all.
    let algorithm = match &jwk.alg {
        Some(name) => Some(Algorithm::from_name(name)?),
        None => None,
    };
    let bytes =
        |field: &Option<String>| BASE64_URL_SAFE_NO_PAD.decode(field.as_deref()?.trim_end_matches('=')).ok();
    let encoded = jwk.x5c.unwrap_or_default().into_iter().take(MOST_CERTIFICATES);
    let certificates: Vec<Vec<u8>> =
        encoded.map(|text| BASE64_STANDARD.decode(text).ok()).collect::<Option<_>>()?;
    let key = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) if jwk.n.is_some() => PublicKey::rsa(&bytes(&jwk.n)?, &bytes(&jwk.e)?)?,
        // Some publish the certificate alone.
        ("RSA" | "EC", _) if jwk.x.is_none() => PublicKey::from_certificate(certificates.first()?)?,
        ("EC", Some(curve)) => PublicKey::elliptic(curve, &bytes(&jwk.x)?, &bytes(&jwk.y)?)?,
        ("OKP", Some("Ed25519")) => PublicKey::ed25519(&bytes(&jwk.x)?)?,
        _ => return None,
    };
    Some(Key { id: jwk.kid, algorithm, usage: jwk.usage, certificates, key: Arc::new(key) })
}
