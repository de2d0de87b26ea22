//! Identities as members of the organization (`identities.md` §3.2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::IdentityId;

use crate::identities::IdentityMembership;
use crate::lenient;
use crate::roles::{HeldRole, RoleInput};

/// Replaces the role of an identity in the organization.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SetOrgIdentityRoles {
    /// Which identity.
    pub identity_id: IdentityId,
    /// One permanent role.
    pub roles: Vec<RoleInput>,
}

/// The role of an identity in the organization.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct HeldRolesReply {
    /// One role.
    pub roles: Vec<HeldRole>,
}

/// Lists identities as members of the organization.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListOrgIdentityMembers {
    /// How many to skip, 0 if missing.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub offset: Option<i64>,
    /// 1–100, 20 if missing.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub limit: Option<i64>,
    /// The name contains this, whatever the case.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub identity_name: Option<String>,
    /// Slugs of roles, separated by commas: only those who have one of them.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub roles: Option<String>,
}

/// One membership in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgIdentityMemberReply {
    /// The membership.
    pub identity_membership: OrgIdentityMember,
}

/// Memberships of this page, and how many there are in all.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgIdentityMemberList {
    /// The memberships.
    pub identity_memberships: Vec<OrgIdentityMember>,
    /// How many there are in all.
    pub total_count: i64,
}

/// An identity as a member of the organization, with its role also as a list.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OrgIdentityMember {
    /// The membership.
    #[serde(flatten)]
    pub membership: IdentityMembership,
    /// One role.
    pub roles: Vec<HeldRole>,
}
