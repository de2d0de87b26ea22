//! How a request goes: who may, then from what is kept or from the server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use http::header::{AGE, CONTENT_TYPE, IF_NONE_MATCH, RETRY_AFTER, WARNING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::json;
use tokio::sync::OnceCell;
use vouchsafe_client::{Answer, Error};
use zeroize::Zeroizing;

use super::cache::{Cache, Kept, is_kept};
use super::guard::{self, Refused};
use super::link::{Asked, Call, Link, Who};
use super::{Behind, Settings, headers};
use crate::moment::{Moment, Ticker};

/// Largest body of a request, in bytes.
const LARGEST_REQUEST: usize = 1024 * 1024;
/// Longest time that a caller takes to send it.
const SENDING: Duration = Duration::from_secs(30);
/// Says where an answer is from: `miss`, `revalidated`, `fresh` or `stale`.
const SOURCE: HeaderName = HeaderName::from_static("x-vouchsafe-cache");

/// An answer, and where it is from.
#[derive(Clone)]
struct Outcome {
    kept: Arc<Kept>,
    /// Nothing for what is never kept.
    source: Option<&'static str>,
    /// How long ago the server said so.
    age: Option<Duration>,
}

type Flight = Arc<OnceCell<Outcome>>;

/// All that requests share.
struct Shared {
    cache: Cache,
    /// Whose answers are kept.
    who: Who,
    /// What is being asked for; who wants the same waits for the same answer.
    flights: HashMap<String, Flight>,
}

impl Shared {
    /// What is true may be something else now.
    fn clear(&mut self) {
        self.cache.clear();
        self.flights.clear();
    }
}

/// The way of requests through the proxy.
pub(super) struct Flow {
    link: Link,
    ticker: Arc<dyn Ticker>,
    fresh_for: Duration,
    stale_for: Duration,
    shared: Mutex<Shared>,
}

/// Forgets everything when it goes, so also when the caller hangs up in the middle of a change.
struct Forgets<'a>(&'a Flow, bool);

impl Drop for Forgets<'_> {
    fn drop(&mut self) {
        if self.1 {
            self.0.lock().clear();
        }
    }
}

impl Flow {
    pub(super) fn new(settings: &Settings, behind: Behind) -> Self {
        let cache = Cache::new(settings.entries, settings.bytes);
        Self {
            ticker: Arc::clone(&behind.ticker),
            link: Link::new(behind),
            fresh_for: settings.fresh_for,
            stale_for: settings.stale_for,
            shared: Mutex::new(Shared { cache, who: Who::Nobody, flights: HashMap::new() }),
        }
    }

    /// Answers one request.
    pub(super) async fn handle(&self, request: Request, is_local: bool) -> Response {
        match self.answer(request, is_local).await {
            Ok(response) => response,
            Err(refused) => shut_out(refused),
        }
    }

    async fn answer(&self, request: Request, is_local: bool) -> Result<Response, Refused> {
        let (parts, body) = request.into_parts();
        guard::check(&parts.uri, &parts.headers, is_local)?;
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
        if target == "/healthz" {
            return Ok(self.health());
        }
        guard::check_target(&target)?;
        let body = match tokio::time::timeout(SENDING, to_bytes(body, LARGEST_REQUEST)).await {
            Ok(Ok(body)) => body.into(),
            Ok(Err(_)) => return Ok(said(StatusCode::PAYLOAD_TOO_LARGE, "the request is larger than 1 MiB")),
            Err(_) => {
                return Ok(said(StatusCode::REQUEST_TIMEOUT, "the request took longer than 30 seconds"));
            }
        };
        let headers = headers::to_server(&parts.headers);
        let call = Call { method: parts.method, target, headers, body };
        let outcome = if call.method == Method::GET && is_kept(&call.target) {
            self.read(call).await
        } else {
            self.pass(call).await
        };
        Ok(outcome.into_response(parts.headers.get(IF_NONE_MATCH)))
    }

    fn health(&self) -> Response {
        if self.link.token().is_some() {
            said(StatusCode::OK, "ok")
        } else {
            said(StatusCode::SERVICE_UNAVAILABLE, "the agent is not logged in")
        }
    }

