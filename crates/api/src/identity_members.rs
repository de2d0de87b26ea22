//! Identities as members of projects (`identities.md` §2.8, §5).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{IdentityId, MembershipId, OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::common::{Direction, MetadataEntry};
use crate::identities::Identity;
use crate::lenient;
use crate::roles::{MemberRole, RoleInput};

/// Names an identity as a member of a project.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityMemberPath {
    /// Which project.
    pub project_id: ProjectId,
    /// Which identity.
    pub identity_id: IdentityId,
}

/// Names a membership by its id.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MembershipPath {
    /// Which membership.
    pub membership_id: MembershipId,
}

/// Makes an identity a member of a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddIdentityMember {
    /// Which project.
    pub project_id: ProjectId,
    /// Which identity.
    pub identity_id: IdentityId,
    /// Its roles, 1–50.
    #[serde(default)]
    pub roles: Option<Vec<RoleInput>>,
    /// One permanent role, when there is no list; `no-access` if missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub role: Option<String>,
}

/// Replaces the roles of an identity in a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateIdentityMember {
    /// Which project.
    pub project_id: ProjectId,
    /// Which identity.
    pub identity_id: IdentityId,
    /// Its roles, 1–50.
    pub roles: Vec<RoleInput>,
}

/// What a list of members is ordered by.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum MemberOrder {
    /// Name.
    #[default]
    Name,
}

/// Lists the identities of a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListIdentityMembers {
    /// Which project.
    pub project_id: ProjectId,
    /// How many to skip, 0 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub offset: Option<i64>,
    /// How many at most.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub limit: Option<i64>,
    /// What to order by.
    #[serde(default)]
    pub order_by: MemberOrder,
    /// Which way.
    #[serde(default)]
    pub order_direction: Direction,
    /// The name contains this, whatever the case.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub search: Option<String>,
    /// The same, under its newer name.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub identity_name: Option<String>,
    /// Slugs of roles, separated by commas: only those who have one of them.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub roles: Option<String>,
}

/// Lists the identities that a project can still take in.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAvailableIdentities {
    /// Which project.
    pub project_id: ProjectId,
    /// How many to skip, 0 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub offset: Option<i64>,
    /// 1–1000, 20 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub limit: Option<i64>,
    /// The name contains this, whatever the case.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub identity_name: Option<String>,
}

/// A membership as changes answer it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BareIdentityMember {
    /// Id of the membership.
    pub id: MembershipId,
    /// The project.
    pub project_id: ProjectId,
    /// The identity.
    pub identity_id: IdentityId,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// A changed membership in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BareIdentityMemberReply {
    /// The membership.
    pub identity_membership: BareIdentityMember,
}

/// An identity as a member of a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityMember {
    /// Id of the membership.
    pub id: MembershipId,
    /// The identity.
    pub identity_id: IdentityId,
    /// The project.
    pub project_id: ProjectId,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
    /// Method of the last login.
    pub last_login_auth_method: Option<String>,
    /// Time of the last login.
    pub last_login_time: Option<Timestamp>,
    /// Its roles, in order.
    pub roles: Vec<MemberRole>,
    /// The identity in short.
    pub identity: MemberIdentity,
    /// The project in short.
    pub project: MemberProject,
    /// Metadata of the identity; only when one membership is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Vec<MetadataEntry>>,
}

/// The identity inside of a membership in a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MemberIdentity {
    /// Id.
    pub id: IdentityId,
    /// Display name.
    pub name: String,
    /// Its organization.
    pub org_id: OrgId,
    /// The project that manages it, if one does.
    pub project_id: Option<ProjectId>,
    /// Refuses to be deleted while set.
    pub has_delete_protection: bool,
    /// Attached auth methods.
    pub auth_methods: Vec<String>,
    /// Methods with a login that is locked now; only when one membership is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_lockout_auth_methods: Option<Vec<String>>,
}

/// The project inside of a membership.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct MemberProject {
    /// Id.
    pub id: ProjectId,
    /// Display name.
    pub name: String,
    /// Slug.
    pub slug: String,
    /// `secret-manager` and others.
    #[serde(rename = "type")]
    pub kind: String,
}

/// One membership in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityMemberReply {
    /// The membership.
    pub identity_membership: IdentityMember,
}

/// Memberships of this page, and how many there are in all.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityMemberList {
    /// The memberships.
    pub identity_memberships: Vec<IdentityMember>,
    /// How many there are in all.
    pub total_count: i64,
}

/// All memberships of one identity.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MembershipsOfIdentity {
    /// The memberships, by name of the project.
    pub identity_memberships: Vec<IdentityMember>,
}

/// Identities of this page, and how many there are in all.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityList {
    /// The identities.
    pub identities: Vec<Identity>,
    /// How many there are in all.
    pub total_count: i64,
}
