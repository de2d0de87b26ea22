//! The root key and the data keys it wraps.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use std::fmt;
use zeroize::Zeroizing;

use crate::sealed::{Cipher, Purpose};
use crate::{Aad, OpenError, Sealed, random};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Why bytes or text are no key. Never says what they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not base64.
    #[error("the key is not base64")]
    Encoding,
    /// Not 32 bytes.
    #[error("the key is not 32 bytes long")]
    Length,
    /// Not a valid key of its kind.
    #[error("not a valid key")]
    Invalid,
    /// A valid key, but not the one with the given id.
    #[error("the key does not have the id it was stored under")]
    OtherKey,
}

/// The raw bytes live in a box, so that moving the key leaves no copy behind.
struct Material {
    raw: Box<Zeroizing<[u8; 32]>>,
    cipher: Cipher,
}

impl Material {
    fn generate() -> Self {
        let mut raw = Box::new(Zeroizing::new([0; 32]));
        random::fill(raw.as_mut().as_mut());
        Self { cipher: Cipher::new(&raw), raw }
    }

    fn from_slice(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut raw = Box::new(Zeroizing::new([0; 32]));
        if bytes.len() != raw.len() {
            return Err(KeyError::Length);
        }
        raw.copy_from_slice(bytes);
        Ok(Self { cipher: Cipher::new(&raw), raw })
    }
}

/// The key above all others. It comes from a file, the environment or (later) a key service, and is
/// never stored in the database. It wraps data keys and seals the keys of the instance.
pub struct RootKey(Material);

impl RootKey {
    /// A new random key.
    pub fn generate() -> Self {
        Self(Material::generate())
    }

    /// Reads a key from base64 (32 bytes; padding optional, space around it ignored).
    pub fn from_base64(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let mut raw = Zeroizing::new(vec![0; base64::decoded_len_estimate(text.len())]);
        let length = LENIENT.decode_slice(text, &mut raw).map_err(|_| KeyError::Encoding)?;
        Material::from_slice(&raw[..length]).map(Self)
    }

    /// The key as base64, for the file it is kept in.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.raw.as_slice()))
    }

    /// A public name of this key: 16 hex digits derived from it, from which it can't be found.
    pub fn key_id(&self) -> String {
        self.0.cipher.key_id()
    }

    /// Seals a data key, to be stored.
    pub fn wrap(&self, key: &DataKey, aad: &Aad) -> Sealed {
        self.0.cipher.seal(Purpose::Key, aad, key.0.raw.as_slice())
    }

    /// Opens a data key.
    pub fn unwrap(&self, aad: &Aad, sealed: &[u8]) -> Result<DataKey, OpenError> {
        let raw = self.0.cipher.open(Purpose::Key, aad, sealed)?;
        Material::from_slice(&raw).map(DataKey).map_err(|_| OpenError::Malformed)
    }

    /// Seals a key of the instance, such as the one that signs tokens. For anything of which there
    /// may be many, use a data key.
    pub fn seal(&self, aad: &Aad, plain: &[u8]) -> Sealed {
        self.0.cipher.seal(Purpose::Value, aad, plain)
    }

    /// Opens a key of the instance.
    pub fn open(&self, aad: &Aad, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.0.cipher.open(Purpose::Value, aad, sealed)
    }
}

/// A key that seals values, one per project or organization; stored only as the root key wrapped it.
///
/// Made once and shared (`Arc`): preparing it costs a few derivations, sealing and opening with it
/// costs only the cipher. Nonces are random: keep its use far below 2³² values.
pub struct DataKey(Material);

impl DataKey {
    /// A new random key.
    pub fn generate() -> Self {
        Self(Material::generate())
    }

    /// A public name of this key: 16 hex digits derived from it, from which it can't be found.
    pub fn key_id(&self) -> String {
        self.0.cipher.key_id()
    }

