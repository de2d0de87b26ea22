//! Removing what has expired.

use vouchsafe_domain::time::Timestamp;

use crate::Store;
use crate::engine::{Sql, args};
use crate::error::StoreResult;

/// Rows removed in one statement, so that logins are not held up behind a long one.
const BATCH: i64 = 1000;

/// Tables whose rows mean nothing after `expires_at`, and their keys.
const TABLES: &[(&str, &str)] = &[
    ("lockouts", "auth_method_id, subject"),
    ("token_uses", "token_id"),
    ("used_proofs", "id"),
    ("revocations", "id"),
    ("sessions", "id"),
    ("invitations", "user_id, org_id"),
    ("denials", "number"),
    ("documents", "name"),
];

impl Store {
    /// Removes rows that expired before `now`; answers how many.
    pub async fn purge_expired(&self, now: Timestamp) -> StoreResult<u64> {
        let mut removed = 0;
        for (table, key) in TABLES {
            loop {
                // The expiry is asked again outside: a row that was renewed meanwhile stays.
                let sql = format!(
                    "DELETE FROM {table} WHERE expires_at < $1 \
                     AND ({key}) IN (SELECT {key} FROM {table} WHERE expires_at < $1 LIMIT $2)"
                );
                let mut tx = self.pools().begin().await?;
                let rows = tx.conn().run(Sql::Built(sql), args![now, BATCH]).await?;
                tx.commit().await?;
                removed += rows;
                if rows < BATCH.unsigned_abs() {
                    break;
                }
            }
        }
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Database;

    #[tokio::test]
    async fn an_expired_invitation_goes_without_those_to_other_organizations() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::Sqlite(folder.path().join("vouchsafe.db"));
        let store = Store::open(&database, Timestamp::EPOCH).await.unwrap();
        let mut tx = store.pools().begin().await.unwrap();
        for statement in [
            "INSERT INTO organizations VALUES ('a', 'a', 'a', 0, 0), ('b', 'b', 'b', 0, 0)",
            "INSERT INTO users (id, email, first_name, last_name, is_accepted, super_admin, failed_logins, \
             created_at, updated_at) VALUES ('u', 'u@example.com', '', '', 0, 0, 0, 0, 0)",
            "INSERT INTO invitations VALUES ('u', 'a', x'01', 10, 0), ('u', 'b', x'02', 1000, 0)",
        ] {
            tx.conn().run(statement, vec![]).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(store.purge_expired(Timestamp::from_millis(100)).await.unwrap(), 1);
        let left: Vec<String> =
            store.pools().all("SELECT org_id AS t FROM invitations", vec![]).await.unwrap();
        assert_eq!(left, ["b"]);
    }
}
