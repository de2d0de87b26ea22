//! The path from a certificate to a trusted authority (RFC 5280 section 6).
//!
//! Signatures, validity, basic constraints, path lengths of intermediates, name constraints and revocation are checked
//! by `rustls-webpki`. What it leaves to others is checked here: key usage, and the path length and validity of the
//! authority itself. It refuses what it does not support: constraints on names other than DNS names and addresses.

use std::time::Duration;

use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use vouchsafe_domain::time::Timestamp;
use webpki::{
    ALL_VERIFICATION_ALGS, EndEntityCert, Error, ExpirationPolicy, ExtendedKeyUsageValidator, KeyPurposeId,
    KeyPurposeIdIter, KeyUsage, RequiredEkuNotFoundContext, RevocationOptions, RevocationOptionsBuilder,
    UnknownStatusPolicy, VerifiedPath,
};

use super::{Authorities, Authority, Chain, Revocations, check_key, parse};
use crate::{Reason, Refusal};

/// id-kp-serverAuth, 1.3.6.1.5.5.7.3.1.
const SERVER_AUTH: KeyPurposeId<'static> = KeyPurposeId::new(&[0x2b, 6, 1, 5, 5, 7, 3, 1]);
/// id-kp-clientAuth, 1.3.6.1.5.5.7.3.2.
const CLIENT_AUTH: KeyPurposeId<'static> = KeyPurposeId::new(&[0x2b, 6, 1, 5, 5, 7, 3, 2]);
/// anyExtendedKeyUsage, 2.5.29.37.0.
const ANY_PURPOSE: KeyPurposeId<'static> = KeyPurposeId::new(&[0x55, 0x1d, 0x25, 0]);

/// On which side of a connection a certificate was shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Side {
    /// By a client.
    Client,
    /// By a server.
    Server,
}

/// What a path is measured by.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The time.
    pub now: Timestamp,
    /// Who shows the certificate.
    pub side: Side,
    /// Who is trusted.
    pub authorities: &'a Authorities,
    /// Whether the path may lead over the intermediates that come with it; if not, an authority must have
    /// signed the leaf itself.
    pub intermediates: bool,
    /// Which certificates were revoked. If there is any list, each certificate of the path needs one of its issuer.
    pub revocations: &'a Revocations,
}

/// Whether a valid path leads from the leaf of a chain to an authority, for the side that shows it.
pub fn check(chain: &Chain, terms: Terms<'_>) -> Result<(), Refusal> {
    check_leaf(chain, terms.authorities)?;
    let valid: Vec<&Authority> =
        terms.authorities.iter().filter(|authority| authority.is_valid(terms.now)).collect();
    if valid.is_empty() {
        return Err(refuse("none of the configured authorities is valid now"));
    }
    terms
        .revocations
        .check(terms.now)
        .map_err(|why| Refusal::new(Reason::CertificateRevoked, why.to_string()))?;
    let lists = terms.revocations.lists();
    let anchors: Vec<TrustAnchor<'_>> = valid.iter().map(|authority| authority.anchor.clone()).collect();
    let intermediates: &[CertificateDer<'_>] = if terms.intermediates { chain.intermediates() } else { &[] };
    let leaf = EndEntityCert::try_from(chain.leaf()).map_err(refused)?;
    leaf.verify_for_usage(
        ALL_VERIFICATION_ALGS,
        &anchors,
        intermediates,
        unix_time(terms.now),
        For(terms.side),
        revocation(&lists),
        Some(&|path: &VerifiedPath<'_>| check_authorities(path, &valid)),
    )
    .map_err(refused)?;
    Ok(())
}

fn revocation<'l>(lists: &'l [&'l webpki::CertRevocationList<'l>]) -> Option<RevocationOptions<'l>> {
    // Without lists there is nothing to build.
    let builder = RevocationOptionsBuilder::new(lists).ok()?;
    let strict = builder.with_status_policy(UnknownStatusPolicy::Deny);
    Some(strict.with_expiration_policy(ExpirationPolicy::Enforce).build())
}

