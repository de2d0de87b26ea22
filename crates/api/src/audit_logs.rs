//! The audit log of an organization.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vouchsafe_domain::id::{EventId, OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::lenient;

/// Which events to list, the latest first.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListAuditLogs {
    /// Only events of these kinds, separated by commas.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub event_type: Option<String>,
    /// Only by the user or identity with this id.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub actor: Option<String>,
    /// Only by actors of this kind: `user`, `identity` or `system`.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub actor_type: Option<String>,
    /// Only of the request with this id.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub request_id: Option<String>,
    /// Only in this project.
    pub project_id: Option<ProjectId>,
    /// Only from this time on.
    pub start_date: Option<Timestamp>,
    /// Only until this time.
    pub end_date: Option<Timestamp>,
    /// How many to skip, 0 if missing.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub offset: Option<i64>,
    /// 1–100, 20 if missing.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub limit: Option<i64>,
}

/// A list of events.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditLogList {
    /// The events.
    pub audit_logs: Vec<AuditLog>,
}

/// What happened.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditLog {
    /// Id; later events have greater ones.
    pub id: EventId,
    /// In which organization.
    pub org_id: OrgId,
    /// In which project, if in one.
    pub project_id: Option<ProjectId>,
    /// What.
    pub event: AuditEvent,
    /// By whom.
    pub actor: AuditActor,
    /// From which address.
    pub ip_address: String,
    /// With which client.
    pub user_agent: String,
    /// In which request.
    pub request_id: String,
    /// When.
    pub created_at: Timestamp,
    /// The same: events do not change.
    pub updated_at: Timestamp,
}

/// What happened, in detail.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct AuditEvent {
    /// Such as `create-identity`.
    #[serde(rename = "type")]
    pub kind: String,
    /// More about it.
    pub metadata: Value,
}

/// Who did it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct AuditActor {
    /// `user`, `identity` or `system`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `userId` or `identityId`.
    pub metadata: Value,
}
