//! Asking what others may do.

use vouchsafe_api::access::{Diff, DiffReply, Explain, ExplainReply, WhoCan, WhoCanReply};
use vouchsafe_api::common::Nothing;
use vouchsafe_api::denials::{Denial, DenialList, DenialReply, ListDenials};

use crate::{Client, Error};

/// Asking what others may do.
impl Client {
    /// Whether somebody may do something, and which rule decides.
    pub async fn explain(&self, input: &Explain) -> Result<ExplainReply, Error> {
        self.post(&["api", "v1", "access", "explain"], input).await
    }

    /// A page of those who may do something.
    pub async fn who_can(&self, input: &WhoCan) -> Result<WhoCanReply, Error> {
        self.post(&["api", "v1", "access", "who-can"], input).await
    }

    /// What changes when a role is edited, or what tells two members apart.
    pub async fn diff(&self, input: &Diff) -> Result<DiffReply, Error> {
        self.post(&["api", "v1", "access", "diff"], input).await
    }

    /// Why a request was refused.
    pub async fn denial(&self, request_id: &str) -> Result<Denial, Error> {
        let reply: DenialReply =
            self.get(&["api", "v1", "access", "denials", request_id], &Nothing {}).await?;
        Ok(reply.denial)
    }

    /// Refused requests, the newest first.
    pub async fn denials(&self, input: &ListDenials) -> Result<Vec<Denial>, Error> {
        let reply: DenialList = self.get(&["api", "v1", "access", "denials"], input).await?;
        Ok(reply.denials)
    }
}
