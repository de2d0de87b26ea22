//! A foreign JWT, before and after its signature is checked.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{Algorithm, Algorithms, Key, KeySet};
use crate::Sample;
use crate::reason::{Reason, Refusal};

/// Longest JWT that is read, in bytes.
pub(crate) const MOST_BYTES: usize = 16 * 1024;
/// Deepest nesting of claims that is read.
const MOST_DEPTH: usize = 16;
/// Most keys that are tried when a token names none.
const MOST_TRIED: usize = 10;

/// The claims of a JWT.
pub type Claims = Map<String, Value>;

/// Which `typ` a token may have in its header (RFC 8725 section 3.11). A missing one is accepted by both.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenType {
    /// `JWT` or `JOSE`, as id tokens and SVIDs have.
    Jwt,
    /// `JWT`, `JOSE`, or `at+jwt` (RFC 9068), as access tokens have.
    AccessToken,
}

/// Why a text is no JWT that could be looked at.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JwtError {
    /// Too long.
    #[error("the token is longer than {MOST_BYTES} bytes")]
    TooLong,
    /// Not three parts of base64url, or not JSON objects.
    #[error("the token is no JWT: expected three parts in base64url, of which two are JSON objects")]
    Form,
    /// The algorithm is none that is known; it is no signature with a public key.
    #[error("the token's algorithm is none that is accepted anywhere")]
    Algorithm,
    /// The header asks for something that is not done here.
    #[error("the token's header has {0}, which is not accepted")]
    Header(&'static str),
}

impl From<JwtError> for Refusal {
    fn from(error: JwtError) -> Self {
        let reason = if error == JwtError::Algorithm { Reason::Algorithm } else { Reason::Malformed };
        Self::new(reason, error.to_string())
    }
}

/// A JWT that nobody has checked.
#[derive(Clone)]
pub struct UnverifiedJwt {
    algorithm: Algorithm,
    key_id: Option<String>,
    kind: Option<String>,
    claims: Claims,
    message: String,
    signature: Vec<u8>,
}

