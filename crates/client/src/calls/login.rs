//! Logging in.

use vouchsafe_api::auth_methods::{AccessTokenReply, HeldToken, UniversalAuthLogin};
use vouchsafe_api::common::MessageReply;

use crate::{Client, Error};

/// Logging in.
impl Client {
    /// Logs in by Universal Auth.
    pub async fn log_in_universal(&self, input: &UniversalAuthLogin) -> Result<AccessTokenReply, Error> {
        self.post(&["api", "v1", "auth", "universal-auth", "login"], input).await
    }

    /// Renews a token by holding it.
    pub async fn renew(&self, input: &HeldToken) -> Result<AccessTokenReply, Error> {
        self.post(&["api", "v1", "auth", "token", "renew"], input).await
    }

    /// Revokes a token, with all its renewals, by holding it.
    pub async fn revoke(&self, input: &HeldToken) -> Result<MessageReply, Error> {
        self.post(&["api", "v1", "auth", "token", "revoke"], input).await
    }
}
