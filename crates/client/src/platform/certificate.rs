//! A client certificate, presented when TLS begins: TLS certificate auth, and SPIFFE with an X.509-SVID.

use std::path::PathBuf;

use serde_json::json;
use vouchsafe_api::concealed::Concealed;

use super::given::{Identity, from_file};
use super::{NoProof, Proof, Source, Surroundings, Trail};

const CERTIFICATE: [&str; 1] = ["VOUCHSAFE_CLIENT_CERT_FILE"];
const KEY: [&str; 1] = ["VOUCHSAFE_CLIENT_KEY_FILE"];

/// A certificate, its chain and its key, in PEM.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate(pub(super) Concealed);

impl Certificate {
    /// From the texts of two PEM files.
    pub fn new(chain: &str, key: &str) -> Self {
        Self(Concealed::new(format!("{chain}\n{key}\n")))
    }

    /// Both, in PEM.
    pub(crate) fn pem(&self) -> &[u8] {
        self.0.reveal().as_bytes()
    }
}

/// Where a client certificate and its key come from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CertificateFiles {
    /// The file with the certificate and its chain, in PEM.
    pub certificate: Option<PathBuf>,
    /// The file with the key, in PEM.
    pub key: Option<PathBuf>,
}

impl CertificateFiles {
    /// Whether a certificate is given by whatever way.
    pub(super) fn is_given(&self, around: &Surroundings) -> bool {
        self.certificate.is_some() || around.variable(&CERTIFICATE).is_some()
    }

    pub(super) fn read(&self, around: &Surroundings, trail: &mut Trail) -> Result<Certificate, NoProof> {
        let text =
            |given: Option<&PathBuf>, flag: &'static str, names: &[&'static str], what, trail: &mut Trail| {
                let found = given.map(|path| (flag, path.clone()));
                let found = found.or_else(|| around.variable(names).map(|(name, path)| (name, path.into())));
                let Some((name, path)) = found else {
                    trail.passed(format!("{flag}, {}", names.join(", ")), "not given");
                    return Err(NoProof::new(format!("`{flag}` ({}): not given", names.join(", "))));
                };
                from_file(&path, name, what, around, trail)
            };
        let chain = text(self.certificate.as_ref(), "--client-cert", &CERTIFICATE, "a certificate", trail)?;
        let key = text(self.key.as_ref(), "--client-key", &KEY, "the key of the certificate", trail)?;
        Ok(Certificate::new(&chain, &key))
    }
}

/// TLS certificate auth: the certificate is the proof.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TlsCert {
    /// Who logs in.
    pub identity: Identity,
    /// The certificate.
    pub files: CertificateFiles,
}

impl Source for TlsCert {
    async fn proof(&self, around: &Surroundings, trail: &mut Trail) -> Result<Proof, NoProof> {
        let certificate = self.files.read(around, trail)?;
        Ok(self.identity.proof("tls-cert-auth", &json!({}), around, trail)?.presenting(certificate))
    }
}
