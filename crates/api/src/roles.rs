//! Roles of project members, and the roles a project offers (`projects-and-roles.md` §3, §4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{MembershipId, ProjectId, RoleId};
use vouchsafe_domain::time::Timestamp;

use crate::lenient;

/// A role to give to a member of a project. Without `isTemporary` the role is permanent, and the
/// temporary fields are not looked at: some clients send them empty.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleInput {
    /// Slug of the role.
    pub role: String,
    /// Whether the role holds for a time only.
    #[serde(default, deserialize_with = "lenient::opt_bool")]
    pub is_temporary: Option<bool>,
    /// `relative`, for a temporary role.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub temporary_mode: Option<String>,
    /// For how long, such as `1h` or `2 days`; at most 100 years.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub temporary_range: Option<String>,
    /// From when, RFC 3339.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub temporary_access_start_time: Option<String>,
}

/// A role that a member holds. An expired one stays listed, but grants nothing.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberRole {
    /// Id of this entry.
    pub id: RoleId,
    /// Slug of the role; `custom` for a custom one.
    pub role: String,
    /// The membership.
    pub project_membership_id: MembershipId,
    /// Id of the custom role, if it is one.
    pub custom_role_id: Option<RoleId>,
    /// Name of the custom role, if it is one.
    pub custom_role_name: Option<String>,
    /// Slug of the custom role, if it is one.
    pub custom_role_slug: Option<String>,
    /// Whether the role holds for a time only.
    pub is_temporary: bool,
    /// `relative` for a temporary role.
    pub temporary_mode: Option<String>,
    /// For how long, as it was given.
    pub temporary_range: Option<String>,
    /// From when.
    pub temporary_access_start_time: Option<Timestamp>,
    /// Until when.
    pub temporary_access_end_time: Option<Timestamp>,
    /// When given.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// The roles of a member in their envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct MemberRolesReply {
    /// The roles, in order.
    pub roles: Vec<MemberRole>,
}

/// A role that a project offers, without its permissions.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectRoleSummary {
    /// Id; the same in every project for a built-in role.
    pub id: RoleId,
    /// Display name.
    pub name: String,
    /// Slug, by which the role is given.
    pub slug: String,
    /// What the role is for.
    pub description: Option<String>,
    /// The project.
    pub project_id: Option<ProjectId>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// A permission rule as clients see it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct PermissionRule {
    /// What is acted upon.
    pub subject: String,
    /// What is done to it.
    pub action: Vec<String>,
    /// When the rule applies; missing: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<serde_json::Value>,
    /// Forbids instead of allowing.
    pub inverted: bool,
}

/// A role that a project offers.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProjectRole {
    /// Its name, slug and so on.
    #[serde(flatten)]
    pub summary: ProjectRoleSummary,
    /// What it holds, in order, as it was sent; `action` is always a list.
    pub permissions: Vec<serde_json::Value>,
}

/// A role in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProjectRoleReply {
    /// The role.
    pub role: ProjectRole,
}

/// The roles that a project offers.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProjectRoleList {
    /// The roles.
    pub roles: Vec<ProjectRoleSummary>,
}

/// Names a role of a project by its slug.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectRolePath {
    /// Which project.
    pub project_id: ProjectId,
    /// Slug of the role.
    pub slug: String,
}

/// Names a role of a project by its id.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectRoleIdPath {
    /// Which project.
    pub project_id: ProjectId,
    /// Which role.
    pub role_id: RoleId,
}

/// Names a role by its id alone.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleIdPath {
    /// Which role.
    pub role_id: RoleId,
}

/// Makes a role of a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateProjectRole {
    /// Which project.
    pub project_id: ProjectId,
    /// What the role is made of.
    #[serde(flatten)]
    pub role: NewRoleInput,
}

/// Changes a role of a project; what is missing stays.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateProjectRole {
    /// Which project.
    pub project_id: ProjectId,
    /// Which role.
    pub role_id: RoleId,
    /// What changes.
    #[serde(flatten)]
    pub role: RoleChangeInput,
}

/// What a new role is made of.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewRoleInput {
    /// Slug, 1–64 characters, by which the role is given.
    pub slug: String,
    /// Display name, 1–255 characters.
    pub name: String,
    /// What the role is for, at most 1000 characters.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub description: Option<String>,
    /// The rules, in order.
    pub permissions: Vec<serde_json::Value>,
}