/// What the leaf must be like, whoever signed it.
fn check_leaf(chain: &Chain, authorities: &Authorities) -> Result<(), Refusal> {
    if authorities.iter().any(|authority| authority.der == *chain.leaf()) {
        return Err(refuse("the certificate is that of a configured authority itself"));
    }
    let parsed = |why: &str| refuse(format!("the certificate {why}"));
    let leaf = parse(chain.leaf()).map_err(parsed)?;
    check_key(&leaf).map_err(|why| parsed(&why))?;
    let usage = leaf.key_usage().map_err(|_| parsed("has a key usage that cannot be read"))?;
    if usage.is_some_and(|usage| !usage.value.digital_signature()) {
        return Err(parsed("may not be used to sign: its key usage does not name digitalSignature"));
    }
    Ok(())
}

/// What the path's authorities must be like, beyond what the library checks.
fn check_authorities(path: &VerifiedPath<'_>, valid: &[&Authority]) -> Result<(), Error> {
    let mut count: u32 = 0;
    for intermediate in path.intermediate_certificates() {
        count = count.saturating_add(1);
        let der = intermediate.der();
        let certificate = parse(&der).map_err(|_| Error::BadDer)?;
        let usage = certificate.key_usage().map_err(|_| Error::BadDer)?;
        if usage.is_some_and(|usage| !usage.value.key_cert_sign()) {
            return Err(Error::EndEntityUsedAsCa);
        }
    }
    let same = |authority: &&&Authority| authority.anchor == *path.anchor();
    // Certificates of one authority with the same key may differ in their path length; the longest is trusted.
    let is_short = |authority: &&Authority| authority.path_length.is_none_or(|length| count <= length);
    if valid.iter().filter(same).any(is_short) { Ok(()) } else { Err(Error::PathLenConstraintViolated) }
}

fn unix_time(now: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or(0)))
}

/// Extended key usage, if there is one, names this side's authentication or any purpose.
struct For(Side);

impl ExtendedKeyUsageValidator for For {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), Error> {
        let (wanted, required) = match self.0 {
            Side::Client => (CLIENT_AUTH, KeyUsage::client_auth()),
            Side::Server => (SERVER_AUTH, KeyUsage::server_auth()),
        };
        let mut is_absent = true;
        for purpose in purposes {
            let purpose = purpose?;
            if purpose == wanted || purpose == ANY_PURPOSE {
                return Ok(());
            }
            is_absent = false;
        }
        let missing = RequiredEkuNotFoundContext { required, present: Vec::new() };
        if is_absent { Ok(()) } else { Err(Error::RequiredEkuNotFoundContext(missing)) }
    }
}

fn refuse(why: impl Into<String>) -> Refusal {
    Refusal::new(Reason::CertificatePath, why)
}

/// The library's verdict in our words.
fn refused(error: Error) -> Refusal {
    let path = Reason::CertificatePath;
    let (reason, why) = match &error {
        Error::CertExpired { .. } => (Reason::Expired, "a certificate of the path has expired"),
        Error::CertNotValidYet { .. } => (Reason::NotYetValid, "a certificate of the path is not valid yet"),
        Error::CertRevoked => (Reason::CertificateRevoked, "a certificate of the path was revoked"),
        Error::UnknownRevocationStatus => (
            Reason::CertificateRevoked,
            "no configured list of revoked certificates is by the issuer of each certificate of the path",
        ),
        Error::CrlExpired { .. } => {
            (Reason::CertificateRevoked, "a list of revoked certificates is out of date")
        }
        Error::InvalidCrlSignatureForPublicKey | Error::IssuerNotCrlSigner => (
            Reason::CertificateRevoked,
            "a list of revoked certificates was not signed by the authority that it names",
        ),
        Error::UnknownIssuer => (path, "no path leads from the certificate to a configured authority"),
        Error::InvalidSignatureForPublicKey => (path, "a signature does not fit the key of the issuer"),
        Error::CaUsedAsEndEntity => (path, "the certificate is that of an authority"),
        Error::EndEntityUsedAsCa => (path, "a certificate that is not that of an authority signed another"),
        Error::PathLenConstraintViolated => (path, "the path is longer than one of its authorities allows"),
        Error::NameConstraintViolation => (
            path,
            "a name is outside of what an authority is constrained to, or of a kind whose constraints are not supported",
        ),
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => (
            path,
            "the extended key usage of a certificate does not name what it is shown for: client or server authentication",
        ),
        Error::UnsupportedCertVersion => (path, "a certificate is not of version 3"),
        Error::UnsupportedCriticalExtension => {
            (path, "a certificate has a critical extension that is not supported")
        }
        _ => return refuse(format!("the path is not valid: {error}")),
    };
    Refusal::new(reason, why)
}
