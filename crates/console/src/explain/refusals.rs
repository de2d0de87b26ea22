//! `/explain/refusals`: requests that were refused, and why.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse, Redirect};
use vouchsafe_api::denials::{Denial, DenialActor, DenialList, DenialReply, ListDenials};
use vouchsafe_api::roles::PermissionRule;
use vouchsafe_domain::id::ProjectId;
use vouchsafe_domain::time::Timestamp;

use super::frame::{Where, page_of};
use super::who;
use crate::api::{path, query};
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{Chrome, Place};
use crate::rules::{RuleWords, missing};
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

/// Refusals on a page.
const PAGE: i64 = 50;
/// The last page that the API answers.
const LAST: i64 = 10_000 / PAGE;

#[derive(Template)]
#[template(path = "explain/refusals.html")]
struct ListPage {
    chrome: Chrome,
    form: Form,
    place: Where,
    rows: Vec<Row>,
    newer: Option<String>,
    older: Option<String>,
    now: Timestamp,
    tab: &'static str,
}

struct Row {
    denial: Denial,
    name: String,
    url: String,
}

impl ListPage {
    fn when(&self, row: &Row) -> TimeElement {
        TimeElement(ago(row.denial.created_at, self.now))
    }
}

pub(super) async fn list(visit: Visit, RawQuery(asked): RawQuery) -> Shown {
    let form = Form::read(asked.unwrap_or_default().as_bytes());
    if let Some(request) = form.given("request") {
        return Ok(Redirect::to(&path(&["explain", "refusals", request])).into_response());
    }
    let place = Where::of(&visit, &form).await?;
    let page = form.text("page").parse::<i64>().unwrap_or(1).clamp(1, LAST);
    let input = ListDenials {
        project_id: place.project,
        actor_id: form.given("actor").map(str::to_owned),
        offset: Some((page - 1) * PAGE),
        limit: Some(PAGE),
    };
    let found: DenialList = visit.find("/api/v1/access/denials", &input).await?;
    let is_full = found.denials.len() >= usize::try_from(PAGE).unwrap_or(0);
    let rows = rows(&visit, place.project, found.denials).await?;
    let at = |page: i64| {
        let (project, page) = (place.value(), page.to_string());
        let parts = [("project", project.as_str()), ("actor", form.text("actor")), ("page", page.as_str())];
        format!("/explain/refusals{}", query(parts))
    };
    Ok(visit.show(&ListPage {
        chrome: visit.chrome("Explain access", Place::Explain),
        newer: (page > 1).then(|| at(page - 1)),
        older: (is_full && page < LAST).then(|| at(page + 1)),
        rows,
        now: visit.now,
        form,
        place,
        tab: "refusals",
    }))
}

/// With the names of those who were refused; each is asked for once.
async fn rows(visit: &Visit, project: Option<ProjectId>, denials: Vec<Denial>) -> Result<Vec<Row>, Trouble> {
    let mut names: HashMap<String, String> = HashMap::new();
    let mut rows = Vec::with_capacity(denials.len());
    for denial in denials {
        let id = denial.actor.id.clone();
        let name = if let Some(name) = names.get(&id) {
            name.clone()
        } else {
            let name = name(visit, project, &denial.actor).await?;
            names.entry(id).or_insert(name).clone()
        };
        let url = path(&["explain", "refusals", &denial.request_id]);
        rows.push(Row { denial, name, url });
    }
    Ok(rows)
}

/// The name of who was refused, or the id if there is nobody with it any more.
async fn name(visit: &Visit, project: Option<ProjectId>, actor: &DenialActor) -> Result<String, Trouble> {
    let Some(who) = who::somebody(&format!("{}:{}", actor.kind, actor.id)) else {
        return Ok(actor.id.clone());
    };
    Ok(who::name_of(visit, project, who).await?.unwrap_or_else(|| actor.id.clone()))
}

#[derive(Template)]
#[template(path = "explain/refusal.html")]
struct OnePage {
    chrome: Chrome,
    when: TimeElement,
    name: String,
    actor_url: Option<String>,
    /// The rule that decided, and where it stands.
    decided_by: Option<(RuleWords, String)>,
    /// What the boundary found missing.
    missing: Vec<RuleWords>,
    /// The same question, explained as things are now.
    again: Option<String>,
    denial: Denial,
}

pub(super) async fn show(visit: Visit, Path(request): Path<String>) -> Shown {
    let record = path(&["api", "v1", "access", "denials", request.trim()]);
    let denial = visit.get::<DenialReply>(&record).await?.denial;
    let everywhere = visit.may(vouchsafe_policy::org::ACCESS_EXPLAIN);
    let name = name(&visit, denial.project_id.filter(|_| !everywhere), &denial.actor).await?;
    Ok(visit.show(&OnePage {
        chrome: visit.chrome("A refused request", Place::Explain),
        when: TimeElement(ago(denial.created_at, visit.now)),
        name,
        actor_url: page_of(&denial.actor.kind, &denial.actor.id),
        decided_by: decided_by(&denial),
        missing: missing(&denial.detail).unwrap_or_default(),
        again: again(&denial),
        denial,
    }))
}

fn decided_by(denial: &Denial) -> Option<(RuleWords, String)> {
    let by = &denial.detail["decidedBy"];
    let rule: PermissionRule = serde_json::from_value(by["rule"].clone()).ok()?;
    let number = by["index"].as_u64()? + 1;
    Some((RuleWords::from(&rule), format!("{}, rule {number}", by["source"].as_str()?)))
}

fn again(denial: &Denial) -> Option<String> {
    let (subject, action) = (denial.detail["subject"].as_str()?, denial.detail["action"].as_str()?);
    let project = denial.project_id.filter(|_| denial.detail["level"] == "project");
    let project = project.map(|id| id.to_string()).unwrap_or_default();
    let who = format!("{}:{}", denial.actor.kind, denial.actor.id);
    let parts =
        [("project", project.as_str()), ("subject", subject), ("action", action), ("who", who.as_str())];
    Some(format!("/explain{}", query(parts)))
}
