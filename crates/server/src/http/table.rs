//! All routes, resource by resource. A new resource is one module and one line here.

use std::sync::LazyLock;

use super::route::Route;

/// The table, in the order of the API reference.
pub fn routes() -> &'static [Route] {
    static TABLE: LazyLock<Vec<Route>> = LazyLock::new(|| [super::status::routes()].into_iter().flat_map(|r| r.into_vec()).collect());
    &TABLE
}
