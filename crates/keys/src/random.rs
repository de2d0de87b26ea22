//! Randomness from the system's generator.
//!
//! Nothing here returns an error: aws-lc rather stops the process than runs without entropy.

use aws_lc_rs::rand;
use zeroize::Zeroizing;

const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

pub(crate) fn fill(out: &mut [u8]) {
    rand::fill(out).expect("the system has randomness");
}

/// `N` random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    fill(&mut out);
    out
}

/// A new client secret: 32 random bytes as 64 hex digits.
pub fn client_secret() -> Zeroizing<String> {
    let raw = Zeroizing::new(bytes::<32>());
    Zeroizing::new(hex::encode(raw.as_slice()))
}

/// `length` random letters and digits, each as likely as any other (5.95 bits each).
pub fn alphanumeric(length: usize) -> String {
    // The largest multiple of 62 below 256: taking the rest of a higher byte would favour some.
    const FAIR: u8 = 248;
    let mut out = String::with_capacity(length);
    while out.len() < length {
        let pool = Zeroizing::new(bytes::<64>());
        let fair = pool.iter().filter(|byte| **byte < FAIR);
        out.extend(
            fair.take(length - out.len()).map(|byte| char::from(ALPHANUMERIC[usize::from(byte % 62)])),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_secrets_are_64_hex_digits_and_differ() {
        let (one, two) = (client_secret(), client_secret());
        assert_eq!(one.len(), 64);
        assert!(one.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c)));
        assert_ne!(one, two);
        assert_ne!(bytes::<16>(), bytes::<16>());
    }

    #[test]
    fn alphanumeric_has_the_length_and_uses_every_character() {
        for length in [0, 1, 63, 64, 65, 1000] {
            assert_eq!(alphanumeric(length).len(), length);
        }
        let long = alphanumeric(20_000);
        for c in ALPHANUMERIC {
            // 322 expected, standard deviation 18.
            let count = long.bytes().filter(|b| b == c).count();
            assert!((180..470).contains(&count), "{} came {count} times", char::from(*c));
        }
    }
}
