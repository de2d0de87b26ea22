//! All routes, resource by resource. A new resource is one module and one line here.

use std::sync::LazyLock;

use super::route::{Route, Routes};
use super::{identities, status};

/// The table, in the order of the API reference.
pub fn routes() -> &'static [Route] {
    static TABLE: LazyLock<Vec<Route>> =
        LazyLock::new(|| resources().into_iter().flat_map(Routes::into_vec).collect());
    &TABLE
}

fn resources() -> Vec<Routes> {
    vec![status::routes(), identities::routes()]
}
