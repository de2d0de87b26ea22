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
use vouchsafe_server::App;

use crate::api::Inside;

/// What every page can reach.
#[derive(Clone)]
pub(crate) struct Console {
    /// The application.
    pub(crate) app: App,
    /// Its HTTP API.
    pub(crate) inside: Inside,
}

/// The pages, and behind them the whole HTTP API of the application.
pub fn service(app: App) -> Router {
    let api = vouchsafe_server::http::service(app.clone());
    let console = Console { app, inside: Inside::new(api.clone()) };
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
        .fallback(move |request| fallback::answer(api.clone(), request))
        .layer(axum::middleware::map_response(page::harden))
        .with_state(console)
}
