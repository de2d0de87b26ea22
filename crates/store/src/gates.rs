//! What every request is checked against: small reads that caches keep.

use std::str::FromStr;

use vouchsafe_domain::id::{AuthMethodId, ClientSecretId, IdentityId, OrgId, SessionId, TokenId, UserId};
use vouchsafe_domain::ip::TrustedIps;
use vouchsafe_domain::time::Timestamp;

use crate::Store;
use crate::auth_methods::roles;
use crate::engine::{FromRow, Row, args};
use crate::error::StoreResult;

/// What is true of an identity whenever it makes a request.
#[derive(Clone, Debug)]
pub struct IdentityGate {
    /// The identity.
    pub id: IdentityId,
    /// Its name.
    pub name: String,
    /// Its organization.
    pub org_id: OrgId,
    /// Raised when all its tokens are revoked at once.
    pub token_epoch: i64,
    /// Whether it administers the instance.
    pub instance_admin: bool,
    /// Its membership in its organization.
    pub membership: Option<MembershipGate>,
    /// Its auth methods.
    pub methods: Vec<MethodGate>,
}

/// A membership in an organization.
#[derive(Clone, Debug)]
pub struct MembershipGate {
    /// Which organization.
    pub org_id: OrgId,
    /// Slug of the role; `custom` for a custom one.
    pub role: String,
    /// Whether it counts at present.
    pub is_active: bool,
}

/// An attached auth method.
#[derive(Clone, Debug)]
pub struct MethodGate {
    /// The attached method; attached anew, it has another id.
    pub id: AuthMethodId,
    /// Which method, such as `universal-auth`.
    pub method: String,
    /// From where tokens of this method may be used.
    pub trusted_ips: TrustedIps,
    /// Slugs of the only roles that its tokens hold; none: all that the identity has.
    pub roles: Option<Vec<String>>,
}

/// What is true of a user's session whenever a request comes through it.
#[derive(Clone, Debug)]
pub struct UserGate {
    /// The user's e-mail address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Whether the user administers the instance.
    pub super_admin: bool,
    /// Access tokens of other versions are stale.
    pub access_version: i64,
    /// When the session ends.
    pub session_expires_at: Timestamp,
    /// The user's accepted memberships.
    pub memberships: Vec<MembershipGate>,
}

/// Which parts of a token are revoked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Revoked {
    /// The token itself.
    pub token: bool,
    /// The client secret that it was issued for.
    pub client_secret: bool,
}

impl FromRow for MembershipGate {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self { org_id: row.parsed("org_id")?, role: row.text("role")?, is_active: row.flag("is_active")? })
    }
}

impl FromRow for MethodGate {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            method: row.text("method")?,
            trusted_ips: row.json("token_trusted_ips")?,
            roles: roles(row)?,
        })
    }
}

impl FromRow for IdentityGate {
    fn from_row(row: &Row) -> StoreResult<Self> {
        let org_id = row.parsed("org_id")?;
        let membership = row.opt_text("role")?.map(|role| {
            Ok::<_, crate::StoreError>(MembershipGate { org_id, role, is_active: row.flag("is_active")? })
        });
        Ok(Self {
            id: row.parsed("id")?,
            name: row.text("name")?,
            org_id,
            token_epoch: row.int("token_epoch")?,
            instance_admin: row.flag("instance_admin")?,
            membership: membership.transpose()?,
            methods: Vec::new(),
        })
    }
}

impl FromRow for UserGate {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            email: row.text("email")?,
            first_name: row.text("first_name")?,
            last_name: row.text("last_name")?,
            super_admin: row.flag("super_admin")?,
            access_version: row.int("access_version")?,
            session_expires_at: row.time("expires_at")?,
            memberships: Vec::new(),
        })
    }
}

impl Store {
    /// What is true of an identity now.
    pub async fn identity_gate(&self, id: IdentityId) -> StoreResult<Option<IdentityGate>> {
        let sql = "SELECT i.id, i.name, i.org_id, i.token_epoch, i.instance_admin, m.role, m.is_active \
                   FROM identities i LEFT JOIN org_memberships m ON m.identity_id = i.id WHERE i.id = $1";
        let Some(mut gate) = self.pools().one::<IdentityGate>(sql, args![id]).await? else { return Ok(None) };
        let sql =
            "SELECT id, method, token_trusted_ips, roles FROM auth_methods WHERE identity_id = $1 LIMIT 1000";
        gate.methods = self.pools().all(sql, args![id]).await?;
        Ok(Some(gate))
    }

    /// What is true of a session and its user now.
    pub async fn user_gate(&self, session: SessionId, user: UserId) -> StoreResult<Option<UserGate>> {
        let sql = "SELECT u.email, u.first_name, u.last_name, u.super_admin, s.access_version, s.expires_at \
                   FROM sessions s JOIN users u ON u.id = s.user_id \
                   WHERE s.id = $1 AND s.user_id = $2 AND u.is_accepted = 1";
        let Some(mut gate) = self.pools().one::<UserGate>(sql, args![session, user]).await? else {
            return Ok(None);
        };
        let sql = "SELECT org_id, role, is_active FROM org_memberships WHERE user_id = $1 AND status = 'accepted' \
                   LIMIT 1000";
        gate.memberships = self.pools().all(sql, args![user]).await?;
        Ok(Some(gate))
    }

    /// Whether a token or the client secret behind it is revoked.
    pub async fn revoked(
        &self,
        token: TokenId,
        client_secret: Option<ClientSecretId>,
    ) -> StoreResult<Revoked> {
        let second = client_secret.map_or_else(|| token.to_string(), |id| id.to_string());
        let sql = "SELECT id AS t FROM revocations WHERE id IN ($1, $2)";
        let found: Vec<String> = self.pools().all(sql, args![token, second]).await?;
        let has = |id: Option<uuid::Uuid>| {
            found.iter().any(|text| uuid::Uuid::from_str(text).ok() == id && id.is_some())
        };
        Ok(Revoked {
            token: has(Some(token.as_uuid())),
            client_secret: has(client_secret.map(|id| id.as_uuid())),
        })
    }

    /// Counts one use of a token with a limit; false when none is left. Exact under concurrency: one
    /// statement counts and checks.
    pub async fn count_token_use(
        &self,
        token: TokenId,
        limit: i64,
        now: Timestamp,
        expires: Timestamp,
    ) -> StoreResult<bool> {
        let sql = "INSERT INTO token_uses (token_id, uses, last_used_at, expires_at) VALUES ($1, 1, $2, $3) \
                   ON CONFLICT (token_id) DO UPDATE SET uses = token_uses.uses + 1, last_used_at = $2, expires_at = $3 \
                   WHERE token_uses.uses < $4";
        let mut tx = self.pools().begin().await?;
        let counted = tx.conn().run(sql, args![token, now, expires, limit]).await?;
        tx.commit().await?;
        Ok(counted > 0)
    }

    /// How often a token with a limit was used, and when last.
    pub async fn token_uses(&self, token: TokenId) -> StoreResult<i64> {
        let sql = "SELECT uses AS n FROM token_uses WHERE token_id = $1";
        Ok(self.pools().one(sql, args![token]).await?.unwrap_or(0))
    }
}
