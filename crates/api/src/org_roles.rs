//! Roles of an organization (`projects-and-roles.md` §3.2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vouchsafe_domain::id::{OrgId, RoleId};
use vouchsafe_domain::time::Timestamp;

use crate::roles::{NewRoleInput, RoleChangeInput};

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
    /// What the role is for.
    pub description: Option<String>,
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

/// All roles of the organization, as older clients read them.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OrgRoleData {
    /// The roles in their envelope.
    pub data: OrgRoleList,
}

/// Makes a role of the organization.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateOrgRole {
    /// The caller's organization; older routes name it.
    #[serde(default)]
    pub organization_id: Option<OrgId>,
    /// What the role is made of.
    #[serde(flatten)]
    pub role: NewRoleInput,
}

/// Changes a role of the organization; what is missing stays.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateOrgRole {
    /// The caller's organization; older routes name it.
    #[serde(default)]
    pub organization_id: Option<OrgId>,
    /// Which role.
    pub role_id: RoleId,
    /// What changes.
    #[serde(flatten)]
    pub role: RoleChangeInput,
}

/// Names a role by its slug.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OrgRoleBySlug {
    /// The caller's organization; older routes name it.
    #[serde(default, rename = "organizationId")]
    pub organization_id: Option<OrgId>,
    /// Which role.
    pub slug: String,
}

/// Names a role by its id.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgRoleById {
    /// The caller's organization; older routes name it.
    #[serde(default)]
    pub organization_id: Option<OrgId>,
    /// Which role.
    pub role_id: String,
}
