//! Client certificates: authorities, names, and the path between them (RFC 5280).
//!
//! Nothing here does I/O. Who holds the key of a certificate was found out by whoever accepted the connection.

mod authority;
mod names;
mod path;
mod revoked;
pub mod svid;

use rustls::pki_types::CertificateDer;
use vouchsafe_domain::time::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{OID_EC_P256, OID_NIST_EC_P384, OID_NIST_EC_P521, OID_SIG_ED25519};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::time::ASN1Time;

use crate::{Reason, Refusal};

pub use authority::{Authorities, Authority};
pub use names::Names;
pub use path::{Side, Terms, check};
pub use revoked::Revocations;

/// Most certificates that a client may present: the leaf and its intermediates.
pub const MOST_PRESENTED: usize = 10;
/// Largest chain that a client may present, in bytes of DER.
pub const MOST_PRESENTED_BYTES: usize = 32 * 1024;
/// Sizes of RSA keys that are accepted, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// Authorities or lists of revoked certificates that cannot be used. The sentence says why, and never repeats them.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

impl Unusable {
    fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// A chain as a client presents it: DER, leaf first. The leaf parses; whether it is any good is another question.
#[derive(Clone, Debug)]
pub struct Chain {
    certificates: Vec<CertificateDer<'static>>,
}

impl Chain {
    /// Takes what was presented, if it is of a size that is looked at and its leaf is a certificate.
    pub fn new(presented: &[Vec<u8>]) -> Result<Self, Refusal> {
        let wrong = |why: String| Refusal::new(Reason::Malformed, why);
        if presented.len() > MOST_PRESENTED {
            return Err(wrong(format!(
                "{} certificates were presented; expected at most {MOST_PRESENTED}",
                presented.len()
            )));
        }
        if presented.iter().map(Vec::len).sum::<usize>() > MOST_PRESENTED_BYTES {
            return Err(wrong(format!("the certificates are longer than {MOST_PRESENTED_BYTES} bytes")));
        }
        let certificates: Vec<_> = presented.iter().map(|der| CertificateDer::from(der.clone())).collect();
        let Some(leaf) = certificates.first() else {
            return Err(wrong("no certificate was presented".to_owned()));
        };
        parse(leaf).map_err(|why| wrong(format!("the client certificate {why}")))?;
        Ok(Self { certificates })
    }

    /// The chain in a PEM text, leaf first; other sections are passed over.
    pub fn from_pem(pem: &str) -> Result<Self, Refusal> {
        use rustls::pki_types::pem::PemObject;
        let ders: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes())
            .take(MOST_PRESENTED + 1)
            .map(|der| der.map(|der| der.to_vec()))
            .collect();
        Self::new(&ders.map_err(|_| Refusal::new(Reason::Malformed, "the text is not valid PEM"))?)
    }

    /// The client's own certificate.
    fn leaf(&self) -> &CertificateDer<'static> {
        &self.certificates[0]
    }

    fn intermediates(&self) -> &[CertificateDer<'static>] {
        &self.certificates[1..]
    }

    /// SHA-256 of the client's own certificate (RFC 8705 section 3.1).
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.leaf()).as_ref());
        hash
    }

    /// The names in the client's own certificate.
    pub fn names(&self) -> Result<Names, Refusal> {
        let wrong = |why| Refusal::new(Reason::Malformed, format!("the client certificate {why}"));
        Names::of(&parse(self.leaf()).map_err(wrong)?).map_err(wrong)
    }
}

/// Reads one certificate, all of it.
fn parse<'c>(der: &'c CertificateDer<'_>) -> Result<X509Certificate<'c>, &'static str> {
    match X509Certificate::from_der(der.as_ref()) {
        Ok(([], certificate)) => Ok(certificate),
        Ok(_) => Err("is followed by something else"),
        Err(_) => Err("cannot be read"),
    }
}

/// Whether a key is of a kind and size that signatures are accepted from.
fn check_key(certificate: &X509Certificate<'_>) -> Result<(), String> {
    let key = certificate.public_key();
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) if RSA_BITS.contains(&rsa.key_size()) => Ok(()),
        Ok(PublicKey::RSA(rsa)) => {
            Err(format!("has an RSA key of {} bits; expected {} or more", rsa.key_size(), RSA_BITS.start()))
        }
        Ok(PublicKey::EC(_)) => {
            let curve = key.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
            let curves = [OID_EC_P256, OID_NIST_EC_P384, OID_NIST_EC_P521];
            if curve.is_some_and(|curve| curves.contains(&curve)) {
                Ok(())
            } else {
                Err("has a key on a curve that is not accepted; expected P-256, P-384 or P-521".to_owned())
            }
        }
        _ if key.algorithm.algorithm == OID_SIG_ED25519 => Ok(()),
        _ => Err("has a key of a kind that is not accepted; expected RSA, EC or Ed25519".to_owned()),
    }
}

fn timestamp(time: ASN1Time) -> Timestamp {
    Timestamp::from_millis(time.timestamp().saturating_mul(1000))
}

/// A name as people read it, at most 200 characters of it.
fn shown(name: &x509_parser::x509::X509Name<'_>) -> String {
    let text: String = name.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
    if text.is_empty() { "(without a name)".to_owned() } else { text }
}
