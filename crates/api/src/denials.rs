//! Refused requests, looked up by those who may ask why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vouchsafe_domain::id::{OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::lenient;

/// Names a refused request.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DenialPath {
    /// The `reqId` of the refusal.
    pub request_id: String,
}

/// Which refusals to list, the newest first.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListDenials {
    /// Only in this project.
    pub project_id: Option<ProjectId>,
    /// Only of the user or identity with this id.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub actor_id: Option<String>,
    /// How many to skip, 0–10,000, 0 if missing.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub offset: Option<i64>,
    /// 1–100, 20 if missing.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub limit: Option<i64>,
}

/// Who was refused.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct DenialActor {
    /// `user` or `identity`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Id.
    pub id: String,
}

/// A request that was answered with 403.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Denial {
    /// Id of the request.
    pub request_id: String,
    /// Organization of the caller.
    pub org_id: OrgId,
    /// The project that the request was about, if it was about one.
    pub project_id: Option<ProjectId>,
    /// Who was refused.
    pub actor: DenialActor,
    /// HTTP method.
    pub method: String,
    /// Path, without the query; at most 500 characters.
    pub path: String,
    /// Name of the error, such as `PermissionDenied`.
    pub error: String,
    /// What the caller was told.
    pub message: String,
    /// Why, in words.
    pub reason: String,
    /// Why, as data: the permission that was needed and the rule that decided, or what was missing with one request as
    /// an example. An empty object if there is no more to say.
    pub detail: Value,
    /// From which address.
    pub ip_address: String,
    /// With which client.
    pub user_agent: String,
    /// When.
    pub created_at: Timestamp,
}

/// A refused request in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct DenialReply {
    /// The refused request.
    pub denial: Denial,
}

/// Refused requests.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct DenialList {
    /// They, the newest first.
    pub denials: Vec<Denial>,
}
