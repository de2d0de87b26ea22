//! Logging in as a person by the server's web console, in a browser.
//!
//! The browser hands the login to a port of this machine; or, if it runs on another machine, the person pastes it.

use std::net::Ipv4Addr;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use url::Url;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_client::Client;
use vouchsafe_domain::time::Clock as _;
use vouchsafe_server::SystemClock;

use crate::failure::{Failure, NOT_LOGGED_IN, Outcome};
use crate::printer::Printer;
use crate::prompt;
use crate::sessions::{Kind, Session};
use crate::unverified::Unverified;

/// How long to wait for the person.
const PATIENCE: Duration = Duration::from_mins(5);
/// How long answers under way may take once a login is there.
const FAREWELL: Duration = Duration::from_secs(1);
/// Largest login that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// What the console hands over.
#[derive(Deserialize)]
struct Login {
    email: String,
    #[serde(rename = "JTWToken")]
    token: Concealed,
    #[serde(rename = "RefreshToken")]
    refresh_token: Option<Concealed>,
}

/// Where a login is received.
#[derive(Clone)]
struct Inbox {
    /// The server's origin: no other page may hand something over.
    origin: String,
    arrived: mpsc::Sender<Login>,
}

/// Lets the person log in by a browser, and makes what is stored.
pub(super) async fn log_in(client: Client, printer: &Printer) -> Outcome<Session> {
    let address = Url::parse(client.address()).context("the server's address")?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("cannot listen on loopback")?;
    let port = listener.local_addr().context("cannot listen on loopback")?.port();
    let page = format!("{}/login?callback_port={port}", client.address());
    let (arrived, mut logins) = mpsc::channel(1);
    let inbox = Inbox { origin: address.origin().ascii_serialization(), arrived: arrived.clone() };
    let router = Router::new().route("/", post(receive).options(allow)).with_state(inbox);
    let (stop, stopped) = oneshot::channel::<()>();
    let until_stopped = async { drop(stopped.await) };
    let serving = axum::serve(listener, router).with_graceful_shutdown(until_stopped);
    let serving = tokio::spawn(async move { serving.await });
    printer.dialogue(format!("Log in on this page: {page}"));
    open(&page);
    if prompt::is_possible() {
        printer.dialogue("If the browser is on another machine, paste here the text that the page shows:");
        std::thread::spawn(move || read_pasted(&arrived));
    }
    let login = tokio::time::timeout(PATIENCE, logins.recv()).await;
    drop(stop);
    // What was received is answered before the process ends.
    let _ = tokio::time::timeout(FAREWELL, serving).await;
    let login = login.ok().flatten().ok_or_else(|| {
        Failure::message(format!("nobody logged in on {page} within {} minutes", PATIENCE.as_secs() / 60))
            .hint("the server needs a web console; without a browser: vouchsafe login --email EMAIL")
            .code(NOT_LOGGED_IN)
    })?;
    session(client, login).await
}

/// Checks what was handed over with the server.
async fn session(client: Client, login: Login) -> Outcome<Session> {
    let client = client.with_token(login.token.reveal())?;
    client.check_sign_in().await.context("the server does not accept what the browser handed over")?;
    let claims = Unverified::read(login.token.reveal());
    let organization = claims.as_ref().and_then(|claims| claims.text("organizationId"));
    let all = client.my_organizations().await.context("cannot list your organizations")?;
    let chosen = all
        .into_iter()
        .map(|one| one.organization)
        .find(|one| organization.is_some_and(|organization| organization == one.id.to_string()));
    Ok(Session {
        address: client.address().to_owned(),
        kind: Kind::Person,
        name: login.email,
        organization: chosen.map(|one| one.name),
        token: login.token,
        obtained_at: SystemClock.now(),
        refresh_token: login.refresh_token.filter(|token| !token.reveal().is_empty()),
    })
}

/// Says to the browser that the server's page may hand something over (Fetch standard, section 3.3).
async fn allow(State(inbox): State<Inbox>) -> Response {
    permitted(&inbox, StatusCode::NO_CONTENT)
}

async fn receive(State(inbox): State<Inbox>, headers: HeaderMap, body: Bytes) -> Response {
    let is = |name: header::HeaderName, wanted: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.starts_with(wanted))
    };
    // Without asking first, a page of another site can send neither.
    let is_ours =
        headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes() == inbox.origin.as_bytes());
    if !is_ours || !is(header::CONTENT_TYPE, "application/json") || body.len() > LARGEST {
        return StatusCode::FORBIDDEN.into_response();
    }
    match serde_json::from_slice(&body) {
        Ok(login) => {
            // A second one comes too late.
            let _ = inbox.arrived.try_send(login);
            permitted(&inbox, StatusCode::OK)
        }
        Err(_) => permitted(&inbox, StatusCode::BAD_REQUEST),
    }
}

fn permitted(inbox: &Inbox, status: StatusCode) -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, inbox.origin.as_str()),
        (header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "Content-Type"),
        (header::VARY, "Origin"),
    ];
    (status, headers).into_response()
}

/// Opens the page if this machine knows how; the address was printed in any case.
fn open(page: &str) {
    let opener = std::env::var_os("BROWSER")
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| if cfg!(target_os = "macos") { "open".into() } else { "xdg-open".into() });
    let mut command = Command::new(opener);
    let _ = command.arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
}

/// Waits for the text that the page shows: JSON in base64.
fn read_pasted(arrived: &mpsc::Sender<Login>) {
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let decoded = BASE64_STANDARD.decode(line.trim()).ok();
        if let Some(login) = decoded.and_then(|text| serde_json::from_slice(&text).ok()) {
            let _ = arrived.blocking_send(login);
            return;
        }
    }
}
