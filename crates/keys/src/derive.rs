//! One key, many purposes: HKDF-SHA-256 with a label for each.

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};

/// A public constant; the keys that go in are uniformly random.
const SALT: &[u8] = b"vouchsafe keys, version 1: a salt";

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// Fills `out` with bytes derived from `key` for the purpose that `label` names.
pub(crate) fn derive(key: &[u8; 32], label: &str, out: &mut [u8]) {
    let length = Length(out.len());
    Salt::new(HKDF_SHA256, SALT)
        .extract(key)
        .expand(&[label.as_bytes()], length)
        .and_then(|okm| okm.fill(out))
        .expect("HKDF fails only for outputs longer than 255 blocks");
}
