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
