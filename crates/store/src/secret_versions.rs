//! Earlier versions of secrets.

use uuid::Uuid;
use vouchsafe_domain::id::SecretId;
use vouchsafe_domain::time::Timestamp;

use crate::engine::{Arg, FromRow, Row, Sql, args, placeholders};
use crate::error::StoreResult;
use crate::{Change, SecretRow, Store};

/// A version of a secret; sealed like the secret itself.
pub struct SecretVersion {
    /// Which version.
    pub version: i64,
    /// The name that the secret had.
    pub key: String,
    /// Sealed value.
    pub value: Vec<u8>,
    /// Sealed comment; no bytes if there was none.
    pub comment: Vec<u8>,
    /// Sealed metadata; no bytes if there was none.
    pub metadata: Vec<u8>,
    /// Whether line breaks were escaped.
    pub skip_multiline_encoding: Option<bool>,
    /// Who made it: `user`, `identity` or `system`.
    pub actor_type: String,
    /// Id of that user or identity.
    pub actor_id: String,
    /// When made.
    pub created_at: Timestamp,
}

impl FromRow for SecretVersion {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            version: row.int("version")?,
            key: row.text("key")?,
            value: row.bytes("value")?,
            comment: row.bytes("comment")?,
            metadata: row.bytes("metadata")?,
            skip_multiline_encoding: row.opt_int("skip_multiline_encoding")?.map(|flag| flag != 0),
            actor_type: row.text("actor_type")?,
            actor_id: row.text("actor_id")?,
            created_at: row.time("created_at")?,
        })
    }
}

impl Store {
    /// One version of a secret, if it is still kept.
    pub async fn secret_version(&self, id: SecretId, version: i64) -> StoreResult<Option<SecretVersion>> {
        let sql = "SELECT version, key, value, comment, metadata, skip_multiline_encoding, actor_type, actor_id, \
                   created_at FROM secret_versions WHERE secret_id = $1 AND version = $2";
        self.pools().one(sql, args![id, version]).await
    }
}

/// Rows in one statement.
const ROWS: usize = 200;

impl Change {
    /// Keeps the rows as versions.
    pub(crate) async fn insert_secret_versions(&mut self, rows: &[SecretRow]) -> StoreResult<()> {
        for chunk in rows.chunks(ROWS) {
            let sql = format!(
                "INSERT INTO secret_versions (id, secret_id, version, key, value, comment, metadata, \
                 skip_multiline_encoding, actor_type, actor_id, created_at) VALUES {}",
                placeholders(chunk.len(), 11, 1)
            );
            let values = chunk.iter().flat_map(columns).collect();
            self.run(Sql::Rows(sql), values).await?;
        }
        Ok(())
    }

    /// Forgets all but the newest `keep` versions of each.
    pub(crate) async fn prune_secret_versions(&mut self, rows: &[SecretRow], keep: i64) -> StoreResult<()> {
        for chunk in rows.chunks(ROWS) {
            let sql = format!(
                "DELETE FROM secret_versions WHERE secret_id IN {} AND version <= \
                 (SELECT s.version FROM secrets s WHERE s.id = secret_versions.secret_id) - ${}",
                placeholders(1, chunk.len(), 1),
                chunk.len() + 1
            );
            let mut values: Vec<Arg> = chunk.iter().map(|row| Arg::from(row.id)).collect();
            values.push(keep.into());
            self.run(Sql::Rows(sql), values).await?;
        }
        Ok(())
    }
}

fn columns(row: &SecretRow) -> Vec<Arg> {
    args![
        Uuid::now_v7().to_string(),
        row.id,
        row.version,
        row.key.as_str(),
        row.value.as_slice(),
        row.comment.as_slice(),
        row.metadata.as_slice(),
        row.skip_multiline_encoding,
        row.actor_type.as_str(),
        row.actor_id.as_str(),
        row.updated_at,
    ]
}
