//! The unit of work: a change and its audit event, committed together or not at all.

use std::borrow::Cow;
use std::sync::OnceLock;

use serde_json::Value;
use uuid::Uuid;
use vouchsafe_domain::id::{EventId, OrgId, ProjectId};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::Permit;

use crate::Store;
use crate::engine::{Arg, FromRow, Sql, Tx, args, placeholders};
use crate::error::{StoreError, StoreResult};
use crate::topics::Topic;

/// Who makes a change, from where and when: what its audit events record.
#[derive(Clone, Debug)]
pub struct Author {
    /// `user`, `identity` or `system`.
    pub kind: &'static str,
    /// Id of the user or identity; empty for the system.
    pub id: String,
    /// Address of the client.
    pub ip: String,
    /// The client's `User-Agent`, shortened to 200 characters.
    pub user_agent: String,
    /// Id of the request.
    pub request_id: String,
    /// When the request came in.
    pub at: Timestamp,
}

impl Author {
    /// The system itself, for work that nobody asked for over HTTP.
    pub fn system(at: Timestamp) -> Self {
        Self {
            kind: "system",
            id: String::new(),
            ip: String::new(),
            user_agent: String::new(),
            request_id: String::new(),
            at,
        }
    }
}

/// An audit event, not yet written.
#[derive(Clone, Debug)]
pub(crate) struct AuditEvent {
    pub(crate) org_id: String,
    pub(crate) project_id: Option<String>,
    pub(crate) event: Cow<'static, str>,
    pub(crate) author: Author,
    pub(crate) detail: String,
}

/// An open unit of work. Needs a permit to be opened; dropped without [`Change::commit`], nothing
/// of it happened.
pub struct Change {
    store: Store,
    tx: Tx,
    permit: Permit,
    author: Author,
    topics: Vec<Topic>,
    audit: Vec<AuditEvent>,
    /// A statement failed. `PostgreSQL` ends such a transaction by itself, `SQLite` would keep the rest.
    failed: bool,
}

impl Store {
    /// Opens a unit of work. On `SQLite` this waits for the one writer, so do slow things before.
    pub async fn change(&self, permit: &Permit, author: &Author) -> StoreResult<Change> {
        Ok(Change {
            store: self.clone(),
            tx: self.pools().begin().await?,
            permit: permit.clone(),
            author: author.clone(),
            topics: Vec::new(),
            audit: Vec::new(),
            failed: false,
        })
    }
}

impl Change {
    /// When the change happens.
    pub fn at(&self) -> Timestamp {
        self.author.at
    }

    /// Who makes the change.
    pub fn author(&self) -> &Author {
        &self.author
    }

    /// What permitted the change.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// Notes that cached knowledge about this becomes stale with the commit.
    pub fn touch(&mut self, topic: impl Into<Topic>) {
        let topic = topic.into();
        if !self.topics.contains(&topic) {
            self.topics.push(topic);
        }
    }

    /// Records what happened. `detail` must hold no secret.
    pub fn audit(&mut self, event: &'static str, org: OrgId, project: Option<ProjectId>, detail: &Value) {
        self.audit.push(AuditEvent {
            org_id: org.to_string(),
            project_id: project.map(|id| id.to_string()),
            event: event.into(),
            author: self.author.clone(),
            detail: detail.to_string(),
        });
    }

    /// Writes the audit events and commits. When this answers, the change is durable and no cache,
    /// here or in another replica, serves what was before it. After a failed statement nothing is
    /// committed, whoever caught its error.
    pub async fn commit(mut self) -> StoreResult<()> {
        if self.failed {
            let what = "a statement of this change failed before, so nothing of it is kept";
            return Err(StoreError::Other(what.to_owned()));
        }
        let events = std::mem::take(&mut self.audit);
        insert_audit(&mut self.tx, events).await?;
        let ticket = self.store.replicas().announce(&mut self.tx, &self.topics).await?;
        // Raised on every way out of the commit, also when this future is dropped in its middle:
        // the commit may have happened then.
        let raise = RaiseOnDrop { store: &self.store, topics: &self.topics };
        self.tx.commit().await?;
        drop(raise);
        self.store.replicas().settled(ticket).await;
        Ok(())
    }

    pub(crate) async fn all<T: FromRow>(
        &mut self,
        sql: impl Into<Sql>,
        args: Vec<Arg>,
    ) -> StoreResult<Vec<T>> {
        let result = self.tx.conn().all(sql, args).await;
        self.noted(result)
    }

