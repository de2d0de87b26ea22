//! Identities as members of projects: lists and look-ups. Changes are those of `members.rs`.

use vouchsafe_domain::id::{IdentityId, MembershipId, OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::Store;
use crate::engine::{Arg, FromRow, Row, Sql, args, placeholders};
use crate::error::StoreResult;
use crate::identities::{COLUMNS, FROM, Identity, Page, contains_pattern, is_named_like};
use crate::members::{Member, MemberRef, RoleEntry};

/// An identity as a member of a project.
#[derive(Clone, Debug)]
pub struct IdentityMember {
    /// Id of the membership.
    pub id: MembershipId,
    /// The project.
    pub project: ProjectBrief,
    /// The identity.
    pub identity: Identity,
    /// Roles in order.
    pub roles: Vec<RoleEntry>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// A project in short.
#[derive(Clone, Debug)]
pub struct ProjectBrief {
    /// Id.
    pub id: ProjectId,
    /// Display name.
    pub name: String,
    /// Slug.
    pub slug: String,
    /// `secret-manager` and others.
    pub kind: String,
}

impl IdentityMember {
    /// The membership as changes take it.
    pub fn member(&self) -> Member {
        Member {
            id: self.id,
            project_id: self.project.id,
            member: MemberRef::Identity(self.identity.id),
            roles: self.roles.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

const MEMBER_COLUMNS: &str = "pm.id AS pm_id, pm.created_at AS pm_created_at, pm.updated_at AS pm_updated_at, \
                              p.id AS p_id, p.name AS p_name, p.slug AS p_slug, p.type AS p_type";
const JOIN: &str =
    "JOIN project_memberships pm ON pm.identity_id = i.id JOIN projects p ON p.id = pm.project_id";

impl FromRow for IdentityMember {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let project = ProjectBrief {
            id: row.parsed("p_id")?,
            name: row.text("p_name")?,
            slug: row.text("p_slug")?,
            kind: row.text("p_type")?,
        };
        Ok(Self {
            id: row.parsed("pm_id")?,
            project,
            identity: Identity::from_row(row)?,
            roles: Vec::new(),
            created_at: row.time("pm_created_at")?,
            updated_at: row.time("pm_updated_at")?,
        })
    }
}

/// Which identities of a project a list holds.
#[derive(Clone, Debug, Default)]
pub struct IdentityMemberFilter {
    /// The name contains this, whatever the case.
    pub name_contains: Option<String>,
    /// One of the roles is one of these.
    pub roles: Option<Vec<String>>,
}

/// Identities whose memberships are fetched by one statement.
const CHUNK: usize = 500;

impl Store {
    /// A page of a project's identities by name, and how many there are in all.
    pub async fn identity_members(
        &self,
        project: ProjectId,
        filter: &IdentityMemberFilter,
        page: Page,
    ) -> StoreResult<(Vec<IdentityMember>, i64)> {
        let (condition, mut values) = condition(project, filter);
        let count = Sql::Built(format!("SELECT COUNT(*) AS n {FROM} {JOIN} WHERE {condition}"));
        let total = self.pools().one(count, values.clone()).await?.unwrap_or(0);
        let direction = if page.descending { "DESC" } else { "ASC" };
        let next = values.len() + 1;
        values.extend(args![page.limit, page.offset]);
        let rest = format!(
            "{condition} ORDER BY i.name {direction}, i.id {direction} LIMIT ${next} OFFSET ${}",
            next + 1
        );
        Ok((self.find_identity_members(&rest, values).await?, total))
    }

    /// An identity as a member of a project.
    pub async fn identity_member(
        &self,
        project: ProjectId,
        identity: IdentityId,
    ) -> StoreResult<Option<IdentityMember>> {
        let rest = "pm.project_id = $1 AND pm.identity_id = $2";
        Ok(self.find_identity_members(rest, args![project, identity]).await?.pop())
    }

    /// An identity's membership by its id, in whichever project.
    pub async fn identity_member_by_id(&self, id: MembershipId) -> StoreResult<Option<IdentityMember>> {
        Ok(self.find_identity_members("pm.id = $1", args![id]).await?.pop())
    }

    /// The projects that an identity is a member of, by name; at most 5000.
    pub async fn memberships_of_identity(&self, id: IdentityId) -> StoreResult<Vec<IdentityMember>> {
        let rest = "pm.identity_id = $1 ORDER BY p.name, p.id LIMIT 5000";
        self.find_identity_members(rest, args![id]).await
    }

    /// The memberships of these identities in the projects that manage them.
    pub async fn managed_memberships(&self, ids: &[IdentityId]) -> StoreResult<Vec<IdentityMember>> {
        let mut found = Vec::with_capacity(ids.len());
        for chunk in ids.chunks(CHUNK) {
            let marks = placeholders(1, chunk.len(), 1);
            let values = chunk.iter().map(|id| (*id).into()).collect();
            let rest = format!("pm.project_id = i.project_id AND pm.identity_id IN {marks}");
            found.extend(self.find_identity_members(&rest, values).await?);
        }
        Ok(found)
    }

    /// A page of an organization's own identities that are not members of a project, by name, and
    /// how many there are in all.
    pub async fn available_identities(
        &self,
        org: OrgId,
        project: ProjectId,
        name_contains: Option<&str>,
        page: Page,
    ) -> StoreResult<(Vec<Identity>, i64)> {
        let condition = format!(
            "i.org_id = $1 AND i.project_id IS NULL AND {} \
             AND NOT EXISTS (SELECT 1 FROM project_memberships pm WHERE pm.project_id = $2 AND pm.identity_id = i.id)",
            is_named_like(3)
        );
        let values = args![org, project, contains_pattern(name_contains.unwrap_or_default())];
        self.listed_identities(&condition, values, "i.name, i.id", page).await
    }

    async fn find_identity_members(&self, rest: &str, values: Vec<Arg>) -> StoreResult<Vec<IdentityMember>> {
        let sql = Sql::Built(format!("SELECT {COLUMNS}, {MEMBER_COLUMNS} {FROM} {JOIN} WHERE {rest}"));
        let mut members: Vec<IdentityMember> = self.pools().all(sql, values).await?;
        let ids: Vec<MembershipId> = members.iter().map(|member| member.id).collect();
        let mut roles = self.roles_of_all(&ids).await?;
        for member in &mut members {
            member.roles = roles.remove(&member.id).unwrap_or_default();
        }
        Ok(members)
    }
}

fn condition(project: ProjectId, filter: &IdentityMemberFilter) -> (String, Vec<Arg>) {
    let mut values = args![project];
    let mut sql = "pm.project_id = $1".to_owned();
    if let Some(text) = &filter.name_contains {
        values.push(contains_pattern(text).into());
        sql.extend([" AND ", &is_named_like(values.len())]);
    }
    if let Some(roles) = &filter.roles {
        let marks = placeholders(1, roles.len(), values.len() + 1);
        values.extend(roles.iter().map(Arg::from));
        let roles = "SELECT r.membership_id FROM project_membership_roles r LEFT JOIN roles cr ON cr.id = r.role_id \
                     WHERE COALESCE(cr.slug, r.role) IN";
        sql.extend([" AND pm.id IN (", roles, " ", marks.as_str(), ")"]);
    }
    (sql, values)
}
