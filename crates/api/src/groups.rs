//! Groups of users and identities (`projects-and-roles.md` §7).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{GroupId, IdentityId, MembershipId, OrgId, ProjectId, RoleId};
use vouchsafe_domain::time::Timestamp;

use crate::identities::CustomRole;
use crate::lenient;
use crate::roles::{MemberRole, RoleInput};

/// Makes a group.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct CreateGroup {
    /// Display name, 1–50 characters.
    pub name: String,
    /// Slug, 5–36 characters; made from the name if missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub slug: Option<String>,
    /// Slug of the organization role; `no-access` if missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub role: Option<String>,
}

/// Changes a group; what is missing stays.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateGroup {
    /// Which group.
    pub group_id: GroupId,
    /// Display name, 1–50 characters.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub name: Option<String>,
    /// Slug, 5–36 characters.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub slug: Option<String>,
    /// Slug of the organization role.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub role: Option<String>,
}

/// Names a group.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupPath {
    /// Which group.
    pub group_id: GroupId,
}

/// Names a user and a group.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupUserPath {
    /// Which group.
    pub group_id: GroupId,
    /// The user's e-mail address.
    pub username: String,
}

/// Names an identity and a group.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupIdentityPath {
    /// Which group.
    pub group_id: GroupId,
    /// Which identity.
    pub identity_id: IdentityId,
}

/// Lists who is in a group, or could be.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListGroup {
    /// Which group.
    pub group_id: GroupId,
    /// How many to skip, 0 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub offset: Option<i64>,
    /// 1–100, 10 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub limit: Option<i64>,
    /// The user with this e-mail address.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub username: Option<String>,
    /// The name or e-mail address contains this, whatever the case.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub search: Option<String>,
    /// `existingMembers` or `assignedMachineIdentities`: those in the group; `nonMembers` or
    /// `nonAssignedMachineIdentities`: the others.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub filter: Option<String>,
}

/// A group.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    /// Id.
    pub id: GroupId,
    /// The organization.
    pub org_id: OrgId,
    /// Display name.
    pub name: String,
    /// Slug.
    pub slug: String,
    /// Slug of the organization role; `custom` for a custom one.
    pub role: String,
    /// Id of the custom role, if it is one.
    pub role_id: Option<RoleId>,
    /// Slug of the custom role, if it is one.
    pub custom_role_slug: Option<String>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// A group with its custom role.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrgGroup {
    /// The group.
    #[serde(flatten)]
    pub group: Group,
    /// The custom role, if it is one.
    pub custom_role: Option<CustomRole>,
}

/// The groups of an organization in their envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct OrgGroupList {
    /// The groups, by name.
    pub groups: Vec<OrgGroup>,
}

/// Lists the groups that an identity is in.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListGroupsOfIdentity {
    /// Which identity.
    pub identity_id: IdentityId,
    /// How many to skip, 0 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub offset: Option<i64>,
    /// 1–1000, 100 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub limit: Option<i64>,
}

/// A group that an identity is in.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinedGroup {
    /// The group.
    #[serde(flatten)]
    pub group: OrgGroup,
    /// Since when.
    pub joined_group_at: Timestamp,
}

/// The groups that an identity is in.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JoinedGroupList {
    /// The groups of this page, by name.
    pub groups: Vec<JoinedGroup>,
    /// How many there are in all.
    pub total_count: i64,
}

/// A user who is in a group, or could be.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupUser {
    /// Id.
    pub id: String,
    /// E-mail address.
    pub email: String,
    /// The same.
    pub username: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Whether the user is in the group.
    pub is_part_of_group: bool,
    /// Since when.
    pub joined_group_at: Option<Timestamp>,
}

/// Users who are in a group, or could be.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupUserList {
    /// The users of this page; those in the group come first.
    pub users: Vec<GroupUser>,
    /// How many there are in all.
    pub total_count: i64,
}

/// An identity that is in a group, or could be.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupIdentity {
    /// Id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Whether the identity is in the group.
    pub is_part_of_group: bool,
    /// Since when.
    pub joined_group_at: Option<Timestamp>,
}

/// Identities that are in a group, or could be.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupIdentityList {
    /// The identities of this page; those in the group come first.
    pub machine_identities: Vec<GroupIdentity>,
    /// How many there are in all.
    pub total_count: i64,
}

/// The id of an identity that was put into a group or taken out.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
pub struct GroupIdentityId {
    /// Id.
    pub id: IdentityId,
}

/// Somebody in a group.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupMember {
    /// Id of the user or identity.
    pub id: String,
    /// `user` or `machineIdentity`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Since when.
    pub joined_group_at: Option<Timestamp>,
    /// The user, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<GroupUser>,
    /// The identity, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_identity: Option<GroupIdentity>,
}

/// Everybody in a group.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupMemberList {
    /// The members of this page.
    pub members: Vec<GroupMember>,
    /// How many there are in all.
    pub total_count: i64,
}

/// A project that a group is a member of.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupProject {
    /// Id.
    pub id: ProjectId,
    /// Display name.
    pub name: String,
    /// Slug.
    pub slug: String,
    /// What it is for.
    pub description: String,
    /// `secret-manager` and others.
    #[serde(rename = "type")]
    pub kind: String,
    /// Since when the group is a member.
    pub joined_group_at: Timestamp,
}

/// The projects that a group is a member of.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupProjectList {
    /// The projects of this page.
    pub projects: Vec<GroupProject>,
    /// How many there are in all.
    pub total_count: i64,
}

/// Makes a group a member of a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddProjectGroup {
    /// Which project.
    pub project_id: ProjectId,
    /// Which group: its id, slug or name.
    pub group_id: String,
    /// Its roles, 1–50.
    #[serde(default)]
    pub roles: Option<Vec<RoleInput>>,
    /// One permanent role, when there is no list; `no-access` if missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub role: Option<String>,
}

/// Replaces the roles of a group in a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateProjectGroup {
    /// Which project.
    pub project_id: ProjectId,
    /// Which group: its id, slug or name.
    pub group_id: String,
    /// Its roles, 1–50.
    pub roles: Vec<RoleInput>,
}

/// Names a group in a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectGroupPath {
    /// Which project.
    pub project_id: ProjectId,
    /// Which group: its id, slug or name.
    pub group_id: String,
}

/// A group as a member of a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupMembership {
    /// Id of the membership.
    pub id: MembershipId,
    /// The group.
    pub group_id: GroupId,
    /// The project.
    pub project_id: ProjectId,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
    /// Its roles, in order.
    pub roles: Vec<MemberRole>,
    /// The group in short.
    pub group: GroupSummary,
}

/// A group in short.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupSummary {
    /// Id.
    pub id: GroupId,
    /// Display name.
    pub name: String,
    /// Slug.
    pub slug: String,
    /// The organization.
    pub org_id: OrgId,
}

/// A membership in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupMembershipReply {
    /// The membership.
    pub group_membership: GroupMembership,
}

/// The groups of a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupMembershipList {
    /// The memberships, oldest first.
    pub group_memberships: Vec<GroupMembership>,
}
