//! Roles of the organization: `/api/v1/organization/roles`, and the same below the organization's id.

use serde_json::Value;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::org_roles::{
    CreateOrgRole, OrgRole, OrgRoleById, OrgRoleBySlug, OrgRoleData, OrgRoleList, OrgRoleReply, UpdateOrgRole,
};
use vouchsafe_api::organizations::OrganizationPath;
use vouchsafe_domain::id::OrgId;
use vouchsafe_policy::{Rule, builtin, org};
use vouchsafe_store::{Organization, Role, RoleScope};

use super::custom_roles::{self, Place};
use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::organizations::{own, own_organization};
use super::reply::ok;
use super::route::{Access, Outcome, Routes};

const READ: Access = Access::Org(org::ROLE_READ);
const CREATE: Access = Access::Org(org::ROLE_CREATE);
const EDIT: Access = Access::Org(org::ROLE_EDIT);
const DELETE: Access = Access::Org(org::ROLE_DELETE);

const ALL: &str = "/api/v1/organization/roles";
const ALL_OLDER: &str = "/api/v1/organization/{organizationId}/roles";
const ONE: [&str; 2] =
    ["/api/v1/organization/roles/{roleId}", "/api/v1/organization/{organizationId}/roles/{roleId}"];
const BY_SLUG: [&str; 2] =
    ["/api/v1/organization/roles/slug/{slug}", "/api/v1/organization/{organizationId}/roles/slug/{slug}"];

pub(super) fn routes() -> Routes {
    Routes::new("Organization roles")
        .post([ALL, ALL_OLDER], CREATE, "Make a role of the organization", create)
        .get([ALL], READ, "List the roles of the organization", list)
        .get([ALL_OLDER], READ, "List the roles of the organization", list_older)
        .get(BY_SLUG, READ, "Read a role by its slug", by_slug)
        .get(ONE, READ, "Read a role by its id", by_id)
        .patch(ONE, EDIT, "Change a role; members keep it", update)
        .delete(ONE, DELETE, "Delete a role that nobody has", delete)
}

async fn create(cx: Cx, input: CreateOrgRole) -> Outcome<OrgRoleReply> {
    named(&cx, input.organization_id)?;
    let role = custom_roles::create(&cx, place(&cx)?, input.role).await?;
    ok(OrgRoleReply { role: custom(role, true) })
}

async fn update(cx: Cx, input: UpdateOrgRole) -> Outcome<OrgRoleReply> {
    named(&cx, input.organization_id)?;
    let role = found(&cx, &input.role_id.to_string()).await?.ok_or_else(missing)?;
    let role = custom_roles::update(&cx, place(&cx)?, role, input.role).await?;
    ok(OrgRoleReply { role: custom(role, true) })
}

async fn delete(cx: Cx, input: OrgRoleById) -> Outcome<OrgRoleReply> {
    named(&cx, input.organization_id)?;
    let role = found(&cx, &input.role_id).await?.ok_or_else(missing)?;
    let role = custom_roles::delete(&cx, place(&cx)?, role).await?;
    ok(OrgRoleReply { role: custom(role, true) })
}

async fn list(cx: Cx, _: Nothing) -> Outcome<OrgRoleList> {
    ok(all(&cx).await?)
}

async fn list_older(cx: Cx, input: OrganizationPath) -> Outcome<OrgRoleData> {
    named(&cx, Some(input.organization_id))?;
    ok(OrgRoleData { data: all(&cx).await? })
}

async fn all(cx: &Cx) -> ApiResult<OrgRoleList> {
    let organization = own(cx).await?;
    let custom_roles = cx.app.store.custom_roles(RoleScope::Organization(organization.id)).await?;
    let built_in = builtin::OrgRole::ALL.into_iter().map(|role| shown(role, &organization, false));
    let roles = built_in.chain(custom_roles.into_iter().map(|role| custom(role, false))).collect();
    Ok(OrgRoleList { roles })
}

async fn by_slug(cx: Cx, input: OrgRoleBySlug) -> Outcome<OrgRoleReply> {
    named(&cx, input.organization_id)?;
    let role = if let Some(role) = builtin::OrgRole::from_slug(&input.slug) {
        shown(role, &own(&cx).await?, true)
    } else {
        let scope = RoleScope::Organization(cx.org()?);
        let role = cx.app.store.custom_role_by_slug(scope, &input.slug).await?;
        custom(role.ok_or_else(missing)?, true)
    };
    ok(OrgRoleReply { role })
}

async fn by_id(cx: Cx, input: OrgRoleById) -> Outcome<OrgRoleReply> {
    named(&cx, input.organization_id)?;
    let built_in = builtin::OrgRole::ALL.into_iter().find(|role| role.placeholder_id() == input.role_id);
    let role = match built_in {
        Some(role) => shown(role, &own(&cx).await?, true),
        None => custom(found(&cx, &input.role_id).await?.ok_or_else(missing)?, true),
    };
    ok(OrgRoleReply { role })
}

/// Older routes name the organization; it can only be the caller's own.
fn named(cx: &Cx, organization: Option<OrgId>) -> ApiResult<()> {
    organization.map_or(Ok(()), |id| own_organization(cx, id).map(drop))
}

fn place(cx: &Cx) -> ApiResult<Place<'_>> {
    let (org, mine) = cx.organization()?;
    Ok(Place { scope: RoleScope::Organization(org), mine, permit: cx.permit()? })
}

/// A custom role of the organization; what is no id names none.
async fn found(cx: &Cx, id: &str) -> ApiResult<Option<Role>> {
    let Ok(id) = id.parse() else { return Ok(None) };
    let role = cx.app.store.custom_role(cx.org()?, id).await?;
    Ok(role.filter(|role| role.scope.project().is_none()))
}

fn missing() -> ApiError {
    ApiError::not_found("Organization role not found")
}

fn custom(role: Role, with_rules: bool) -> OrgRole {
    OrgRole {
        id: role.id.to_string(),
        name: role.name,
        slug: role.slug,
        description: role.description,
        permissions: with_rules.then_some(role.permissions),
        org_id: role.scope.org(),
        created_at: role.created_at,
        updated_at: role.updated_at,
    }
}

fn shown(role: builtin::OrgRole, organization: &Organization, with_rules: bool) -> OrgRole {
    OrgRole {
        id: role.placeholder_id().to_owned(),
        name: role.name().to_owned(),
        slug: role.slug().to_owned(),
        description: Some(role.description().to_owned()),
        permissions: with_rules.then(|| rules(role.rules())),
        org_id: organization.id,
        created_at: organization.created_at,
        updated_at: organization.created_at,
    }
}

/// Rules as they go over the wire.
pub(super) fn rules(rules: &[Rule]) -> Vec<Value> {
    rules.iter().filter_map(|rule| serde_json::to_value(rule).ok()).collect()
}
