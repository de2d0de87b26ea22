//! Machine identities: `/api/v1/identities` (`identities.md` §2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{IdentityId, MembershipId, OrgId, ProjectId, RoleId};
use vouchsafe_domain::time::Timestamp;

use crate::common::{Direction, MetadataEntry, MetadataInput};
use crate::lenient;

/// Names an identity.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityPath {
    /// Which identity.
    pub identity_id: IdentityId,
}

/// Makes an identity.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateIdentity {
    /// Display name, 1–255 characters; need not be unique.
    pub name: String,
    /// The caller's organization.
    pub organization_id: OrgId,
    /// Slug of the organization role; `no-access` if missing.
    #[serde(default)]
    pub role: Option<String>,
    /// Refuses to be deleted while set.
    #[serde(default)]
    pub has_delete_protection: Option<bool>,
    /// Keys and values to attach, at most 100.
    #[serde(default)]
    pub metadata: Option<Vec<MetadataInput>>,
}

/// Changes an identity; what is missing stays.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateIdentity {
    /// Which identity.
    pub identity_id: IdentityId,
    /// Display name, 1–255 characters.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub name: Option<String>,
    /// Slug of the organization role.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub role: Option<String>,
    /// Refuses to be deleted while set.
    #[serde(default)]
    pub has_delete_protection: Option<bool>,
    /// Replaces all metadata.
    #[serde(default)]
    pub metadata: Option<Vec<MetadataInput>>,
}

/// An identity.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// Id.
    pub id: IdentityId,
    /// Display name.
    pub name: String,
    /// Refuses to be deleted while set.
    pub has_delete_protection: bool,
    /// Its organization.
    pub org_id: OrgId,
    /// The project that manages it, if one does.
    pub project_id: Option<ProjectId>,
    /// Always null; kept for older clients.
    pub auth_method: Option<String>,
    /// Attached auth methods.
    pub auth_methods: Vec<String>,
    /// Metadata, in order.
    pub metadata: Vec<MetadataEntry>,
    /// Methods with a login that is locked now; only when one identity is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_lockout_auth_methods: Option<Vec<String>>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// An identity in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct IdentityReply {
    /// The identity.
    pub identity: Identity,
}

/// An identity as a member of its organization. `id` is the membership's.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityMembership {
    /// Id of the membership.
    pub id: MembershipId,
    /// Slug of the role.
    pub role: String,
    /// Id of the custom role, if it is one.
    pub role_id: Option<RoleId>,
    /// The custom role, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_role: Option<CustomRole>,
    /// The organization.
    pub org_id: OrgId,
    /// The identity.
    pub identity_id: IdentityId,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
    /// Method of the last login.
    pub last_login_auth_method: Option<String>,
    /// Time of the last login.
    pub last_login_time: Option<Timestamp>,
    /// Metadata; only when one identity is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Vec<MetadataEntry>>,
    /// The identity itself.
    pub identity: IdentitySummary,
}

/// A custom role that a member has.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomRole {
    /// Id.
    pub id: RoleId,
    /// Display name.
    pub name: String,
    /// Slug, by which the role is given.
    pub slug: String,
    /// What the role is for.
    pub description: Option<String>,
    /// The rules, in order; only when one member is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Vec<serde_json::Value>>,
}

/// The identity inside of a membership.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentitySummary {
    /// Id.
    pub id: IdentityId,
    /// Display name.
    pub name: String,
    /// Refuses to be deleted while set.
    pub has_delete_protection: bool,
    /// Its organization.
    pub org_id: OrgId,
    /// Attached auth methods.
    pub auth_methods: Vec<String>,
    /// Methods with a login that is locked now; only in searches, and when one identity is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_lockout_auth_methods: Option<Vec<String>>,
    /// When the first of its client secrets and Token Auth tokens ends, of those that can be used until then. Only in
    /// searches of an organization's identities, and when one is asked for; missing if none ends, and for callers
    /// that may not `get-token` on the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_credential_expiry: Option<Timestamp>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// One membership in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct IdentityMembershipReply {
    /// The membership.
    pub identity: IdentityMembership,
}

/// Memberships and how many there are in all.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityMembershipList {
    /// The memberships of this page.
    pub identities: Vec<IdentityMembership>,
    /// How many there are in all.
    pub total_count: i64,
}

/// Lists all identities of the organization.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListIdentities {
    /// The caller's organization.
    pub org_id: OrgId,
}

/// What a search is ordered by.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum IdentityOrder {
    /// Name.
    #[default]
    Name,
    /// Role.
    Role,
    /// Last login.
    LastLogin,
}

/// An identity counts as idle after so many seconds without a login: 30 days.
pub const IDLE_AFTER: i64 = 30 * 86_400;
/// An identity counts as expiring if one of its credentials ends within so many seconds: 7 days.
pub const EXPIRING_WITHIN: i64 = 7 * 86_400;

/// A state of an identity that can be searched for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityState {
    /// A login of it is locked now.
    Locked,
    /// One of its client secrets or Token Auth tokens ends within 7 days, and can be used until then. For callers that
    /// may `get-token` on identities.
    Expiring,
    /// It has logged in, but not within the last 30 days.
    Idle,
    /// It never logged in.
    NeverLoggedIn,
}

/// Searches identities.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SearchIdentities {
    /// What to order by.
    pub order_by: IdentityOrder,
    /// Which way.
    pub order_direction: Direction,
    /// 1–100, 50 if missing.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub limit: Option<i64>,
    /// How many to skip, 0 if missing.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub offset: Option<i64>,
    /// Which ones.
    pub search: Option<SearchFilter>,
    /// Only those in this state.
    pub state: Option<IdentityState>,
}

/// Which identities a search finds.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default)]
pub struct SearchFilter {
    /// Condition on the name.
    pub name: Option<TextFilter>,
    /// Condition on the role.
    pub role: Option<TextFilter>,
    /// Alternatives: one of them must hold.
    #[serde(rename = "$or")]
    pub or: Option<Vec<SearchAlternative>>,
}

/// One alternative of a search.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default)]
pub struct SearchAlternative {
    /// Condition on the name.
    pub name: Option<TextFilter>,
    /// Condition on the role.
    pub role: Option<TextFilter>,
}

/// A text, or operators on it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(untagged)]
pub enum TextFilter {
    /// Equal to this.
    Equal(String),
    /// All of these hold.
    Operators(TextOperators),
}

/// Operators on a text; at least one.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default)]
pub struct TextOperators {
    /// Equal to this.
    #[serde(rename = "$eq")]
    pub eq: Option<String>,
    /// Contains this.
    #[serde(rename = "$contains")]
    pub contains: Option<String>,
    /// One of these.
    #[serde(rename = "$in")]
    pub one_of: Option<Vec<String>>,
}

/// Who the caller is.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityDetailsReply {
    /// The details.
    pub identity_details: IdentityDetails,
}

/// What an identity may know of itself.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct IdentityDetails {
    /// Its organization.
    pub organization: OrganizationSummary,
}

/// An organization in short.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OrganizationSummary {
    /// Id.
    pub id: OrgId,
    /// Display name.
    pub name: String,
    /// Slug.
    pub slug: String,
}
