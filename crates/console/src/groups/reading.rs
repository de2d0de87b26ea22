//! What several pages read of a group.

use vouchsafe_api::groups::{Group, ListGroup};
use vouchsafe_api::org_roles::OrgRoleList;
use vouchsafe_domain::id::GroupId;
use vouchsafe_policy::org;

use crate::api::{Refused, path};
use crate::errors::Trouble;
use crate::rules::Beyond;
use crate::visit::Visit;

/// Path of a route of the API about a group; `parts` come after the id.
pub(crate) fn api(group: GroupId, parts: &[&str]) -> String {
    path(&[&["api", "v1", "groups", &group.to_string()], parts].concat())
}

/// Address of the page of a group; `parts` come after the id.
pub(super) fn url(group: GroupId, parts: &[&str]) -> String {
    path(&[&["groups", &group.to_string()], parts].concat())
}

/// The group that an address names.
pub(super) async fn group(visit: &Visit, id: &str) -> Result<Group, Trouble> {
    let id: GroupId = id.parse().map_err(|_| Trouble::not_found())?;
    Ok(visit.get(&api(id, &[])).await?)
}

/// Slug of the role that a group gives in the organization.
pub(crate) fn role(group: &Group) -> &str {
    group.custom_role_slug.as_deref().unwrap_or(&group.role)
}

/// What a list of a group is asked for.
pub(super) fn asked(group_id: GroupId, search: &str, offset: u64, limit: u64) -> ListGroup {
    ListGroup {
        group_id,
        offset: i64::try_from(offset).ok(),
        limit: i64::try_from(limit).ok(),
        username: None,
        search: Some(search.to_owned()).filter(|search| !search.is_empty()),
        filter: None,
    }
}

/// The roles that the organization offers, slug and name; none if the person may not see them.
pub(super) async fn roles(visit: &Visit) -> Result<Vec<(String, String)>, Trouble> {
    if !visit.may(org::ROLE_READ) {
        return Ok(Vec::new());
    }
    let list: OrgRoleList = visit.get("/api/v1/organization/roles").await?;
    Ok(list.roles.into_iter().map(|role| (role.slug, role.name)).collect())
}

/// What a refusal says is beyond what the person holds.
pub(crate) async fn beyond(visit: &Visit, refused: &Refused) -> Option<Beyond> {
    Beyond::of(visit, refused, visit.may(org::ACCESS_EXPLAIN)).await
}
