//! Certificate authorities that are trusted.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor};
use vouchsafe_domain::time::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::x509::X509Version;

use super::{Unusable, check_key, parse, shown, timestamp};

/// Most authorities in one configuration.
const MOST_AUTHORITIES: usize = 64;

/// A certificate authority that is trusted.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Its subject, for people.
    pub name: String,
    /// From when it is valid.
    pub valid_from: Timestamp,
    /// Until when it is valid.
    pub valid_until: Timestamp,
    pub(super) der: CertificateDer<'static>,
    pub(super) anchor: TrustAnchor<'static>,
    /// How many intermediates there may be below it.
    pub(super) path_length: Option<u32>,
}

impl Authority {
    fn new(der: CertificateDer<'static>) -> Result<Self, String> {
        let certificate = parse(&der)?;
        let path_length = check(&certificate)?;
        let anchor = webpki::anchor_from_trusted_cert(&der).map_err(|_| "cannot be used as an authority")?;
        Ok(Self {
            name: shown(certificate.subject()),
            valid_from: timestamp(certificate.validity().not_before),
            valid_until: timestamp(certificate.validity().not_after),
            anchor: anchor.to_owned(),
            path_length,
            der: der.clone(),
        })
    }

    /// Whether it is valid at this time.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.valid_from <= now && now <= self.valid_until
    }
}

/// Whether a certificate is that of an authority that can be used; answers its path length.
fn check(certificate: &X509Certificate<'_>) -> Result<Option<u32>, String> {
    if certificate.version() != X509Version::V3 {
        return Err("is not of version 3, so it cannot say that it is an authority".to_owned());
    }
    let constraints =
        certificate.basic_constraints().map_err(|_| "has basic constraints that cannot be read")?;
    let Some(constraints) = constraints.filter(|extension| extension.value.ca) else {
        return Err("is not that of an authority: its basic constraints do not say CA".to_owned());
    };
    let usage = certificate.key_usage().map_err(|_| "has a key usage that cannot be read")?;
    if usage.is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Err("is not that of an authority: its key usage does not name keyCertSign".to_owned());
    }
    check_key(certificate)?;
    Ok(constraints.value.path_len_constraint)
}

/// Authorities that are trusted; at least one.
#[derive(Clone, Debug)]
pub struct Authorities(Vec<Authority>);

impl Authorities {
    /// The certificates in a PEM text, 1–64. Refused as a whole if one of them cannot be used.
    pub fn from_pem(pem: &str) -> Result<Self, Unusable> {
        if pem.contains("PRIVATE KEY") {
            return Err(Unusable::new(
                "Expected certificates only; the text holds a private key, which belongs nowhere else",
            ));
        }
        let ders: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(pem.as_bytes()).take(MOST_AUTHORITIES + 1).collect();
        Self::from_ders(ders.map_err(|_| Unusable::new("Expected certificates in PEM"))?)
    }

    /// The same of certificates in DER.
    pub fn from_ders(ders: Vec<CertificateDer<'static>>) -> Result<Self, Unusable> {
        if ders.is_empty() {
            return Err(Unusable::new("Expected at least one certificate of an authority in PEM"));
        }
        if ders.len() > MOST_AUTHORITIES {
            return Err(Unusable::new(format!("Expected at most {MOST_AUTHORITIES} certificates")));
        }
        let one = |(place, der): (usize, CertificateDer<'static>)| {
            Authority::new(der).map_err(|why| Unusable::new(format!("Certificate {} {why}", place + 1)))
        };
        ders.into_iter().enumerate().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Authority> {
        self.0.iter()
    }

    /// Refuses them if one has expired.
    pub fn check_expiry(&self, now: Timestamp) -> Result<(), Unusable> {
        match self.0.iter().find(|authority| authority.valid_until < now) {
            None => Ok(()),
            Some(expired) => Err(Unusable::new(format!(
                "The authority {} has expired at {}; leave it out or put its successor in its place",
                expired.name, expired.valid_until
            ))),
        }
    }
}
