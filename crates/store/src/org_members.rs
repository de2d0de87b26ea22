//! Memberships of users in organizations.

use uuid::Uuid;
use vouchsafe_domain::id::{MembershipId, OrgId, UserId};
use vouchsafe_domain::time::Timestamp;

use crate::engine::{FromRow, Row, Sql, args};
use crate::error::StoreResult;
use crate::organizations::Organization;
use crate::roles::{CustomRole, NewRoleRef};
use crate::users::{USER_COLUMNS, User};
use crate::{Change, Store};

/// A user as a member of an organization.
#[derive(Clone, Debug)]
pub struct OrgMember {
    /// Id of the membership.
    pub id: MembershipId,
    /// The organization.
    pub org_id: OrgId,
    /// Slug of the role; `custom` for a custom one.
    pub role: String,
    /// The custom role, if it is one.
    pub custom_role: Option<CustomRole>,
    /// Whether the user has accepted the invitation.
    pub is_accepted: bool,
    /// Whether the membership counts at present.
    pub is_active: bool,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
    /// The user.
    pub user: User,
}

/// An organization as one of its members sees it.
#[derive(Clone, Debug)]
pub struct UserOrganization {
    /// The organization.
    pub organization: Organization,
    /// Id of the membership.
    pub membership_id: MembershipId,
    /// Slug of the member's role.
    pub role: String,
    /// Whether the membership counts at present.
    pub is_active: bool,
    /// Since when.
    pub joined_at: Timestamp,
}

impl OrgMember {
    /// The role, as changes take it.
    pub fn role_ref(&self) -> NewRoleRef {
        self.custom_role.as_ref().map_or_else(|| NewRoleRef::built_in(&self.role), CustomRole::unchanged)
    }

    fn custom_role_id(&self) -> String {
        self.custom_role.as_ref().map(|role| role.id.to_string()).unwrap_or_default()
    }
}

/// Memberships of users only: those of identities, of which there may be many more, are not even looked at.
const FROM: &str = "FROM org_memberships m JOIN users u ON u.id = m.user_id AND m.user_id IS NOT NULL \
                    LEFT JOIN roles cr ON cr.id = m.role_id";

fn select(rest: &str) -> Sql {
    Sql::Built(format!(
        "SELECT m.id, m.org_id, m.role, m.status, m.is_active, m.created_at, m.updated_at, \
         cr.id AS custom_id, cr.slug AS custom_slug, cr.name AS custom_name, cr.description AS custom_description, \
         {USER_COLUMNS} {FROM} {rest}"
    ))
}

impl FromRow for OrgMember {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            org_id: row.parsed("org_id")?,
            role: row.text("role")?,
            custom_role: CustomRole::of_row(row)?,
            is_accepted: row.text("status")? == ACCEPTED,
            is_active: row.flag("is_active")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
            user: User::from_row(row)?,
        })
    }
}

impl FromRow for UserOrganization {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            organization: Organization::from_row(row)?,
            membership_id: row.parsed("membership_id")?,
            role: row.text("role")?,
            is_active: row.flag("is_active")?,
            joined_at: row.time("joined_at")?,
        })
    }
}

const ACCEPTED: &str = "accepted";
const INVITED: &str = "invited";

impl Store {
    /// The users of an organization, oldest membership first; at most 10,000.
    pub async fn org_members(&self, org: OrgId) -> StoreResult<Vec<OrgMember>> {
        self.pools()
            .all(select("WHERE m.org_id = $1 ORDER BY m.created_at, m.id LIMIT 10000"), args![org])
            .await
    }

    /// A user's membership in an organization, by its id.
    pub async fn org_member(&self, org: OrgId, id: MembershipId) -> StoreResult<Option<OrgMember>> {
        self.pools().one(select("WHERE m.org_id = $1 AND m.id = $2"), args![org, id]).await
    }

    /// A user's membership in an organization, by the user's id.
    pub async fn org_member_by_user(&self, org: OrgId, user: UserId) -> StoreResult<Option<OrgMember>> {
        self.pools().one(select("WHERE m.org_id = $1 AND m.user_id = $2"), args![org, user]).await
    }

    /// A user's membership in an organization, by the user's e-mail address (in lower case).
    pub async fn org_member_by_email(&self, org: OrgId, email: &str) -> StoreResult<Option<OrgMember>> {
        self.pools().one(select("WHERE m.org_id = $1 AND u.email = $2"), args![org, email]).await
    }