/// What changes of a role.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RoleChangeInput {
    /// Slug, 1–64 characters. Members keep the role.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub slug: Option<String>,
    /// Display name, 1–255 characters.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub name: Option<String>,
    /// What the role is for, at most 1000 characters; null clears it.
    #[serde(deserialize_with = "lenient::given_text", skip_serializing_if = "Option::is_none")]
    pub description: lenient::Given<String>,
    /// The rules, in order; all of them.
    pub permissions: Option<Vec<serde_json::Value>>,
}

/// Makes a role of a project that is named by its slug, in the older form of rules.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateProjectRoleBySlug {
    /// Slug of the project; in the path, as the body holds that of the role.
    pub project_slug: String,
    /// What the role is made of.
    #[serde(flatten)]
    pub role: NewRoleInput,
}

/// Changes a role of a project that is named by its slug, in the older form of rules.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateProjectRoleBySlug {
    /// Slug of the project.
    pub project_slug: String,
    /// Which role.
    pub role_id: RoleId,
    /// What changes.
    #[serde(flatten)]
    pub role: RoleChangeInput,
}

/// Names a project by its slug.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RolesOfProject {
    /// Slug of the project.
    pub project_slug: String,
}

/// Names a role of a project, the project by its slug.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectRoleIdBySlug {
    /// Slug of the project.
    pub project_slug: String,
    /// Which role.
    pub role_id: RoleId,
}

/// Names a role of a project, both by their slugs.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectRoleSlugBySlug {
    /// Slug of the project.
    pub project_slug: String,
    /// Slug of the role.
    pub slug: String,
}

/// What the caller holds in a project, in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OwnPermissionsReply {
    /// What the caller holds.
    pub data: OwnPermissions,
}

/// What the caller holds in a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OwnPermissions {
    /// The rules that hold now.
    pub permissions: Vec<PermissionRule>,
    /// The caller's memberships, of which there is one.
    pub memberships: Vec<OwnMembership>,
}

/// The caller's membership in a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OwnMembership {
    /// Id of the membership.
    pub id: MembershipId,
    /// Its roles.
    pub roles: Vec<MemberRole>,
}

/// A role that somebody holds, in the organization or in a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldRole {
    /// Id of this entry.
    pub id: String,
    /// Slug of the role; `custom` for a custom one.
    pub role: String,
    /// Id of the custom role, if it is one.
    pub custom_role_id: Option<RoleId>,
    /// Name of the custom role, if it is one.
    pub custom_role_name: Option<String>,
    /// Slug of the custom role, if it is one.
    pub custom_role_slug: Option<String>,
    /// What the custom role is for, if it is one.
    pub custom_role_description: Option<String>,
    /// Whether the role holds for a time only.
    pub is_temporary: bool,
    /// `relative` for a temporary role.
    pub temporary_mode: Option<String>,
    /// For how long, as it was given.
    pub temporary_range: Option<String>,
    /// From when.
    pub temporary_access_start_time: Option<Timestamp>,
    /// Until when.
    pub temporary_access_end_time: Option<Timestamp>,
}

impl HeldRole {
    /// The role of a membership in the organization.
    pub fn in_organization(membership: MembershipId, role: &str) -> Self {
        Self {
            id: membership.to_string(),
            role: role.to_owned(),
            custom_role_id: None,
            custom_role_name: None,
            custom_role_slug: None,
            custom_role_description: None,
            is_temporary: false,
            temporary_mode: None,
            temporary_range: None,
            temporary_access_start_time: None,
            temporary_access_end_time: None,
        }
    }
}

impl From<MemberRole> for HeldRole {
    fn from(role: MemberRole) -> Self {
        Self {
            id: role.id.to_string(),
            role: role.role,
            custom_role_id: role.custom_role_id,
            custom_role_name: role.custom_role_name,
            custom_role_slug: role.custom_role_slug,
            custom_role_description: None,
            is_temporary: role.is_temporary,
            temporary_mode: role.temporary_mode,
            temporary_range: role.temporary_range,
            temporary_access_start_time: role.temporary_access_start_time,
            temporary_access_end_time: role.temporary_access_end_time,
        }
    }
}
