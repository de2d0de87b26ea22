//! What a handler answers with.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::error::ApiError;
use crate::app::App;

/// A successful answer: status 200, a JSON body, and headers if any.
#[derive(Debug)]
pub struct Reply<T> {
    body: T,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// A plain successful answer.
pub fn ok<T>(body: T) -> Result<Reply<T>, ApiError> {
    Ok(Reply { body, headers: Vec::new() })
}

/// Computes entity tags for a conditional GET.
pub(crate) struct EtagKey {
    pub(crate) app: App,
    pub(crate) if_none_match: Option<HeaderValue>,
}

/// Room for the usual answer, in bytes; a login's has 1,150.
const USUAL_SIZE: usize = 1500;

impl<T: Serialize> Reply<T> {
    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn into_response(self, etag: Option<&EtagKey>) -> Result<Response, ApiError> {
        let mut body = Vec::with_capacity(USUAL_SIZE);
        serde_json::to_writer(&mut body, &self.body)
            .map_err(|error| ApiError::internal(error.to_string()))?;
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        if let Some(key) = etag {
            let tag = HeaderValue::from_str(&key.app.keys.hasher.etag(&body))
                .map_err(|error| ApiError::internal(error.to_string()))?;
            let unchanged = key.if_none_match.as_ref().is_some_and(|sent| matches_tag(sent, &tag));
            headers.insert(header::ETAG, tag);
            if unchanged {
                *response.status_mut() = StatusCode::NOT_MODIFIED;
                return Ok(response);
            }
        }
        *response.body_mut() = Body::from(body);
        Ok(response)
    }
}

/// Weak comparison (RFC 9110, section 13.1.2): `*`, or any tag of the list, `W/` ignored.
fn matches_tag(sent: &HeaderValue, tag: &HeaderValue) -> bool {
    let (Ok(sent), Ok(tag)) = (sent.to_str(), tag.to_str()) else { return false };
    sent.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == "*" || one == tag)
}