    pub(crate) async fn one<T: FromRow>(
        &mut self,
        sql: impl Into<Sql>,
        args: Vec<Arg>,
    ) -> StoreResult<Option<T>> {
        let result = self.tx.conn().one(sql, args).await;
        self.noted(result)
    }

    pub(crate) async fn run(&mut self, sql: impl Into<Sql>, args: Vec<Arg>) -> StoreResult<u64> {
        let result = self.tx.conn().run(sql, args).await;
        self.noted(result)
    }

    fn noted<T>(&mut self, result: StoreResult<T>) -> StoreResult<T> {
        self.failed |= result.is_err();
        result
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.tx.is_postgres()
    }

    /// Makes changes to the members of the same organization wait for each other on `PostgreSQL`; `SQLite` has
    /// one writer anyway.
    pub async fn serialize_organization(&mut self, org: OrgId) -> StoreResult<()> {
        if self.tx.is_postgres() {
            self.run("SELECT id FROM organizations WHERE id = $1 FOR UPDATE", args![org]).await?;
        }
        Ok(())
    }

    /// Makes changes to the same project wait for each other on `PostgreSQL`; `SQLite` has one writer anyway.
    pub async fn serialize_project(&mut self, project: ProjectId) -> StoreResult<()> {
        if self.tx.is_postgres() {
            self.run("SELECT id FROM projects WHERE id = $1 FOR UPDATE", args![project]).await?;
        }
        Ok(())
    }
}

struct RaiseOnDrop<'a> {
    store: &'a Store,
    topics: &'a [Topic],
}

impl Drop for RaiseOnDrop<'_> {
    fn drop(&mut self) {
        self.store.generations().raise(self.topics);
    }
}

/// Rows per statement; both engines allow far more parameters than this makes.
pub(crate) const AUDIT_ROWS: usize = 64;
/// Columns of an audit event, and which of them is a number.
const AUDIT_COLUMNS: usize = 11;
const AT: usize = 3;

/// Writes audit events in order.
pub(crate) async fn insert_audit(tx: &mut Tx, events: Vec<AuditEvent>) -> StoreResult<()> {
    let mut events = events.into_iter();
    loop {
        let chunk: Vec<AuditEvent> = events.by_ref().take(AUDIT_ROWS).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let (sql, values) = audit_statement(chunk);
        tx.conn().run(Sql::Rows(sql), values).await?;
    }
}

/// The statement that writes at most [`AUDIT_ROWS`] events; it ends in a condition that more may be added to, with
/// parameters after those that are there. Rows without an id only fill it up to a power of two of rows, so that it has
/// few texts and each stays prepared.
pub(crate) fn audit_statement(events: Vec<AuditEvent>) -> (String, Vec<Arg>) {
    let rows = events.len().next_power_of_two();
    let filler = (rows - events.len()) * AUDIT_COLUMNS;
    let mut values = Vec::with_capacity(rows * AUDIT_COLUMNS + events.len());
    for AuditEvent { org_id, project_id, event, author, detail } in events {
        values.extend([
            Arg::from(EventId::from_uuid(Uuid::now_v7())),
            Arg::from(org_id),
            Arg::from(project_id),
            Arg::from(author.at),
            Arg::from(event.into_owned()),
            Arg::from(author.kind),
            Arg::from(author.id),
            Arg::from(author.ip),
            Arg::from(author.user_agent),
            Arg::from(author.request_id),
            Arg::from(detail),
        ]);
    }
    let empty = (0..AUDIT_COLUMNS).map(|column| if column == AT { Arg::Int(None) } else { Arg::Text(None) });
    values.extend(empty.cycle().take(filler));
    (audit_text(rows), values)
}

/// The text of [`audit_statement`], put together once for each number of rows.
fn audit_text(rows: usize) -> String {
    static TEXTS: [OnceLock<String>; AUDIT_ROWS.ilog2() as usize + 1] =
        [const { OnceLock::new() }; AUDIT_ROWS.ilog2() as usize + 1];
    let make = || {
        format!(
            "INSERT INTO audit_events (id, org_id, project_id, at, event, actor_type, actor_id, ip, user_agent, \
             request_id, detail) SELECT * FROM (VALUES {}) AS u WHERE u.column1 IS NOT NULL",
            placeholders(rows, AUDIT_COLUMNS, 1)
        )
    };
    TEXTS.get(rows.ilog2() as usize).map_or_else(make, |text| text.get_or_init(make).clone())
}
