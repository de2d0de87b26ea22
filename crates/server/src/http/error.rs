//! The one error type of the API and its one shape on the wire:
//! `{reqId, statusCode, message, error, details?}`.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use vouchsafe_policy::Denied;
use vouchsafe_store::StoreError;

/// A refusal or failure, as the client sees it, with the cause that only the log sees. Boxed, as it
/// is part of the result of nearly every function.
#[derive(Debug)]
pub struct ApiError(Box<Refusal>);

#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    name: Cow<'static, str>,
    message: Message,
    details: Option<Value>,
    cause: Option<String>,
    evidence: Option<Value>,
    header: Option<(HeaderName, HeaderValue)>,
}

#[derive(Debug)]
enum Message {
    Text(Cow<'static, str>),
    /// Validation issues, for status 422 only.
    Issues(Vec<Value>),
}

/// Result of a handler's step.
pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    fn new(status: StatusCode, name: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Refusal {
            status,
            name: name.into(),
            message: Message::Text(message.into()),
            details: None,
            cause: None,
            evidence: None,
            header: None,
        }))
    }

    /// 400: well-formed, but not possible in this state.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// 401: the credential presented is refused.
    pub fn unauthorized(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "UnauthorizedError", message)
    }

    /// 403: authenticated, but not permitted.
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "ForbiddenError", message)
    }

    /// 403: a token that is broken, forged or expired.
    pub fn token(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "TokenError", message)
    }

    /// 404: missing, or outside of the caller's organization.
    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// 413: the body is too large.
    pub fn too_large(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PayloadTooLarge", message)
    }

    /// 415: the body is of a kind that is not read here.
    pub fn unsupported_media_type(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    }

    /// 405: the path exists, the method does not.
    pub fn method_not_allowed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    /// 422: one field of the input is not acceptable. `field` is its path, parts separated by dots;
    /// empty for a rule over the whole input. The message never repeats the value.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::issue("custom", field, message)
    }

    /// 400 for what has to be one of a kind and is there already: `details.issues` says that `field` is why, as a 422
    /// would say it.
    pub fn taken(error: StoreError, field: &str, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        match error {
            StoreError::Conflict(_) => {
                let issues = json!({ "issues": [issue("taken", field, &message)] });
                Self::bad_request(message).with_details(issues)
            }
            other => other.into(),
        }
    }

    /// 422 with the code of the issue.
    pub fn issue(code: &str, field: &str, message: impl Into<String>) -> Self {
        let issue = issue(code, field, &message.into());
        Self(Box::new(Refusal {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            name: "ValidationFailure".into(),
            message: Message::Issues(vec![issue]),
            details: None,
            cause: None,
            evidence: None,
            header: None,
        }))
    }

    /// 503: the database does not answer; `Retry-After` says when to come back.
    pub fn unavailable(cause: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            "The database is not available right now. Please try again in a few seconds.",
        )
        .because(cause)
    }

    /// 429: too much of the same at one time; `Retry-After` says when to come back.
    pub fn busy(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "RateLimitExceeded", message)
    }

    /// 500: a fault of ours; the cause goes to the log.
    pub fn internal(cause: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", "Something went wrong")
            .because(cause)
    }

    /// Gives the error another name on the wire.
    #[must_use]
    pub fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.0.name = name.into();
        self
    }

    /// Adds data for programs.
    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.0.details = Some(details);
        self
    }

    /// Adds the cause for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Adds data that administrators may look up, and that is never answered. It must hold no secret.
    #[must_use]
    pub fn with_evidence(mut self, evidence: Value) -> Self {
        self.0.evidence = Some(evidence);
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The name on the wire.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The sentence on the wire; empty for issues of validation.
    pub fn message(&self) -> &str {
        match &self.0.message {
            Message::Text(text) => text,
            Message::Issues(_) => "",
        }
    }

    /// What only administrators see.
    pub fn evidence(&self) -> Option<&Value> {
        self.0.evidence.as_ref()
    }

    /// What only the log and administrators see.
    pub fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The response, carrying the id of the request.
    pub fn into_response_for(self, request_id: &str) -> Response {
        let refusal = *self.0;
        let message = match refusal.message {
            Message::Text(text) => Value::from(text.into_owned()),
            Message::Issues(issues) => Value::from(issues),
        };
        let mut body = json!({
            "reqId": request_id,
            "statusCode": refusal.status.as_u16(),
            "message": message,
            "error": refusal.name,
        });
        if let Some(details) = refusal.details {
            body["details"] = details;
        }
        let mut response = (refusal.status, axum::Json(body)).into_response();
        if matches!(refusal.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        if let Some((name, value)) = refusal.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

/// What is wrong with a field, as clients see it.
fn issue(code: &str, field: &str, message: &str) -> Value {
    let path: Vec<Value> = field
        .split('.')
        .filter(|part| !part.is_empty())
        .map(|part| part.parse::<u64>().map_or_else(|_| Value::from(part), Value::from))
        .collect();
    json!({ "code": code, "path": path, "message": message })
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable(_) | StoreError::Collision => Self::unavailable(error.to_string()),
            StoreError::Conflict(_) => Self::bad_request("This exists already").because(error.to_string()),
            StoreError::MissingReference => {
                Self::not_found("Something that this request refers to does not exist any more")
                    .because(error.to_string())
            }
            _ => Self::internal(error.to_string()),
        }
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        let need = denied.need;
        let decided_by = denied
            .by
            .as_ref()
            .map(|by| json!({ "source": by.source.to_string(), "index": by.index, "rule": by.rule }));
        let evidence = json!({
            "level": need.level.to_string(), "subject": need.subject, "action": need.action, "decidedBy": decided_by,
        });
        Self::forbidden(denied.to_string())
            .named("PermissionDenied")
            .because(denied.reason())
            .with_evidence(evidence)
            .with_details(serde_json::to_value(&denied.rules).unwrap_or_default())
    }
}
