//! Users as members of a project (`projects-and-roles.md` §6).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{MembershipId, ProjectId, UserId};
use vouchsafe_domain::time::Timestamp;

use crate::roles::{MemberRole, RoleInput};
use crate::users::UserSummary;

/// Names a project.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectUsersPath {
    /// Which project.
    pub project_id: ProjectId,
}

/// Adds users of the organization to a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddProjectUsers {
    /// Which project.
    pub project_id: ProjectId,
    /// Their e-mail addresses.
    #[serde(default)]
    pub emails: Option<Vec<String>>,
    /// Their user names, which are e-mail addresses too. 1–100 users in all.
    #[serde(default)]
    pub usernames: Option<Vec<String>>,
    /// Slugs of the roles to give; `member` if missing.
    #[serde(default)]
    pub role_slugs: Option<Vec<String>>,
}

/// Removes users from a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveProjectUsers {
    /// Which project.
    pub project_id: ProjectId,
    /// Their e-mail addresses.
    #[serde(default)]
    pub emails: Option<Vec<String>>,
    /// Their user names, which are e-mail addresses too. 1–100 users in all.
    #[serde(default)]
    pub usernames: Option<Vec<String>>,
}

/// Names a user's membership in a project.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectMembershipPath {
    /// Which project.
    pub project_id: ProjectId,
    /// Which membership.
    pub membership_id: MembershipId,
}

/// Names a user in a project.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectUserPath {
    /// Which project.
    pub project_id: ProjectId,
    /// Which user.
    pub user_id: UserId,
}

/// Asks for a membership by user name.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectMembershipDetails {
    /// Which project.
    pub project_id: ProjectId,
    /// The user name, which is the e-mail address.
    pub username: String,
}

/// Replaces the roles of a user in a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateProjectMembership {
    /// Which project.
    pub project_id: ProjectId,
    /// Which membership.
    pub membership_id: MembershipId,
    /// The roles from now on; one of them must be permanent.
    pub roles: Vec<RoleInput>,
}

/// A user's membership in a project.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectMembership {
    /// Id of the membership.
    pub id: MembershipId,
    /// The project.
    pub project_id: ProjectId,
    /// The user.
    pub user_id: UserId,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
    /// The user.
    pub user: UserSummary,
    /// The roles in order.
    pub roles: Vec<MemberRole>,
}

/// One membership in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProjectMembershipReply {
    /// The membership.
    pub membership: ProjectMembership,
}

/// Memberships in their envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProjectMembershipList {
    /// The memberships.
    pub memberships: Vec<ProjectMembership>,
}

/// The new roles of a membership.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProjectRolesReply {
    /// The roles in order.
    pub roles: Vec<MemberRole>,
}
