//! When a page cannot be shown.

use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use http::{Method, StatusCode, Uri};
use vouchsafe_server::http::error::ApiError;

use crate::api::{Refused, query};
use crate::page;

/// Why a page cannot be shown.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Nobody is signed in.
    SignedOut,
    /// Something else, with its status and what to tell.
    Other(Box<Refused>),
}

/// What the handler of a page answers.
pub(crate) type Shown = Result<Response, Trouble>;

impl Trouble {
    /// A trouble of the console's own.
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let (issues, details) = (Vec::new(), Box::default());
        let refused = Refused { status, message: message.into(), issues, details, request: String::new() };
        Self::Other(Box::new(refused))
    }

    /// What the server said where it was asked directly.
    pub(crate) fn of(error: &ApiError) -> Self {
        Self::new(error.status(), error.message())
    }

    /// There is nothing at this address.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such page, or it has been deleted.")
    }

    /// The person may not use this page.
    pub(crate) fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "You may not do this here. Ask an administrator of the organization.",
        )
    }

    /// A form that no page of this session sent.
    pub(crate) fn foreign_form() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "This form was not sent from a page of your present session. Go back, reload the page and try again.",
        )
    }

    /// The answer to this request.
    pub(crate) fn on(self, method: &Method, uri: &Uri) -> Response {
        match self {
            Self::SignedOut if method == Method::GET => {
                let next = uri.path_and_query().map_or("/", |target| target.as_str());
                let next = if next == "/" { "" } else { next };
                Redirect::to(&format!("/login{}", query([("next", next)]))).into_response()
            }
            other => other.into_response(),
        }
    }
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        if refused.is_signed_out() { Self::SignedOut } else { Self::Other(Box::new(refused)) }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    title: &'static str,
    message: &'a str,
    request: &'a str,
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let refused = match self {
            Self::SignedOut => return Redirect::to("/login").into_response(),
            Self::Other(refused) => refused,
        };
        let title = match refused.status {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::FORBIDDEN => "Not allowed",
            status if status.is_server_error() => "Something went wrong",
            _ => "That did not work",
        };
        let page = ErrorPage { title, message: &refused.message, request: &refused.request };
        (refused.status, page::html(&page)).into_response()
    }
}
