//! Users as members of projects: lists and look-ups. Changes are those of `members.rs`.

use std::collections::HashMap;

use vouchsafe_domain::id::{MembershipId, ProjectId, UserId};
use vouchsafe_domain::time::Timestamp;

use crate::Store;
use crate::engine::{Arg, FromRow, Row, Sql, args};
use crate::error::StoreResult;
use crate::members::{Member, MemberRef, ROLE_COLUMNS, ROLES, RoleEntry};
use crate::users::{USER_COLUMNS, User};

/// A user as a member of a project.
#[derive(Clone, Debug)]
pub struct ProjectUser {
    /// Id of the membership.
    pub id: MembershipId,
    /// The project.
    pub project_id: ProjectId,
    /// The user.
    pub user: User,
    /// Roles in order.
    pub roles: Vec<RoleEntry>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

impl ProjectUser {
    /// The membership as changes take it.
    pub fn member(&self) -> Member {
        Member {
            id: self.id,
            project_id: self.project_id,
            member: MemberRef::User(self.user.id),
            roles: self.roles.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

impl FromRow for ProjectUser {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            project_id: row.parsed("project_id")?,
            user: User::from_row(row)?,
            roles: Vec::new(),
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

struct RoleOf(MembershipId, RoleEntry);

impl FromRow for RoleOf {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self(row.parsed("membership_id")?, RoleEntry::from_row(row)?))
    }
}

const FROM: &str = "FROM project_memberships m JOIN users u ON u.id = m.user_id";

impl Store {
    /// The users of a project, oldest membership first; at most 10,000.
    pub async fn project_users(&self, project: ProjectId) -> StoreResult<Vec<ProjectUser>> {
        let mut users =
            self.find_project_users("ORDER BY m.created_at, m.id LIMIT 10000", args![project]).await?;
        let sql = Sql::Built(format!(
            "SELECT r.membership_id, {ROLE_COLUMNS} {ROLES} JOIN project_memberships m ON m.id = r.membership_id \
             WHERE m.project_id = $1 AND m.user_id IS NOT NULL ORDER BY r.membership_id, r.position LIMIT 100000"
        ));
        let mut roles: HashMap<MembershipId, Vec<RoleEntry>> = HashMap::new();
        for RoleOf(membership, role) in self.pools().all(sql, args![project]).await? {
            roles.entry(membership).or_default().push(role);
        }
        for user in &mut users {
            user.roles = roles.remove(&user.id).unwrap_or_default();
        }
        Ok(users)
    }

    /// A user's membership in a project, by its id.
    pub async fn project_user(
        &self,
        project: ProjectId,
        id: MembershipId,
    ) -> StoreResult<Option<ProjectUser>> {
        self.one_project_user("AND m.id = $2", args![project, id]).await
    }

    /// A user's membership in a project, by the user's id.
    pub async fn project_user_by_id(
        &self,
        project: ProjectId,
        user: UserId,
    ) -> StoreResult<Option<ProjectUser>> {
        self.one_project_user("AND m.user_id = $2", args![project, user]).await
    }

    /// A user's membership in a project, by the user's e-mail address (in lower case).
    pub async fn project_user_by_email(
        &self,
        project: ProjectId,
        email: &str,
    ) -> StoreResult<Option<ProjectUser>> {
        self.one_project_user("AND u.email = $2", args![project, email]).await
    }

    async fn one_project_user(&self, rest: &str, values: Vec<Arg>) -> StoreResult<Option<ProjectUser>> {
        let Some(mut user) = self.find_project_users(rest, values).await?.pop() else { return Ok(None) };
        user.roles = self.roles_of(user.id).await?;
        Ok(Some(user))
    }

    async fn find_project_users(&self, rest: &str, values: Vec<Arg>) -> StoreResult<Vec<ProjectUser>> {
        let sql = Sql::Built(format!(
            "SELECT m.id, m.project_id, m.created_at, m.updated_at, {USER_COLUMNS} {FROM} WHERE m.project_id = $1 {rest}"
        ));
        self.pools().all(sql, values).await
    }
}
