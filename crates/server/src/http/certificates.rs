//! The client certificate that a request came with.
//!
//! It comes from our own TLS listener, which saw that the client holds its key, or in a header of a listed proxy, which
//! says that it did. A request through a listed proxy has the client's certificate from nowhere else: the certificate
//! of the connection would be the proxy's own.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use axum_server::tls::TlsInfo;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::request::Request;
use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use vouchsafe_attest::x509::MOST_PRESENTED;
use vouchsafe_keys::sha256;

use crate::settings::Settings;

/// Longest header that is read, in bytes.
const LONGEST_HEADER: usize = 32 * 1024;

/// The client certificate that a request came with, if it came with one. Read only when somebody asks.
#[derive(Clone, Debug, Default)]
pub struct Presented {
    source: Source,
    forwarded: OnceLock<Option<Vec<Vec<u8>>>>,
}

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    Nobody,
    Handshake(Arc<TlsInfo>),
    Header(HeaderValue),
}

impl Presented {
    /// What a request from this peer came with.
    pub fn of<B>(settings: &Settings, peer: IpAddr, request: &Request<B>) -> Self {
        let is_proxy = settings.trusted_proxies.iter().any(|network| network.contains(&peer.to_canonical()));
        let source = if is_proxy {
            forwarded(settings, request.headers())
        } else {
            let info = request.extensions().get::<Arc<TlsInfo>>();
            info.filter(|info| !info.peer_certificates.is_empty())
                .map(|info| Source::Handshake(Arc::clone(info)))
        };
        Self { source: source.unwrap_or_default(), forwarded: OnceLock::new() }
    }

    /// The chain as DER, leaf first. A header that cannot be read counts as none.
    pub fn chain(&self) -> Option<&[Vec<u8>]> {
        match &self.source {
            Source::Nobody => None,
            Source::Handshake(info) => Some(&info.peer_certificates),
            Source::Header(value) => self.forwarded.get_or_init(|| read(value.as_bytes())).as_deref(),
        }
    }

    /// SHA-256 of the leaf (RFC 8705 section 3.1).
    pub fn fingerprint(&self) -> Option<[u8; 32]> {
        self.chain()?.first().map(|leaf| sha256(leaf))
    }
}

/// The one header of the name that was set; a second one would be somebody else's.
fn forwarded(settings: &Settings, headers: &HeaderMap) -> Option<Source> {
    let mut values = headers.get_all(settings.client_certificate_header.as_ref()?).iter();
    match (values.next(), values.next()) {
        (Some(value), None) if !value.is_empty() => Some(Source::Header(value.clone())),
        _ => None,
    }
}

/// Reads URL-encoded PEM, or (as Traefik sends it) base64 of DER with commas between certificates.
fn read(value: &[u8]) -> Option<Vec<Vec<u8>>> {
    if value.len() > LONGEST_HEADER {
        return None;
    }
    let text: Vec<u8> = percent_decode(value).collect();
    let chain: Vec<Vec<u8>> = if text.windows(10).any(|bytes| bytes == b"-----BEGIN") {
        let ders = CertificateDer::pem_slice_iter(&text).take(MOST_PRESENTED + 1);
        ders.map(|der| der.map(|der| der.to_vec())).collect::<Result<_, _>>().ok()?
    } else {
        let ders = text.split(|byte| *byte == b',').take(MOST_PRESENTED + 1);
        ders.map(|der| BASE64_STANDARD.decode(der.trim_ascii())).collect::<Result<_, _>>().ok()?
    };
    let is_chain = (1..=MOST_PRESENTED).contains(&chain.len()) && !chain.iter().any(Vec::is_empty);
    is_chain.then_some(chain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n";

    fn encoded(text: &str) -> Vec<u8> {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
            .to_string()
            .into_bytes()
    }

    #[test]
    fn a_header_is_read_as_proxies_write_it() {
        let one = Some(vec![vec![0, 1, 2]]);
        let two = Some(vec![vec![0, 1, 2], vec![0, 1, 2]]);
        assert_eq!(read(&encoded(PEM)), one);
        assert_eq!(read(&encoded(&format!("{PEM}{PEM}"))), two);
        assert_eq!(read(b"AAEC"), one);
        assert_eq!(read(b"AAEC,AAEC"), two);
        assert_eq!(read(b"AAEC%2CAAEC"), two);
        // A plus sign is one, and no blank.
        assert_eq!(read(b"+/+/"), Some(vec![vec![251, 255, 191]]));
    }

    #[test]
    fn a_header_that_is_no_chain_is_none() {
        for wrong in ["?", "-----BEGIN CERTIFICATE-----", "AAEC,", "AAEC,?"] {
            assert_eq!(read(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(read(&encoded(&PEM.repeat(10))).map(|chain| chain.len()), Some(10));
        assert_eq!(read(&encoded(&PEM.repeat(11))), None);
        assert_eq!(read("AAEC,".repeat(7000).as_bytes()), None);
    }

    #[test]
    fn a_header_is_believed_from_a_listed_proxy_only() {
        let mut settings = Settings::local(([127, 0, 0, 1], 0).into());
        settings.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        settings.client_certificate_header = Some(http::HeaderName::from_static("x-client-cert"));
        let from = |settings: &Settings, peer: &str, values: &[&str]| {
            let mut request = Request::new(());
            for value in values {
                request.headers_mut().append("x-client-cert", HeaderValue::from_str(value).unwrap());
            }
            let own = TlsInfo::default();
            request.extensions_mut().insert(Arc::new(own));
            Presented::of(settings, peer.parse().unwrap(), &request).chain().map(<[_]>::len)
        };
        assert_eq!(from(&settings, "10.1.2.3", &["AAEC"]), Some(1));
        assert_eq!(from(&settings, "::ffff:10.1.2.3", &["AAEC"]), Some(1));
        assert_eq!(from(&settings, "192.0.2.1", &["AAEC"]), None);
        assert_eq!(from(&settings, "10.1.2.3", &["AAEC", "AAEC"]), None);
        assert_eq!(from(&settings, "10.1.2.3", &[""]), None);
        settings.client_certificate_header = None;
        assert_eq!(from(&settings, "10.1.2.3", &["AAEC"]), None);
    }
}
