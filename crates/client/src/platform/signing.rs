//! Signing with a key that a platform gave.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use super::NoProof;

/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2), with a key in PEM (PKCS #8 or PKCS #1, not encrypted).
pub(super) fn rsa_sha256(key: &str, of: &str, message: &[u8]) -> Result<Vec<u8>, NoProof> {
    let odd = || NoProof::new(format!("{of} is no RSA key in PEM that is not encrypted"));
    let pair = match PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| odd())? {
        PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()),
        PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(odd()),
    };
    let pair = pair.map_err(|_| odd())?;
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| odd())?;
    Ok(signature)
}
