//! What logins leave behind for people to see: uses of secrets without a limit, and last logins.

use std::collections::BTreeMap;
use std::time::Instant;

use vouchsafe_domain::id::{ClientSecretId, IdentityId};
use vouchsafe_domain::time::Timestamp;

use super::{FOLD_EVERY, Login};
use crate::engine::{Pools, Sql, args, placeholders};
use crate::error::StoreResult;

/// Rows per statement.
const ROWS: usize = 500;

/// Counted, but not written yet. Ordered, so that replicas write rows in the same order.
#[derive(Default)]
pub(super) struct Pending {
    uses: BTreeMap<ClientSecretId, i64>,
    last: BTreeMap<IdentityId, (String, Timestamp)>,
    written: Option<Instant>,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.uses.is_empty() && self.last.is_empty()
    }

    pub(super) fn is_due(&self) -> bool {
        !self.is_empty() && self.written.is_none_or(|at| at.elapsed() >= FOLD_EVERY)
    }

    /// Notes a granted login; `counts_use` says that its use is not counted yet.
    pub(super) fn note(&mut self, login: &Login, counts_use: bool, at: Timestamp) {
        if let Some(secret) = login.client_secret_id.filter(|_| counts_use) {
            *self.uses.entry(secret).or_insert(0) += 1;
        }
        let last = self.last.entry(login.identity_id).or_insert_with(|| (login.method.clone(), at));
        if last.1 <= at {
            last.1 = at;
            if last.0 != login.method {
                last.0.clone_from(&login.method);
            }
        }
    }

    /// Writes everything; on failure it stays pending.
    pub(super) async fn write(&mut self, pools: &Pools) -> StoreResult<()> {
        self.written = Some(Instant::now());
        if self.is_empty() {
            return Ok(());
        }
        let mut tx = pools.begin().await?;
        let uses: Vec<_> = self.uses.iter().collect();
        for chunk in uses.chunks(ROWS) {
            let sql = format!(
                "UPDATE client_secrets SET uses = uses + u.column2 FROM (VALUES {}) AS u \
                 WHERE client_secrets.id = u.column1",
                placeholders(chunk.len(), 2, 1)
            );
            let values = chunk.iter().flat_map(|(id, n)| args![**id, **n]).collect();
            tx.conn().run(Sql::Rows(sql), values).await?;
        }
        let last: Vec<_> = self.last.iter().collect();
        for chunk in last.chunks(ROWS) {
            let sql = format!(
                "UPDATE identities SET last_login_method = u.column2, last_login_at = u.column3 \
                 FROM (VALUES {}) AS u WHERE identities.id = u.column1 \
                 AND (identities.last_login_at IS NULL OR identities.last_login_at < u.column3)",
                placeholders(chunk.len(), 3, 1)
            );
            let values =
                chunk.iter().flat_map(|(id, (method, at))| args![**id, method.as_str(), *at]).collect();
            tx.conn().run(Sql::Rows(sql), values).await?;
        }
        tx.commit().await?;
        self.uses.clear();
        self.last.clear();
        Ok(())
    }
}
