//! Groups of users and identities.

use uuid::Uuid;
use vouchsafe_domain::id::{GroupId, IdentityId, MembershipId, OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::engine::{Arg, FromRow, Row, Sql, args};
use crate::error::{StoreError, StoreResult};
use crate::identities::{Page, contains, contains_pattern};
use crate::members::{Member, MemberRef};
use crate::roles::{CustomRole, NewRoleRef};
use crate::{Change, Store};

/// More groups than this no organization has, and nobody is in more than this.
pub const MOST_GROUPS: usize = 1000;

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Id.
    pub id: GroupId,
    /// The organization it belongs to.
    pub org_id: OrgId,
    /// Display name.
    pub name: String,
    /// Unique in the organization.
    pub slug: String,
    /// Slug of its role in the organization; `custom` for a custom one.
    pub role: String,
    /// The custom role, if it is one.
    pub custom_role: Option<CustomRole>,
    /// Raised when one of its roles changes.
    pub version: i64,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

impl FromRow for Group {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            org_id: row.parsed("org_id")?,
            name: row.text("name")?,
            slug: row.text("slug")?,
            role: row.text("role")?,
            custom_role: CustomRole::of_row(row)?,
            version: row.int("version")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

const COLUMNS: &str = "g.id, g.org_id, g.name, g.slug, g.role, g.version, g.created_at, g.updated_at, \
                       cr.id AS custom_id, cr.slug AS custom_slug, cr.name AS custom_name, \
                       cr.description AS custom_description";
const FROM: &str = "groups g LEFT JOIN roles cr ON cr.id = g.role_id";

/// The groups that meet a condition.
fn select(condition: &str) -> Sql {
    Sql::Built(format!("SELECT {COLUMNS} FROM {FROM} {condition}"))
}

impl Group {
    /// The role in the organization, as changes take it.
    pub fn role_ref(&self) -> NewRoleRef {
        self.custom_role.as_ref().map_or_else(|| NewRoleRef::built_in(&self.role), CustomRole::unchanged)
    }
}

/// A group that somebody is in.
#[derive(Clone, Debug)]
pub struct JoinedGroup {
    /// The group.
    pub group: Group,
    /// Since when.
    pub joined_at: Timestamp,
}

impl FromRow for JoinedGroup {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self { group: Group::from_row(row)?, joined_at: row.time("joined_at")? })
    }
}

/// Users, identities or both.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GroupMemberKind {
    /// Users only.
    Users,
    /// Identities only.
    Identities,
    /// Everybody.
    All,
}

/// Somebody who is in a group, or could be.
#[derive(Clone, Debug)]
pub struct GroupMember {
    /// Who.
    pub member: MemberRef,
    /// The user's e-mail address; empty for identities.
    pub email: String,
    /// The user's first name, or the identity's name.
    pub first_name: String,
    /// The user's last name; empty for identities.
    pub last_name: String,
    /// Since when in the group; none: not in it.
    pub joined_at: Option<Timestamp>,
}

impl FromRow for GroupMember {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let member = if row.text("kind")? == "identity" {
            MemberRef::Identity(row.parsed("id")?)
        } else {
            MemberRef::User(row.parsed("id")?)
        };
        Ok(Self {
            member,
            email: row.text("email")?,
            first_name: row.text("first_name")?,
            last_name: row.text("last_name")?,
            joined_at: row.opt_time("joined_at")?,
        })
    }
}

/// Which of those who are in a group or could be a list holds.
#[derive(Clone, Debug)]
pub struct GroupCandidate {
    /// Users, identities or both.
    pub kind: GroupMemberKind,
    /// The name or e-mail address contains this, whatever the case.
    pub contains: Option<String>,
    /// The e-mail address is this, in lower case.
    pub email: Option<String>,
    /// Only those in the group, or only those who are not.
    pub in_group: Option<bool>,
}

/// A project that a group is a member of.
#[derive(Clone, Debug)]
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
    pub kind: String,
    /// Since when the group is a member.
    pub joined_at: Timestamp,
}

