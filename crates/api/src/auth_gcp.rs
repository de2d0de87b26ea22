//! GCP Auth (`auth-methods.md` section 9).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a workload of Google's cloud presents.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GcpType {
    /// A JWT that a service account signed by itself.
    Iam,
    /// The identity token of an instance.
    Gce,
}

/// Attaches or changes GCP Auth. On update, what is missing or null stays.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct GcpAuthInput {
    /// What is presented; asked for by attach.
    #[serde(rename = "type")]
    pub kind: Option<GcpType>,
    /// Comma list of addresses of service accounts; any if empty.
    pub allowed_service_accounts: Option<String>,
    /// Comma list of ids of projects; any if empty. Of type `gce` only.
    pub allowed_projects: Option<String>,
    /// Comma list of zones; any if empty. Of type `gce` only.
    pub allowed_zones: Option<String>,
}
