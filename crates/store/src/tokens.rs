//! Access tokens: those that an administrator made, and the revocation of any.

use uuid::Uuid;
use vouchsafe_domain::id::{AuthMethodId, IdentityId, OrgId, TokenId};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_domain::token_settings::TokenSettings;

use crate::engine::{FromRow, Row, Sql, args};
use crate::error::StoreResult;
use crate::{Change, Store};

/// A token made through token auth, without the token.
#[derive(Clone, Debug)]
pub struct Token {
    /// Id.
    pub id: TokenId,
    /// The identity.
    pub identity_id: IdentityId,
    /// The attached method.
    pub auth_method_id: AuthMethodId,
    /// Free text.
    pub name: Option<String>,
    /// Requested life, seconds.
    pub ttl: i64,
    /// Longest life over all renewals, seconds.
    pub max_ttl: i64,
    /// Requests so far; counted for tokens with a limit only.
    pub uses: i64,
    /// Requests allowed; 0: any number.
    pub uses_limit: i64,
    /// Period, seconds.
    pub period: i64,
    /// Last request; known for tokens with a limit only.
    pub last_used_at: Option<Timestamp>,
    /// Last renewal.
    pub last_renewed_at: Option<Timestamp>,
    /// Whether it is refused for good.
    pub is_revoked: bool,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

const SELECT: &str = "SELECT t.id, t.identity_id, t.auth_method_id, t.name, t.ttl, t.max_ttl, t.uses_limit, t.period, \
     t.last_renewed_at, t.is_revoked, t.created_at, t.updated_at, COALESCE(u.uses, 0) AS uses, u.last_used_at \
     FROM tokens t LEFT JOIN token_uses u ON u.token_id = t.id";

impl FromRow for Token {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            identity_id: row.parsed("identity_id")?,
            auth_method_id: row.parsed("auth_method_id")?,
            name: row.opt_text("name")?,
            ttl: row.int("ttl")?,
            max_ttl: row.int("max_ttl")?,
            uses: row.int("uses")?,
            uses_limit: row.int("uses_limit")?,
            period: row.int("period")?,
            last_used_at: row.opt_time("last_used_at")?,
            last_renewed_at: row.opt_time("last_renewed_at")?,
            is_revoked: row.flag("is_revoked")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Store {
    /// A token made through token auth, in this organization.
    pub async fn token(&self, org: OrgId, id: TokenId) -> StoreResult<Option<Token>> {
        let sql = Sql::Built(format!(
            "{SELECT} JOIN identities i ON i.id = t.identity_id WHERE i.org_id = $1 AND t.id = $2"
        ));
        self.pools().one(sql, args![org, id]).await
    }

    /// A page of an identity's tokens, most recently changed first.
    pub async fn tokens(&self, identity: IdentityId, limit: i64, offset: i64) -> StoreResult<Vec<Token>> {
        let sql = Sql::Built(format!(
            "{SELECT} WHERE t.identity_id = $1 ORDER BY t.updated_at DESC, t.id DESC LIMIT $2 OFFSET $3"
        ));
        self.pools().all(sql, args![identity, limit, offset]).await
    }
}

impl Change {
    /// Stores a token that an administrator made.
    pub async fn insert_token(
        &mut self,
        identity: IdentityId,
        method: AuthMethodId,
        name: Option<&str>,
        settings: &TokenSettings,
    ) -> StoreResult<TokenId> {
        let (id, at) = (TokenId::from_uuid(Uuid::now_v7()), self.at());
        let sql = "INSERT INTO tokens (id, identity_id, auth_method_id, name, ttl, max_ttl, uses_limit, period, \
                   is_revoked, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $9)";
        let values = args![
            id,
            identity,
            method,
            name,
            settings.ttl(),
            settings.max_ttl(),
            settings.uses_limit(),
            settings.period(),
            at
        ];
        self.run(sql, values).await?;
        Ok(id)
    }

    /// Renames a token.
    pub async fn rename_token(&mut self, id: TokenId, name: Option<&str>) -> StoreResult<()> {
        let at = self.at();
        self.run("UPDATE tokens SET name = $2, updated_at = $3 WHERE id = $1", args![id, name, at]).await?;
        Ok(())
    }

    /// Notes that a token was renewed.
    pub async fn note_renewal(&mut self, id: TokenId) -> StoreResult<()> {
        let at = self.at();
        self.run("UPDATE tokens SET last_renewed_at = $2 WHERE id = $1", args![id, at]).await?;
        Ok(())
    }

    /// Refuses a token and all its renewals for good. `keep_until` is when the last of them has
    /// expired; the note may go then.
    pub async fn revoke_token(&mut self, id: TokenId, keep_until: Timestamp) -> StoreResult<()> {
        let at = self.at();
        self.run("UPDATE tokens SET is_revoked = 1, updated_at = $2 WHERE id = $1", args![id, at]).await?;
        self.insert_revocation(&id.to_string(), keep_until).await?;
        self.touch(id);
        Ok(())
    }

    pub(crate) async fn insert_revocation(&mut self, id: &str, keep_until: Timestamp) -> StoreResult<()> {
        let at = self.at();
        let sql = "INSERT INTO revocations (id, revoked_at, expires_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
        self.run(sql, args![id, at, keep_until]).await?;
        Ok(())
    }
}
