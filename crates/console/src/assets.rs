//! Style sheet and script. Their names carry a hash of what they hold, so browsers keep them for good.

use std::sync::LazyLock;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header;

use crate::Console;

const STYLE: &str = include_str!("../assets/console.css");
const SCRIPT: &str = include_str!("../assets/console.js");
const ICON: &str = include_str!("../assets/icon.svg");

/// Where the style sheet is.
pub(crate) static STYLE_PATH: LazyLock<String> = LazyLock::new(|| path("console", "css", STYLE));
/// Where the script is.
pub(crate) static SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| path("console", "js", SCRIPT));
/// Where the icon is.
pub(crate) static ICON_PATH: LazyLock<String> = LazyLock::new(|| path("icon", "svg", ICON));

fn path(name: &str, end: &str, content: &str) -> String {
    let hash = vouchsafe_keys::sha256(content.as_bytes());
    let hash = hex::encode(&hash[..6]);
    format!("/assets/{name}-{hash}.{end}")
}

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route(&STYLE_PATH, get(|| async { asset("text/css; charset=utf-8", STYLE) }))
        .route(&SCRIPT_PATH, get(|| async { asset("text/javascript; charset=utf-8", SCRIPT) }))
        .route(&ICON_PATH, get(|| async { asset("image/svg+xml", ICON) }))
}

fn asset(kind: &'static str, content: &'static str) -> Response {
    let headers =
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    (headers, content).into_response()
}
