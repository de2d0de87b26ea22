//! Alibaba Cloud Auth (`auth-methods.md` section 15).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Attaches or changes Alibaba Cloud Auth.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AliCloudAuthInput {
    /// Comma list of ARNs of users and roles, 1–500 bytes; asked for by attach and update.
    pub allowed_arns: String,
}

/// A signed `GetCallerIdentity`: the parameters of its query.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AliCloudProof {
    /// `GetCallerIdentity`.
    pub action: String,
    /// `JSON`.
    pub format: String,
    /// `2015-04-01`.
    pub version: String,
    /// Whose key signed.
    pub access_key_id: String,
    /// `HMAC-SHA1`.
    pub signature_method: String,
    /// When it was signed, such as `2026-01-31T10:20:30Z`.
    pub timestamp: String,
    /// `1.0`.
    pub signature_version: String,
    /// A random text that is used once.
    pub signature_nonce: String,
    /// The signature of a GET, in base64.
    pub signature: String,
}
