//! The web console: pages rendered on the server, for people.
//!
//! A page does what it does through the HTTP API of the server in the same process ([`api`]), as the person who looks
//! at it. So there are no rules here: whoever may not do something by the API may not do it here, and whatever is done
//! is recorded in the same way. What a person holds is asked only to leave out what would be refused ([`visit`]).
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod activity;
mod api;
mod assets;
mod checks;
mod cli;
mod confirm;
mod cookies;
mod errors;
mod explain;
mod fallback;
mod fields;
mod form;
mod groups;
mod identities;
mod list;
mod page;
mod people;
mod profile;
mod projects;
mod roles;
mod rules;
mod session;
mod settings;
mod sign_in;
mod time;
mod visit;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use tower::ServiceExt;
use vouchsafe_server::App;
use vouchsafe_server::http::Api;
use vouchsafe_server::start::Answers;

use crate::api::Inside;

/// What every page can reach.
#[derive(Clone)]
pub(crate) struct Console {
    /// The application.
    pub(crate) app: App,
    /// Its HTTP API.
    pub(crate) inside: Inside,
}

/// The pages and the HTTP API of the application.
#[derive(Clone)]
pub struct Front {
    api: Api,
    pages: Router,
}

/// The pages, and the whole HTTP API of the application.
pub fn service(app: App) -> Front {
    let api = vouchsafe_server::http::service(app.clone());
    Front { pages: pages(app, &api), api }
}

/// The pages; what is none goes to the API.
fn pages(app: App, api: &Api) -> Router {
    let console = Console { app, inside: Inside::new(api.clone()) };
    let api = api.clone();
    Router::new()
        .merge(activity::routes())
        .merge(assets::routes())
        .merge(cli::routes())
        .merge(explain::routes())
        .merge(groups::routes())
        .merge(identities::routes())
        .merge(people::routes())
        .merge(profile::routes())
        .merge(settings::routes())
        .merge(projects::routes())
        .merge(roles::routes())
        .merge(sign_in::routes())
        .fallback(async move |request| fallback::answer(&api, request).await)
        .layer(axum::middleware::map_response(page::harden))
        .with_state(console)
}

impl Answers for Front {
    /// Programs use the API far more often than people use pages, so no page stands in its way.
    async fn answer(&self, request: Request) -> Response {
        if request.uri().path().starts_with("/api/") {
            return self.api.answer(request).await;
        }
        let Ok(response) = self.pages.clone().oneshot(request).await;
        response
    }
}
