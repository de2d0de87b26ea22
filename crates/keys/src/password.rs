//! Passwords that people chose: Argon2id, with what OWASP recommends (19 MiB, two passes).
//!
//! Every function here except [`needs_rehash`] takes tens of milliseconds and 19 MiB: call it with
//! `spawn_blocking`, behind a semaphore sized to the cores.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

use crate::random;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

fn params() -> Params {
    Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).expect("the parameters are in range")
}

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params())
}

fn hash_with(password: &str, salt: &[u8]) -> PasswordHash {
    hasher()
        .hash_password_with_salt(password.as_bytes(), salt)
        .expect("password, salt and parameters are in range")
}

/// Hashes a password as a PHC string with a fresh salt. Blocking.
pub fn hash(password: &str) -> String {
    hash_with(password, &random::bytes::<16>()).to_string()
}

/// Is this the password? No for a hash that can't be read. Blocking.
pub fn verify(password: &str, phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|phc| hasher().verify_password(password.as_bytes(), &phc).is_ok())
}

/// Spends the time of [`verify`], for a user who does not exist, so that the answer does not come
/// sooner. Blocking.
pub fn verify_dummy(password: &str) {
    std::hint::black_box(hash_with(password, &[0; 16]));
}

/// Was this hash made with other parameters than today's? Then hash the password anew at the next
/// login that succeeds.
pub fn needs_rehash(phc: &str) -> bool {
    let Ok(phc) = PasswordHash::new(phc) else { return true };
    phc.algorithm != Algorithm::Argon2id.ident()
        || phc.version != Some(Version::V0x13.into())
        || phc.salt.as_ref().map(|salt| salt.len()) != Some(16)
        || Params::try_from(&phc).ok().as_ref() != Some(&params())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_verifies_and_another_does_not() {
        let phc = hash("correct horse");
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify("correct horse", &phc));
        assert!(!verify("correct horse ", &phc));
        assert!(!verify("", &phc));
        assert_ne!(phc, hash("correct horse"), "the salt is fresh");
        verify_dummy("anything");
        verify_dummy("");
    }

    #[test]
    fn a_broken_hash_verifies_nothing() {
        let phc = hash("x");
        let without_output = phc.rsplit_once('$').expect("has parts").0;
        for broken in ["", "x", "$argon2id$", "$2b$10$abcdefghijklmnopqrstuv", without_output] {
            assert!(!verify("x", broken), "{broken}");
            assert!(!verify("", broken), "{broken}");
            assert!(needs_rehash(broken), "{broken}");
        }
    }

    #[test]
    fn other_parameters_need_a_rehash() {
        assert!(!needs_rehash(&hash("x")));
        for (algorithm, version, memory, passes, lanes) in [
            (Algorithm::Argon2i, Version::V0x13, MEMORY_KIB, PASSES, LANES),
            (Algorithm::Argon2id, Version::V0x10, MEMORY_KIB, PASSES, LANES),
            (Algorithm::Argon2id, Version::V0x13, 64, PASSES, LANES),
            (Algorithm::Argon2id, Version::V0x13, MEMORY_KIB, 1, LANES),
            (Algorithm::Argon2id, Version::V0x13, MEMORY_KIB, PASSES, 2),
        ] {
            let params = Params::new(memory, passes, lanes, Some(32)).expect("in range");
            let old = Argon2::new(algorithm, version, params)
                .hash_password_with_salt(b"x", &[7; 16])
                .expect("hashes")
                .to_string();
            assert!(verify("x", &old), "still verifies: {old}");
            assert!(needs_rehash(&old), "{old}");
        }
    }
}
