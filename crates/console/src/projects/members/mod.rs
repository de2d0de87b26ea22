//! `/projects/{id}/members`: identities, people and groups with their roles.

mod add;
mod change;
pub(super) mod kind;
mod list;
mod privileges;
mod reading;
pub(super) mod roles;

use axum::Router;
use axum::routing::get;

use crate::Console;

const HERE: &str = "/projects/{project}/members";

pub(super) fn routes() -> Router<Console> {
    let at = |page: &str| format!("{HERE}{page}");
    Router::new()
        .route(HERE, get(list::show))
        .route(&at("/{kind}/new"), get(add::ask).post(add::make))
        .route(&at("/{kind}/edit/{member}"), get(change::ask).post(change::save))
        .route(&at("/{kind}/remove/{member}"), get(change::ask_removal).post(change::remove))
        .merge(privileges::routes())
}
