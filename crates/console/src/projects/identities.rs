//! `/projects/{id}/identities`: the identities that the project manages itself.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::routing::get;
use http::StatusCode;
use serde::Deserialize;
use vouchsafe_api::identities::{Identity, IdentityReply};
use vouchsafe_api::identity_members::IdentityList;
use vouchsafe_api::managed_identities::{CreateProjectIdentity, ListProjectIdentities};
use vouchsafe_domain::time::Timestamp;

use super::frame::{Frame, Tab};
use super::members::kind::Kind;
use super::members::roles::{self, Rows};
use crate::Console;
use crate::api::path;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::list::Pager;
use crate::page::{self, Chrome};
use crate::time::{TimeElement, ago};
use crate::visit::{Posted, Visit};

/// Identities on a page.
const PAGE: u64 = 50;
const HERE: &str = "/projects/{project}/identities";

pub(super) fn routes() -> Router<Console> {
    Router::new().route(HERE, get(show)).route(&format!("{HERE}/new"), get(ask).post(make))
}

/// The address of the list.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    search: String,
    page: u64,
}

#[derive(Template)]
#[template(path = "projects/identities/list.html")]
struct Page {
    chrome: Chrome,
    frame: Frame,
    search: String,
    rows: Vec<Identity>,
    pager: Pager,
    may_create: bool,
    now: Timestamp,
}

impl Page {
    fn made(&self, row: &Identity) -> TimeElement {
        TimeElement(ago(row.created_at, self.now))
    }
}

async fn show(visit: Visit, Path(id): Path<String>, Query(asked): Query<Asked>) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Identities).await?;
    let search = asked.search.trim();
    let pager = Pager::new(frame.url(&["identities"]), &[("search", search)], asked.page, PAGE);
    let input = ListProjectIdentities {
        project_id: frame.id(),
        offset: i64::try_from(pager.offset()).ok(),
        limit: i64::try_from(pager.size()).ok(),
        search: Some(search.to_owned()).filter(|text| !text.is_empty()),
    };
    let list: IdentityList = visit.find(&frame.api(&["identities"]), &input).await?;
    Ok(visit.show(&Page {
        chrome: frame.chrome(&visit, "Own identities"),
        search: search.to_owned(),
        rows: list.identities,
        pager: pager.of(u64::try_from(list.total_count).unwrap_or_default()),
        may_create: Kind::Identities.may_add(&frame),
        now: visit.now,
        frame,
    }))
}

#[derive(Template)]
#[template(path = "projects/identities/new.html")]
struct New {
    chrome: Chrome,
    frame: Frame,
    form: Form,
    roles: Rows,
}

async fn new(visit: &Visit, frame: Frame, form: Form) -> Result<New, Trouble> {
    let mut roles = roles::rows(visit, &frame, &[]).await?;
    if form.is_refused() {
        roles = roles::again(roles, &form);
    }
    Ok(New { chrome: frame.chrome(visit, "New identity"), frame, form, roles })
}

async fn ask(visit: Visit, Path(id): Path<String>) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Identities).await?;
    Ok(visit.show(&new(&visit, frame, Form::default()).await?))
}

async fn make(Path(id): Path<String>, Posted { visit, mut form }: Posted<Visit>) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Identities).await?;
    let given = roles::given(&form, visit.now);
    if given.is_empty() {
        form.refuse("roles", "Choose at least one role");
    }
    roles::check(&mut form);
    if form.is_refused() {
        return Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &new(&visit, frame, form).await?));
    }
    let input = CreateProjectIdentity {
        project_id: frame.id(),
        name: form.text("name").to_owned(),
        has_delete_protection: Some(form.is_on("hasDeleteProtection")),
        metadata: None,
        roles: Some(given),
    };
    match visit.post::<IdentityReply>(&frame.api(&["identities"]), &input).await {
        Ok(made) => {
            let to = path(&["identities", &made.identity.id.to_string()]);
            let notice = format!("The identity {} was made.", made.identity.name);
            Ok(page::done(&visit.console.app, &to, &notice))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => {
            let (status, form) = (refused.status, form.refused(&refused));
            Ok(visit.show_as(status, &new(&visit, frame, form).await?))
        }
    }
}
