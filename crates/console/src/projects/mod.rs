//! Projects: their secrets, environments, tags, members, own identities and settings.

mod create;
mod environments;
mod frame;
mod identities;
mod list;
mod members;
mod overview;
mod place;
mod secrets;
mod settings;
mod tags;
mod who;

use axum::Router;
use axum::routing::{get, post};

use crate::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/projects", get(list::show))
        .route("/projects/new", get(create::ask).post(create::make))
        .merge(identities::routes())
        .merge(members::routes())
        .merge(secrets::routes())
        .nest("/projects/{project}", inside())
}

/// The pages of one project.
fn inside() -> Router<Console> {
    Router::new()
        .route("/", get(overview::show))
        .route("/environments", get(environments::show).post(environments::add))
        .route("/environments/{environment}/edit", get(environments::ask).post(environments::save))
        .route("/environments/{environment}/move", post(environments::reorder))
        .route(
            "/environments/{environment}/delete",
            get(environments::ask_deletion).post(environments::delete),
        )
        .route("/tags", get(tags::show).post(tags::add))
        .route("/tags/{tag}/edit", get(tags::ask).post(tags::save))
        .route("/tags/{tag}/delete", get(tags::ask_deletion).post(tags::delete))
        .route("/settings", get(settings::show).post(settings::save))
        .route("/delete", get(settings::ask_deletion).post(settings::delete))
}
