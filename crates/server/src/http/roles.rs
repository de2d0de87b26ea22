//! Roles of project members on the wire: reading, checking and showing them.

use vouchsafe_api::roles::{MemberRole, RoleInput};
use vouchsafe_domain::id::MembershipId;
use vouchsafe_domain::time::{Timestamp, parse_ms_range};
use vouchsafe_domain::window::TimeWindow;
use vouchsafe_policy::{Need, Object};
use vouchsafe_store::{Member, NewRole, RoleEntry, TemporaryRole};

use super::error::{ApiError, ApiResult};
use crate::access::{ProjectScope, project_permissions, project_role_permissions, within_boundary};

/// The role that holds nothing.
pub(super) const NO_ACCESS: &str = "no-access";

/// More roles than this no membership has.
const MOST_ROLES: usize = 50;

/// The roles of a request that names a list of them, or one by the older field `role`, or none.
pub(super) fn given(roles: Option<&[RoleInput]>, role: Option<&str>) -> ApiResult<Vec<NewRole>> {
    roles.map_or_else(|| Ok(vec![permanent(role.unwrap_or(NO_ACCESS))]), listed)
}

/// A permanent role.
pub(super) fn permanent(role: &str) -> NewRole {
    NewRole { role: role.trim().to_owned(), temporary: None }
}

/// The roles of a request that must name at least one.
pub(super) fn listed(roles: &[RoleInput]) -> ApiResult<Vec<NewRole>> {
    if roles.is_empty() || roles.len() > MOST_ROLES {
        return Err(ApiError::invalid("roles", format!("Expected 1 to {MOST_ROLES} roles")));
    }
    roles.iter().enumerate().map(|(position, role)| one(position, role)).collect()
}

fn one(position: usize, input: &RoleInput) -> ApiResult<NewRole> {
    let role = permanent(&input.role);
    if !input.is_temporary.unwrap_or(false) {
        return Ok(role);
    }
    if input.temporary_mode.as_deref() != Some("relative") {
        return Err(ApiError::bad_request("Only relative temporary permission mode is supported"));
    }
    let (Some(range), Some(start)) = (&input.temporary_range, &input.temporary_access_start_time) else {
        return Err(ApiError::bad_request("Temporary role must have access start time and range"));
    };
    let field = |name: &str| format!("roles.{position}.{name}");
    let millis = parse_ms_range(range)
        .map_err(|error| ApiError::invalid(&field("temporaryRange"), error.to_string()))?;
    let start: Timestamp = start
        .parse()
        .map_err(|_| ApiError::invalid(&field("temporaryAccessStartTime"), "Expected an RFC 3339 time"))?;
    let window = TimeWindow::from_range(start, millis);
    let temporary =
        TemporaryRole { range: range.trim().to_owned(), starts_at: window.start, ends_at: window.end };
    Ok(NewRole { temporary: Some(temporary), ..role })
}

/// Refuses to give roles beyond what the caller holds. Giving anything but `no-access` also asks
/// for the permission `grant` over `object`, the member.
pub(super) fn may_give(
    scope: &ProjectScope,
    roles: &[NewRole],
    grant: Need,
    object: Object<'_>,
    message: &str,
) -> ApiResult<()> {
    for given in roles {
        let theirs = project_role_permissions(&given.role)?;
        if given.role != NO_ACCESS {
            scope.may_need(grant, &object.with_role(&given.role))?;
        }
        within_boundary(scope.permissions(), &theirs, message)?;
    }
    Ok(())
}

/// Refuses roles that all end: an identity that a project manages keeps a permanent one.
pub(super) fn keeps_a_permanent_one(roles: &[NewRole]) -> ApiResult<()> {
    if roles.iter().all(|role| role.temporary.is_some()) {
        return Err(ApiError::bad_request("Identity must have at least one permanent role"));
    }
    Ok(())
}

/// The slugs of roles, for the record.
pub(super) fn slugs(roles: &[NewRole]) -> Vec<&str> {
    roles.iter().map(|role| role.role.as_str()).collect()
}

/// Refuses to change or remove a member that holds more than the caller.
pub(super) fn may_manage(
    scope: &ProjectScope,
    member: &Member,
    now: Timestamp,
    message: &str,
) -> ApiResult<()> {
    within_boundary(scope.permissions(), &project_permissions(&member.roles, now)?.0, message)
}

/// The roles of a membership as clients see them.
pub(super) fn shown(membership: MembershipId, roles: &[RoleEntry]) -> Vec<MemberRole> {
    roles.iter().map(|role| shown_one(membership, role)).collect()
}

fn shown_one(membership: MembershipId, role: &RoleEntry) -> MemberRole {
    let window = role.temporary.as_ref();
    MemberRole {
        id: role.id,
        role: role.role.clone(),
        project_membership_id: membership,
        custom_role_id: None,
        custom_role_name: None,
        custom_role_slug: None,
        is_temporary: window.is_some(),
        temporary_mode: window.map(|_| "relative".to_owned()),
        temporary_range: window.map(|window| window.range.clone()),
        temporary_access_start_time: window.map(|window| window.starts_at),
        temporary_access_end_time: window.map(|window| window.ends_at),
        created_at: role.created_at,
        updated_at: role.updated_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terraform(role: &str) -> RoleInput {
        serde_json::from_value(serde_json::json!({
            "role": role, "isTemporary": false, "temporaryMode": "", "temporaryRange": "",
            "temporaryAccessStartTime": "0001-01-01T00:00:00Z"
        }))
        .unwrap()
    }

    #[test]
    fn the_zero_values_of_a_permanent_role_are_ignored() {
        assert_eq!(listed(&[terraform("member")]).unwrap(), [permanent("member")]);
        assert_eq!(given(None, None).unwrap(), [permanent(NO_ACCESS)]);
        assert_eq!(given(None, Some("viewer")).unwrap(), [permanent("viewer")]);
    }

    #[test]
    fn a_temporary_role_ends_after_its_range() {
        let input = RoleInput {
            role: "viewer".to_owned(),
            is_temporary: Some(true),
            temporary_mode: Some("relative".to_owned()),
            temporary_range: Some("2 days".to_owned()),
            temporary_access_start_time: Some("2026-01-01T00:00:00Z".to_owned()),
        };
        let role = one(0, &input).unwrap().temporary.unwrap();
        assert_eq!(role.ends_at.to_string(), "2026-01-03T00:00:00.000Z");
        let broken = [
            (RoleInput { temporary_mode: None, ..input.clone() }, 400),
            (RoleInput { temporary_range: None, ..input.clone() }, 400),
            (RoleInput { temporary_access_start_time: None, ..input.clone() }, 400),
            (RoleInput { temporary_range: Some("0h".to_owned()), ..input.clone() }, 422),
            (RoleInput { temporary_access_start_time: Some("soon".to_owned()), ..input }, 422),
        ];
        for (input, status) in broken {
            assert_eq!(one(0, &input).unwrap_err().status().as_u16(), status, "{input:?}");
        }
        assert_eq!(listed(&[]).unwrap_err().status().as_u16(), 422);
    }
}
