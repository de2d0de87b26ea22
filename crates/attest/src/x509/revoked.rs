//! Lists of revoked certificates (RFC 5280 section 5).

use rustls::pki_types::CertificateRevocationListDer;
use rustls::pki_types::pem::PemObject;
use vouchsafe_domain::time::Timestamp;
use webpki::{CertRevocationList, OwnedCertRevocationList};
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use super::{Unusable, shown, timestamp};

/// Most lists in one configuration.
const MOST_LISTS: usize = 20;

/// A list of revoked certificates.
#[derive(Debug)]
pub struct RevocationList {
    /// Who made it, for people.
    pub issuer: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When the next one is due: after this it says nothing any more.
    pub next_at: Timestamp,
    list: CertRevocationList<'static>,
}

impl RevocationList {
    fn new(der: &CertificateRevocationListDer<'_>) -> Result<Self, &'static str> {
        let (_, parsed) = CertificateRevocationList::from_der(der.as_ref()).map_err(|_| "cannot be read")?;
        let next = parsed.next_update().ok_or("does not say when the next one is due")?;
        let list = OwnedCertRevocationList::from_der(der.as_ref()).map_err(
            |_| "is of a kind that is not supported: expected a full list that its authority signed itself",
        )?;
        Ok(Self {
            issuer: shown(parsed.issuer()),
            made_at: timestamp(parsed.last_update()),
            next_at: timestamp(next),
            list: list.into(),
        })
    }

    /// Whether it says something at this time, and if not, why.
    pub fn check(&self, now: Timestamp) -> Result<(), String> {
        if now > self.next_at {
            return Err(format!("the list of {} was to be renewed at {}", self.issuer, self.next_at));
        }
        if now < self.made_at {
            return Err(format!(
                "the list of {} is dated {}, which is yet to come",
                self.issuer, self.made_at
            ));
        }
        Ok(())
    }
}

/// Lists of revoked certificates; without any, nobody is asked whether a certificate was revoked.
#[derive(Debug, Default)]
pub struct Revocations(Vec<RevocationList>);

impl Revocations {
    /// The lists in a PEM text, at most 20; none if the text is blank.
    pub fn from_pem(pem: &str) -> Result<Self, Unusable> {
        if pem.trim().is_empty() {
            return Ok(Self::default());
        }
        let ders: Result<Vec<_>, _> =
            CertificateRevocationListDer::pem_slice_iter(pem.as_bytes()).take(MOST_LISTS + 1).collect();
        let ders = ders.map_err(|_| Unusable::new("Expected lists of revoked certificates in PEM"))?;
        if ders.is_empty() || ders.len() > MOST_LISTS {
            return Err(Unusable::new(format!(
                "Expected 1 to {MOST_LISTS} lists of revoked certificates (X509 CRL) in PEM"
            )));
        }
        let one = |(place, der): (usize, &CertificateRevocationListDer<'_>)| {
            RevocationList::new(der).map_err(|why| Unusable::new(format!("List {} {why}", place + 1)))
        };
        ders.iter().enumerate().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &RevocationList> {
        self.0.iter()
    }

    /// Refuses them if one is out of date.
    pub fn check(&self, now: Timestamp) -> Result<(), Unusable> {
        self.0.iter().try_for_each(|list| list.check(now)).map_err(Unusable::new)
    }

    pub(super) fn lists(&self) -> Vec<&CertRevocationList<'static>> {
        self.0.iter().map(|list| &list.list).collect()
    }
}
