//! Which credentials end when: client secrets, and tokens made by hand.

use std::collections::HashMap;

use vouchsafe_domain::id::{IdentityId, OrgId};
use vouchsafe_domain::time::Timestamp;

use crate::Store;
use crate::engine::{FromRow, Row, Sql, args, padded, placeholders};
use crate::error::StoreResult;

// The terms of the indexes of migrations 4 and 6, word for word: only then are these used.

/// When a client secret `c` ends.
const SECRET_END: &str = "(c.created_at + c.ttl * 1000)";
/// Client secrets that end at all and can be used until then.
const SECRET_ENDS: &str = "c.ttl > 0 AND c.is_revoked = 0 AND (c.uses_limit = 0 OR c.uses < c.uses_limit)";
/// When a token `t` ends.
const TOKEN_END: &str = "(CASE WHEN t.period > 0 THEN COALESCE(t.last_renewed_at, t.created_at) + t.period * 1000 \
                         WHEN t.max_ttl > 0 AND (t.ttl = 0 OR t.created_at + t.max_ttl * 1000 < \
                         COALESCE(t.last_renewed_at, t.created_at) + t.ttl * 1000) THEN t.created_at + t.max_ttl * 1000 \
                         ELSE COALESCE(t.last_renewed_at, t.created_at) + t.ttl * 1000 END)";
/// Tokens that end at all and can be used until then.
const TOKEN_ENDS: &str = "t.is_revoked = 0 AND t.ttl + t.max_ttl + t.period > 0";

/// A credential that ends at a time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ExpiringCredential {
    /// Id of the client secret or of the token.
    pub id: String,
    /// Whether it is a token made through token auth; otherwise it is a client secret.
    pub is_token: bool,
    /// Whose.
    pub identity_id: IdentityId,
    /// Name of the identity.
    pub identity_name: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl FromRow for ExpiringCredential {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.text("id")?,
            is_token: row.flag("is_token")?,
            identity_id: row.parsed("identity_id")?,
            identity_name: row.text("identity_name")?,
            expires_at: row.time("expires_at")?,
        })
    }
}

/// An identity, and when the first of its client secrets and the first of its tokens ends.
struct Ends(IdentityId, Option<Timestamp>, Option<Timestamp>);

impl FromRow for Ends {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self(row.parsed("id")?, row.opt_time("secret_end")?, row.opt_time("token_end")?))
    }
}

impl Store {
    /// Client secrets and tokens made by hand that end within a span and can be used until then, the first one first.
    /// Of identities that the organization manages itself.
    pub async fn expiring_credentials(
        &self,
        org: OrgId,
        from: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> StoreResult<Vec<ExpiringCredential>> {
        let sql = format!(
            "SELECT id, is_token, identity_id, identity_name, expires_at FROM (\
             SELECT c.id, CAST(0 AS BIGINT) AS is_token, i.id AS identity_id, i.name AS identity_name, \
             {SECRET_END} AS expires_at FROM client_secrets c JOIN auth_methods a ON a.id = c.auth_method_id \
             JOIN identities i ON i.id = a.identity_id WHERE i.org_id = $1 AND i.project_id IS NULL AND {SECRET_ENDS} \
             AND {SECRET_END} >= $2 AND {SECRET_END} < $3 \
             UNION ALL SELECT t.id, CAST(1 AS BIGINT), i.id, i.name, {TOKEN_END} FROM tokens t \
             JOIN identities i ON i.id = t.identity_id WHERE i.org_id = $1 AND i.project_id IS NULL AND {TOKEN_ENDS} \
             AND {TOKEN_END} >= $2 AND {TOKEN_END} < $3) soon ORDER BY expires_at, id LIMIT $4"
        );
        self.pools().all(Sql::Built(sql), args![org, from, until, limit]).await
    }

    /// When the first credential of each of these identities ends, from now on, of those that can be used until then:
    /// client secrets, and tokens made by hand. At most 500 identities; those without such a credential are left out.
    pub async fn next_expiries(
        &self,
        identities: &[IdentityId],
        now: Timestamp,
    ) -> StoreResult<HashMap<IdentityId, Timestamp>> {
        let identities = padded(identities[..identities.len().min(500)].to_vec());
        if identities.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = next_of_each(identities.len());
        let mut values = args![now];
        values.extend(identities.iter().map(|id| (*id).into()));
        let found: Vec<Ends> = self.pools().all(Sql::Built(sql), values).await?;
        let first = |Ends(id, secret, token)| {
            let ends = secret.into_iter().chain(token);
            ends.min().map(|end| (id, end))
        };
        Ok(found.into_iter().filter_map(first).collect())
    }
}

/// The query for the first ends of so many identities; its first parameter is the time.
fn next_of_each(identities: usize) -> String {
    format!(
        "SELECT i.id, (SELECT MIN((SELECT {SECRET_END} FROM client_secrets c WHERE c.auth_method_id = a.id \
         AND {SECRET_ENDS} AND {SECRET_END} >= $1 ORDER BY {SECRET_END} LIMIT 1)) \
         FROM auth_methods a WHERE a.identity_id = i.id AND a.method = 'universal-auth') AS secret_end, \
         (SELECT {TOKEN_END} FROM tokens t WHERE t.identity_id = i.id AND {TOKEN_ENDS} AND {TOKEN_END} >= $1 \
         ORDER BY {TOKEN_END} LIMIT 1) AS token_end FROM identities i WHERE i.id IN {}",
        placeholders(1, identities, 2)
    )
}

/// The identities with a credential that ends within a span and can be used until then, as SQL; its begin and end are
/// these parameters.
pub(crate) fn expiring_identities(from: usize, until: usize) -> String {
    format!(
        "SELECT a.identity_id FROM client_secrets c JOIN auth_methods a ON a.id = c.auth_method_id \
         WHERE {SECRET_ENDS} AND {SECRET_END} >= ${from} AND {SECRET_END} < ${until} \
         UNION ALL SELECT t.identity_id FROM tokens t \
         WHERE {TOKEN_ENDS} AND {TOKEN_END} >= ${from} AND {TOKEN_END} < ${until}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Database;
    use crate::lockouts::locked_identities;
    use crate::plan::plan;

    #[tokio::test]
    async fn states_are_found_by_indexes() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("vouchsafe.db"));
        let store = Store::open(&database, Timestamp::EPOCH).await.unwrap();
        let next = plan(&store, &next_of_each(2), args![0_i64, "a", "b"]).await;
        for index in ["client_secrets_end (auth_method_id=? AND ", "tokens_end (identity_id=? AND "] {
            assert!(next.contains(index) && !next.contains("TEMP B-TREE"), "{index}: {next}");
        }
        let expiring = plan(&store, &expiring_identities(1, 2), args![0_i64, 1_i64]).await;
        for index in ["client_secrets_expiry (<expr>>? AND ", "tokens_expiry (<expr>>? AND "] {
            assert!(expiring.contains(index), "{index}: {expiring}");
        }
        let locked = plan(&store, &locked_identities(1), args![0_i64]).await;
        assert!(locked.contains("lockouts_locked (locked_until>?)"), "{locked}");
    }
}
