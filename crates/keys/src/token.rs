//! Access tokens: JWTs signed with Ed25519 (RFC 7515, RFC 8037).
//!
//! Written on aws-lc-rs rather than on `jsonwebtoken`: that crate (11.1) parses the PKCS#8 document
//! anew for every signature and the public key for every check (`crypto/aws_lc/eddsa.rs`), and both
//! are on the hot path. Here keys are parsed once (27 µs to sign, even in a debug build). It also
//! spares us its process-wide provider, and what is left of JOSE for one algorithm, one header and
//! our own tokens is the few lines below.

mod sign;
mod verify;

pub use sign::{Signer, SigningKey};
pub use verify::{PublicKey, TokenError, Verifier};

/// The one header that tokens of this key have. The verifier compares it and does not interpret it,
/// so there is no algorithm to choose, no `crit`, no `jku`, no embedded key.
fn header(kid: &str) -> String {
    use base64::Engine;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"{kid}"}}"#))
}

#[cfg(test)]
mod tests;
