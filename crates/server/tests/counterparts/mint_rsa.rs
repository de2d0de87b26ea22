//! An issuer's RSA key, and the tokens that it signs.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::{Value, json};

/// A key of 2048 bits with an id, and a certificate over it, as clouds publish them.
pub(crate) struct RsaMint {
    pub(crate) id: String,
    key: RsaKeyPair,
    certificate: rcgen::Certificate,
}

impl RsaMint {
    /// A new key.
    pub(crate) fn new(id: &str) -> Self {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8 = AsDer::as_der(&key).unwrap();
        let pkcs8 = PrivatePkcs8KeyDer::from(pkcs8.as_ref().to_vec());
        let signer = KeyPair::from_pkcs8_der_and_sign_algo(&pkcs8, &PKCS_RSA_SHA256).unwrap();
        let params = CertificateParams::new(vec!["issuer.example".to_owned()]).unwrap();
        Self { id: id.to_owned(), key, certificate: params.self_signed(&signer).unwrap() }
    }

    /// A token with these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_with(&json!({ "alg": "RS256", "typ": "JWT", "kid": self.id }), claims)
    }

    /// The same with another header.
    pub(crate) fn token_with(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    /// The private key in PEM, as clouds hand it to who is to sign with it.
    pub(crate) fn private_pem(&self) -> String {
        let der = AsDer::as_der(&self.key).unwrap();
        let der: &aws_lc_rs::encoding::Pkcs8V1Der<'_> = &der;
        format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            BASE64_STANDARD.encode(der.as_ref())
        )
    }

    /// The key itself.
    pub(crate) fn key(&self) -> &RsaKeyPair {
        &self.key
    }

    /// The public key as an entry of a key set.
    pub(crate) fn jwk(&self) -> Value {
        // `RSAPublicKey` (RFC 8017 appendix A.1.1) of 2048 bits: 257 bytes of modulus with its zero, 3 of exponent.
        let der = self.key.public_key().as_ref();
        assert_eq!((&der[4..9], &der[265..267]), ([2, 0x82, 1, 1, 0].as_slice(), [2, 3].as_slice()));
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({ "kty": "RSA", "use": "sig", "kid": self.id, "n": text(&der[9..265]), "e": text(&der[267..]) })
    }

    /// The same with the certificate and its thumbprint, as Entra ID publishes it.
    pub(crate) fn jwk_with_certificate(&self) -> Value {
        let mut jwk = self.jwk();
        jwk["x5t"] = json!(self.id);
        jwk["x5c"] = json!([BASE64_STANDARD.encode(self.certificate.der())]);
        jwk
    }

    /// The certificate in PEM, as Google publishes keys of service accounts.
    pub(crate) fn certificate(&self) -> String {
        self.certificate.pem()
    }
}