    /// Anything that is not kept.
    async fn pass(&self, call: Call) -> Outcome {
        let changes = !matches!(call.method, Method::GET | Method::HEAD | Method::OPTIONS);
        let mut forgets = Forgets(self, changes);
        match self.link.ask(&call).await {
            Asked::Answer(answer, _) => Outcome::passed(answer),
            Asked::Rejected(answer) => {
                forgets.1 = true;
                Outcome::passed(answer)
            }
            Asked::NoToken => {
                forgets.1 = false;
                Outcome::no_token()
            }
            Asked::Away { error, is_sent } => {
                forgets.1 &= is_sent;
                Outcome::away(&error)
            }
        }
    }

    /// Something that is kept.
    async fn read(&self, call: Call) -> Outcome {
        let flight = {
            let mut shared = self.lock();
            let who = Who::of(self.link.token().as_ref());
            if who == Who::Nobody {
                return Outcome::no_token();
            }
            if shared.who != who {
                shared.clear();
                shared.who = who;
            }
            if let Some((kept, confirmed)) = shared.cache.get(&call.target) {
                let age = confirmed.until(self.ticker.now());
                if age < self.fresh_for {
                    return Outcome { kept, source: Some("fresh"), age: Some(age) };
                }
            }
            Arc::clone(shared.flights.entry(call.target.clone()).or_default())
        };
        let outcome = flight.get_or_init(|| self.ask(&call)).await.clone();
        let mut shared = self.lock();
        if shared.flights.get(&call.target).is_some_and(|found| Arc::ptr_eq(found, &flight)) {
            shared.flights.remove(&call.target);
        }
        outcome
    }

    /// Asks whether what is kept is still so, or for what is not kept.
    async fn ask(&self, call: &Call) -> Outcome {
        let mut call = call.clone();
        let (known, age, asked) = {
            let mut shared = self.lock();
            (shared.cache.get(&call.target), shared.cache.age(), self.ticker.now())
        };
        if let Some(tag) = known.as_ref().and_then(|(kept, _)| kept.tag()) {
            call.headers.insert(IF_NONE_MATCH, tag.clone());
        }
        match self.link.ask(&call).await {
            Asked::Answer(answer, _) if is_down(answer.status) => {
                self.stale(known, age).unwrap_or_else(|| Outcome::passed(answer))
            }
            Asked::Answer(answer, who) => self.learn(&call.target, answer, &who, known, age, asked),
            Asked::Rejected(answer) => {
                self.lock().clear();
                Outcome::passed(answer)
            }
            Asked::NoToken => Outcome::no_token(),
            Asked::Away { error, .. } => self.stale(known, age).unwrap_or_else(|| Outcome::away(&error)),
        }
    }

    /// The server answered.
    fn learn(
        &self,
        target: &str,
        answer: Answer,
        who: &Who,
        known: Option<(Arc<Kept>, Moment)>,
        age: u64,
        asked: Moment,
    ) -> Outcome {
        let mut shared = self.lock();
        // A token of somebody else came in the middle; nothing of it is kept.
        let age = if shared.who == *who { age } else { u64::MAX };
        if let (StatusCode::NOT_MODIFIED, Some((kept, _))) = (answer.status, known) {
            shared.cache.confirm(target, age, asked);
            return Outcome { kept, source: Some("revalidated"), age: None };
        }
        let outcome = Outcome::passed(answer);
        if outcome.kept.status == StatusCode::OK && outcome.kept.tag().is_some() {
            shared.cache.keep(target, &outcome.kept, age, asked);
        } else {
            shared.cache.drop_one(target);
        }
        Outcome { source: Some("miss"), ..outcome }
    }

