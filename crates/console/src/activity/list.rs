//! `/activity`: the audit trail. Its filters are its address.

use askama::Template;
use axum::extract::Query;
use http::StatusCode;
use serde::Deserialize;
use vouchsafe_api::audit_logs::{AuditLog, AuditLogList, ListAuditLogs};
use vouchsafe_api::projects::ProjectList;
use vouchsafe_domain::id::ProjectId;
use vouchsafe_domain::time::Timestamp;

use super::names::{self, Named, Names};
use super::words;
use crate::api::{Refused, query};
use crate::errors::Shown;
use crate::form::Form;
use crate::list::Pager;
use crate::page::{Chrome, Place};
use crate::time::{TimeElement, ago, moment};
use crate::visit::Visit;

/// Events on a page.
const PAGE: u64 = 50;

/// The address of the list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    event: String,
    kind: String,
    actor: String,
    project: String,
    from: String,
    until: String,
    request: String,
    page: u64,
}

impl Asked {
    fn fields(&self) -> [(&'static str, &str); 7] {
        [
            ("event", self.event.trim()),
            ("kind", self.kind.trim()),
            ("actor", self.actor.trim()),
            ("project", self.project.trim()),
            ("from", self.from.trim()),
            ("until", self.until.trim()),
            ("request", self.request.trim()),
        ]
    }

    /// The form with what was asked for, and the filter, as far as it can be understood.
    fn read(&self) -> (Form, ListAuditLogs) {
        let mut form =
            self.fields().into_iter().fold(Form::default(), |form, (name, text)| form.with(name, text));
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let filter = ListAuditLogs {
            event_type: given(&self.event),
            actor_type: given(&self.kind),
            actor: given(&self.actor),
            request_id: given(&self.request),
            project_id: parsed(&mut form, "project", "Expected the id of a project", project),
            start_date: parsed(&mut form, "from", WHEN, moment),
            end_date: parsed(&mut form, "until", WHEN, moment),
            ..ListAuditLogs::default()
        };
        (form, filter)
    }
}

const WHEN: &str = "Expected a date and time (UTC) such as 2026-01-31T10:20";

fn parsed<T>(form: &mut Form, name: &str, problem: &str, read: fn(&str) -> Option<T>) -> Option<T> {
    let text = form.text(name).to_owned();
    let value = read(&text);
    if value.is_none() && !text.is_empty() {
        form.refuse(name, problem);
    }
    value
}

fn project(text: &str) -> Option<ProjectId> {
    text.parse().ok()
}

/// One event as it is shown.
struct Line {
    log: AuditLog,
    said: String,
    actor_id: String,
    who: Named,
    /// The identity that it was done to, unless it did it itself.
    whom: Option<Named>,
    details: Vec<(String, String)>,
    when: TimeElement,
}

impl Line {
    fn of(log: AuditLog, names: &Names, now: Timestamp) -> Self {
        let actor_id = names::actor(&log).to_owned();
        let whom = names::target(&log).filter(|id| *id != actor_id).map(|id| names.identity(id));
        let who = match log.actor.kind.as_str() {
            "user" => names.person(&actor_id),
            _ if actor_id.is_empty() => Named::plain("The system"),
            _ => names.identity(&actor_id),
        };
        Self {
            said: words::said(&log.event.kind),
            actor_id,
            who,
            whom,
            details: words::details(&log.event.metadata),
            when: TimeElement(ago(log.created_at, now)),
            log,
        }
    }

    fn about(&self) -> Option<&str> {
        words::about(&self.log.event.metadata)
    }

    fn is_refusal(&self) -> bool {
        self.log.event.kind.ends_with("-failed")
    }
}

/// The address of the trail, narrowed to something of an event.
fn only(name: &str, value: &str) -> String {
    format!("/activity{}", query([(name, value)]))
}

#[derive(Template)]
#[template(path = "activity/list.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    lines: Vec<Line>,
    pager: Pager,
    projects: Vec<(String, String)>,
    is_narrowed: bool,
}

/// Kinds of actors with what people call them.
const KINDS: [(&str, &str); 4] =
    [("", "Anybody"), ("user", "People"), ("identity", "Machine identities"), ("system", "The system")];

/// Some events to choose from; any other can be typed.
const EVENTS: [&str; 14] = [
    "create-identity",
    "update-identity",
    "delete-identity",
    "add-identity-auth-method",
    "update-identity-auth-method",
    "create-client-secret",
    "revoke-client-secret",
    "login-identity-universal-auth",
    "login-identity-universal-auth-failed",
    "clear-identity-lockouts",
    "invite-user",
    "update-organization-member",
    "sign-in-user",
    "lock-user",
];

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Shown {
    let (mut form, filter) = asked.read();
    let pager = Pager::new("/activity", &asked.fields(), asked.page, PAGE);
    let (mut logs, mut status) = (Vec::new(), StatusCode::UNPROCESSABLE_ENTITY);
    if !form.is_refused() {
        match found(&visit, filter, &pager).await {
            Ok(found) => (logs, status) = (found, StatusCode::OK),
            Err(refused) if refused.status == StatusCode::UNPROCESSABLE_ENTITY => {
                form = form.refused(&at_our_fields(refused));
            }
            Err(refused) => return Err(refused.into()),
        }
    }
    // One more than is shown says that there is a further page.
    let pager = pager.clone().of(pager.offset() + u64::try_from(logs.len()).unwrap_or(0));
    logs.truncate(usize::try_from(PAGE).unwrap_or(0));
    let names = Names::of(&visit, &logs).await?;
    Ok(visit.show_as(
        status,
        &Page {
            chrome: visit.chrome("Activity", Place::Activity),
            projects: projects(&visit, form.text("project")).await?,
            lines: logs.into_iter().map(|log| Line::of(log, &names, visit.now)).collect(),
            is_narrowed: asked.fields().iter().any(|(_, text)| !text.is_empty()) || asked.page > 1,
            pager,
            form,
        },
    ))
}

async fn found(visit: &Visit, filter: ListAuditLogs, pager: &Pager) -> Result<Vec<AuditLog>, Refused> {
    let filter = ListAuditLogs {
        limit: i64::try_from(pager.size() + 1).ok(),
        offset: i64::try_from(pager.offset()).ok(),
        ..filter
    };
    Ok(visit.find::<AuditLogList>("/api/v1/organization/audit-logs", &filter).await?.audit_logs)
}

/// The API names the fields of the filter otherwise than the address does.
fn at_our_fields(mut refused: Refused) -> Refused {
    for (field, _) in &mut refused.issues {
        let ours = match field.as_str() {
            "eventType" => "event",
            "actorType" => "kind",
            "requestId" => "request",
            _ => continue,
        };
        ours.clone_into(field);
    }
    refused
}

/// The projects to choose from, and the one that is chosen.
async fn projects(visit: &Visit, chosen: &str) -> Result<Vec<(String, String)>, Refused> {
    let all: ProjectList = visit.get("/api/v1/projects").await?;
    let mut projects = vec![(String::new(), "Anywhere".to_owned())];
    projects.extend(all.projects.into_iter().map(|project| (project.id.to_string(), project.name)));
    if !projects.iter().any(|(id, _)| id == chosen) {
        projects.push((chosen.to_owned(), chosen.to_owned()));
    }
    Ok(projects)
}
