//! Servers that show an X.509-SVID in place of a certificate of the web (SPIFFE Federation section 5.2.2).

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use url::Url;
use vouchsafe_domain::time::Timestamp;

use super::NetError;
use crate::spiffe::SpiffeId;
use crate::x509::{Authorities, Chain, Side, svid};

/// A server that is known by its SPIFFE ID, and the bundle of its trust domain.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Peer {
    id: SpiffeId,
    bundle: String,
}

impl Peer {
    /// A server with this ID, if the bundle has authorities that could vouch for it.
    pub fn new(id: SpiffeId, bundle: &str) -> Result<Self, NetError> {
        svid::authorities_of_bundle(bundle).map_err(|_| NetError::Trust)?;
        Ok(Self { id, bundle: bundle.to_owned() })
    }

    /// The same server, vouched for by another bundle.
    pub fn with_bundle(&self, bundle: &str) -> Result<Self, NetError> {
        Self::new(self.id.clone(), bundle)
    }

    /// A name for this server at a URL and the bundle that it was first known by; another one for each of them.
    pub fn name(&self, url: &Url) -> String {
        let mut hash = Context::new(&SHA256);
        // None of the first two has a space in it.
        for part in [url.as_str(), " ", self.id.as_str(), " ", &self.bundle] {
            hash.update(part.as_bytes());
        }
        BASE64_URL_SAFE_NO_PAD.encode(hash.finish())
    }

    pub(super) fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Verifier, NetError> {
        let authorities = svid::authorities_of_bundle(&self.bundle).map_err(|_| NetError::Trust)?;
        Ok(Verifier { id: self.id.clone(), authorities, provider: Arc::clone(provider) })
    }
}

/// Checks the SVID of one server. Its host name plays no part.
#[derive(Debug)]
pub(super) struct Verifier {
    id: SpiffeId,
    authorities: Authorities,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn check(&self, presented: &[Vec<u8>], now: UnixTime) -> Result<(), String> {
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX / 1000);
        let now = Timestamp::from_millis(seconds.saturating_mul(1000));
        let chain = Chain::new(presented).map_err(|refusal| refusal.why)?;
        let id = svid::verify(&chain, self.id.trust_domain(), &self.authorities, Side::Server, now)
            .map_err(|refusal| refusal.why)?;
        if id == self.id {
            return Ok(());
        }
        Err(format!("the server's SPIFFE ID is {:?}; expected {:?}", id.as_str(), self.id.as_str()))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let presented: Vec<Vec<u8>> =
            std::iter::once(leaf).chain(intermediates).map(|der| der.to_vec()).collect();
        self.check(&presented, now).map_err(Error::General)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
