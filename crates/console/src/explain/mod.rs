//! May X do Y on Z, and why; who may; why a request was refused; whom a proof would become.

mod ask;
mod frame;
mod question;
mod refusals;
mod sample;
mod what_if;
mod who;
mod who_can;

use axum::Router;
use axum::routing::get;

use crate::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/explain", get(ask::show))
        .route("/explain/who-can", get(who_can::show))
        .route("/explain/what-if", get(what_if::show).post(what_if::ask))
        .route("/explain/refusals", get(refusals::list))
        .route("/explain/refusals/{request}", get(refusals::show))
}
