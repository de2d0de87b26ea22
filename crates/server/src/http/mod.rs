//! The HTTP API. [`routes`] is the table of all routes; this module turns it into a service and
//! takes each request through the same steps: who, may, what, answer.

mod access;
mod activity;
mod admin;
mod audit_logs;
mod auth_methods;
pub mod certificates;
mod custom_roles;
pub mod cx;
mod denials;
mod docs;
mod environments;
pub mod error;
mod folders;
mod groups;
mod identities;
mod identity_members;
mod identity_search;
mod imports;
pub mod input;
mod invitations;
pub mod openapi;
mod org_identities;
mod org_identity_members;
mod org_members;
mod org_roles;
mod organizations;
mod privileges;
mod project_groups;
mod project_identities;
mod project_roles;
mod project_users;
mod projects;
pub mod reply;
mod request_id;
mod roles;
pub mod route;
mod secret_batch;
mod secret_move;
mod secrets_v3;
mod secrets_v4;
mod service;
mod sign_in;
mod status;
mod table;
mod tags;
mod users;

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use futures_util::FutureExt;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use vouchsafe_api::concealed::Concealed;
use vouchsafe_domain::ip::client_ip;
use vouchsafe_policy::{Object, Permit};

use crate::app::App;
use crate::auth::{Actor, authenticate, claimed};
use crate::denials::{Caller, Refused};
pub use auth_methods::{LoginSource, MethodForm, method_forms};
use certificates::Presented;
use cx::{Conditional, Cx, Meta};
use error::{ApiError, ApiResult};
use route::{Access, Route};
pub use service::Api;
use service::Target;
pub use table::routes;

/// The service that answers all routes.
pub fn service(app: App) -> Api {
    Api::new(app, routes())
}

