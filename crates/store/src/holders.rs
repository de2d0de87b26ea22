//! Who may hold something: the members of an organization or a project, page by page.

use vouchsafe_domain::id::{OrgId, ProjectId};

use crate::Store;
use crate::engine::{FromRow, Row, Sql, args};
use crate::error::{StoreError, StoreResult};
use crate::members::MemberRef;
use crate::roles::Role;

/// Somebody who is a member, itself or through a group.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Holder {
    /// Who.
    pub member: MemberRef,
    /// Name of the identity or group, e-mail address of the user.
    pub name: String,
    /// Whether the membership in the organization counts at present; without it nobody may do anything.
    pub is_active: bool,
    /// Where the next page goes on after this one.
    pub cursor: String,
}

impl FromRow for Holder {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let member = match row.text("kind")?.as_str() {
            "identity" => MemberRef::Identity(row.parsed("id")?),
            "user" => MemberRef::User(row.parsed("id")?),
            "group" => MemberRef::Group(row.parsed("id")?),
            _ => return Err(StoreError::corrupt("kind")),
        };
        Ok(Self {
            member,
            name: row.text("name")?,
            is_active: row.flag("is_active")?,
            cursor: row.text("cursor")?,
        })
    }
}

/// At most `$3` members of the organization `$1` by membership, after the membership `$2`, of which `more` holds.
fn page(more: &str) -> Sql {
    Sql::Built(format!(
        "SELECT CASE WHEN om.identity_id IS NULL THEN 'user' ELSE 'identity' END AS kind, \
         COALESCE(om.identity_id, om.user_id) AS id, COALESCE(i.name, u.email) AS name, om.id AS cursor, \
         CASE WHEN om.status = 'accepted' THEN om.is_active ELSE 0 END AS is_active \
         FROM org_memberships om LEFT JOIN identities i ON i.id = om.identity_id LEFT JOIN users u ON u.id = om.user_id \
         WHERE om.org_id = $1 AND om.id > $2 {more} ORDER BY om.id LIMIT $3"
    ))
}

/// Those who hold a membership in a project that `memberships` selects, themselves or through a group.
fn through(memberships: &str) -> String {
    format!(
        "AND (om.identity_id IN (SELECT pm.identity_id FROM project_memberships pm WHERE {memberships}) \
         OR om.user_id IN (SELECT pm.user_id FROM project_memberships pm WHERE {memberships}) \
         OR om.identity_id IN (SELECT gm.identity_id FROM project_memberships pm \
                               JOIN group_members gm ON gm.group_id = pm.group_id WHERE {memberships}) \
         OR om.user_id IN (SELECT gm.user_id FROM project_memberships pm \
                           JOIN group_members gm ON gm.group_id = pm.group_id WHERE {memberships}))"
    )
}

impl Store {
    /// The members of an organization, after a cursor (from the start, after an empty text).
    pub async fn org_holders(&self, org: OrgId, after: &str, limit: i64) -> StoreResult<Vec<Holder>> {
        self.pools().all(page(""), args![org, after, limit]).await
    }

    /// The members of a project, themselves or through groups, after a cursor.
    pub async fn project_holders(
        &self,
        org: OrgId,
        project: ProjectId,
        after: &str,
        limit: i64,
    ) -> StoreResult<Vec<Holder>> {
        self.pools().all(page(&through("pm.project_id = $4")), args![org, after, limit, project]).await
    }

    /// Those who hold a custom role, themselves or through groups, after a cursor.
    pub async fn role_holders(&self, role: &Role, after: &str, limit: i64) -> StoreResult<Vec<Holder>> {
        let sql = if role.scope.project().is_some() {
            let memberships =
                "pm.id IN (SELECT r.membership_id FROM project_membership_roles r WHERE r.role_id = $4)";
            page(&through(memberships))
        } else {
            page(
                "AND (om.role_id = $4 \
                 OR om.identity_id IN (SELECT gm.identity_id FROM groups g JOIN group_members gm ON gm.group_id = g.id \
                                       WHERE g.role_id = $4) \
                 OR om.user_id IN (SELECT gm.user_id FROM groups g JOIN group_members gm ON gm.group_id = g.id \
                                   WHERE g.role_id = $4))",
            )
        };
        self.pools().all(sql, args![role.scope.org(), after, limit, role.id]).await
    }

    /// Somebody of an organization: an identity, a user, or a group.
    pub async fn holder(&self, org: OrgId, member: MemberRef) -> StoreResult<Option<Holder>> {
        if let MemberRef::Group(id) = member {
            let sql = "SELECT 'group' AS kind, id, name, id AS cursor, CAST(1 AS BIGINT) AS is_active FROM groups \
                       WHERE org_id = $1 AND id = $2";
            return self.pools().one(sql, args![org, id]).await;
        }
        let sql = page("AND (om.identity_id = $4 OR om.user_id = $5)");
        self.pools().one(sql, args![org, "", 1_i64, member.identity(), member.user()]).await
    }
}
