//! Client secrets of universal auth. Only a keyed hash is stored.

use uuid::Uuid;
use vouchsafe_domain::id::{AuthMethodId, ClientSecretId};
use vouchsafe_domain::time::Timestamp;

use crate::auth_methods::AuthMethod;
use crate::engine::{FromRow, Row, Sql, args};
use crate::error::StoreResult;
use crate::{Change, Store};

/// A client secret, without the secret.
#[derive(Clone, Debug)]
pub struct ClientSecret {
    /// Id.
    pub id: ClientSecretId,
    /// The attached method.
    pub auth_method_id: AuthMethodId,
    /// Free text.
    pub description: String,
    /// The first four characters.
    pub prefix: String,
    /// Logins so far; for secrets without a limit this may lag two seconds behind.
    pub uses: i64,
    /// Logins allowed; 0: any number.
    pub uses_limit: i64,
    /// Seconds from creation; 0: for ever.
    pub ttl: i64,
    /// Whether it is refused for good.
    pub is_revoked: bool,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// A client secret to store.
#[derive(Clone, Debug)]
pub struct NewClientSecret<'a> {
    /// Free text.
    pub description: &'a str,
    /// The first four characters.
    pub prefix: &'a str,
    /// Keyed hash of the secret.
    pub hash: [u8; 32],
    /// Logins allowed; 0: any number.
    pub uses_limit: i64,
    /// Seconds from now; 0: for ever.
    pub ttl: i64,
}

const COLUMNS: &str =
    "id, auth_method_id, description, prefix, uses, uses_limit, ttl, is_revoked, created_at, updated_at";

impl FromRow for ClientSecret {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            auth_method_id: row.parsed("auth_method_id")?,
            description: row.text("description")?,
            prefix: row.text("prefix")?,
            uses: row.int("uses")?,
            uses_limit: row.int("uses_limit")?,
            ttl: row.int("ttl")?,
            is_revoked: row.flag("is_revoked")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl Store {
    /// The client secrets of a method that are not revoked, newest first.
    pub async fn client_secrets(&self, method: AuthMethodId) -> StoreResult<Vec<ClientSecret>> {
        let sql = Sql::Built(format!(
            "SELECT {COLUMNS} FROM client_secrets WHERE auth_method_id = $1 AND is_revoked = 0 \
             ORDER BY created_at DESC, id DESC LIMIT 10000"
        ));
        self.pools().all(sql, args![method]).await
    }

    /// A client secret of a method.
    pub async fn client_secret(
        &self,
        method: AuthMethodId,
        id: ClientSecretId,
    ) -> StoreResult<Option<ClientSecret>> {
        let sql =
            Sql::Built(format!("SELECT {COLUMNS} FROM client_secrets WHERE auth_method_id = $1 AND id = $2"));
        self.pools().one(sql, args![method, id]).await
    }
}

impl Change {
    /// Stores a client secret.
    pub async fn insert_client_secret(
        &mut self,
        method: &AuthMethod,
        new: &NewClientSecret<'_>,
    ) -> StoreResult<ClientSecretId> {
        let (id, at) = (ClientSecretId::from_uuid(Uuid::now_v7()), self.at());
        let sql = "INSERT INTO client_secrets (id, auth_method_id, description, prefix, hash, uses, uses_limit, ttl, \
                   is_revoked, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, 0, $8, $8)";
        let values =
            args![id, method.id, new.description, new.prefix, new.hash.to_vec(), new.uses_limit, new.ttl, at];
        self.run(sql, values).await?;
        Ok(id)
    }

    /// Refuses a client secret, and every token that was issued for it, for good. `keep_until` is
    /// when the last of these tokens has expired.
    pub async fn revoke_client_secret(
        &mut self,
        method: &AuthMethod,
        id: ClientSecretId,
        keep_until: Timestamp,
    ) -> StoreResult<()> {
        let at = self.at();
        self.run("UPDATE client_secrets SET is_revoked = 1, updated_at = $2 WHERE id = $1", args![id, at])
            .await?;
        self.insert_revocation(&id.to_string(), keep_until).await?;
        self.touch(method.identity_id);
        Ok(())
    }
}