    /// Seals a value for the place that `aad` names.
    pub fn seal(&self, aad: &Aad, plain: &[u8]) -> Sealed {
        self.0.cipher.seal(Purpose::Value, aad, plain)
    }

    /// Opens a value of the place that `aad` names.
    pub fn open(&self, aad: &Aad, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        self.0.cipher.open(Purpose::Value, aad, sealed)
    }
}

#[cfg(test)]
impl DataKey {
    pub(crate) fn raw(&self) -> &[u8] {
        self.0.raw.as_slice()
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RootKey({})", self.key_id())
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({})", self.key_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Aad {
        Aad::new(&["data key", "project", "7f3a"])
    }

    #[test]
    fn a_root_key_survives_base64() {
        let key = RootKey::generate();
        let text = key.to_base64();
        for form in [text.as_str(), text.trim_end_matches('='), &format!(" {}\n", *text)] {
            let again = RootKey::from_base64(form).expect("reads");
            assert_eq!(again.key_id(), key.key_id());
            assert_eq!(*again.open(&place(), key.seal(&place(), b"x").as_bytes()).expect("opens"), b"x");
        }
        assert_eq!(key.key_id().len(), 16);
        assert_ne!(key.key_id(), RootKey::generate().key_id());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let cases = [
            ("", KeyError::Length),
            (&STANDARD.encode([1; 31]), KeyError::Length),
            (&STANDARD.encode([1; 33]), KeyError::Length),
            (&STANDARD.encode([1; 4096]), KeyError::Length),
            ("not base64 at all", KeyError::Encoding),
            ("____", KeyError::Encoding),
        ];
        for (text, error) in cases {
            assert_eq!(RootKey::from_base64(text).expect_err("no key"), error, "{text}");
        }
    }

    #[test]
    fn a_wrapped_key_opens_what_the_key_sealed() {
        let root = RootKey::generate();
        let key = DataKey::generate();
        let sealed = key.seal(&place(), b"hunter2");
        let again = root.unwrap(&place(), root.wrap(&key, &place()).as_bytes()).expect("unwraps");
        assert_eq!(*again.open(&place(), sealed.as_bytes()).expect("opens"), b"hunter2");
        assert_eq!(again.key_id(), key.key_id());
    }

    #[test]
    fn another_key_says_so() {
        let (root, other) = (RootKey::generate(), RootKey::generate());
        let wrapped = root.wrap(&DataKey::generate(), &place());
        assert_eq!(other.unwrap(&place(), wrapped.as_bytes()).expect_err("other"), OpenError::WrongKey);
        let sealed = root.seal(&place(), b"x");
        assert_eq!(other.open(&place(), sealed.as_bytes()).expect_err("other"), OpenError::WrongKey);
        let (one, two) = (DataKey::generate(), DataKey::generate());
        let sealed = one.seal(&place(), b"x");
        assert_eq!(two.open(&place(), sealed.as_bytes()).expect_err("other"), OpenError::WrongKey);
    }

    #[test]
    fn a_forged_fingerprint_helps_nobody() {
        let (one, two) = (DataKey::generate(), DataKey::generate());
        let mut sealed = one.seal(&place(), b"x").into_bytes();
        sealed[1..9].copy_from_slice(&two.seal(&place(), b"").into_bytes()[1..9]);
        assert_eq!(two.open(&place(), &sealed).expect_err("forged"), OpenError::Tampered);
    }

    #[test]
    fn a_wrapped_key_is_no_value_and_a_value_no_wrapped_key() {
        let root = RootKey::generate();
        let wrapped = root.wrap(&DataKey::generate(), &place());
        assert_eq!(root.open(&place(), wrapped.as_bytes()).expect_err("a key"), OpenError::Tampered);
        let sealed = root.seal(&place(), &[7; 32]);
        assert_eq!(root.unwrap(&place(), sealed.as_bytes()).expect_err("a value"), OpenError::Tampered);
    }
}
