//! What describes the API, outside of the API's own steps: `GET /api/openapi.json`, `GET /api/docs`
//! (the same as a page) and `GET /.well-known/jwks.json` (the keys that verify access tokens).
//!
//! All three are open, the same for everybody, and made once.

use std::sync::OnceLock;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderValue, Method, header};
use serde_json::Value;

use super::openapi::document;
use super::table::routes;
use crate::app::App;

mod page;

/// Made when first asked for.
#[derive(Default)]
struct Made(OnceLock<Bytes>);

impl Made {
    fn get(&self, make: impl FnOnce() -> Vec<u8>) -> Bytes {
        self.0.get_or_init(|| make().into()).clone()
    }
}

/// The descriptions.
pub(super) struct Docs {
    app: App,
    openapi: Made,
    page: Made,
    keys: Made,
}

impl Docs {
    /// Nothing is made yet.
    pub(super) fn new(app: &App) -> Self {
        Self { app: app.clone(), openapi: Made::default(), page: Made::default(), keys: Made::default() }
    }

    /// The description that a request asks for, if it asks for one.
    pub(super) fn answer(&self, request: &Request) -> Option<Response> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        match request.uri().path() {
            "/api/openapi.json" => Some(json(self.openapi.get(|| described(&self.app).to_string().into()))),
            "/api/docs" => Some(html(self.page.get(|| page::render(&described(&self.app)).into()))),
            "/.well-known/jwks.json" => Some(json(
                self.keys.get(|| serde_json::to_vec(&self.app.keys.verifier.jwks()).unwrap_or_default()),
            )),
            _ => None,
        }
    }
}

fn described(app: &App) -> Value {
    document(routes(), &app.settings.site_url)
}

fn json(body: Bytes) -> Response {
    respond(body, "application/json; charset=utf-8")
}

/// The page runs no script and loads nothing: its one style sheet is named by its hash.
fn html(body: Bytes) -> Response {
    let mut response = respond(body, "text/html; charset=utf-8");
    let policy = format!(
        "default-src 'none'; style-src '{}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        page::style_hash()
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn respond(body: Bytes, kind: &'static str) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
