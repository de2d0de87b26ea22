//! Roles to choose from.

use vouchsafe_api::org_roles::OrgRoleList;
use vouchsafe_policy::builtin::OrgRole;
use vouchsafe_policy::org;

use crate::api::Refused;
use crate::visit::Visit;

/// Slug and name of each role that can be given. Who may not list roles chooses from the built-in ones and `present`,
/// the one that is there.
pub(super) async fn choices(visit: &Visit, present: &str) -> Result<Vec<(String, String)>, Refused> {
    let mut roles: Vec<(String, String)> = if visit.may(org::ROLE_READ) {
        let all: OrgRoleList = visit.get("/api/v1/organization/roles").await?;
        all.roles.into_iter().map(|role| (role.slug, role.name)).collect()
    } else {
        OrgRole::ALL.into_iter().map(|role| (role.slug().to_owned(), role.name().to_owned())).collect()
    };
    if !present.is_empty() && !roles.iter().any(|(slug, _)| slug == present) {
        roles.push((present.to_owned(), present.to_owned()));
    }
    Ok(roles)
}
