//! What happened in the organization: the audit trail, and the same in figures.

mod chart;
mod figures;
mod list;
mod names;
mod words;

use axum::Router;
use axum::routing::get;

use crate::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route("/activity", get(list::show)).route("/activity/figures", get(figures::show))
}
