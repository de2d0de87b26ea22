//! Documents of others that have to be known after a restart, such as trust bundles.

use vouchsafe_domain::time::Timestamp;

use crate::Store;
use crate::engine::args;
use crate::error::StoreResult;

/// For how long a document is kept that was not got again, in seconds: two years.
const KEPT_SECONDS: i64 = 2 * 365 * 86_400;

impl Store {
    /// The document that was kept last under a name.
    pub async fn document(&self, name: &str) -> StoreResult<Option<String>> {
        self.pools().one("SELECT text AS t FROM documents WHERE name = $1", args![name]).await
    }

    /// Keeps a document under a name, unless a newer one is there.
    pub async fn keep_document(&self, name: &str, text: &str, got_at: Timestamp) -> StoreResult<()> {
        let sql = "INSERT INTO documents (name, text, got_at, expires_at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (name) DO UPDATE SET text = excluded.text, got_at = excluded.got_at, \
                   expires_at = excluded.expires_at WHERE excluded.got_at >= documents.got_at";
        let mut tx = self.pools().begin().await?;
        tx.conn().run(sql, args![name, text, got_at, got_at.plus_seconds(KEPT_SECONDS)]).await?;
        tx.commit().await
    }
}
