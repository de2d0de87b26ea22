//! Certificate trees for tests.
#![allow(dead_code, clippy::unwrap_used, reason = "each test uses some of it")]

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SanType,
    SerialNumber, date_time_ymd,
};

/// An authority with its key.
pub(crate) struct Ca(pub(crate) CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key.
pub(crate) struct Leaf {
    pub(crate) der: Vec<u8>,
    pub(crate) pem: String,
    pub(crate) key: KeyPair,
}

/// Parameters of an authority, valid in 2026 and 2027.
pub(crate) fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2028, 1, 1));
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Parameters of a client, valid in 2026 and 2027.
pub(crate) fn client(name: &str) -> CertificateParams {
    let mut params = authority(name);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

pub(crate) fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

impl Ca {
    pub(crate) fn new(name: &str) -> Self {
        Self::root(authority(name), key())
    }

    pub(crate) fn root(params: CertificateParams, key: KeyPair) -> Self {
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// An authority below this one.
    pub(crate) fn below(&self, params: CertificateParams) -> Self {
        Self(CertifiedIssuer::signed_by(params, key(), &self.0).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        self.0.der().to_vec()
    }

    /// A client's certificate.
    pub(crate) fn leaf(&self, params: CertificateParams) -> Leaf {
        self.leaf_with(params, key())
    }

    pub(crate) fn leaf_with(&self, params: CertificateParams, key: KeyPair) -> Leaf {
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Leaf { der: certificate.der().to_vec(), pem: certificate.pem(), key }
    }

    /// The usual client's certificate.
    pub(crate) fn client(&self, name: &str) -> Leaf {
        self.leaf(client(name))
    }

    /// A list of revoked certificates, made in 2026 and to be renewed in this year.
    pub(crate) fn revokes(&self, serials: &[u64], until: i32) -> String {
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2026, 2, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 2, 1),
            next_update: date_time_ymd(until, 6, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.0).unwrap().pem().unwrap()
    }
}

/// Parameters of a client with these alternative names: `DNS:`, `EMAIL:`, `URI:`, `IP:`.
pub(crate) fn named(name: &str, alternatives: &[&str]) -> CertificateParams {
    let mut params = client(name);
    params.subject_alt_names = alternatives.iter().map(|text| alternative(text)).collect();
    params
}

fn alternative(text: &str) -> SanType {
    let (kind, name) = text.split_once(':').unwrap();
    match kind {
        "DNS" => SanType::DnsName(name.try_into().unwrap()),
        "EMAIL" => SanType::Rfc822Name(name.try_into().unwrap()),
        "URI" => SanType::URI(name.try_into().unwrap()),
        _ => SanType::IpAddress(name.parse().unwrap()),
    }
}
