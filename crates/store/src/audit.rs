//! Reading what happened: audit events are written with the change that they record (see `change.rs`).

use serde_json::Value;
use vouchsafe_domain::id::{EventId, OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;

use crate::Store;
use crate::engine::{FromRow, Row, Sql, args};
use crate::error::StoreResult;

/// What happened.
#[derive(Clone, Debug)]
pub struct AuditEvent {
    /// Id.
    pub id: EventId,
    /// In which organization.
    pub org_id: OrgId,
    /// In which project, if in one.
    pub project_id: Option<ProjectId>,
    /// When.
    pub at: Timestamp,
    /// What, such as `create-identity`.
    pub event: String,
    /// `user`, `identity` or `system`.
    pub actor_type: String,
    /// Id of the user or identity; empty for the system.
    pub actor_id: String,
    /// From where.
    pub ip: String,
    /// The client's `User-Agent`.
    pub user_agent: String,
    /// Id of the request.
    pub request_id: String,
    /// More about it.
    pub detail: Value,
}

/// Which events a list holds.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Events of these kinds; none: of every kind.
    pub events: Vec<String>,
    /// Only by this user or identity.
    pub actor_id: Option<String>,
    /// Only by actors of this kind.
    pub actor_type: Option<String>,
    /// Only of this request.
    pub request_id: Option<String>,
    /// Only in this project.
    pub project: Option<ProjectId>,
    /// Only from this time on.
    pub from: Option<Timestamp>,
    /// Only until this time.
    pub until: Option<Timestamp>,
}

impl FromRow for AuditEvent {
    fn from_row(row: &Row) -> StoreResult<Self> {
        Ok(Self {
            id: row.parsed("id")?,
            org_id: row.parsed("org_id")?,
            project_id: row.opt_parsed("project_id")?,
            at: row.time("at")?,
            event: row.text("event")?,
            actor_type: row.text("actor_type")?,
            actor_id: row.text("actor_id")?,
            ip: row.text("ip")?,
            user_agent: row.text("user_agent")?,
            request_id: row.text("request_id")?,
            detail: row.json("detail")?,
        })
    }
}

impl Store {
    /// A page of what happened in an organization, the latest first.
    pub async fn audit_events(
        &self,
        org: OrgId,
        filter: &AuditFilter,
        limit: i64,
        offset: i64,
    ) -> StoreResult<Vec<AuditEvent>> {
        let mut values = args![org];
        let mut conditions = vec!["org_id = $1".to_owned()];
        let given = [
            ("actor_id =", filter.actor_id.as_ref().map(Into::into)),
            ("actor_type =", filter.actor_type.as_ref().map(Into::into)),
            ("request_id =", filter.request_id.as_ref().map(Into::into)),
            ("project_id =", filter.project.map(Into::into)),
            ("at >=", filter.from.map(Into::into)),
            ("at <=", filter.until.map(Into::into)),
        ];
        for (condition, value) in given {
            let Some(value) = value else { continue };
            values.push(value);
            conditions.push(format!("{condition} ${}", values.len()));
        }
        if !filter.events.is_empty() {
            let first = values.len() + 1;
            values.extend(filter.events.iter().map(Into::into));
            let marks: Vec<String> = (first..=values.len()).map(|n| format!("${n}")).collect();
            conditions.push(format!("event IN ({})", marks.join(", ")));
        }
        values.extend(args![limit, offset]);
        let (limit, offset) = (values.len() - 1, values.len());
        let sql = format!(
            "SELECT id, org_id, project_id, at, event, actor_type, actor_id, ip, user_agent, request_id, detail \
             FROM audit_events WHERE {} ORDER BY number DESC LIMIT ${limit} OFFSET ${offset}",
            conditions.join(" AND ")
        );
        self.pools().all(Sql::Built(sql), values).await
    }
}
