//! OCI Auth (`auth-methods.md` section 14).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lenient;

/// Attaches or changes OCI Auth.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OciAuthInput {
    /// The tenancy; asked for by attach and update.
    pub tenancy_ocid: String,
    /// Comma list of names of users, at most 500 bytes; any user of the tenancy if empty or missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub allowed_usernames: Option<String>,
}

/// A signed request for a user's data, taken apart.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OciProof {
    /// Which user asks for its own data.
    pub user_ocid: String,
    /// The headers that were signed, and the signature.
    pub headers: OciHeaders,
}

/// Headers of a signed request.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
pub struct OciHeaders {
    /// The signature.
    pub authorization: String,
    /// The identity service of a region.
    pub host: String,
    /// When it was signed.
    #[serde(default, rename = "x-date", deserialize_with = "lenient::opt_text")]
    pub x_date: Option<String>,
    /// The same, for clients that may set this header.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub date: Option<String>,
}
