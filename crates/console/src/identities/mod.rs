//! Machine identities.

mod list;

use axum::Router;
use axum::routing::get;

use crate::Console;

pub(crate) fn routes() -> Router<Console> {
    Router::new().route("/identities", get(list::show))
}
