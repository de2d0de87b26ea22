//! One's own sessions, ended one by one or all at once.

use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use http::header::SET_COOKIE;
use vouchsafe_api::users::Session;
use vouchsafe_domain::time::Timestamp;

use crate::Console;
use crate::api::{Refused, path};
use crate::errors::Shown;
use crate::list::Pager;
use crate::page::done;
use crate::session;
use crate::time::{TimeElement, ago};
use crate::visit::{Posted, Visit};

const SESSIONS: &str = "/api/v2/users/me/sessions";
/// Sessions on a page. A person has at most 100.
const PAGE: u64 = 50;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/profile/sessions/end", post(end_all))
        .route("/profile/sessions/{sessionId}/end", post(end_one))
}

/// A page of one's sessions.
pub(super) struct List {
    pub(super) rows: Vec<Session>,
    pub(super) pager: Pager,
    now: Timestamp,
}

impl List {
    pub(super) fn when(&self, at: Timestamp) -> TimeElement {
        TimeElement(ago(at, self.now))
    }
}

/// The session of this very request comes first.
pub(super) async fn list(visit: &Visit, page: u64) -> Result<List, Refused> {
    let mut rows: Vec<Session> = visit.get(SESSIONS).await?;
    rows.sort_by_key(|session| !session.is_current);
    let pager = Pager::new("/profile", &[], page, PAGE).of(u64::try_from(rows.len()).unwrap_or(0));
    Ok(List { rows: pager.cut(rows), pager, now: visit.now })
}

async fn end_one(Path(id): Path<String>, Posted { visit, .. }: Posted<Visit>) -> Shown {
    let is_own = visit.user().is_some_and(|user| user.session.to_string() == id);
    visit.delete(&format!("{SESSIONS}{}", path(&[&id]))).await?;
    Ok(if is_own {
        signed_out(&visit)
    } else {
        done(&visit.console.app, "/profile", "The session has ended.")
    })
}

async fn end_all(Posted { visit, .. }: Posted<Visit>) -> Shown {
    visit.delete(SESSIONS).await?;
    Ok(signed_out(&visit))
}

fn signed_out(visit: &Visit) -> Response {
    let mut response = Redirect::to("/login").into_response();
    response.headers_mut().extend(session::ended(&visit.console.app).map(|cookie| (SET_COOKIE, cookie)));
    response
}
