//! What the audit log says of logins: for charts and lists that people look at.

use std::collections::BTreeMap;

use serde_json::Value;
use vouchsafe_domain::id::OrgId;
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

/// The last event that is looked at.
struct Oldest {
    number: i64,
    at: i64,
}

impl FromRow for Oldest {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self { number: row.int("number")?, at: row.int("at")? })
    }
}

impl Store {
    /// Counts the logins of an organization's identities. Looks at the newest [`MOST_EVENTS_COUNTED`] events, and for
    /// reasons at the newest [`MOST_REFUSALS_COUNTED`] refused logins among them.
    pub async fn login_counts(&self, org: OrgId, steps: &Steps) -> StoreResult<LoginCounts> {
        let oldest = self.oldest_counted(org).await?;
        let is_cut = oldest.as_ref().is_some_and(|oldest| oldest.at > steps.from.as_millis());
        let first = oldest.map_or(0, |oldest| oldest.number);
        let (mut counts, refused) =
            tokio::try_join!(self.counted_logins(org, first, steps), self.refused_logins(org, first, steps))?;
        counts.sort_unstable_by(|a, b| (a.step, &a.event).cmp(&(b.step, &b.event)));
        let is_complete = !is_cut && refused.len() < usize::try_from(MOST_REFUSALS_COUNTED).unwrap_or(0);
        Ok(LoginCounts { counts, reasons: by_reason(refused), is_complete })
    }

    /// The last of the events that are looked at; none if all of the organization's are.
    async fn oldest_counted(&self, org: OrgId) -> StoreResult<Option<Oldest>> {
        let sql = "SELECT number, at FROM audit_events WHERE number = \
                   (SELECT number FROM audit_events WHERE org_id = $1 ORDER BY number DESC LIMIT 1 OFFSET $2)";
        self.pools().one(sql, args![org, MOST_EVENTS_COUNTED - 1]).await
    }

    async fn counted_logins(&self, org: OrgId, first: i64, steps: &Steps) -> StoreResult<Vec<EventCount>> {
        let sql = "SELECT event, (at - $3) / $5 AS step, COUNT(*) AS n FROM audit_events \
                   WHERE org_id = $1 AND number >= $2 AND at >= $3 AND at < $4 AND event LIKE 'login-identity-%' \
                   GROUP BY event, step LIMIT $6";
        let width = steps.seconds.max(1).saturating_mul(1000);
        self.pools().all(sql, args![org, first, steps.from, steps.until, width, MOST_COUNTS]).await
    }

    async fn refused_logins(&self, org: OrgId, first: i64, steps: &Steps) -> StoreResult<Vec<Refused>> {
        let sql = "SELECT event, detail FROM audit_events \
                   WHERE org_id = $1 AND number >= $2 AND at >= $3 AND at < $4 \
                   AND event LIKE 'login-identity-%-failed' ORDER BY number DESC LIMIT $5";
        self.pools().all(sql, args![org, first, steps.from, steps.until, MOST_REFUSALS_COUNTED]).await
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
