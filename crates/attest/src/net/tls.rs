//! Whom outbound TLS trusts.

use std::sync::{Arc, LazyLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::{NetError, Peer};

/// Most authorities in one configuration.
const MOST_AUTHORITIES: usize = 64;

/// Which authorities vouch for a target.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub enum Trust {
    /// Those that this machine trusts.
    #[default]
    Public,
    /// Those in this PEM text, and no others.
    Authorities(Arc<str>),
    /// Those of a trust domain, for one workload of it.
    Svid(Arc<Peer>),
}

impl Trust {
    /// The authorities in a PEM text; the machine's when it is blank. Refused when the text holds none that can be
    /// trusted.
    pub fn from_pem(pem: &str) -> Result<Self, NetError> {
        if pem.trim().is_empty() {
            return Ok(Self::Public);
        }
        let trust = Self::Authorities(pem.trim().into());
        trust.config()?;
        Ok(trust)
    }

    pub(super) fn config(&self) -> Result<ClientConfig, NetError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = self.verifier(&provider)?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| NetError::Trust)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(config)
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, NetError> {
        let roots = match self {
            Self::Public => Arc::clone(&SYSTEM),
            Self::Authorities(pem) => Arc::new(authorities(pem)?),
            Self::Svid(peer) => return Ok(Arc::new(peer.verifier(provider)?)),
        };
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider)).build();
        Ok(verifier.map_err(|_| NetError::Trust)?)
    }
}

fn authorities(pem: &str) -> Result<RootCertStore, NetError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.map_err(|_| NetError::Trust)?).map_err(|_| NetError::Trust)?;
        if roots.len() > MOST_AUTHORITIES {
            return Err(NetError::Trust);
        }
    }
    if roots.is_empty() { Err(NetError::Trust) } else { Ok(roots) }
}

/// The machine's authorities, read once. Where it has none, no public target is trusted.
static SYSTEM: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "some of the machine's certificate authorities could not be read");
    }
    let mut roots = RootCertStore::empty();
    let (_, ignored) = roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        tracing::warn!(
            ignored,
            "this machine has no certificate authorities; install the package ca-certificates"
        );
    }
    Arc::new(roots)
});
