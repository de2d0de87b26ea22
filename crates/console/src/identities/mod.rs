//! Machine identities.

mod auth;
mod change;
mod create;
mod credentials;
mod groups;
mod list;
mod overview;
mod projects;
mod remove;
mod states;
mod subject;

use axum::Router;
use axum::routing::get;

use crate::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/identities", get(list::show))
        .route("/identities/new", get(create::show).post(create::create))
        .route("/identities/{id}", get(overview::show))
        .route("/identities/{id}/edit", get(change::show).post(change::change))
        .route("/identities/{id}/groups", get(groups::show).post(groups::change))
        .route("/identities/{id}/projects", get(projects::show))
        .route("/identities/{id}/delete", get(remove::ask_delete).post(remove::delete))
        .route("/identities/{id}/revoke-tokens", get(remove::ask_revoke).post(remove::revoke))
        .merge(auth::routes())
        .merge(credentials::routes())
}
