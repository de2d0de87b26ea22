//! Health and readiness.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::time::Timestamp;

/// What official clients look at before anything else (`human-login.md` §1).
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Server time.
    pub date: Timestamp,
    /// `Ok`; the Kubernetes operator compares the exact text.
    pub message: String,
    /// Whether mail can be sent.
    pub email_configured: bool,
    /// Whether people may sign up by themselves (the name says the opposite of what it holds).
    pub invite_only_signup: bool,
    /// Always false: there is no Redis.
    pub redis_configured: bool,
    /// Always false.
    pub secret_scanning_configured: bool,
}
