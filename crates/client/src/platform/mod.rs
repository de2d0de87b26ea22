//! Logging in with what the platform gives: one module per auth method finds its proof.
//!
//! Everything that a module looks at, whether it is there or not, goes into a [`Trail`], so that a
//! person can see which credential was found where, and why it was taken. What is read comes from a
//! [`Surroundings`], which tests fill as they like.

mod surroundings;
mod trail;
mod universal;

use serde::Serialize;
use serde_json::Value;

pub use surroundings::Surroundings;
pub use trail::{Finding, Trail};
pub use universal::Universal;

use crate::{Client, Error};
use vouchsafe_api::auth_methods::AccessTokenReply;

/// A proof, ready to be sent to `/api/v1/auth/{method}/login`.
pub struct Proof {
    method: &'static str,
    body: Value,
}

impl Proof {
    /// A proof for an auth method, such as `universal-auth`, with the body of its login.
    pub fn new(method: &'static str, body: &impl Serialize) -> Result<Self, NoProof> {
        let body =
            serde_json::to_value(body).map_err(|_| NoProof::new("the proof cannot be sent as JSON"))?;
        Ok(Self { method, body })
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
        self.post(&["api", "v1", "auth", proof.method, "login"], &proof.body).await
    }
}
