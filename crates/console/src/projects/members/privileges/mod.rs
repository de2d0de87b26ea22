//! `/projects/{id}/members/{kind}/privileges/{member}`: rules that one identity or person has in a project beside its
//! roles, for good or for a time.

mod edit;
mod holder;
mod list;
mod remove;
mod review;
mod show;
mod time;

use axum::Router;
use axum::routing::get;

use crate::Console;

const HERE: &str = "/projects/{project}/members/{kind}/privileges/{member}";

pub(super) fn routes() -> Router<Console> {
    let at = |page: &str| format!("{HERE}{page}");
    Router::new()
        .route(HERE, get(list::show))
        .route(&at("/new"), get(edit::ask_new).post(edit::take_new))
        .route(&at("/{privilege}"), get(show::show))
        .route(&at("/{privilege}/edit"), get(edit::ask).post(edit::take))
        .route(&at("/{privilege}/delete"), get(remove::ask).post(remove::take))
}
