//! Sealing, signing and hashing: the only crate of Vouchsafe that touches a cipher.
//!
//! - [`RootKey`], [`DataKey`], [`Sealed`], [`Aad`]: envelope encryption of what is stored.
//! - [`SecretHasher`]: keyed hashes of machine secrets, to look them up and compare them.
//! - [`token`]: signed access tokens and their public key set.
//! - [`password`]: hashes of passwords that people chose.
//! - [`random`]: secrets from the system's generator.
//!
//! No type here shows a secret in `Debug`, `Display` or an error, and every buffer of its own that
//! held one is wiped.

mod aad;
#[cfg(test)]
mod debug_tests;
mod derive;
mod hasher;
mod keys;
pub mod password;
pub mod random;
mod sealed;
pub mod token;

pub use aad::Aad;
pub use hasher::SecretHasher;
pub use keys::{DataKey, KeyError, RootKey};
pub use sealed::{OpenError, Sealed};

use aws_lc_rs::digest;

/// SHA-256 of a token: what a cache keeps in its place, so that a cache never holds a credential.
///
/// Unkeyed, and fine so: tokens carry a signature nobody can guess.
pub fn fingerprint(token: &str) -> [u8; 32] {
    sha256(token.as_bytes())
}

/// SHA-256, for what is public: certificates, and whether a file has changed.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn fingerprint_is_sha256() {
        let want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex::encode(super::fingerprint("abc")), want);
    }
}
