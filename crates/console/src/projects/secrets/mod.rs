//! `/projects/{id}/secrets/{environment}`: folders, secrets and imports of one folder.

mod create;
mod delete;
mod edit;
mod folder;
mod folders;
mod imports;
mod paste;
pub(super) mod reading;
mod secret;
mod spot;
mod value;
mod versions;

use axum::Router;
use axum::routing::{get, post};

use crate::Console;

/// Where these pages are.
const HERE: &str = "/projects/{project}/secrets/{environment}";

pub(super) fn routes() -> Router<Console> {
    let at = |page: &str| format!("{HERE}{page}");
    Router::new()
        .route(HERE, get(folder::show))
        .route(&at("/new"), get(create::ask).post(create::make))
        .route(&at("/paste"), get(paste::ask).post(paste::make))
        .route(&at("/secret"), get(secret::show))
        .route(&at("/edit"), get(edit::ask).post(edit::save))
        .route(&at("/value"), get(value::show))
        .route(&at("/change"), get(value::ask).post(value::save))
        .route(&at("/versions"), get(versions::show))
        .route(&at("/restore"), post(versions::restore))
        .route(&at("/delete"), get(delete::ask).post(delete::carry_out))
        .route(&at("/folders"), post(folders::make))
        .route(&at("/folders/rename"), get(folders::ask_name).post(folders::rename))
        .route(&at("/folders/delete"), get(folders::ask_deletion).post(folders::delete))
        .route(&at("/imports"), post(imports::add))
        .route(&at("/imports/move"), post(imports::reorder))
        .route(&at("/imports/remove"), post(imports::remove))
}
