//! Calls of the HTTP API of the same process, with everything that a call from outside goes through.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_server::http::Api;
use vouchsafe_server::start::Answers;

/// Largest answer that a page takes, in bytes: a list of secrets is read whole.
const LARGEST_ANSWER: usize = 256 * 1024 * 1024;
/// What a part of a path may hold unescaped (RFC 3986, section 2.3).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The API as a service.
#[derive(Clone)]
pub(crate) struct Inside(Api);

/// From where a request came: calls on its behalf say the same of themselves.
#[derive(Clone)]
pub(crate) struct Origin {
    peer: Option<ConnectInfo<SocketAddr>>,
    headers: HeaderMap,
}

/// Headers that say who is at the other end.
const PASSED_ON: [HeaderName; 2] = [header::USER_AGENT, HeaderName::from_static("x-forwarded-for")];

impl Origin {
    /// Of this request.
    pub(crate) fn of(parts: &Parts) -> Self {
        let mut headers = HeaderMap::new();
        for name in PASSED_ON {
            for value in parts.headers.get_all(&name) {
                headers.append(&name, value.clone());
            }
        }
        Self { peer: parts.extensions.get().copied(), headers }
    }
}

/// Why a call was not answered with what was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    /// HTTP status.
    pub(crate) status: StatusCode,
    /// A sentence for people.
    pub(crate) message: String,
    /// What is wrong with which field, its path separated by dots; empty unless the status is 422, or 400 for a
    /// name that is taken.
    pub(crate) issues: Vec<(String, String)>,
    /// What programs get beside it, if anything.
    pub(crate) details: Box<Value>,
    /// By which the log and the record of refusals know the request.
    pub(crate) request: String,
}

impl Refused {
    fn broken(what: impl Into<String>) -> Self {
        tracing::error!(what = what.into(), "the console cannot read an answer of the API");
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            message: "Something went wrong".to_owned(),
            issues: Vec::new(),
            details: Box::default(),
            request: String::new(),
        }
    }

    fn read(status: StatusCode, body: &Value) -> Self {
        let listed = body["message"].as_array().or_else(|| body["details"]["issues"].as_array());
        let issues: Vec<_> = listed.into_iter().flatten().map(issue).collect();
        let message = match body["message"].as_str() {
            Some(text) if issues.is_empty() => text.to_owned(),
            None if issues.is_empty() => "The request was refused".to_owned(),
            _ => "Something in the form needs to be put right".to_owned(),
        };
        let request = body["reqId"].as_str().unwrap_or_default().to_owned();
        Self { status, message, issues, details: Box::new(body["details"].clone()), request }
    }

    /// Whether the person has to sign in again.
    pub(crate) fn is_signed_out(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
    }
}

fn issue(issue: &Value) -> (String, String) {
    let parts = issue["path"].as_array().into_iter().flatten();
    let path: Vec<String> =
        parts.map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned)).collect();
    (path.join("."), issue["message"].as_str().unwrap_or("Not acceptable").to_owned())
}

/// Puts a path together; the parts are escaped.
pub(crate) fn path(parts: &[&str]) -> String {
    let mut path = String::new();
    for part in parts {
        path.push('/');
        path.extend(utf8_percent_encode(part, PLAIN));
    }
    path
}

/// Puts a query together from what is given; starts with `?` unless it is empty.
pub(crate) fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        if !value.is_empty() {
            text.append_pair(name, value);
        }
    }
    let text = text.finish();
    if text.is_empty() { text } else { format!("?{text}") }
}

/// One call, and where it comes from.
pub(crate) struct Call<'a> {
    pub(crate) origin: &'a Origin,
    pub(crate) token: Option<&'a Concealed>,
    pub(crate) method: Method,
    pub(crate) target: &'a str,
    pub(crate) body: Option<Value>,
}

impl Inside {
    /// The API that this service answers.
    pub(crate) fn new(service: Api) -> Self {
        Self(service)
    }

    /// Makes a call and reads the answer.
    pub(crate) async fn call<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, Refused> {
        let request = request(call).map_err(|error| Refused::broken(error.to_string()))?;
        let response = self.0.answer(request).await;
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), LARGEST_ANSWER)
            .await
            .map_err(|error| Refused::broken(error.to_string()))?;
        if status.is_success() {
            // The text of a serde error may quote a value, so only the place is told.
            return serde_json::from_slice(&body).map_err(|error| {
                Refused::broken(format!("{:?} at column {}", error.classify(), error.column()))
            });
        }
        Err(Refused::read(status, &serde_json::from_slice(&body).unwrap_or_default()))
    }
}

fn request(call: Call<'_>) -> Result<Request, http::Error> {
    let mut request = Request::builder().method(call.method).uri(call.target);
    if let Some(headers) = request.headers_mut() {
        headers.extend(call.origin.headers.clone());
    }
    if let Some(token) = call.token {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.reveal()))?;
        value.set_sensitive(true);
        request = request.header(header::AUTHORIZATION, value);
    }
    if let Some(peer) = call.origin.peer {
        request = request.extension(peer);
    }
    match call.body {
        None => request.body(Body::empty()),
        Some(body) => {
            request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string()))
        }
    }
}

/// Fields of an input as JSON.
pub(crate) fn fields(input: &impl Serialize) -> Result<Value, Refused> {
    serde_json::to_value(input).map_err(|error| Refused::broken(error.to_string()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parts_of_paths_are_escaped_and_queries_leave_out_what_is_empty() {
        assert_eq!(path(&["api", "v1", "a/b c", "ü"]), "/api/v1/a%2Fb%20c/%C3%BC");
        assert_eq!(query([("a", "1 &"), ("b", ""), ("c", "d")]), "?a=1+%26&c=d");
        assert_eq!(query([("a", "")]), "");
    }

    #[test]
    fn refusals_say_which_field_is_wrong() {
        let body = json!({
            "reqId": "req-1", "statusCode": 422, "error": "ValidationFailure",
            "message": [{ "code": "custom", "path": ["rules", 3, "action"], "message": "Expected an action" }],
        });
        let refused = Refused::read(StatusCode::UNPROCESSABLE_ENTITY, &body);
        assert_eq!(refused.issues, [("rules.3.action".to_owned(), "Expected an action".to_owned())]);
        assert_eq!(refused.request, "req-1");
        let refused = Refused::read(StatusCode::BAD_REQUEST, &json!({ "message": "No" }));
        assert_eq!((refused.message.as_str(), refused.issues.len()), ("No", 0));
    }
}
