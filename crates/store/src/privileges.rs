//! Additional privileges: rules that one member of a project holds beside its roles.

use serde_json::Value;
use uuid::Uuid;
use vouchsafe_domain::id::{IdentityId, MembershipId, PrivilegeId, ProjectId, UserId};
use vouchsafe_domain::time::Timestamp;

use crate::engine::{FromRow, Row, Sql, args};
use crate::error::{StoreError, StoreResult};
use crate::members::{Member, MemberRef, TemporaryRole};
use crate::{Change, Store};

/// More privileges than this no member has.
pub const MOST_PRIVILEGES: usize = 100;

/// An additional privilege.
#[derive(Clone, Debug)]
pub struct Privilege {
    /// Id.
    pub id: PrivilegeId,
    /// The membership that it belongs to.
    pub membership_id: MembershipId,
    /// The project.
    pub project_id: ProjectId,
    /// Who has it.
    pub member: MemberRef,
    /// Unique for the member.
    pub slug: String,
    /// The rules as they go over the wire.
    pub permissions: Vec<Value>,
    /// For how long, if not for good.
    pub temporary: Option<TemporaryRole>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

impl FromRow for Privilege {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let identity: Option<IdentityId> = row.opt_parsed("identity_id")?;
        let member = match identity {
            Some(id) => MemberRef::Identity(id),
            None => MemberRef::User(row.parsed::<UserId>("user_id")?),
        };
        Ok(Self {
            id: row.parsed("id")?,
            membership_id: row.parsed("membership_id")?,
            project_id: row.parsed("project_id")?,
            member,
            slug: row.text("slug")?,
            permissions: row.json("permissions")?,
            temporary: TemporaryRole::of_row(row)?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

const SELECT: &str = "SELECT p.id, p.membership_id, m.project_id, m.user_id, m.identity_id, p.slug, p.permissions, \
                      p.temporary_range, p.starts_at, p.ends_at, p.created_at, p.updated_at \
                      FROM privileges p JOIN project_memberships m ON m.id = p.membership_id";

impl Store {
    /// The privileges of a member, in the order in which their rules are read.
    pub async fn privileges(&self, membership: MembershipId) -> StoreResult<Vec<Privilege>> {
        let sql = Sql::Built(format!("{SELECT} WHERE p.membership_id = $1 ORDER BY p.id LIMIT 1000"));
        self.pools().all(sql, args![membership]).await
    }

    /// A privilege by its id, in whichever project.
    pub async fn privilege(&self, id: PrivilegeId) -> StoreResult<Option<Privilege>> {
        self.pools().one(Sql::Built(format!("{SELECT} WHERE p.id = $1")), args![id]).await
    }

    /// A privilege of a member by its slug.
    pub async fn privilege_by_slug(
        &self,
        membership: MembershipId,
        slug: &str,
    ) -> StoreResult<Option<Privilege>> {
        let sql = Sql::Built(format!("{SELECT} WHERE p.membership_id = $1 AND p.slug = $2"));
        self.pools().one(sql, args![membership, slug]).await
    }
}

/// What a privilege is made of.
#[derive(Clone, Debug)]
pub struct PrivilegeParts<'a> {
    /// Unique for the member.
    pub slug: &'a str,
    /// The rules as they go over the wire.
    pub permissions: &'a [Value],
    /// For how long, if not for good.
    pub temporary: Option<&'a TemporaryRole>,
}

impl PrivilegeParts<'_> {
    fn rules(&self) -> StoreResult<String> {
        serde_json::to_string(self.permissions).map_err(|error| StoreError::Other(error.to_string()))
    }
}

impl Change {
    /// Gives a privilege to a member.
    pub async fn insert_privilege(
        &mut self,
        member: &Member,
        parts: &PrivilegeParts<'_>,
    ) -> StoreResult<PrivilegeId> {
        let (id, at) = (PrivilegeId::from_uuid(Uuid::now_v7()), self.at());
        let sql = "INSERT INTO privileges (id, membership_id, slug, permissions, temporary_range, starts_at, ends_at, \
                   created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";
        let window = parts.temporary;
        let values = args![
            id,
            member.id,
            parts.slug,
            parts.rules()?,
            window.map(|w| w.range.as_str()),
            window.map(|w| w.starts_at),
            window.map(|w| w.ends_at),
            at
        ];
        self.run(sql, values).await?;
        self.touch_member(member.project_id, member.member).await?;
        Ok(id)
    }

    /// Changes a privilege. False if it was changed or deleted meanwhile.
    pub async fn update_privilege(
        &mut self,
        privilege: &Privilege,
        parts: &PrivilegeParts<'_>,
    ) -> StoreResult<bool> {
        let (at, window) = (self.at(), parts.temporary);
        let sql = "UPDATE privileges SET slug = $2, permissions = $3, temporary_range = $4, starts_at = $5, \
                   ends_at = $6, updated_at = $7 WHERE id = $1 AND permissions = $8";
        let values = args![
            privilege.id,
            parts.slug,
            parts.rules()?,
            window.map(|w| w.range.as_str()),
            window.map(|w| w.starts_at),
            window.map(|w| w.ends_at),
            at,
            stored(&privilege.permissions)?
        ];
        self.touch_member(privilege.project_id, privilege.member).await?;
        Ok(self.run(sql, values).await? > 0)
    }

    /// Takes a privilege away. False if it was changed or deleted meanwhile.
    pub async fn delete_privilege(&mut self, privilege: &Privilege) -> StoreResult<bool> {
        let sql = "DELETE FROM privileges WHERE id = $1 AND permissions = $2";
        self.touch_member(privilege.project_id, privilege.member).await?;
        Ok(self.run(sql, args![privilege.id, stored(&privilege.permissions)?]).await? > 0)
    }
}

/// Rules as they stand in the database: reading and writing them again changes nothing.
fn stored(permissions: &[Value]) -> StoreResult<String> {
    serde_json::to_string(permissions).map_err(|error| StoreError::Other(error.to_string()))
}
