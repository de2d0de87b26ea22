//! Groups of machine identities and people.

mod add;
mod edit;
mod list;
mod members;
mod reading;
mod remove;
mod show;

use axum::Router;
use axum::routing::{get, post};

use crate::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/groups", get(list::show))
        .route("/groups/new", get(edit::ask_new).post(edit::take_new))
        .route("/groups/{group}", get(show::show))
        .route("/groups/{group}/edit", get(edit::ask).post(edit::take))
        .route("/groups/{group}/delete", get(remove::ask).post(remove::take))
        .route("/groups/{group}/add", get(add::show))
        .route("/groups/{group}/members/add", post(members::add))
        .route("/groups/{group}/members/remove", post(members::remove))
}