impl FromRow for GroupProject {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            name: row.text("name")?,
            slug: row.text("slug")?,
            description: row.text("description")?,
            kind: row.text("type")?,
            joined_at: row.time("joined_at")?,
        })
    }
}

impl Store {
    /// The groups of an organization, by name.
    pub async fn groups(&self, org: OrgId) -> StoreResult<Vec<Group>> {
        let sql = select("WHERE g.org_id = $1 ORDER BY g.name, g.id LIMIT 2000");
        self.pools().all(sql, args![org]).await
    }

    /// A group of an organization.
    pub async fn group(&self, org: OrgId, id: GroupId) -> StoreResult<Option<Group>> {
        let sql = select("WHERE g.org_id = $1 AND g.id = $2");
        self.pools().one(sql, args![org, id]).await
    }

    /// A group of an organization by its slug, or else by its name if no other has it.
    pub async fn group_by_name(&self, org: OrgId, name: &str) -> StoreResult<Option<Group>> {
        let sql = select(
            "WHERE g.org_id = $1 AND (g.slug = $2 OR g.name = $2) \
             ORDER BY CASE WHEN g.slug = $2 THEN 0 ELSE 1 END, g.id LIMIT 2",
        );
        let mut found: Vec<Group> = self.pools().all(sql, args![org, name]).await?;
        let unclear = found.len() > 1 && found.first().is_some_and(|group| group.slug != name);
        Ok(if unclear || found.is_empty() { None } else { Some(found.swap_remove(0)) })
    }

    /// In how many groups somebody is.
    pub async fn groups_of(&self, member: MemberRef) -> StoreResult<i64> {
        let sql = "SELECT COUNT(*) AS n FROM group_members WHERE identity_id = $1 OR user_id = $2";
        Ok(self.pools().one(sql, args![member.identity(), member.user()]).await?.unwrap_or(0))
    }

    /// A page of the groups that an identity is in, by name, and how many there are in all.
    pub async fn groups_of_identity(
        &self,
        identity: IdentityId,
        page: Page,
    ) -> StoreResult<(Vec<JoinedGroup>, i64)> {
        let total = self.groups_of(MemberRef::Identity(identity)).await?;
        let sql = Sql::Built(format!(
            "SELECT {COLUMNS}, gm.created_at AS joined_at FROM {FROM} JOIN group_members gm ON gm.group_id = g.id \
             WHERE gm.identity_id = $1 ORDER BY g.name, g.id LIMIT $2 OFFSET $3"
        ));
        Ok((self.pools().all(sql, args![identity, page.limit, page.offset]).await?, total))
    }

    /// Whether somebody is in a group.
    pub async fn is_in_group(&self, group: GroupId, member: MemberRef) -> StoreResult<bool> {
        let sql = "SELECT COUNT(*) AS n FROM group_members WHERE group_id = $1 AND (identity_id = $2 OR user_id = $3)";
        let found: Option<i64> =
            self.pools().one(sql, args![group, member.identity(), member.user()]).await?;
        Ok(found.unwrap_or(0) > 0)
    }

    /// A page of those who are in a group or could be, by name, and how many there are in all.
    pub async fn group_candidates(
        &self,
        group: &Group,
        filter: &GroupCandidate,
        page: Page,
    ) -> StoreResult<(Vec<GroupMember>, i64)> {
        let (condition, mut values) = candidates(group, filter);
        let count =
            Sql::Built(format!("SELECT COUNT(*) AS n FROM ({}) c WHERE {condition}", everybody(filter.kind)));
        let count = self.pools().one(count, values.clone());
        let next = values.len() + 1;
        values.extend(args![page.limit, page.offset]);
        let sql = Sql::Built(format!(
            "SELECT * FROM ({}) c WHERE {condition} ORDER BY CASE WHEN c.joined_at IS NULL THEN 1 ELSE 0 END, c.first_name, c.last_name, c.id LIMIT ${next} OFFSET ${}",
            everybody(filter.kind),
            next + 1
        ));
        let (total, found) = tokio::try_join!(count, self.pools().all(sql, values))?;
        Ok((found, total.unwrap_or(0)))
    }

