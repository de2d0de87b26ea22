//! Counted login failures and locks.

use vouchsafe_domain::id::{AuthMethodId, IdentityId};
use vouchsafe_domain::time::Timestamp;

use crate::engine::args;
use crate::error::StoreResult;
use crate::{Change, Store};

impl Store {
    /// The auth methods of an identity that have a locked login now.
    pub async fn active_lockouts(&self, identity: IdentityId, now: Timestamp) -> StoreResult<Vec<String>> {
        let sql = "SELECT DISTINCT a.method AS t FROM lockouts l JOIN auth_methods a ON a.id = l.auth_method_id \
                   WHERE a.identity_id = $1 AND a.lockout_enabled = 1 AND l.locked_until > $2 ORDER BY a.method LIMIT 100";
        self.pools().all(sql, args![identity, now]).await
    }
}

impl Change {
    /// Forgets all failures and locks of a method; answers how many there were.
    pub async fn clear_lockouts(&mut self, method: AuthMethodId) -> StoreResult<u64> {
        self.run("DELETE FROM lockouts WHERE auth_method_id = $1", args![method]).await
    }
}
