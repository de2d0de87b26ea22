//! The instance itself: whether it was set up, and its own keys.

use vouchsafe_domain::time::Timestamp;

use crate::engine::{FromRow, Row, args};
use crate::error::StoreResult;
use crate::{Change, Store};

/// A key of the instance, sealed under the root key.
#[derive(Clone, Debug)]
pub struct InstanceKey {
    /// Its id; for signing keys the `kid` of tokens.
    pub id: String,
    /// What it is for.
    pub purpose: String,
    /// The sealed key.
    pub sealed: Vec<u8>,
}

impl FromRow for InstanceKey {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self { id: row.text("id")?, purpose: row.text("purpose")?, sealed: row.bytes("sealed")? })
    }
}

struct Check(Vec<u8>);

impl FromRow for Check {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self(row.bytes("root_key_check")?))
    }
}

impl Store {
    /// What the root key must be able to open; nothing before the first start.
    pub async fn root_key_check(&self) -> StoreResult<Option<Vec<u8>>> {
        let check =
            self.pools().one::<Check>("SELECT root_key_check FROM instance WHERE id = 1", vec![]).await?;
        Ok(check.map(|check| check.0))
    }

    /// The keys of the instance, oldest first.
    pub async fn instance_keys(&self) -> StoreResult<Vec<InstanceKey>> {
        let sql = "SELECT id, purpose, sealed FROM instance_keys ORDER BY created_at, id LIMIT 100";
        self.pools().all(sql, vec![]).await
    }

    /// Whether the first administrator was made.
    pub async fn is_initialized(&self) -> StoreResult<bool> {
        let sql = "SELECT initialized AS n FROM instance WHERE id = 1";
        Ok(self.pools().one::<i64>(sql, vec![]).await? == Some(1))
    }

    /// Writes what the first start made; of replicas that start together the first one wins.
    pub async fn init_instance(&self, check: &[u8], keys: &[InstanceKey], now: Timestamp) -> StoreResult<()> {
        let mut tx = self.pools().begin().await?;
        let sql = "INSERT INTO instance (id, root_key_check, initialized, created_at) VALUES (1, $1, 0, $2) \
                   ON CONFLICT (id) DO NOTHING";
        let made = tx.conn().run(sql, args![check, now]).await?;
        if made > 0 {
            let sql = "INSERT INTO instance_keys (id, purpose, sealed, created_at) VALUES ($1, $2, $3, $4)";
            for key in keys {
                tx.conn()
                    .run(sql, args![key.id.as_str(), key.purpose.as_str(), key.sealed.as_slice(), now])
                    .await?;
            }
        }
        tx.commit().await
    }
}

impl Change {
    /// Notes that the first administrator exists; false if one did before.
    pub async fn mark_initialized(&mut self) -> StoreResult<bool> {
        let sql = "UPDATE instance SET initialized = 1 WHERE id = 1 AND initialized = 0";
        Ok(self.run(sql, vec![]).await? > 0)
    }
}
