//! The names in a certificate.

use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::x509::AttributeTypeAndValue;

/// Most names of all kinds together that are looked at.
const MOST_NAMES: usize = 500;

/// The names in a certificate. What is not text of the kind that it should be is no name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Names {
    /// Common names of the subject; usually one.
    pub common: Vec<String>,
    /// Organizational units of the subject.
    pub units: Vec<String>,
    /// DNS names, as written.
    pub dns: Vec<String>,
    /// E-mail addresses, as written.
    pub emails: Vec<String>,
    /// URIs, as written.
    pub uris: Vec<String>,
    /// IP addresses.
    pub addresses: Vec<IpAddr>,
}

impl Names {
    pub(super) fn of(certificate: &X509Certificate<'_>) -> Result<Self, &'static str> {
        let subject = certificate.subject();
        let mut names = Self {
            common: subject.iter_common_name().take(MOST_NAMES + 1).map(text).collect(),
            units: subject.iter_organizational_unit().take(MOST_NAMES + 1).map(text).collect(),
            ..Self::default()
        };
        let alternatives = certificate
            .subject_alternative_name()
            .map_err(|_| "has alternative names that cannot be read")?;
        let alternatives = alternatives.map(|extension| &extension.value.general_names);
        let count = names.common.len() + names.units.len() + alternatives.map_or(0, Vec::len);
        if count > MOST_NAMES {
            return Err("has more names than are looked at");
        }
        for name in alternatives.into_iter().flatten() {
            match name {
                GeneralName::DNSName(name) => names.dns.push((*name).to_owned()),
                GeneralName::RFC822Name(name) => names.emails.push((*name).to_owned()),
                GeneralName::URI(name) => names.uris.push((*name).to_owned()),
                GeneralName::IPAddress(bytes) => names.addresses.extend(address(bytes)),
                _ => {}
            }
        }
        Ok(names)
    }
}

/// An attribute as text. Bytes that are no UTF-8 are marked as such, so that they equal nothing.
fn text(attribute: &AttributeTypeAndValue<'_>) -> String {
    attribute
        .as_str()
        .map_or_else(|_| String::from_utf8_lossy(attribute.as_slice()).into_owned(), str::to_owned)
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from))
        .ok()
}
