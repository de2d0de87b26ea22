//! Logging in with what the platform gives: one module per auth method finds its proof.
//!
//! Everything that a module looks at, whether it is there or not, goes into a [`Trail`], so that a
//! person can see which credential was found where, and why it was taken. What is read comes from a
//! [`Surroundings`], which tests fill as they like.

mod alicloud;
mod any;
mod ask;
mod aws;
mod azure;
mod certificate;
mod gcp;
mod given;
mod ini;
mod jwt;
mod kubernetes;
mod ldap;
mod oci;
mod oidc;
mod signing;
mod spiffe;
mod surroundings;
mod trail;
mod universal;
mod workload_api;

use serde::Serialize;
use serde_json::Value;

pub use alicloud::AliCloud;
pub use any::{AnySource, Kind};
pub use aws::Aws;
pub use azure::Azure;
pub use certificate::{Certificate, CertificateFiles, TlsCert};
pub use gcp::{GcpIam, GcpIdToken};
pub use given::{Given, Identity};
pub use jwt::Jwt;
pub use kubernetes::Kubernetes;
pub use ldap::Ldap;
pub use oci::Oci;
pub use oidc::Oidc;
pub use spiffe::Spiffe;
pub use surroundings::Surroundings;
pub use trail::{Finding, Trail};
pub use universal::Universal;

use crate::{Client, Error};
use vouchsafe_api::auth_methods::AccessTokenReply;

/// A proof, ready to be sent to `/api/v1/auth/{method}/login`.
pub struct Proof {
    method: &'static str,
    body: Value,
    certificate: Option<Certificate>,
}

impl Proof {
    /// A proof for an auth method, such as `universal-auth`, with the body of its login.
    pub fn new(method: &'static str, body: &impl Serialize) -> Result<Self, NoProof> {
        let body =
            serde_json::to_value(body).map_err(|_| NoProof::new("the proof cannot be sent as JSON"))?;
        Ok(Self { method, body, certificate: None })
    }

    /// The same, presented together with a client certificate.
    #[must_use]
    pub(crate) fn presenting(mut self, certificate: Certificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// The client certificate that belongs to it. The token may be bound to it: then it counts only where the
    /// certificate is presented too.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// The fields of the login. They prove who somebody is: never show them.
    pub fn fields(&self) -> &Value {
        &self.body
    }

    /// The auth method, such as `universal-auth`.
    pub fn method(&self) -> &'static str {
        self.method
    }
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proof").field("method", &self.method).finish_non_exhaustive()
    }
}

/// Why there is no proof; never holds a secret.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}")]
pub struct NoProof {
    what: String,
    hint: Option<String>,
}

impl NoProof {
    /// What was missing or did not work.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: None }
    }

    /// Adds what can be done about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What can be done about it.
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

/// Somewhere proofs come from. It is asked again for each login, since platforms rotate credentials.
pub trait Source {
    /// Finds the proof, and notes in the trail where it looked.
    fn proof(
        &self,
        around: &Surroundings,
        trail: &mut Trail,
    ) -> impl Future<Output = Result<Proof, NoProof>> + Send;
}

impl Client {
    /// Logs in with a proof.
    pub async fn log_in(&self, proof: &Proof) -> Result<AccessTokenReply, Error> {
        let path = ["api", "v1", "auth", proof.method, "login"];
        match &proof.certificate {
            Some(certificate) => self.clone().presenting(certificate)?.post(&path, &proof.body).await,
            None => self.post(&path, &proof.body).await,
        }
    }
}
