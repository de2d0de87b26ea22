//! Refused requests, for administrators who ask why.
//!
//! They are written in batches, after the refusal was answered. Of an organization only the newest are kept, and those
//! for a time, so that nobody fills the disk by being refused.

use std::collections::BTreeSet;

use serde_json::Value;
use vouchsafe_domain::id::{OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::Store;
use crate::engine::{Arg, FromRow, Row, Sql, args, padded, placeholders};
use crate::error::StoreResult;

/// How many refusals of one organization are kept.
pub const MOST_DENIALS: usize = 10_000;
/// For how long a refusal is kept, in seconds: 30 days.
const KEPT_SECONDS: i64 = 30 * 86_400;
/// Rows per statement.
const ROWS: usize = 64;

/// A refused request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Denial {
    /// Id of the request, which the refused caller was given.
    pub request_id: String,
    /// Organization of the caller.
    pub org_id: OrgId,
    /// The project that the request was about, if it was about one.
    pub project_id: Option<ProjectId>,
    /// When.
    pub at: Timestamp,
    /// `user` or `identity`.
    pub actor_type: String,
    /// Id of the user or identity.
    pub actor_id: String,
    /// Address of the client.
    pub ip: String,
    /// The client's `User-Agent`.
    pub user_agent: String,
    /// HTTP method.
    pub method: String,
    /// Path, without the query.
    pub path: String,
    /// Name of the error.
    pub error: String,
    /// What the caller was told.
    pub message: String,
    /// Why, in words.
    pub reason: String,
    /// Why, as data.
    pub detail: Value,
}

/// Which refusals a list holds.
#[derive(Clone, Debug, Default)]
pub struct DenialFilter {
    /// Only in this project.
    pub project: Option<ProjectId>,
    /// Only of this user or identity.
    pub actor_id: Option<String>,
}

const COLUMNS: &str = "request_id, org_id, project_id, at, actor_type, actor_id, ip, user_agent, method, path, error, \
                       message, reason, detail";
/// [`COLUMNS`] and `expires_at`.
const WRITTEN: usize = 15;

impl FromRow for Denial {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            request_id: row.text("request_id")?,
            org_id: row.parsed("org_id")?,
            project_id: row.opt_parsed("project_id")?,
            at: row.time("at")?,
            actor_type: row.text("actor_type")?,
            actor_id: row.text("actor_id")?,
            ip: row.text("ip")?,
            user_agent: row.text("user_agent")?,
            method: row.text("method")?,
            path: row.text("path")?,
            error: row.text("error")?,
            message: row.text("message")?,
            reason: row.text("reason")?,
            detail: row.json("detail")?,
        })
    }
}

impl Denial {
    fn values(&self) -> Vec<Arg> {
        args![
            self.request_id.as_str(),
            self.org_id,
            self.project_id,
            self.at,
            self.actor_type.as_str(),
            self.actor_id.as_str(),
            self.ip.as_str(),
            self.user_agent.as_str(),
            self.method.as_str(),
            self.path.as_str(),
            self.error.as_str(),
            self.message.as_str(),
            self.reason.as_str(),
            self.detail.to_string(),
            self.at.plus_seconds(KEPT_SECONDS),
        ]
    }
}

impl Store {
    /// Writes refusals, all or none, and removes those of the same organizations that are too many.
    pub async fn insert_denials(&self, denials: &[Denial]) -> StoreResult<()> {
        let mut tx = self.pools().begin().await?;
        for chunk in denials.chunks(ROWS) {
            // The last one may be there several times; a request is refused once.
            let rows = padded(chunk.iter().collect());
            let sql = format!(
                "INSERT INTO denials ({COLUMNS}, expires_at) VALUES {} ON CONFLICT (request_id) DO NOTHING",
                placeholders(rows.len(), WRITTEN, 1)
            );
            tx.conn().run(Sql::Rows(sql), rows.into_iter().flat_map(Denial::values).collect()).await?;
        }
        let orgs: BTreeSet<OrgId> = denials.iter().map(|denial| denial.org_id).collect();
        for org in orgs {
            let sql = "DELETE FROM denials WHERE org_id = $1 AND number <= (SELECT number FROM denials \
                       WHERE org_id = $1 ORDER BY number DESC LIMIT 1 OFFSET $2)";
            let most = i64::try_from(MOST_DENIALS).unwrap_or(i64::MAX);
            tx.conn().run(sql, args![org, most]).await?;
        }
        tx.commit().await
    }

    /// The refusal of a request in an organization.
    pub async fn denial(&self, org: OrgId, request_id: &str) -> StoreResult<Option<Denial>> {
        let sql = Sql::Built(format!("SELECT {COLUMNS} FROM denials WHERE request_id = $1 AND org_id = $2"));
        self.pools().one(sql, args![request_id, org]).await
    }

    /// A page of the refusals in an organization, the newest first.
    pub async fn denials(
        &self,
        org: OrgId,
        filter: &DenialFilter,
        limit: i64,
        offset: i64,
    ) -> StoreResult<Vec<Denial>> {
        let sql = Sql::Built(format!(
            "SELECT {COLUMNS} FROM denials WHERE org_id = $1 AND COALESCE($2, project_id, '') = COALESCE(project_id, '') \
             AND COALESCE($3, actor_id) = actor_id ORDER BY number DESC LIMIT $4 OFFSET $5"
        ));
        let values = args![org, filter.project, filter.actor_id.as_deref(), limit, offset];
        self.pools().all(sql, values).await
    }
}
