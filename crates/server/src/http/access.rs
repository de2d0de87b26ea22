//! Asking what others may do, and why: `/api/v1/access`. Nothing here is ever a reason to let a request pass.

mod diff;
mod explain;
mod holding;
mod request;
mod who_can;

use vouchsafe_policy::{org, project};

use super::route::{Access, Routes};

/// What all of these ask for.
pub(super) const EXPLAIN: Access =
    Access::Either { org: org::ACCESS_EXPLAIN, project: project::ACCESS_EXPLAIN };

pub(super) fn routes() -> Routes {
    Routes::new("Access")
        .post(
            ["/api/v1/access/explain"],
            EXPLAIN,
            "Explain whether somebody may do something, and which rule decides",
            explain::explain,
        )
        .post(["/api/v1/access/who-can"], EXPLAIN, "List who may do something", who_can::who_can)
        .post(
            ["/api/v1/access/diff"],
            EXPLAIN,
            "What changes when a role or privilege is edited, or what one member may do and another may not",
            diff::diff,
        )
}