    /// What is kept, if it is not too old, and nothing has changed since.
    fn stale(&self, known: Option<(Arc<Kept>, Moment)>, age: u64) -> Option<Outcome> {
        let (kept, confirmed) = known.filter(|_| self.lock().cache.age() == age)?;
        let age = confirmed.until(self.ticker.now());
        (age <= self.stale_for).then_some(Outcome { kept, source: Some("stale"), age: Some(age) })
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the server, or what stands before it, is not well, so that what it says is not about the request.
fn is_down(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

impl Outcome {
    fn of(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { kept: Arc::new(Kept { status, headers, body: Zeroizing::new(body) }), source: None, age: None }
    }

    fn passed(answer: Answer) -> Self {
        if answer.status.is_redirection() {
            return Self::failed(
                StatusCode::BAD_GATEWAY,
                "the server answers with a redirect, which is not followed",
            );
        }
        Self::of(answer.status, headers::to_caller(&answer.headers), answer.body)
    }

    fn failed(status: StatusCode, message: &str) -> Self {
        let mut headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        let body = json!({ "reqId": "req-proxy", "statusCode": status.as_u16(), "error": "AgentProxy", "message": message });
        Self::of(status, headers, body.to_string().into_bytes())
    }

    fn no_token() -> Self {
        Self::failed(
            StatusCode::SERVICE_UNAVAILABLE,
            "the agent is not logged in yet; try again soon, and look at its log",
        )
    }

    fn away(error: &Error) -> Self {
        let status = match error {
            Error::Timeout { .. } => StatusCode::GATEWAY_TIMEOUT,
            Error::Path(_) => StatusCode::NOT_FOUND,
            Error::Unreachable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_GATEWAY,
        };
        tracing::warn!(%error, "the proxy has no answer of the server");
        Self::failed(status, &error.to_string())
    }

    /// As the caller gets it; nothing new if that is what it has (RFC 9110, section 13.1.2).
    fn into_response(self, known: Option<&HeaderValue>) -> Response {
        let has_it =
            self.kept.status == StatusCode::OK && self.source.is_some() && matches(known, self.kept.tag());
        let mut response = Response::new(if has_it { Body::empty() } else { Body::from(self.body()) });
        *response.status_mut() = if has_it { StatusCode::NOT_MODIFIED } else { self.kept.status };
        let headers = response.headers_mut();
        headers.clone_from(&self.kept.headers);
        if let Some(source) = self.source {
            headers.insert(SOURCE, HeaderValue::from_static(source));
        }
        if let Some(age) = self.age {
            headers.insert(AGE, HeaderValue::from(age.as_secs()));
        }
        if self.source == Some("stale") {
            headers.insert(WARNING, HeaderValue::from_static("110 - \"Response is Stale\""));
        }
        response
    }

    /// The body, not copied, and wiped when the last who holds it lets go.
    fn body(&self) -> Bytes {
        struct Held(Arc<Kept>);
        impl AsRef<[u8]> for Held {
            fn as_ref(&self) -> &[u8] {
                &self.0.body
            }
        }
        Bytes::from_owner(Held(Arc::clone(&self.kept)))
    }
}

/// Whether one of the tags that the caller has is this one.
fn matches(known: Option<&HeaderValue>, tag: Option<&HeaderValue>) -> bool {
    let text = |value: &HeaderValue| value.to_str().map(str::to_owned).ok();
    let (Some(known), Some(tag)) = (known.and_then(text), tag.and_then(text)) else { return false };
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.trim() == "*" || known.split(',').any(|one| opaque(one) == opaque(&tag))
}

fn said(status: StatusCode, message: &str) -> Response {
    Outcome::failed(status, message).into_response(None)
}

fn shut_out(refused: Refused) -> Response {
    let (status, message) = match refused {
        Refused::WebPage => {
            (StatusCode::FORBIDDEN, "web pages may not use the proxy (`Origin`, `Sec-Fetch-Site`)")
        }
        Refused::OtherHost => (
            StatusCode::FORBIDDEN,
            "the proxy answers only to names of this machine; use localhost, 127.0.0.1 or [::1] in the URL",
        ),
        Refused::NotTheApi => (StatusCode::NOT_FOUND, "the proxy passes on only what is below /api/"),
        Refused::TooLong => (StatusCode::URI_TOO_LONG, "path and query are longer than 8 KiB"),
    };
    tracing::warn!(?refused, "the proxy refused a request");
    said(status, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entity_tags_match_weakly_and_in_lists() {
        let value = |text: &'static str| HeaderValue::from_static(text);
        for (known, tag, want) in [
            ("\"a\"", "\"a\"", true),
            ("W/\"a\"", "\"a\"", true),
            ("\"b\", \"a\"", "W/\"a\"", true),
            ("*", "\"a\"", true),
            ("\"b\"", "\"a\"", false),
            ("", "\"a\"", false),
        ] {
            assert_eq!(matches(Some(&value(known)), Some(&value(tag))), want, "{known} {tag}");
        }
        assert!(!matches(None, Some(&value("\"a\""))));
        assert!(!matches(Some(&value("*")), None));
    }
}
