//! `/cli`: a command line on the person's own machine gets a login, after a click of consent.
//!
//! It opens `/login?callback_port=…` and waits on that port of the loopback interface for JSON with `email`, `privateKey`
//! (empty), `JTWToken` (spelt so) and `RefreshToken`. The page's script sends that; or the person pastes it, in base64.

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use http::{HeaderValue, header};
use serde::Deserialize;
use serde_json::json;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::users::OpenedSession;

use crate::Console;
use crate::errors::{Shown, Trouble};
use crate::page::{self, html};
use crate::visit::{Posted, Visit};

/// The page that asks for consent, for a command line that waits on this port.
pub(crate) fn target(port: u16) -> String {
    format!("/cli?port={port}")
}

pub(crate) fn routes() -> Router<Console> {
    Router::new().route("/cli", get(ask).post(allow))
}

#[derive(Deserialize)]
struct Waiting {
    port: u16,
}

#[derive(Template)]
#[template(path = "sign_in/cli.html")]
struct AskPage<'a> {
    email: &'a str,
    org_name: &'a str,
    form_token: String,
    port: u16,
}

async fn ask(visit: Visit, Query(Waiting { port }): Query<Waiting>) -> Response {
    let (email, org_name, form_token) = (visit.email(), visit.org_name(), visit.form_token());
    html(&AskPage { email, org_name, form_token, port })
}

#[derive(Template)]
#[template(path = "sign_in/cli_done.html")]
struct DonePage {
    port: u16,
    login: String,
}

async fn allow(Posted { visit, form }: Posted<Visit>) -> Shown {
    let port: u16 = form.text("port").parse().map_err(|_| Trouble::not_found())?;
    // A session of its own: it lives on when the person signs out here, and is listed in the profile.
    let session: OpenedSession = visit.post("/api/v2/users/me/sessions", &Nothing {}).await?;
    let login = json!({
        "email": visit.email(), "privateKey": "",
        "JTWToken": session.token, "RefreshToken": session.refresh_token,
    });
    let mut response = html(&DonePage { port, login: page::base64(login.to_string().as_bytes()) });
    let policy = format!("{} http://127.0.0.1:{port}", page::POLICY);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}