    /// The organizations whose membership a user has accepted, by name; at most 1,000.
    pub async fn organizations_of(&self, user: UserId) -> StoreResult<Vec<UserOrganization>> {
        let sql = "SELECT o.id, o.name, o.slug, o.created_at, o.updated_at, m.id AS membership_id, m.role, \
                   m.is_active, m.created_at AS joined_at \
                   FROM org_memberships m JOIN organizations o ON o.id = m.org_id \
                   WHERE m.user_id = $1 AND m.status = 'accepted' ORDER BY o.name, o.id LIMIT 1000";
        self.pools().all(sql, args![user]).await
    }
}

impl Change {
    /// Makes a user a member of an organization, or invites the user into it.
    pub async fn add_org_member(
        &mut self,
        org: OrgId,
        user: UserId,
        role: &NewRoleRef,
        is_accepted: bool,
    ) -> StoreResult<MembershipId> {
        let (id, at) = (MembershipId::from_uuid(Uuid::now_v7()), self.at());
        let status = if is_accepted { ACCEPTED } else { INVITED };
        let sql = "INSERT INTO org_memberships (id, org_id, user_id, role, role_id, status, is_active, created_at, \
                   updated_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7)";
        self.confirm_role(role).await?;
        self.run(sql, args![id, org, user, role.slug(), role.id(), status, at]).await?;
        self.touch(user);
        Ok(id)
    }

    /// The user accepts an invitation into an organization; false if there is no membership to accept.
    pub async fn accept_org_member(&mut self, org: OrgId, user: UserId) -> StoreResult<bool> {
        let at = self.at();
        let sql = "UPDATE org_memberships SET status = 'accepted', updated_at = $3 WHERE org_id = $1 AND user_id = $2";
        self.touch(user);
        Ok(self.run(sql, args![org, user, at]).await? > 0)
    }

    /// Changes a user's role in an organization, and whether the membership counts. False if it is no
    /// longer what `member` says: who decided on that must decide again.
    pub async fn update_org_member(
        &mut self,
        member: &OrgMember,
        role: &NewRoleRef,
        is_active: bool,
    ) -> StoreResult<bool> {
        let at = self.at();
        let sql = "UPDATE org_memberships SET role = $2, role_id = $3, is_active = $4, updated_at = $5 \
                   WHERE id = $1 AND role = $6 AND COALESCE(role_id, '') = $7 AND is_active = $8";
        self.confirm_role(role).await?;
        self.touch(member.user.id);
        let values = args![
            member.id,
            role.slug(),
            role.id(),
            is_active,
            at,
            &member.role,
            member.custom_role_id(),
            member.is_active
        ];
        Ok(self.run(sql, values).await? > 0)
    }

    /// Ends a user's membership in an organization, and with it those in all its projects. False if it is
    /// no longer what `member` says.
    pub async fn remove_org_member(&mut self, member: &OrgMember) -> StoreResult<bool> {
        let (org, user) = (member.org_id, member.user.id);
        let sql = "DELETE FROM org_memberships WHERE id = $1 AND role = $2 AND COALESCE(role_id, '') = $3 AND is_active = $4";
        let values = args![member.id, &member.role, member.custom_role_id(), member.is_active];
        if self.run(sql, values).await? == 0 {
            return Ok(false);
        }
        let sql = "DELETE FROM group_members WHERE user_id = $2 AND group_id IN (SELECT id FROM groups WHERE org_id = $1)";
        self.run(sql, args![org, user]).await?;
        let sql = "DELETE FROM project_memberships WHERE user_id = $2 \
                   AND project_id IN (SELECT id FROM projects WHERE org_id = $1)";
        self.run(sql, args![org, user]).await?;
        self.run("DELETE FROM invitations WHERE org_id = $1 AND user_id = $2", args![org, user]).await?;
        self.touch(user);
        Ok(true)
    }

    /// How many users administer an organization apart from this member. Call
    /// [`Change::serialize_organization`] before.
    pub async fn count_other_admins(&mut self, member: &OrgMember) -> StoreResult<i64> {
        let sql = "SELECT COUNT(*) AS n FROM org_memberships WHERE org_id = $1 AND user_id IS NOT NULL \
                   AND role = 'admin' AND status = 'accepted' AND is_active = 1 AND id <> $2";
        Ok(self.one(sql, args![member.org_id, member.id]).await?.unwrap_or(0))
    }
}
