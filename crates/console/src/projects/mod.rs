//! Projects: their secrets, environments, tags, members and settings.

mod create;
mod frame;
mod list;
mod overview;
mod place;
mod secrets;
mod who;

use axum::Router;
use axum::routing::get;

use crate::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/projects", get(list::show))
        .route("/projects/new", get(create::ask).post(create::make))
        .route("/projects/{project}", get(overview::show))
        .merge(secrets::routes())
}
