//! Users as members of an organization.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{MembershipId, OrgId, RoleId, UserId};
use vouchsafe_domain::time::Timestamp;

use crate::lenient;
use crate::users::UserSummary;

/// A user's membership in an organization.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgMembership {
    /// Id of the membership.
    pub id: MembershipId,
    /// The organization.
    pub org_id: OrgId,
    /// The user.
    pub user_id: UserId,
    /// Slug of the role.
    pub role: String,
    /// Id of the custom role, if it is one.
    pub role_id: Option<RoleId>,
    /// `accepted` or `invited`.
    pub status: String,
    /// Address that was invited.
    pub invite_email: Option<String>,
    /// Whether the membership counts at present.
    pub is_active: bool,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
    /// The user.
    pub user: UserSummary,
}

/// The members under the name `users`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OrgUserList {
    /// The memberships, oldest first.
    pub users: Vec<OrgMembership>,
}

/// The members under the name `memberships`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OrgMembershipList {
    /// The memberships, oldest first.
    pub memberships: Vec<OrgMembership>,
}

/// One membership in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OrgMembershipReply {
    /// The membership.
    pub membership: OrgMembership,
}

/// Names a membership in an organization.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgMembershipPath {
    /// Which organization.
    pub organization_id: OrgId,
    /// Which membership.
    pub membership_id: MembershipId,
}

/// Changes a membership; what is missing stays.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateOrgMembership {
    /// Which organization.
    pub organization_id: OrgId,
    /// Which membership.
    pub membership_id: MembershipId,
    /// Slug of the role.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub role: Option<String>,
    /// Whether the membership counts.
    #[serde(default, deserialize_with = "lenient::opt_bool")]
    pub is_active: Option<bool>,
}
