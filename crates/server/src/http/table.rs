//! All routes, resource by resource. A new resource is one module and one line here.

use std::sync::LazyLock;

use super::route::{Route, Routes};

/// The table, in the order of the API reference.
pub fn routes() -> &'static [Route] {
    static TABLE: LazyLock<Vec<Route>> =
        LazyLock::new(|| resources().into_iter().flat_map(Routes::into_vec).collect());
    &TABLE
}

// One line a resource, so that lines of different changes do not meet.
#[rustfmt::skip]
fn resources() -> Vec<Routes> {
    let mut all = vec![
        super::status::routes(),
        super::identities::routes(),
        super::org_identities::routes(),
        super::org_identity_members::routes(),
        super::identity_search::routes(),
        super::project_identities::routes(),
        super::projects::routes(),
        super::environments::routes(),
        super::project_roles::routes(),
        super::admin::routes(),
        super::sign_in::routes(),
        super::invitations::routes(),
        super::users::routes(),
        super::organizations::routes(),
        super::org_members::routes(),
        super::org_roles::routes(),
        super::audit_logs::routes(),
        super::activity::routes(),
        super::access::routes(),
        super::denials::routes(),
        super::project_users::routes(),
        super::tags::routes(),
        super::identity_members::routes(),
        super::privileges::routes(),
        super::groups::routes(),
        super::project_groups::routes(),
        super::folders::routes(),
        super::imports::routes(),
        super::secrets_v3::routes(),
        super::secrets_v4::routes(),
        super::secret_batch::routes(),
        super::secret_move::routes(),
    ];
    all.extend(super::auth_methods::routes());
    all
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn no_route_is_there_twice() {
        let mut known = HashSet::new();
        for route in super::routes() {
            assert!(known.insert((route.method.clone(), route.path)), "{route:?} is there twice");
        }
    }
}
