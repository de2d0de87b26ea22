//! `/identities/{id}/auth`: how an identity proves who it is. One way for all methods: what they need is read from the
//! descriptions of their routes.

mod choose;
mod end;
mod form;
mod hints;
mod target;
mod test;

use axum::Router;
use axum::routing::{get, post};

use crate::Console;

pub(super) fn routes() -> Router<Console> {
    const ONE: &str = "/identities/{id}/auth/{method}";
    const SOURCE: &str = "/identities/{id}/auth/{method}/sources/{source}";
    Router::new()
        .route("/identities/{id}/auth", get(choose::show))
        .route(ONE, get(form::show).post(form::save))
        .route(SOURCE, get(form::show).post(form::save))
        .route(&format!("{ONE}/remove"), get(end::ask_removal).post(end::remove))
        .route(&format!("{SOURCE}/remove"), get(end::ask_removal).post(end::remove))
        .route(&format!("{ONE}/test"), get(test::ask).post(test::run))
        .route(&format!("{ONE}/clear-lockouts"), post(end::clear_lockouts))
}
