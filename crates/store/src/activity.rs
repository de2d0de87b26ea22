//! What the audit log says of logins, and which credentials end soon: for charts and lists that people look at.

use std::collections::BTreeMap;

use serde_json::Value;
use vouchsafe_domain::id::{IdentityId, OrgId};
use vouchsafe_domain::time::Timestamp;

use crate::Store;
use crate::engine::{FromRow, Row, args};
use crate::error::StoreResult;

/// Logins are counted among so many of an organization's newest events at most.
pub const MOST_EVENTS_COUNTED: i64 = 50_000;
/// Reasons are counted among so many of the newest refused logins at most.
pub const MOST_REFUSALS_COUNTED: i64 = 5_000;
/// Most counts in one answer: 92 days of 13 methods with two results fit.
const MOST_COUNTS: i64 = 4_000;

/// A span of time, cut into steps of equal length.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    /// Where the first one begins.
    pub from: Timestamp,
    /// Where the last one ends; it does not belong to it.
    pub until: Timestamp,
    /// Length of each in seconds, at least 1.
    pub seconds: i64,
}

/// How often an event happened within a step.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EventCount {
    /// The event: `login-identity-…`, with `-failed` at its end if the login was refused.
    pub event: String,
    /// Which step, from 0.
    pub step: i64,
    /// How often.
    pub count: i64,
}

/// Logins of identities within a span.
#[derive(Clone, Debug)]
pub struct LoginCounts {
    /// By step and event, in this order.
    pub counts: Vec<EventCount>,
    /// Events and reasons of refused logins, the most frequent first.
    pub reasons: Vec<(String, String, i64)>,
    /// Whether all logins of the span were counted; otherwise only the newest were.
    pub is_complete: bool,
}

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

impl FromRow for EventCount {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self { event: row.text("event")?, step: row.int("step")?, count: row.int("n")? })
    }
}

/// The event and the detail of a refused login.
struct Refused(String, Value);

impl FromRow for Refused {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self(row.text("event")?, row.json("detail")?))
    }
}

/// How many events were looked at, and when the oldest of them was.
struct Seen(i64, Option<i64>);

impl FromRow for Seen {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self(row.int("n")?, row.opt_int("oldest")?))
    }
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

impl Store {
    /// Counts the logins of an organization's identities. Looks at the newest [`MOST_EVENTS_COUNTED`] events, and for
    /// reasons at the newest [`MOST_REFUSALS_COUNTED`] refused logins among them.
    pub async fn login_counts(&self, org: OrgId, steps: &Steps) -> StoreResult<LoginCounts> {
        let sql = "SELECT event, (at - $3) / $5 AS step, COUNT(*) AS n FROM \
                   (SELECT at, event FROM audit_events WHERE org_id = $1 ORDER BY number DESC LIMIT $2) newest \
                   WHERE at >= $3 AND at < $4 AND event LIKE 'login-identity-%' \
                   GROUP BY event, step ORDER BY step, event LIMIT $6";
        let width = steps.seconds.max(1).saturating_mul(1000);
        let values = args![org, MOST_EVENTS_COUNTED, steps.from, steps.until, width, MOST_COUNTS];
        let counts = self.pools().all(sql, values).await?;
        let sql = "SELECT COUNT(*) AS n, MIN(at) AS oldest FROM \
                   (SELECT at FROM audit_events WHERE org_id = $1 ORDER BY number DESC LIMIT $2) newest";
        let Seen(seen, oldest) =
            self.pools().one(sql, args![org, MOST_EVENTS_COUNTED]).await?.unwrap_or(Seen(0, None));
        let is_cut = seen >= MOST_EVENTS_COUNTED && oldest.is_some_and(|at| at > steps.from.as_millis());
        let refused = self.refused_logins(org, steps).await?;
        let is_complete = !is_cut && refused.len() < usize::try_from(MOST_REFUSALS_COUNTED).unwrap_or(0);
        Ok(LoginCounts { counts, reasons: by_reason(refused), is_complete })
    }

    async fn refused_logins(&self, org: OrgId, steps: &Steps) -> StoreResult<Vec<Refused>> {
        let sql = "SELECT event, detail FROM (SELECT number, at, event, detail FROM audit_events WHERE org_id = $1 \
                   ORDER BY number DESC LIMIT $2) newest WHERE at >= $3 AND at < $4 \
                   AND event LIKE 'login-identity-%-failed' ORDER BY number DESC LIMIT $5";
        let values = args![org, MOST_EVENTS_COUNTED, steps.from, steps.until, MOST_REFUSALS_COUNTED];
        self.pools().all(sql, values).await
    }

    /// Client secrets and tokens made by hand that end within a span and can be used until then, the first one first.
    /// Of identities that the organization manages itself.
    pub async fn expiring_credentials(
        &self,
        org: OrgId,
        from: Timestamp,
        until: Timestamp,
        limit: i64,
    ) -> StoreResult<Vec<ExpiringCredential>> {
        // The terms of the indexes `client_secrets_expiry` and `tokens_expiry`, word for word.
        let sql = "SELECT id, is_token, identity_id, identity_name, expires_at FROM (\
                   SELECT c.id, CAST(0 AS BIGINT) AS is_token, i.id AS identity_id, i.name AS identity_name, \
                   c.created_at + c.ttl * 1000 AS expires_at \
                   FROM client_secrets c JOIN auth_methods a ON a.id = c.auth_method_id \
                   JOIN identities i ON i.id = a.identity_id \
                   WHERE i.org_id = $1 AND i.project_id IS NULL AND c.ttl > 0 AND c.is_revoked = 0 \
                   AND (c.uses_limit = 0 OR c.uses < c.uses_limit) \
                   AND (c.created_at + c.ttl * 1000) >= $2 AND (c.created_at + c.ttl * 1000) < $3 \
                   UNION ALL SELECT t.id, CAST(1 AS BIGINT), i.id, i.name, t.expires_at FROM (\
                   SELECT id, identity_id, (CASE WHEN period > 0 THEN COALESCE(last_renewed_at, created_at) + period * 1000 WHEN max_ttl > 0 AND (ttl = 0 OR created_at + max_ttl * 1000 < COALESCE(last_renewed_at, created_at) + ttl * 1000) THEN created_at + max_ttl * 1000 ELSE COALESCE(last_renewed_at, created_at) + ttl * 1000 END) AS expires_at \
                   FROM tokens WHERE is_revoked = 0 AND ttl + max_ttl + period > 0) t \
                   JOIN identities i ON i.id = t.identity_id \
                   WHERE i.org_id = $1 AND i.project_id IS NULL AND t.expires_at >= $2 AND t.expires_at < $3\
                   ) soon ORDER BY expires_at, id LIMIT $4";
        self.pools().all(sql, args![org, from, until, limit]).await
    }
}

fn by_reason(refused: Vec<Refused>) -> Vec<(String, String, i64)> {
    let mut counts: BTreeMap<(String, String), i64> = BTreeMap::new();
    for Refused(event, detail) in refused {
        let reason = detail["reason"].as_str().unwrap_or("unknown").to_owned();
        *counts.entry((event, reason)).or_default() += 1;
    }
    let mut counts: Vec<_> =
        counts.into_iter().map(|((event, reason), count)| (event, reason, count)).collect();
    counts.sort_by_key(|(_, _, count)| -count);
    counts
}