/// Takes a request through all steps; whatever goes wrong has the one error shape.
async fn answer(app: &App, target: Target, request: Request) -> Response {
    let route = target.route();
    let meta = meta(app, route, &request);
    let id = meta.id.clone();
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let handled = AssertUnwindSafe(Box::pin(handle(app, target, &id, meta, request))).catch_unwind().await;
    let outcome = handled.unwrap_or_else(|_| Err(ApiError::internal("a handler panicked")));
    let mut response = outcome.unwrap_or_else(|error| {
        log(&format!("{method} {}", uri.path()), &id, &error);
        error.into_response_for(&id)
    });
    app.metrics.answered(route, response.status());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

fn log(line: &str, id: &str, error: &ApiError) {
    let (status, cause) = (error.status().as_u16(), error.cause().unwrap_or(""));
    if error.status().is_server_error() {
        tracing::error!(request = line, id, status, cause, "request failed");
    } else {
        tracing::debug!(request = line, id, status, cause, "request refused");
    }
}

async fn handle(app: &App, target: Target, id: &str, meta: Meta, request: Request) -> ApiResult<Response> {
    let (route, path) = match target {
        Target::Route(route, parameters) => (route, parameters?),
        Target::OtherMethods(methods) => return Err(other_method(&request, &methods)),
        Target::Nothing => return Err(unknown(&request)),
    };
    let (parts, body) = request.into_parts();
    let (ip, at, project) = (meta.ip, meta.at, meta.project());
    let mut caller = None;
    let outcome = perform(app, route, meta, &parts, body, path, &mut caller).await;
    if let Err(error) = &outcome
        && error.status() == StatusCode::FORBIDDEN
    {
        let bearer = bearer(&parts.headers).filter(|_| route.access != Access::Open);
        if let Some(caller) = caller.or_else(|| claimed(app, bearer?)) {
            let refused =
                Refused { id, ip, at, project: project.get().copied(), caller, parts: &parts, error };
            app.denials.note(refused.denial());
        }
    }
    outcome
}

async fn perform(
    app: &App,
    route: &Route,
    meta: Meta,
    parts: &Parts,
    body: Body,
    path: Vec<(String, String)>,
    caller: &mut Option<Caller>,
) -> ApiResult<Response> {
    let actor = who(app, route.access, &parts.headers, &meta).await?;
    *caller = actor.organization().map(|(org, _)| org).zip(actor.id());
    let permit = may(route.access, &actor)?;
    let fields = input::collect(parts, body, path).await?;
    let conditional = conditional(parts);
    let cx = Cx::new(app.clone(), actor, meta, route.access, permit, conditional);
    (route.handler)(cx, fields).await
}

fn unknown(request: &Request) -> ApiError {
    ApiError::not_found(format!("There is no route {}", asked(request)))
}

/// Says which methods there are (RFC 9110 section 15.5.6).
fn other_method(request: &Request, methods: &[Method]) -> ApiError {
    let methods: Vec<&str> = methods.iter().map(Method::as_str).collect();
    let methods = methods.join(", ");
    let error = ApiError::method_not_allowed(format!(
        "There is no route {}; the path takes {methods}",
        asked(request)
    ));
    match HeaderValue::try_from(methods) {
        Ok(methods) => error.with_header(header::ALLOW, methods),
        Err(_) => error,
    }
}

/// Method and path, safe to repeat.
fn asked(request: &Request) -> String {
    let name = format!("{} {}", request.method(), request.uri().path());
    name.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// Who: the actor that the route asks for.
async fn who(app: &App, access: Access, headers: &HeaderMap, meta: &Meta) -> ApiResult<Actor> {
    if access == Access::Open {
        return Ok(Actor::Anonymous);
    }
    let bearer = bearer(headers).ok_or_else(|| ApiError::unauthorized("Token missing"))?;
    let actor = authenticate(app, bearer, meta.ip, &meta.certificates, meta.at).await?;
    match (access, &actor) {
        (Access::Person, Actor::User(_)) => Ok(actor),
        (Access::Person, _) => Err(ApiError::forbidden("This route is for users; an identity cannot use it")),
        (_, actor_in) if actor_in.organization().is_none() => Err(ApiError::unauthorized(
            "No organization was chosen with this token. Choose one with POST /api/v3/auth/select-organization.",
        )),
        _ => Ok(actor),
    }
}

/// May: the organization permission that the route asks for, if it asks for one.
fn may(access: Access, actor: &Actor) -> ApiResult<Option<Permit>> {
    let Access::Org(need) = access else { return Ok(None) };
    let (_, permissions) = actor
        .organization()
        .ok_or_else(|| ApiError::internal("no organization on a route that needs one"))?;
    Ok(Some(permissions.check(need, &Object::plain())?))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty()).then(|| token.trim())
}

fn conditional(parts: &Parts) -> Conditional {
    if parts.method != Method::GET {
        return Conditional::No;
    }
    Conditional::Get { if_none_match: parts.headers.get(header::IF_NONE_MATCH).cloned() }
}

fn meta(app: &App, route: Option<&Route>, request: &Request<Body>) -> Meta {
    let is_open = route.is_some_and(|route| route.access == Access::Open);
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(address)| address.ip());
    let headers = request.headers();
    let ip = if app.settings.trusted_proxies.is_empty() {
        peer.to_canonical()
    } else {
        let forwarded: Vec<&str> =
            headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
        client_ip(peer, &forwarded, &app.settings.trusted_proxies)
    };
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let now = app.now();
    let mut meta = Meta::new(request_id::new(now), ip, shortened(user_agent).to_owned(), now);
    meta.refresh_cookie = refresh_cookie(headers).map(Concealed::new);
    meta.bearer = bearer(headers).filter(|_| is_open).map(Concealed::new);
    meta.certificates = Presented::of(&app.settings, peer, request);
    meta
}

/// At most so many characters of a `User-Agent` are kept.
const LONGEST_USER_AGENT: usize = 200;

/// The text, if it is too long its beginning.
fn shortened(text: &str) -> &str {
    if text.len() <= LONGEST_USER_AGENT {
        return text;
    }
    let end = text.char_indices().nth(LONGEST_USER_AGENT).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or(text)
}

fn refresh_cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("jid=")).map(str::to_owned)
}
