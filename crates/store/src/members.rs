//! Memberships in projects, of identities and users alike.

use std::collections::HashMap;

use uuid::Uuid;
use vouchsafe_domain::id::{GroupId, IdentityId, MembershipId, ProjectId, RoleId, UserId};
use vouchsafe_domain::time::Timestamp;

use crate::engine::{FromRow, Row, Sql, args, placeholders};
use crate::error::{StoreError, StoreResult};
use crate::roles::{CustomRole, NewRoleRef};
use crate::{Change, Store};

/// Who is a member.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MemberRef {
    /// A machine identity.
    Identity(IdentityId),
    /// A person.
    User(UserId),
    /// A group, and through it those who are in it.
    Group(GroupId),
}

impl MemberRef {
    pub(crate) fn identity(self) -> Option<IdentityId> {
        match self {
            Self::Identity(id) => Some(id),
            Self::User(_) | Self::Group(_) => None,
        }
    }

    pub(crate) fn user(self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(id),
            Self::Identity(_) | Self::Group(_) => None,
        }
    }

    pub(crate) fn group(self) -> Option<GroupId> {
        match self {
            Self::Group(id) => Some(id),
            Self::Identity(_) | Self::User(_) => None,
        }
    }
}

/// A role of a member of a project.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoleEntry {
    /// Id of this entry.
    pub id: RoleId,
    /// Slug of the role; `custom` for a custom one.
    pub role: String,
    /// The custom role, if it is one.
    pub custom: Option<CustomRole>,
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

impl TemporaryRole {
    pub(crate) fn of_row(row: &Row) -> StoreResult<Option<Self>> {
        let times = (row.opt_text("temporary_range")?, row.opt_time("starts_at")?, row.opt_time("ends_at")?);
        Ok(match times {
            (Some(range), Some(starts_at), Some(ends_at)) => Some(Self { range, starts_at, ends_at }),
            _ => None,
        })
    }
}

