//! Groups of machine identities and people.

mod add;
mod edit;
mod list;
mod members;
mod reading;
mod remove;
mod show;

pub(crate) use reading::{api, beyond, role};

use axum::Router;
use axum::routing::get;

use crate::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/groups", get(list::show))
        .route("/groups/new", get(edit::ask_new).post(edit::take_new))
        .route("/groups/{group}", get(show::show))
        .route("/groups/{group}/edit", get(edit::ask).post(edit::take))
        .route("/groups/{group}/delete", get(remove::ask).post(remove::take))
        .route("/groups/{group}/add", get(add::show))
        // Whoever reloads a page that was refused, or changes its theme, asks for it again.
        .route("/groups/{group}/members/add", get(add::show).post(members::add))
        .route("/groups/{group}/members/remove", get(show::show).post(members::remove))
}
