//! People of the organization: members, roles, invitations.

mod accept;
mod invite;
mod list;
mod member;
mod roles;

use axum::Router;
use axum::routing::{get, post};

use crate::Console;
use crate::api::path;
use crate::visit::Visit;

pub(crate) fn routes() -> Router<Console> {
    Router::new()
        .route("/people", get(list::show))
        .route("/people/invite", get(invite::ask).post(invite::send))
        .route("/people/{membershipId}", get(member::show).post(member::change))
        .route("/people/{membershipId}/remove", get(member::ask_removal).post(member::remove))
        .route("/signupinvite", get(accept::ask).post(accept::verify))
        .route("/signupinvite/account", post(accept::complete))
}

/// Where the API has the memberships of the organization.
fn memberships(visit: &Visit) -> String {
    path(&["api", "v2", "organizations", &visit.org().to_string(), "memberships"])
}
