//! Memberships in projects, of identities and users alike.

use std::collections::HashMap;

use uuid::Uuid;
use vouchsafe_domain::id::{IdentityId, MembershipId, ProjectId, RoleId, UserId};
use vouchsafe_domain::time::Timestamp;

use crate::engine::{FromRow, Row, Sql, args, placeholders};
use crate::error::StoreResult;
use crate::{Change, Store, Topic};

/// Who is a member.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MemberRef {
    /// A machine identity.
    Identity(IdentityId),
    /// A person.
    User(UserId),
}

impl MemberRef {
    pub(crate) fn identity(self) -> Option<IdentityId> {
        match self {
            Self::Identity(id) => Some(id),
            Self::User(_) => None,
        }
    }

    pub(crate) fn user(self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(id),
            Self::Identity(_) => None,
        }
    }

    fn topic(self) -> Topic {
        match self {
            Self::Identity(id) => id.into(),
            Self::User(id) => id.into(),
        }
    }
}

/// A role of a member of a project.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoleEntry {
    /// Id of this entry.
    pub id: RoleId,
    /// Slug of the role.
    pub role: String,
    /// For how long, if not for good.
    pub temporary: Option<TemporaryRole>,
    /// When given.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// The time that a temporary role holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TemporaryRole {
    /// The range as it was given, such as `1h`.
    pub range: String,
    /// From when.
    pub starts_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
}

impl RoleEntry {
    /// Whether the role holds at this time.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.temporary.as_ref().is_none_or(|window| window.starts_at <= now && now < window.ends_at)
    }

    /// When the role begins or ends to hold next.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let window = self.temporary.as_ref()?;
        [window.starts_at, window.ends_at].into_iter().find(|at| *at > now)
    }
}

/// A membership in a project with its roles in order.
#[derive(Clone, Debug)]
pub struct Member {
    /// Id of the membership.
    pub id: MembershipId,
    /// The project.
    pub project_id: ProjectId,
    /// Who.
    pub member: MemberRef,
    /// Roles in order.
    pub roles: Vec<RoleEntry>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

impl FromRow for RoleEntry {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let temporary =
            match (row.opt_text("temporary_range")?, row.opt_time("starts_at")?, row.opt_time("ends_at")?) {
                (Some(range), Some(starts_at), Some(ends_at)) => {
                    Some(TemporaryRole { range, starts_at, ends_at })
                }
                _ => None,
            };
        Ok(Self {
            id: row.parsed("id")?,
            role: row.text("role")?,
            temporary,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl FromRow for Member {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let member = match row.opt_parsed("identity_id")? {
            Some(id) => MemberRef::Identity(id),
            None => MemberRef::User(row.parsed("user_id")?),
        };
        Ok(Self {
            id: row.parsed("id")?,
            project_id: row.parsed("project_id")?,
            member,
            roles: Vec::new(),
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

/// A role to give to a member.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewRole {
    /// Slug of the role.
    pub role: String,
    /// For how long, if not for good.
    pub temporary: Option<TemporaryRole>,
}

impl Store {
    /// A member of a project.
    pub async fn project_member(&self, project: ProjectId, member: MemberRef) -> StoreResult<Option<Member>> {
        let sql = "SELECT id, project_id, user_id, identity_id, created_at, updated_at FROM project_memberships \
                   WHERE project_id = $1 AND (identity_id = $2 OR user_id = $3)";
        let found = self.pools().one::<Member>(sql, args![project, member.identity(), member.user()]).await?;
        let Some(mut found) = found else { return Ok(None) };
        found.roles = self.roles_of(found.id).await?;
        Ok(Some(found))
    }

    /// The roles of a membership, in order.
    pub async fn roles_of(&self, membership: MembershipId) -> StoreResult<Vec<RoleEntry>> {
        let sql = "SELECT id, role, temporary_range, starts_at, ends_at, created_at, updated_at \
                   FROM project_membership_roles WHERE membership_id = $1 ORDER BY position LIMIT 100";
        self.pools().all(sql, args![membership]).await
    }

    /// The roles of several memberships, each in order.
    pub(crate) async fn roles_of_all(
        &self,
        ids: &[MembershipId],
    ) -> StoreResult<HashMap<MembershipId, Vec<RoleEntry>>> {
        let mut roles: HashMap<MembershipId, Vec<RoleEntry>> = HashMap::new();
        for chunk in ids.chunks(500) {
            let sql = Sql::Rows(format!(
                "SELECT membership_id, id, role, temporary_range, starts_at, ends_at, created_at, updated_at \
                 FROM project_membership_roles WHERE membership_id IN {} ORDER BY membership_id, position LIMIT 50000",
                placeholders(1, chunk.len(), 1)
            ));
            let values = chunk.iter().map(|id| (*id).into()).collect();
            for RoleOf(membership, role) in self.pools().all(sql, values).await? {
                roles.entry(membership).or_default().push(role);
            }
        }
        Ok(roles)
    }
}

struct RoleOf(MembershipId, RoleEntry);

impl FromRow for RoleOf {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self(row.parsed("membership_id")?, RoleEntry::from_row(row)?))
    }
}

impl Change {
    /// Makes somebody a member of a project.
    pub async fn add_project_member(
        &mut self,
        project: ProjectId,
        member: MemberRef,
        roles: &[NewRole],
    ) -> StoreResult<MembershipId> {
        let (id, at) = (MembershipId::from_uuid(Uuid::now_v7()), self.at());
        let sql = "INSERT INTO project_memberships (id, project_id, user_id, identity_id, created_at, updated_at) \
                   VALUES ($1, $2, $3, $4, $5, $5)";
        self.run(sql, args![id, project, member.user(), member.identity(), at]).await?;
        self.insert_roles(id, roles).await?;
        self.touch(member.topic());
        Ok(id)
    }

    /// Replaces the roles of a member.
    pub async fn set_project_roles(&mut self, member: &Member, roles: &[NewRole]) -> StoreResult<()> {
        let at = self.at();
        self.run("DELETE FROM project_membership_roles WHERE membership_id = $1", args![member.id]).await?;
        self.insert_roles(member.id, roles).await?;
        self.run("UPDATE project_memberships SET updated_at = $2 WHERE id = $1", args![member.id, at])
            .await?;
        self.touch(member.member.topic());
        Ok(())
    }

    /// Ends a membership.
    pub async fn remove_project_member(&mut self, member: &Member) -> StoreResult<()> {
        self.run("DELETE FROM project_memberships WHERE id = $1", args![member.id]).await?;
        self.touch(member.member.topic());
        Ok(())
    }

    async fn insert_roles(&mut self, membership: MembershipId, roles: &[NewRole]) -> StoreResult<()> {
        let at = self.at();
        let sql = "INSERT INTO project_membership_roles (id, membership_id, role, position, is_temporary, \
                   temporary_range, starts_at, ends_at, created_at, updated_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)";
        for (position, role) in (0_i64..).zip(roles) {
            let window = role.temporary.as_ref();
            let values = args![
                RoleId::from_uuid(Uuid::now_v7()),
                membership,
                role.role.as_str(),
                position,
                window.is_some(),
                window.map(|w| w.range.as_str()),
                window.map(|w| w.starts_at),
                window.map(|w| w.ends_at),
                at
            ];
            self.run(sql, values).await?;
        }
        Ok(())
    }
}