    /// A page of the projects that a group is a member of, by name, and how many there are in all.
    pub async fn group_projects(&self, group: GroupId, page: Page) -> StoreResult<(Vec<GroupProject>, i64)> {
        let count = "SELECT COUNT(*) AS n FROM project_memberships WHERE group_id = $1";
        let total = self.pools().one(count, args![group]).await?.unwrap_or(0);
        let sql = "SELECT p.id, p.name, p.slug, p.description, p.type, m.created_at AS joined_at \
                   FROM project_memberships m JOIN projects p ON p.id = m.project_id WHERE m.group_id = $1 \
                   ORDER BY p.name, p.id LIMIT $2 OFFSET $3";
        Ok((self.pools().all(sql, args![group, page.limit, page.offset]).await?, total))
    }

    /// The groups that are members of a project, with their roles, oldest membership first.
    pub async fn project_groups(&self, project: ProjectId) -> StoreResult<Vec<(Member, Group)>> {
        let sql = "SELECT id, project_id, user_id, identity_id, group_id, created_at, updated_at \
                   FROM project_memberships WHERE project_id = $1 AND group_id IS NOT NULL ORDER BY id LIMIT 2000";
        let members: Vec<Member> = self.pools().all(sql, args![project]).await?;
        let sql = select(
            "WHERE g.id IN (SELECT group_id FROM project_memberships WHERE project_id = $1) LIMIT 2000",
        );
        let groups: Vec<Group> = self.pools().all(sql, args![project]).await?;
        let ids: Vec<MembershipId> = members.iter().map(|member| member.id).collect();
        let mut roles = self.roles_of_all(&ids).await?;
        let with_group = |mut member: Member| {
            member.roles = roles.remove(&member.id).unwrap_or_default();
            let group = groups.iter().find(|group| member.member == MemberRef::Group(group.id))?;
            Some((member, group.clone()))
        };
        Ok(members.into_iter().filter_map(with_group).collect())
    }
}

/// Everybody in the organization `$1`, with the time when they joined the group `$2`.
fn everybody(kind: GroupMemberKind) -> String {
    let users = "SELECT 'user' AS kind, u.id, u.email, u.first_name, u.last_name, gm.created_at AS joined_at \
                 FROM org_memberships m JOIN users u ON u.id = m.user_id AND m.user_id IS NOT NULL \
                 LEFT JOIN group_members gm ON gm.group_id = $2 AND gm.user_id = u.id WHERE m.org_id = $1";
    let identities = "SELECT 'identity' AS kind, i.id, '' AS email, i.name AS first_name, '' AS last_name, \
                      gm.created_at AS joined_at FROM identities i \
                      LEFT JOIN group_members gm ON gm.group_id = $2 AND gm.identity_id = i.id \
                      WHERE i.org_id = $1 AND i.project_id IS NULL";
    match kind {
        GroupMemberKind::Users => users.to_owned(),
        GroupMemberKind::Identities => identities.to_owned(),
        GroupMemberKind::All => format!("{users} UNION ALL {identities}"),
    }
}

fn candidates(group: &Group, filter: &GroupCandidate) -> (String, Vec<Arg>) {
    let mut values = args![group.org_id, group.id];
    let mut sql = "1 = 1".to_owned();
    if let Some(in_group) = filter.in_group {
        sql.push_str(if in_group { " AND c.joined_at IS NOT NULL" } else { " AND c.joined_at IS NULL" });
    }
    if let Some(email) = &filter.email {
        values.push(email.into());
        sql.extend([" AND c.email = $", &values.len().to_string()]);
    }
    if let Some(text) = &filter.contains {
        values.push(contains_pattern(text).into());
        let whole = "(c.first_name || ' ' || c.last_name || ' ' || c.email)";
        sql.extend([" AND ", &contains(whole, values.len())]);
    }
    (sql, values)
}

