//! X.509-SVIDs: certificates that carry a SPIFFE ID (the X.509-SVID specification of SPIFFE).

use rustls::pki_types::CertificateDer;
use vouchsafe_domain::time::Timestamp;
use x509_parser::certificate::X509Certificate;

use super::{Authorities, Chain, Names, Revocations, Side, Terms, Unusable, check, parse};
use crate::jose::KeySet;
use crate::{Reason, Refusal};

pub use crate::spiffe::SpiffeId;

/// The authorities of the `x509-svid` entries of a trust bundle, a JWK set (SPIFFE trust domain and bundle, section 4).
pub fn authorities_of_bundle(bundle: &str) -> Result<Authorities, Unusable> {
    let set = KeySet::from_jwks(bundle.as_bytes())
        .map_err(|_| Unusable::new("Expected a trust bundle: a JSON Web Key Set"))?;
    authorities(&set)
}

/// The same, of a bundle that was read before.
pub fn authorities(bundle: &KeySet) -> Result<Authorities, Unusable> {
    let entries = bundle.keys().iter().filter(|key| key.usage.as_deref() == Some("x509-svid"));
    let ders: Vec<_> = entries
        .map(|key| match key.certificates.as_slice() {
            [der] => Ok(CertificateDer::from(der.clone())),
            _ => Err(Unusable::new("Expected exactly one certificate in `x5c` of each x509-svid entry")),
        })
        .collect::<Result<_, _>>()?;
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
    side: Side,
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
    let revocations = &Revocations::default();
    check(chain, Terms { now, side, authorities, intermediates: true, revocations })?;
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
