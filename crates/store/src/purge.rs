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
    ("revocations", "id"),
    ("sessions", "id"),
    ("invitations", "user_id"),
];

impl Store {
    /// Removes rows that expired before `now`; answers how many.
    pub async fn purge_expired(&self, now: Timestamp) -> StoreResult<u64> {
        let mut removed = 0;
        for (table, key) in TABLES {
            loop {
                let sql = format!(
                    "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE expires_at < $1 LIMIT $2)"
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