/// What a group is made of.
#[derive(Clone, Debug)]
pub struct GroupParts<'a> {
    /// Display name.
    pub name: &'a str,
    /// Unique in the organization.
    pub slug: &'a str,
    /// Its role in the organization.
    pub role: NewRoleRef,
}

impl Change {
    /// Makes a group.
    pub async fn insert_group(&mut self, org: OrgId, parts: &GroupParts<'_>) -> StoreResult<GroupId> {
        let (id, at) = (GroupId::from_uuid(Uuid::now_v7()), self.at());
        self.confirm_role(&parts.role).await?;
        let sql = "INSERT INTO groups (id, org_id, name, slug, role, role_id, version, created_at, updated_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7)";
        let values = args![id, org, parts.name, parts.slug, parts.role.slug(), parts.role.id(), at];
        self.run(sql, values).await?;
        Ok(id)
    }

    /// Changes a group. False if it is no longer what `group` says.
    pub async fn update_group(&mut self, group: &Group, parts: &GroupParts<'_>) -> StoreResult<bool> {
        let at = self.at();
        self.confirm_role(&parts.role).await?;
        let sql = "UPDATE groups SET name = $2, slug = $3, role = $4, role_id = $5, version = version + 1, \
                   updated_at = $6 WHERE id = $1 AND version = $7";
        let values =
            args![group.id, parts.name, parts.slug, parts.role.slug(), parts.role.id(), at, group.version];
        // For everyone in it, however many they are.
        self.touch(group.org_id);
        Ok(self.run(sql, values).await? > 0)
    }

    /// Deletes a group. False if it is no longer what `group` says.
    pub async fn delete_group(&mut self, group: &Group) -> StoreResult<bool> {
        self.touch(group.org_id);
        let sql = "DELETE FROM groups WHERE id = $1 AND version = $2";
        Ok(self.run(sql, args![group.id, group.version]).await? > 0)
    }

    /// Puts somebody into a group. Refuses if the group's roles are no longer those of `group`.
    pub async fn add_to_group(&mut self, group: &Group, member: MemberRef) -> StoreResult<()> {
        self.confirm_group(group).await?;
        let sql =
            "INSERT INTO group_members (group_id, user_id, identity_id, created_at) VALUES ($1, $2, $3, $4)";
        let at = self.at();
        self.run(sql, args![group.id, member.user(), member.identity(), at]).await?;
        self.touch_actor(member);
        Ok(())
    }

    /// Takes somebody out of a group; false if it was not in there.
    pub async fn remove_from_group(&mut self, group: &Group, member: MemberRef) -> StoreResult<bool> {
        self.confirm_group(group).await?;
        let sql = "DELETE FROM group_members WHERE group_id = $1 AND (identity_id = $2 OR user_id = $3)";
        self.touch_actor(member);
        Ok(self.run(sql, args![group.id, member.identity(), member.user()]).await? > 0)
    }

    fn touch_actor(&mut self, member: MemberRef) {
        match member {
            MemberRef::Identity(id) => self.touch(id),
            MemberRef::User(id) => self.touch(id),
            MemberRef::Group(_) => {}
        }
    }

    /// Makes sure that the roles of a group are what they were when something was decided upon them,
    /// and stay so until the commit.
    pub async fn confirm_group(&mut self, group: &Group) -> StoreResult<()> {
        let lock = if self.is_postgres() { " FOR SHARE" } else { "" };
        let sql = Sql::Built(format!("SELECT version AS n FROM groups WHERE id = $1{lock}"));
        match self.one::<i64>(sql, args![group.id]).await? {
            Some(version) if version == group.version => Ok(()),
            Some(_) => Err(StoreError::Collision),
            None => Err(StoreError::MissingReference),
        }
    }

    pub(crate) async fn raise_group_version(&mut self, group: GroupId) -> StoreResult<()> {
        self.run("UPDATE groups SET version = version + 1 WHERE id = $1", args![group]).await?;
        Ok(())
    }
}
