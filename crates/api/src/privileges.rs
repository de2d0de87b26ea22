//! Additional privileges of identities and users in projects (`projects-and-roles.md` §5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vouchsafe_domain::id::{IdentityId, MembershipId, PrivilegeId, ProjectId, UserId};
use vouchsafe_domain::time::Timestamp;

use crate::lenient;

/// For how long a privilege holds. Without `isTemporary` it is permanent, and the other fields are
/// not looked at: some clients send them empty.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PrivilegeTime {
    /// Whether the privilege holds for a time only.
    #[serde(deserialize_with = "lenient::opt_bool")]
    pub is_temporary: Option<bool>,
    /// `relative`, for a temporary privilege.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub temporary_mode: Option<String>,
    /// For how long, such as `1h` or `2 days`; at most 100 years.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub temporary_range: Option<String>,
    /// From when, RFC 3339.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub temporary_access_start_time: Option<String>,
}

/// One rule in the oldest form.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ShortRule {
    /// What is done.
    pub actions: Vec<String>,
    /// What is acted upon.
    pub subject: String,
    /// When; null: always.
    #[serde(default)]
    pub conditions: Option<Value>,
}

/// Gives a privilege to an identity, in the older form.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatePrivilegeV1 {
    /// Which identity.
    pub identity_id: IdentityId,
    /// Slug of the project.
    pub project_slug: String,
    /// Slug, 1–60 characters; a random one if missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub slug: Option<String>,
    /// The rules, in order.
    #[serde(default)]
    pub permissions: Option<Vec<Value>>,
    /// One rule, instead of a list.
    #[serde(default)]
    pub privilege_permission: Option<ShortRule>,
    /// For how long, on the route for temporary ones.
    #[serde(flatten)]
    pub time: PrivilegeTime,
}

/// Changes a privilege of an identity, in the older form.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdatePrivilegeV1 {
    /// Which identity.
    pub identity_id: IdentityId,
    /// Slug of the project.
    pub project_slug: String,
    /// Slug of the privilege.
    pub privilege_slug: String,
    /// What changes; what is missing stays.
    pub privilege_details: PrivilegeDetails,
}

/// What changes of a privilege.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PrivilegeDetails {
    /// Slug, 1–60 characters.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub slug: Option<String>,
    /// The rules, in order; all of them.
    pub permissions: Option<Vec<Value>>,
    /// One rule, instead of a list.
    pub privilege_permission: Option<ShortRule>,
    /// For how long.
    #[serde(flatten)]
    pub time: PrivilegeTime,
}

/// Names a privilege of an identity, in the older form.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivilegeV1Path {
    /// Which identity.
    pub identity_id: IdentityId,
    /// Slug of the project.
    pub project_slug: String,
    /// Slug of the privilege.
    pub privilege_slug: String,
}

/// Names an identity in a project, in the older form.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPrivilegesV1 {
    /// Which identity.
    pub identity_id: IdentityId,
    /// Slug of the project.
    pub project_slug: String,
}

/// Gives a privilege to an identity.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatePrivilege {
    /// Which identity.
    pub identity_id: IdentityId,
    /// Which project.
    pub project_id: ProjectId,
    /// Slug, 1–60 characters; a random one if missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub slug: Option<String>,
    /// The rules, in order.
    pub permissions: Vec<Value>,
    /// For how long; for good if missing.
    #[serde(default, rename = "type")]
    pub time: Option<PrivilegeTime>,
}

/// Gives a privilege to a user.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateUserPrivilege {
    /// The user's membership in the project.
    pub project_membership_id: MembershipId,
    /// Slug, 1–60 characters; a random one if missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub slug: Option<String>,
    /// The rules, in order.
    pub permissions: Vec<Value>,
    /// For how long; for good if missing.
    #[serde(default, rename = "type")]
    pub time: Option<PrivilegeTime>,
}

/// Changes a privilege; what is missing stays.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdatePrivilege {
    /// Which privilege.
    pub privilege_id: PrivilegeId,
    /// Slug, 1–60 characters.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub slug: Option<String>,
    /// The rules, in order; all of them.
    #[serde(default)]
    pub permissions: Option<Vec<Value>>,
    /// For how long.
    #[serde(default, rename = "type")]
    pub time: Option<PrivilegeTime>,
}

/// Names a privilege.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivilegePath {
    /// Which privilege.
    pub privilege_id: PrivilegeId,
}

/// Lists the privileges of an identity.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPrivileges {
    /// Which identity.
    pub identity_id: IdentityId,
    /// Which project.
    pub project_id: ProjectId,
}

/// Lists the privileges of a user.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListUserPrivileges {
    /// The user's membership in the project.
    pub project_membership_id: MembershipId,
}

/// An additional privilege.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Privilege {
    /// Id.
    pub id: PrivilegeId,
    /// Slug, unique for its holder.
    pub slug: String,
    /// The identity, if one has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_id: Option<IdentityId>,
    /// The user, if one has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// The project.
    pub project_id: ProjectId,
    /// For identities the project's id, as clients know it; for users that of the membership.
    pub project_membership_id: String,
    /// Whether it holds for a time only.
    pub is_temporary: bool,
    /// `relative` for a temporary one.
    pub temporary_mode: Option<String>,
    /// For how long, as it was given.
    pub temporary_range: Option<String>,
    /// From when.
    pub temporary_access_start_time: Option<Timestamp>,
    /// Until when.
    pub temporary_access_end_time: Option<Timestamp>,
    /// The rules, in order; missing in newer lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<Value>>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// A privilege in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct PrivilegeReply {
    /// The privilege.
    pub privilege: Privilege,
}

/// The privileges of a member.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct PrivilegeList {
    /// The privileges, in the order in which their rules are read.
    pub privileges: Vec<Privilege>,
}
