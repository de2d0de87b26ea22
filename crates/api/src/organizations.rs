//! Organizations (`projects-and-roles.md` §1).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vouchsafe_domain::id::{MembershipId, OrgId};
use vouchsafe_domain::time::Timestamp;

use crate::lenient;

/// Names an organization.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationPath {
    /// Which organization.
    pub organization_id: OrgId,
}

/// An organization.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// Id.
    pub id: OrgId,
    /// Display name.
    pub name: String,
    /// Unique on the instance.
    pub slug: String,
    /// Always false: there is no single sign-on.
    pub auth_enforced: bool,
    /// Always false.
    pub scim_enabled: bool,
    /// Always false.
    pub enforce_mfa: bool,
    /// Always null.
    pub selected_mfa_method: Option<String>,
    /// Slug of the role that invited people get when none is named.
    pub default_membership_role: String,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// An organization as one of its members sees it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MyOrganization {
    /// The organization.
    #[serde(flatten)]
    pub organization: Organization,
    /// Always null: there is no single sign-on.
    pub org_auth_method: Option<String>,
    /// Slug of the caller's role.
    pub user_role: String,
    /// Since when the caller is a member.
    pub user_joined_at: Timestamp,
}

/// The caller's organizations.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct MyOrganizationList {
    /// The organizations, by name.
    pub organizations: Vec<MyOrganization>,
}

/// One organization in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OrganizationReply {
    /// The organization.
    pub organization: Organization,
}

/// Changes an organization; what is missing stays.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateOrganization {
    /// Which organization.
    pub organization_id: OrgId,
    /// Display name, 1–64 characters.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub name: Option<String>,
    /// Slug, at most 64 characters.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub slug: Option<String>,
    /// Cannot be switched on.
    #[serde(default)]
    pub auth_enforced: Option<bool>,
    /// Cannot be switched on.
    #[serde(default)]
    pub scim_enabled: Option<bool>,
    /// Cannot be switched on.
    #[serde(default)]
    pub enforce_mfa: Option<bool>,
}

/// The changed organization.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct UpdateOrganizationReply {
    /// A sentence for people.
    pub message: String,
    /// The organization.
    pub organization: Organization,
}

/// What the caller may do in its organization.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OwnPermissions {
    /// The caller's membership and its roles.
    pub memberships: Vec<OwnMembership>,
    /// The rules of all roles, in order.
    pub permissions: Vec<Value>,
}

/// The caller's membership.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OwnMembership {
    /// Id of the membership.
    pub id: MembershipId,
    /// Its roles.
    pub roles: Vec<OwnRole>,
}

/// One of the caller's roles.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OwnRole {
    /// Slug of the role.
    pub role: String,
}
