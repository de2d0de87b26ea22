//! Roles of project members on the wire: reading, checking and showing them.

use vouchsafe_api::roles::{HeldRole, MemberRole, RoleInput};
use vouchsafe_domain::id::MembershipId;
use vouchsafe_domain::time::{Timestamp, parse_ms_range};
use vouchsafe_domain::window::TimeWindow;
use vouchsafe_policy::{Need, Object};
use vouchsafe_store::{CustomRole, MemberRef, NewRole, RoleEntry, TemporaryRole};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use crate::access::{ProjectScope, project_holdings, template_values};
use crate::rules;

/// The role that holds nothing.
pub(super) const NO_ACCESS: &str = "no-access";

/// More roles than this no membership has.
const MOST_ROLES: usize = 50;

/// A role that a request names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Wanted {
    /// Slug of the role.
    pub slug: String,
    /// For how long, if not for good.
    pub temporary: Option<TemporaryRole>,
}

/// The roles of a request that names a list of them, or one by the older field `role`, or none.
pub(super) fn given(roles: Option<&[RoleInput]>, role: Option<&str>) -> ApiResult<Vec<Wanted>> {
    roles.map_or_else(|| Ok(vec![permanent(role.unwrap_or(NO_ACCESS))]), listed)
}

/// A permanent role.
pub(super) fn permanent(role: &str) -> Wanted {
    Wanted { slug: role.trim().to_owned(), temporary: None }
}

/// The roles of a request that must name at least one.
pub(super) fn listed(roles: &[RoleInput]) -> ApiResult<Vec<Wanted>> {
    if roles.is_empty() || roles.len() > MOST_ROLES {
        return Err(ApiError::invalid("roles", format!("Expected 1 to {MOST_ROLES} roles")));
    }
    roles.iter().enumerate().map(|(position, role)| one(position, role)).collect()
}

fn one(position: usize, input: &RoleInput) -> ApiResult<Wanted> {
    let role = permanent(&input.role);
    if !input.is_temporary.unwrap_or(false) {
        return Ok(role);
    }
    let field = |name: &str| format!("roles.{position}.{name}");
    let window = temporary(
        input.temporary_mode.as_deref(),
        input.temporary_range.as_deref(),
        input.temporary_access_start_time.as_deref(),
        field,
    )?;
    Ok(Wanted { temporary: Some(window), ..role })
}

/// The time of a temporary role or privilege; `field` says where in the request a part of it stands.
pub(super) fn temporary(
    mode: Option<&str>,
    range: Option<&str>,
    start: Option<&str>,
    field: impl Fn(&str) -> String,
) -> ApiResult<TemporaryRole> {
    if mode != Some("relative") {
        return Err(ApiError::bad_request("Only relative temporary permission mode is supported"));
    }
    let (Some(range), Some(start)) = (range, start) else {
        return Err(ApiError::bad_request("Temporary role must have access start time and range"));
    };
    let millis = parse_ms_range(range)
        .map_err(|error| ApiError::invalid(&field("temporaryRange"), error.to_string()))?;
    let start: Timestamp = start
        .parse()
        .map_err(|_| ApiError::invalid(&field("temporaryAccessStartTime"), "Expected an RFC 3339 time"))?;
    let window = TimeWindow::from_range(start, millis);
    Ok(TemporaryRole { range: range.trim().to_owned(), starts_at: window.start, ends_at: window.end })
}

/// The roles, to be given: none may hold more than the caller does. Giving anything but `no-access`
/// also asks for one of the permissions `grants` over `object`, the member, who may be known already.
pub(super) async fn may_give(
    cx: &Cx,
    scope: &ProjectScope,
    wanted: &[Wanted],
    grants: [Need; 2],
    (member, object): (Option<MemberRef>, Object<'_>),
    message: &str,
) -> ApiResult<Vec<NewRole>> {
    let mut given = Vec::with_capacity(wanted.len());
    for one in wanted {
        let role = cx.project_role(scope, &one.slug).await?;
        if one.slug != NO_ACCESS {
            let object = object.with_role(&one.slug);
            if !scope.allows(grants[1], &object) {
                scope.may_need(grants[0], &object)?;
            }
        }
        match member.filter(|_| role.is_templated()) {
            None => role.within(scope.permissions(), message)?,
            Some(member) => {
                let values = template_values(&cx.app.store, member).await?;
                role.within_for(scope.permissions(), &values, message)?;
            }
        }
        given.push(NewRole { role: role.role().clone(), temporary: one.temporary.clone() });
    }
    Ok(given)
}

/// Refuses roles that all end: an identity that a project manages keeps a permanent one.
pub(super) fn keeps_a_permanent_one(roles: &[Wanted]) -> ApiResult<()> {
    if roles.iter().all(|role| role.temporary.is_some()) {
        return Err(ApiError::bad_request("Identity must have at least one permanent role"));
    }
    Ok(())
}

/// The slugs of roles, for the record.
pub(super) fn slugs(roles: &[Wanted]) -> Vec<&str> {
    roles.iter().map(|role| role.slug.as_str()).collect()
}

/// Refuses to change or remove a member that holds, now or later, more than the caller.
pub(super) async fn may_manage(
    cx: &Cx,
    scope: &ProjectScope,
    member: MemberRef,
    message: &str,
) -> ApiResult<()> {
    let theirs = project_holdings(&cx.app.store, scope.id(), member).await?;
    theirs.within(scope.permissions(), cx.now(), message)
}

/// Refuses to end a membership by which somebody else than the caller gains: its privileges may
/// forbid what a group allows.
pub(super) async fn may_end(
    cx: &Cx,
    scope: &ProjectScope,
    membership: MembershipId,
    message: &str,
) -> ApiResult<()> {
    for privilege in cx.app.store.privileges(membership).await? {
        rules::within(scope.permissions(), &rules::freed(&privilege.permissions, &[]), message)?;
    }
    Ok(())
}

/// A role in the organization as clients see it.
pub(super) fn in_organization(membership: MembershipId, role: &str, custom: Option<&CustomRole>) -> HeldRole {
    HeldRole {
        custom_role_id: custom.map(|custom| custom.id),
        custom_role_name: custom.map(|custom| custom.name.clone()),
        custom_role_slug: custom.map(|custom| custom.slug.clone()),
        custom_role_description: custom.and_then(|custom| custom.description.clone()),
        ..HeldRole::in_organization(membership, role)
    }
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
        custom_role_id: role.custom.as_ref().map(|custom| custom.id),
        custom_role_name: role.custom.as_ref().map(|custom| custom.name.clone()),
        custom_role_slug: role.custom.as_ref().map(|custom| custom.slug.clone()),
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