impl RoleEntry {
    /// Slug by which the role is known to people.
    pub fn slug(&self) -> &str {
        self.custom.as_ref().map_or(&self.role, |custom| &custom.slug)
    }

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
        Ok(Self {
            id: row.parsed("id")?,
            role: row.text("role")?,
            custom: CustomRole::of_row(row)?,
            temporary: TemporaryRole::of_row(row)?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl FromRow for Member {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let member = match (row.opt_parsed("identity_id")?, row.opt_parsed("user_id")?) {
            (Some(id), _) => MemberRef::Identity(id),
            (None, Some(id)) => MemberRef::User(id),
            (None, None) => MemberRef::Group(row.parsed("group_id")?),
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
    /// The role.
    pub role: NewRoleRef,
    /// For how long, if not for good.
    pub temporary: Option<TemporaryRole>,
}

impl Store {
    /// A member of a project.
    pub async fn project_member(&self, project: ProjectId, member: MemberRef) -> StoreResult<Option<Member>> {
        let sql = "SELECT id, project_id, user_id, identity_id, group_id, created_at, updated_at \
                   FROM project_memberships \
                   WHERE project_id = $1 AND (identity_id = $2 OR user_id = $3 OR group_id = $4)";
        let values = args![project, member.identity(), member.user(), member.group()];
        let found = self.pools().one::<Member>(sql, values).await?;
        let Some(mut found) = found else { return Ok(None) };
        found.roles = self.roles_of(found.id).await?;
        Ok(Some(found))
    }

    /// The project of a membership, in whichever organization.
    pub async fn project_of_membership(&self, id: MembershipId) -> StoreResult<Option<ProjectId>> {
        let sql = "SELECT project_id AS t FROM project_memberships WHERE id = $1";
        let found: Option<String> = self.pools().one(sql, args![id]).await?;
        found.map(|id| id.parse().map_err(|_| StoreError::corrupt("project_id"))).transpose()
    }

    /// The roles of a membership, in order.
    pub async fn roles_of(&self, membership: MembershipId) -> StoreResult<Vec<RoleEntry>> {
        let sql = Sql::Built(format!(
            "SELECT {ROLE_COLUMNS} {ROLES} WHERE r.membership_id = $1 ORDER BY r.position LIMIT 100"
        ));
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
                "SELECT r.membership_id, {ROLE_COLUMNS} {ROLES} WHERE r.membership_id IN {} \
                 ORDER BY r.membership_id, r.position LIMIT 50000",
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

/// What a role of a membership is read from, with [`ROLES`].
pub(crate) const ROLE_COLUMNS: &str = "r.id, r.role, r.temporary_range, r.starts_at, r.ends_at, r.created_at, \
                                       r.updated_at, cr.id AS custom_id, cr.slug AS custom_slug, \
                                       cr.name AS custom_name, cr.description AS custom_description";
/// The roles of memberships with the custom roles that they refer to.
pub(crate) const ROLES: &str = "FROM project_membership_roles r LEFT JOIN roles cr ON cr.id = r.role_id";

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
        let sql = "INSERT INTO project_memberships (id, project_id, user_id, identity_id, group_id, created_at, \
                   updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)";
        let values = args![id, project, member.user(), member.identity(), member.group(), at];
        self.run(sql, values).await?;
        self.insert_roles(id, roles).await?;
        self.touch_member(project, member).await?;
        Ok(id)
    }

    /// Replaces the roles of a member. False if it no longer has the roles that `member` says: who
    /// decided on those must decide again.
    pub async fn set_project_roles(&mut self, member: &Member, roles: &[NewRole]) -> StoreResult<bool> {
        let at = self.at();
        if !self.still_has_roles(member).await? {
            return Ok(false);
        }
        self.run("DELETE FROM project_membership_roles WHERE membership_id = $1", args![member.id]).await?;
        self.insert_roles(member.id, roles).await?;
        self.run("UPDATE project_memberships SET updated_at = $2 WHERE id = $1", args![member.id, at])
            .await?;
        self.touch_member(member.project_id, member.member).await?;
        Ok(true)
    }

    /// Whether the roles of a member still are what `member` says; they stay so until the commit. Entries are never
    /// changed but replaced, so their ids tell.
    async fn still_has_roles(&mut self, member: &Member) -> StoreResult<bool> {
        let lock = if self.is_postgres() { " FOR UPDATE" } else { "" };
        let sql = format!("SELECT id AS t FROM project_memberships WHERE id = $1{lock}");
        if self.one::<String>(Sql::Built(sql), args![member.id]).await?.is_none() {
            return Ok(false);
        }
        let sql = "SELECT id AS t FROM project_membership_roles WHERE membership_id = $1 ORDER BY position LIMIT 100";
        let held: Vec<String> = self.all(sql, args![member.id]).await?;
        let decided = member.roles.iter().map(|role| role.id.to_string());
        Ok(decided.eq(held))
    }

    /// Ends a membership.
    pub async fn remove_project_member(&mut self, member: &Member) -> StoreResult<()> {
        self.run("DELETE FROM project_memberships WHERE id = $1", args![member.id]).await?;
        self.touch_member(member.project_id, member.member).await
    }

    /// Notes that what a member of a project holds changes. For a group that is everyone in it.
    pub(crate) async fn touch_member(&mut self, project: ProjectId, member: MemberRef) -> StoreResult<()> {
        match member {
            MemberRef::Identity(id) => self.touch(id),
            MemberRef::User(id) => self.touch(id),
            MemberRef::Group(id) => {
                self.raise_group_version(id).await?;
                self.touch(project);
            }
        }
        Ok(())
    }

    async fn insert_roles(&mut self, membership: MembershipId, roles: &[NewRole]) -> StoreResult<()> {
        let at = self.at();
        let sql = "INSERT INTO project_membership_roles (id, membership_id, role, role_id, position, is_temporary, \
                   temporary_range, starts_at, ends_at, created_at, updated_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)";
        for (position, role) in (0_i64..).zip(roles) {
            self.confirm_role(&role.role).await?;
            let window = role.temporary.as_ref();
            let values = args![
                RoleId::from_uuid(Uuid::now_v7()),
                membership,
                role.role.slug(),
                role.role.id(),
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
