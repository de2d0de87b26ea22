//! Counted login failures and locks.

use std::collections::HashMap;
use std::net::IpAddr;

use vouchsafe_domain::id::{AuthMethodId, IdentityId};
use vouchsafe_domain::ip::source_network;
use vouchsafe_domain::lockout::LockoutScope;
use vouchsafe_domain::time::Timestamp;

use crate::auth_methods::AuthMethod;
use crate::engine::{Arg, FromRow, Row, Sql, args, placeholders};
use crate::error::StoreResult;
use crate::{Change, Store};

/// Under which name failures are counted: that of who tries, if the method has such names, and where from, if the
/// identity wants it so.
pub(crate) fn counted_under(scope: LockoutScope, name: &str, ip: IpAddr) -> String {
    match scope {
        LockoutScope::Identity => name.to_owned(),
        LockoutScope::Source if name.is_empty() => source_network(ip),
        LockoutScope::Source => format!("{name} {}", source_network(ip)),
    }
}

struct LockedMethod(IdentityId, String);

impl FromRow for LockedMethod {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self(row.parsed("identity_id")?, row.text("method")?))
    }
}

impl Store {
    /// Whether a login is locked now, before its proof is looked at. What a login counts is decided when it is recorded;
    /// this only spares the directory.
    pub async fn is_locked(
        &self,
        method: &AuthMethod,
        counted: &str,
        ip: IpAddr,
        now: Timestamp,
    ) -> StoreResult<bool> {
        let subject = counted_under(method.lockout.scope(), counted, ip);
        let sql = "SELECT COUNT(*) AS n FROM lockouts WHERE auth_method_id = $1 AND subject = $2 AND locked_until > $3";
        let found: Option<i64> = self.pools().one(sql, args![method.id, subject, now]).await?;
        Ok(method.lockout.enabled() && found.unwrap_or(0) > 0)
    }

    /// The auth methods of an identity that have a locked login now.
    pub async fn active_lockouts(&self, identity: IdentityId, now: Timestamp) -> StoreResult<Vec<String>> {
        let sql = "SELECT DISTINCT a.method AS t FROM lockouts l JOIN auth_methods a ON a.id = l.auth_method_id \
                   WHERE a.identity_id = $1 AND a.lockout_enabled = 1 AND l.locked_until > $2 ORDER BY a.method LIMIT 100";
        self.pools().all(sql, args![identity, now]).await
    }

    /// The same for several identities, at most 500; those without a locked login are left out.
    pub async fn active_lockouts_of(
        &self,
        identities: &[IdentityId],
        now: Timestamp,
    ) -> StoreResult<HashMap<IdentityId, Vec<String>>> {
        let mut found: HashMap<IdentityId, Vec<String>> = HashMap::new();
        let identities = &identities[..identities.len().min(500)];
        if identities.is_empty() {
            return Ok(found);
        }
        let sql = Sql::Rows(format!(
            "SELECT DISTINCT a.identity_id, a.method FROM lockouts l JOIN auth_methods a ON a.id = l.auth_method_id \
             WHERE l.locked_until > $1 AND a.lockout_enabled = 1 AND a.identity_id IN {} \
             ORDER BY a.identity_id, a.method LIMIT 10000",
            placeholders(1, identities.len(), 2)
        ));
        let mut values = args![now];
        values.extend(identities.iter().map(|id| Arg::from(*id)));
        for LockedMethod(identity, method) in self.pools().all(sql, values).await? {
            found.entry(identity).or_default().push(method);
        }
        Ok(found)
    }
}

/// The identities with a login that is locked now, as SQL; the time is this parameter.
pub(crate) fn locked_identities(now: usize) -> String {
    format!(
        "SELECT a.identity_id FROM lockouts l JOIN auth_methods a ON a.id = l.auth_method_id \
         WHERE l.locked_until > ${now} AND a.lockout_enabled = 1"
    )
}

impl Change {
    /// Forgets all failures and locks of a method; answers how many there were.
    pub async fn clear_lockouts(&mut self, method: AuthMethodId) -> StoreResult<u64> {
        self.run("DELETE FROM lockouts WHERE auth_method_id = $1", args![method]).await
    }
}
