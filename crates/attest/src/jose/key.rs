//! Public keys.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, VerificationAlgorithm,
};
use rustls::pki_types::pem::{PemObject, SectionKind};
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_NIST_EC_P521, OID_PKCS1_RSAENCRYPTION,
    OID_SIG_ED25519,
};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey as ParsedKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::Algorithm;
use super::small_order::is_weak;

/// Which algorithms a key can be used with, by its type.
const RSA: &[Algorithm] = &[
    Algorithm::Rs256,
    Algorithm::Rs384,
    Algorithm::Rs512,
    Algorithm::Ps256,
    Algorithm::Ps384,
    Algorithm::Ps512,
];
/// RSA keys of 2048 to 8192 bits.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// A public key, parsed once for each algorithm that it can be used with.
#[derive(Debug)]
pub struct PublicKey {
    uses: Vec<(Algorithm, ParsedPublicKey)>,
}

impl PublicKey {
    /// An RSA key from modulus and exponent, big-endian (RFC 7518 section 6.3.1). None unless the modulus has 2048 to
    /// 8192 bits and the exponent is odd and has at most 33 bits.
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let (modulus, exponent) = (trimmed(modulus), trimmed(exponent));
        let odd = exponent.last().is_some_and(|last| last % 2 == 1) && exponent != [1];
        if !RSA_BYTES.contains(&modulus.len()) || exponent.len() > 5 || !odd {
            return None;
        }
        Self::parsed(RSA, &rsa_der(modulus, exponent))
    }

    /// A key on a NIST curve, from the coordinates of its point (RFC 7518 section 6.2.1).
    pub fn elliptic(curve: &str, x: &[u8], y: &[u8]) -> Option<Self> {
        let (algorithm, size) = match curve {
            "P-256" => (Algorithm::Es256, 32),
            "P-384" => (Algorithm::Es384, 48),
            "P-521" => (Algorithm::Es512, 66),
            _ => return None,
        };
        if x.len() != size || y.len() != size {
            return None;
        }
        Self::parsed(&[algorithm], &[&[4], x, y].concat())
    }

    /// An Ed25519 key (RFC 8037 section 2). None for points of small order: anybody could sign for them.
    pub fn ed25519(bytes: &[u8]) -> Option<Self> {
        let point: &[u8; 32] = bytes.try_into().ok()?;
        if is_weak(point) { None } else { Self::parsed(&[Algorithm::EdDsa], bytes) }
    }

    /// The key in a `SubjectPublicKeyInfo` (RFC 5280 section 4.1.2.7).
    pub fn from_spki(der: &[u8]) -> Option<Self> {
        let (rest, info) = SubjectPublicKeyInfo::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let kind = &info.algorithm.algorithm;
        if *kind == OID_PKCS1_RSAENCRYPTION {
            let Ok(ParsedKey::RSA(key)) = info.parsed() else { return None };
            return Self::rsa(key.modulus, key.exponent);
        }
        let bits = info.subject_public_key.data.as_ref();
        if *kind == OID_SIG_ED25519 {
            return Self::ed25519(bits);
        }
        if *kind != OID_KEY_TYPE_EC_PUBLIC_KEY {
            return None;
        }
        let curve = info.algorithm.parameters.as_ref()?.as_oid().ok()?;
        let curves = [(OID_EC_P256, "P-256"), (OID_NIST_EC_P384, "P-384"), (OID_NIST_EC_P521, "P-521")];
        let (_, name) = curves.into_iter().find(|(oid, _)| *oid == curve)?;
        let point = bits.strip_prefix(&[4])?;
        let (x, y) = point.split_at_checked(point.len() / 2)?;
        Self::elliptic(name, x, y)
    }

    /// The key of a certificate. Whether the certificate is to be trusted is not looked at.
    pub fn from_certificate(der: &[u8]) -> Option<Self> {
        let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
        Self::from_spki(certificate.tbs_certificate.subject_pki.raw)
    }

    /// The one key in a PEM text: a public key (`PUBLIC KEY`, `RSA PUBLIC KEY`) or a certificate.
    pub fn from_pem(pem: &str) -> Option<Self> {
        let mut sections = <(SectionKind, Vec<u8>)>::pem_slice_iter(pem.as_bytes());
        let (kind, der) = sections.next()?.ok()?;
        if sections.next().is_some() {
            return None;
        }
        match kind {
            SectionKind::PublicKey => Self::from_spki(&der),
            SectionKind::Certificate => Self::from_certificate(&der),
            _ => None,
        }
    }

    fn parsed(algorithms: &[Algorithm], bytes: &[u8]) -> Option<Self> {
        let one = |algorithm: &Algorithm| {
            ParsedPublicKey::new(verification(*algorithm), bytes).ok().map(|key| (*algorithm, key))
        };
        let uses = algorithms.iter().map(one).collect::<Option<_>>()?;
        Some(Self { uses })
    }

    /// Whether the key is of the type that the algorithm needs.
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.uses.iter().any(|(used, _)| *used == algorithm)
    }

    /// Whether this is the signature of the message. False as well if the key does not fit the algorithm.
    pub fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let key = self.uses.iter().find(|(used, _)| *used == algorithm).map(|(_, key)| key);
        key.is_some_and(|key| key.verify_sig(message, signature).is_ok())
    }
}

fn verification(algorithm: Algorithm) -> &'static dyn VerificationAlgorithm {
    match algorithm {
        Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &RSA_PSS_2048_8192_SHA512,
        Algorithm::Es256 => &ECDSA_P256_SHA256_FIXED,
        Algorithm::Es384 => &ECDSA_P384_SHA384_FIXED,
        Algorithm::Es512 => &ECDSA_P521_SHA512_FIXED,
        Algorithm::EdDsa => &ED25519,
    }
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    &bytes[zeros..]
}

/// `RSAPublicKey` (RFC 8017 appendix A.1.1).
fn rsa_der(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let sign: &[u8] = if bytes.first().is_some_and(|first| *first >= 0x80) { &[0] } else { &[] };
        tagged(0x02, &[sign, bytes].concat())
    };
    tagged(0x30, &[integer(modulus), integer(exponent)].concat())
}

/// A value of DER with its tag and length (X.690 section 8.1.3), of at most 65,535 bytes.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    let [high, low] = length.to_be_bytes();
    let header: &[u8] = match length {
        0..0x80 => &[tag, low],
        0x80..0x100 => &[tag, 0x81, low],
        _ => &[tag, 0x82, high, low],
    };
    [header, content].concat()
}
