//! What is no page: the HTTP API, or nothing.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use vouchsafe_server::http::Api;
use vouchsafe_server::start::Answers;

use crate::errors::Trouble;

/// Hands the request to the API. A person who asked for a page that neither knows gets a page that says so.
pub(crate) async fn answer(api: &Api, request: Request) -> Response {
    let wants_page = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let is_page = wants_page && !request.uri().path().starts_with("/api/");
    let response = api.answer(request).await;
    if is_page && response.status() == StatusCode::NOT_FOUND {
        return Trouble::not_found().into_response();
    }
    response
}
