//! Our own TLS listener.
//!
//! A client may present a certificate. The handshake shows that it holds the certificate's key; which authorities count
//! is known only when it logs in, so any certificate passes here, and nothing follows from it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
};
use vouchsafe_attest::x509::{MOST_PRESENTED, MOST_PRESENTED_BYTES};
use vouchsafe_keys::sha256;

/// Largest file of certificates or a key, in bytes.
const LARGEST_FILE: u64 = 1024 * 1024;
/// How often the files are looked at.
const CHECK_EVERY: Duration = Duration::from_secs(30);

/// The files that our listener's certificate comes from.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate chain, PEM, leaf first.
    pub certificate: PathBuf,
    /// Its private key, PEM, not encrypted.
    pub key: PathBuf,
}

/// What our TLS listener needs. Files that change are read again while it serves.
pub struct Tls {
    files: TlsFiles,
    config: RustlsConfig,
    /// Hash of what was read last, good or bad.
    seen: [u8; 32],
    check_every: Duration,
}

impl Tls {
    /// Reads the files, at most 1 MiB each.
    pub fn load(files: TlsFiles) -> anyhow::Result<Self> {
        let read = Read::of(&files)?;
        let config = RustlsConfig::from_config(Arc::new(read.config(&files)?));
        Ok(Self { config, seen: read.hash(), files, check_every: CHECK_EVERY })
    }

    /// Looks at the files so often, in place of every 30 seconds.
    pub fn checked_every(self, period: Duration) -> Self {
        Self { check_every: period, ..self }
    }

    /// Accepts connections; a handshake may take so long.
    pub(crate) fn acceptor(&self, handshake: Duration) -> RustlsAcceptor {
        RustlsAcceptor::new(self.config.clone()).handshake_timeout(handshake)
    }

    /// Takes over what changes in the files, until it is dropped. They are looked at every 30 seconds and on SIGHUP.
    pub(crate) async fn watch(mut self) {
        let mut hangup = Hangup::listen();
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.check_every) => {}
                () = hangup.next() => {}
            }
            match self.refresh() {
                Ok(true) => tracing::info!("the TLS certificate was read again"),
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(
                        error = format!("{error:#}"),
                        "the changed TLS certificate cannot be used; the one before stays"
                    );
                }
            }
        }
    }

    /// Reads the files; answers whether they changed. A change that is no good is told once.
    fn refresh(&mut self) -> anyhow::Result<bool> {
        let read = Read::of(&self.files)?;
        let hash = read.hash();
        if std::mem::replace(&mut self.seen, hash) == hash {
            return Ok(false);
        }
        self.config.reload_from_config(Arc::new(read.config(&self.files)?));
        Ok(true)
    }
}

/// What the files hold.
struct Read {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Read {
    fn of(files: &TlsFiles) -> anyhow::Result<Self> {
        Ok(Self { certificate: read(&files.certificate)?, key: read(&files.key)? })
    }

    fn hash(&self) -> [u8; 32] {
        sha256(&[sha256(&self.certificate), sha256(&self.key)].concat())
    }

    fn config(&self, files: &TlsFiles) -> anyhow::Result<ServerConfig> {
        let (chain_file, key_file) = (files.certificate.display(), files.key.display());
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<_, _>>()
            .with_context(|| format!("{chain_file} is not valid PEM"))?;
        if chain.is_empty() {
            bail!("{chain_file} holds no certificate in PEM");
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| {
            anyhow::anyhow!(
                "{key_file} holds no private key in PEM that can be read; it must not be encrypted"
            )
        })?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = Arc::new(AnyClient(provider.signature_verification_algorithms));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .with_context(|| {
                format!("the certificate in {chain_file} cannot be used with the key in {key_file}")
            })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

impl Drop for Read {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.key.zeroize();
    }
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let unreadable = || format!("cannot read {}", file.display());
    if std::fs::metadata(file).with_context(unreadable)?.len() > LARGEST_FILE {
        bail!("{} is larger than 1 MiB", file.display());
    }
    std::fs::read(file).with_context(unreadable)
}

/// The signal that asks to read files again, where there is one.
struct Hangup {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangup {
    #[cfg(unix)]
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self { signal: signal(SignalKind::hangup()).ok() }
    }

    #[cfg(not(unix))]
    fn listen() -> Self {
        Self {}
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        match &mut self.signal {
            Some(signal) => {
                signal.recv().await;
            }
            None => std::future::pending().await,
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        std::future::pending().await
    }
}

/// Takes any certificate whose key the client shows to hold.
#[derive(Debug)]
struct AnyClient(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let bytes = leaf.len() + intermediates.iter().map(|one| one.len()).sum::<usize>();
        if intermediates.len() >= MOST_PRESENTED || bytes > MOST_PRESENTED_BYTES {
            return Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure));
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
