//! Roles of the organization and of projects.

mod edit;
mod list;
mod place;
mod remove;
mod review;
mod show;

use axum::Router;
use axum::routing::get;

use crate::Console;

pub(crate) fn routes() -> Router<Console> {
    ["/roles", "/projects/{project}/roles"].into_iter().fold(Router::new(), |router, base| {
        router
            .route(base, get(list::show))
            .route(&format!("{base}/new"), get(edit::ask_new).post(edit::take_new))
            .route(&format!("{base}/{{role}}"), get(show::show))
            .route(&format!("{base}/{{role}}/edit"), get(edit::ask).post(edit::take))
            .route(&format!("{base}/{{role}}/delete"), get(remove::ask).post(remove::take))
    })
}