impl std::fmt::Debug for UnverifiedJwt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnverifiedJwt").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl UnverifiedJwt {
    /// Takes a JWT in compact form apart (RFC 7515 section 7.1).
    ///
    /// Headers that would choose the key (`jku`, `jwk`, `x5u`, `x5c`) are passed over: keys come from the source alone.
    /// `crit` is refused, as no extension is understood here (RFC 7515 section 4.1.11).
    pub fn parse(text: &str) -> Result<Self, JwtError> {
        if text.len() > MOST_BYTES {
            return Err(JwtError::TooLong);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(JwtError::Form)?;
        let (header, claims) = message.split_once('.').ok_or(JwtError::Form)?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| JwtError::Form)?;
        let (header, claims) = (object(header)?, object(claims)?);
        let text_of = |name: &'static str| match header.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= 1024 => Ok(Some(text.clone())),
            Some(_) => Err(JwtError::Header(name)),
        };
        for name in ["crit", "b64", "zip", "enc"] {
            if header.contains_key(name) {
                return Err(JwtError::Header(name));
            }
        }
        let algorithm = text_of("alg")?.ok_or(JwtError::Algorithm)?;
        let algorithm = Algorithm::from_name(&algorithm).ok_or(JwtError::Algorithm)?;
        Ok(Self {
            algorithm,
            key_id: text_of("kid")?,
            kind: text_of("typ")?,
            claims,
            message: message.to_owned(),
            signature,
        })
    }

    /// A claim that nobody vouches for: to find out which key to ask for, and for nothing else.
    pub fn claimed(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// The claims that nobody vouches for: to tell an administrator what they would lead to.
    pub fn supposed(self) -> Claims {
        self.claims
    }

    /// What a sample says that is a JWT: the claims that nobody vouches for. None for other samples.
    pub fn of_sample(sample: &Sample) -> Option<Result<Claims, Refusal>> {
        let Sample::Jwt(text) = sample else { return None };
        Some(Self::parse(text.trim()).map(Self::supposed).map_err(Refusal::from))
    }

    /// The id of the key that the token says it is signed with.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The algorithm that the token says it is signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether some key of the set could have signed it: if not, the set may have to be fetched anew.
    pub fn has_key_in(&self, set: &KeySet) -> bool {
        self.candidates(set).next().is_some()
    }

    fn candidates<'k>(&self, set: &'k KeySet) -> impl Iterator<Item = &'k Key> {
        let (algorithm, id) = (self.algorithm, self.key_id.clone());
        // A key without an id in the set cannot be named, so it is tried for tokens that name one, too.
        let named = move |key: &Key| match (&id, &key.id) {
            (Some(wanted), Some(id)) => wanted == id,
            _ => true,
        };
        set.keys().iter().filter(move |key| named(key) && key.fits(algorithm))
    }

    /// Checks algorithm, type and signature, and hands out the claims. Times and everything else are for the caller to
    /// check.
    pub fn verify(&self, keys: &KeySet, accepted: &Algorithms, kind: TokenType) -> Result<&Claims, Refusal> {
        if !accepted.accept(self.algorithm) {
            let why = format!("the token is signed with {}; the source accepts {accepted}", self.algorithm);
            return Err(Refusal::new(Reason::Algorithm, why));
        }
        self.check_type(kind)?;
        let candidates: Vec<&Key> = self.candidates(keys).take(MOST_TRIED + 1).collect();
        if candidates.is_empty() {
            let why = match &self.key_id {
                Some(_) => "the source has no key of the id and kind that the token names",
                None => "the source has no key for the token's algorithm",
            };
            return Err(Refusal::new(Reason::UnknownKey, why));
        }
        if candidates.len() > MOST_TRIED {
            let why = format!(
                "the token names no key, and the source has more than {MOST_TRIED} that could be meant"
            );
            return Err(Refusal::new(Reason::UnknownKey, why));
        }
        let message = self.message.as_bytes();
        if candidates.iter().any(|key| key.key.verifies(self.algorithm, message, &self.signature)) {
            return Ok(&self.claims);
        }
        Err(Refusal::new(Reason::Signature, "the signature is not one of the source's keys"))
    }

    fn check_type(&self, kind: TokenType) -> Result<(), Refusal> {
        let Some(found) = &self.kind else { return Ok(()) };
        // "application/" may be left out (RFC 7515 section 4.1.9); media types ignore case.
        let found = found.to_ascii_lowercase();
        let found = found.strip_prefix("application/").unwrap_or(&found);
        let fits = match kind {
            TokenType::Jwt => matches!(found, "jwt" | "jose"),
            TokenType::AccessToken => matches!(found, "jwt" | "jose" | "at+jwt"),
        };
        if fits {
            return Ok(());
        }
        Err(Refusal::new(Reason::Malformed, "the token's header has a typ that is not accepted here"))
    }
}

/// A JSON object in base64url without padding, without a name twice at its top (RFC 7515 section 4, RFC 7519 section 4).
fn object(part: &str) -> Result<Claims, JwtError> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Form)?;
    let unique: Unique = serde_json::from_slice(&bytes).map_err(|_| JwtError::Form)?;
    if unique.0.values().any(|value| deeper_than(value, MOST_DEPTH)) {
        return Err(JwtError::Form);
    }
    Ok(unique.0)
}

fn deeper_than(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(items) => depth == 0 || items.iter().any(|item| deeper_than(item, depth - 1)),
        Value::Object(fields) => depth == 0 || fields.values().any(|field| deeper_than(field, depth - 1)),
        _ => false,
    }
}

/// An object in which every name is there once.
struct Unique(Claims);

impl<'de> serde::Deserialize<'de> for Unique {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> serde::de::Visitor<'de> for Fields {
            type Value = Unique;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
                let mut fields = Claims::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if fields.insert(name, value).is_some() {
                        return Err(serde::de::Error::custom("a name is there twice"));
                    }
                }
                Ok(Unique(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}
