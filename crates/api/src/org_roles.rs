//! Roles of an organization (`projects-and-roles.md` §3.2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vouchsafe_domain::id::OrgId;
use vouchsafe_domain::time::Timestamp;

/// A role of an organization.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgRole {
    /// Id; of a built-in role it is only decoration, roles are given by slug.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Slug.
    pub slug: String,
    /// One sentence.
    pub description: String,
    /// The rules, in order; missing in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<Value>>,
    /// The organization.
    pub org_id: OrgId,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// One role in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OrgRoleReply {
    /// The role.
    pub role: OrgRole,
}

/// All roles of the organization.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OrgRoleList {
    /// The roles.
    pub roles: Vec<OrgRole>,
}

/// Names a role by its slug.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OrgRoleBySlug {
    /// Which role.
    pub slug: String,
}

/// Names a role by its id.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgRoleById {
    /// Which role.
    pub role_id: String,
}
