//! X.509-SVIDs: certificates that carry a SPIFFE ID (the X.509-SVID specification of SPIFFE).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::pki_types::CertificateDer;
use serde::Deserialize;
use vouchsafe_domain::time::Timestamp;
use x509_parser::certificate::X509Certificate;

use super::{Authorities, Chain, Names, Revocations, Terms, Unusable, check, parse};
use crate::{Reason, Refusal};

/// Longest SPIFFE ID, in bytes (SPIFFE-ID section 2.3).
const LONGEST_ID: usize = 2048;
/// Longest trust domain, in bytes (SPIFFE-ID section 2.1).
const LONGEST_DOMAIN: usize = 255;

/// A SPIFFE ID that is well formed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SpiffeId {
    text: String,
    domain_end: usize,
}

impl SpiffeId {
    const SCHEME: &'static str = "spiffe://";

    /// Reads an ID (SPIFFE-ID section 2): a trust domain, and a path without empty, `.` and `..` segments.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > LONGEST_ID {
            return Err("is longer than 2048 bytes");
        }
        let rest = text.strip_prefix(Self::SCHEME).ok_or("does not begin with spiffe://")?;
        let (domain, path) = rest.split_once('/').map_or((rest, None), |(domain, path)| (domain, Some(path)));
        if !is_trust_domain(domain) {
            return Err("names no valid trust domain");
        }
        if path.is_some_and(|path| !path.split('/').all(is_segment)) {
            return Err("has a path that is not valid");
        }
        Ok(Self { text: text.to_owned(), domain_end: Self::SCHEME.len() + domain.len() })
    }

    /// The whole ID.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its trust domain.
    pub fn trust_domain(&self) -> &str {
        &self.text[Self::SCHEME.len()..self.domain_end]
    }

    /// Its path with the slash in front; empty for the ID of the trust domain itself.
    pub fn path(&self) -> &str {
        &self.text[self.domain_end..]
    }
}

/// Whether a text is the name of a trust domain (SPIFFE-ID section 2.1).
pub fn is_trust_domain(text: &str) -> bool {
    let is_allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'.' | b'-' | b'_');
    !text.is_empty() && text.len() <= LONGEST_DOMAIN && text.bytes().all(is_allowed)
}

fn is_segment(text: &str) -> bool {
    let is_allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_');
    !matches!(text, "" | "." | "..") && text.bytes().all(is_allowed)
}

/// The authorities of the `x509-svid` entries of a trust bundle, a JWK set (SPIFFE trust domain and bundle, section 4).
pub fn authorities_of_bundle(bundle: &str) -> Result<Authorities, Unusable> {
    #[derive(Deserialize)]
    struct Bundle {
        keys: Vec<Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        #[serde(default, rename = "use")]
        purpose: Option<String>,
        #[serde(default)]
        x5c: Vec<String>,
    }
    let bundle: Bundle = serde_json::from_str(bundle)
        .map_err(|_| Unusable::new("Expected a trust bundle: a JSON Web Key Set"))?;
    let mut ders = Vec::new();
    for entry in bundle.keys.iter().filter(|entry| entry.purpose.as_deref() == Some("x509-svid")) {
        let [der] = entry.x5c.as_slice() else {
            return Err(Unusable::new("Expected exactly one certificate in `x5c` of each x509-svid entry"));
        };
        let der = BASE64_STANDARD.decode(der).map_err(|_| Unusable::new("Expected base64 in `x5c`"))?;
        ders.push(CertificateDer::from(der));
    }
    if ders.is_empty() {
        return Err(Unusable::new(
            "The trust bundle has no x509-svid entry, so no X.509-SVID can be checked",
        ));
    }
    Authorities::from_ders(ders)
}

/// Checks an X.509-SVID and the path to an authority of its trust domain; answers its SPIFFE ID.
///
/// Who presents it must have been seen to hold its key.
pub fn verify(
    chain: &Chain,
    trust_domain: &str,
    authorities: &Authorities,
    now: Timestamp,
) -> Result<SpiffeId, Refusal> {
    let id = spiffe_id(chain)?;
    if id.trust_domain() != trust_domain {
        let why = format!("the trust domain is {:?}; expected {trust_domain:?}", id.trust_domain());
        return Err(Refusal::new(Reason::Issuer, why));
    }
    check_leaf(chain)?;
    for signer in chain.intermediates() {
        check_signer(signer, trust_domain)?;
    }
    check(chain, Terms { now, authorities, intermediates: true, revocations: &Revocations::default() })?;
    Ok(id)
}

/// The SPIFFE ID that a leaf says to be (X.509-SVID sections 2 and 3.1): its only URI, and one with a path.
pub fn spiffe_id(chain: &Chain) -> Result<SpiffeId, Refusal> {
    let names = chain.names()?;
    let wrong = |why: String| Refusal::new(Reason::Malformed, why);
    let [uri] = names.uris.as_slice() else {
        return Err(wrong(format!("the certificate has {} URIs; expected exactly one", names.uris.len())));
    };
    let id = SpiffeId::parse(uri).map_err(|why| wrong(format!("the URI of the certificate {why}")))?;
    if id.path().is_empty() {
        return Err(wrong(
            "the SPIFFE ID of the certificate has no path; it names a trust domain".to_owned(),
        ));
    }
    Ok(id)
}

/// Basic constraints and key usage of a leaf (X.509-SVID sections 4.1 and 4.3).
fn check_leaf(chain: &Chain) -> Result<(), Refusal> {
    let leaf = readable(chain.leaf())?;
    if leaf.is_ca() {
        return Err(refuse("the certificate is that of an authority"));
    }
    let usage = leaf.key_usage().map_err(|_| refuse("the key usage cannot be read"))?;
    let Some(usage) = usage else {
        return Err(refuse("the certificate has no key usage; expected digitalSignature"));
    };
    if !usage.value.digital_signature() || usage.value.key_cert_sign() || usage.value.crl_sign() {
        return Err(refuse(
            "the key usage is not that of a leaf: expected digitalSignature and neither keyCertSign nor cRLSign",
        ));
    }
    Ok(())
}

/// A certificate in between may carry the ID of the trust domain, and no other (X.509-SVID section 3.2).
fn check_signer(der: &CertificateDer<'_>, trust_domain: &str) -> Result<(), Refusal> {
    let names = Names::of(&readable(der)?).map_err(refuse)?;
    let is_own = |uri: &String| {
        SpiffeId::parse(uri).is_ok_and(|id| id.trust_domain() == trust_domain && id.path().is_empty())
    };
    if names.uris.len() > 1 || !names.uris.iter().all(is_own) {
        return Err(refuse("an intermediate has a URI that is not the ID of the trust domain"));
    }
    Ok(())
}

fn readable<'c>(der: &'c CertificateDer<'_>) -> Result<X509Certificate<'c>, Refusal> {
    parse(der).map_err(|why| refuse(&format!("a certificate {why}")))
}

fn refuse(why: &str) -> Refusal {
    Refusal::new(Reason::CertificatePath, why)
}
