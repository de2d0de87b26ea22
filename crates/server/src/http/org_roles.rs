//! Roles of the organization, for reading: `/api/v1/organization/roles`.

use serde_json::Value;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::org_roles::{OrgRole, OrgRoleById, OrgRoleBySlug, OrgRoleList, OrgRoleReply};
use vouchsafe_policy::{Rule, builtin, org};
use vouchsafe_store::Organization;

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::organizations::own;
use super::reply::ok;
use super::route::{Access, Outcome, Routes};

const READ: Access = Access::Org(org::ROLE_READ);

pub(super) fn routes() -> Routes {
    Routes::new("Organization roles")
        .get(["/api/v1/organization/roles"], READ, "List the roles of the organization", list)
        .get(["/api/v1/organization/roles/slug/{slug}"], READ, "Read a role by its slug", by_slug)
        .get(["/api/v1/organization/roles/{roleId}"], READ, "Read a role by its id", by_id)
}

async fn list(cx: Cx, _: Nothing) -> Outcome<OrgRoleList> {
    let organization = own(&cx).await?;
    let roles = builtin::OrgRole::ALL.into_iter();
    ok(OrgRoleList { roles: roles.map(|role| shown(role, &organization, false)).collect() })
}

async fn by_slug(cx: Cx, input: OrgRoleBySlug) -> Outcome<OrgRoleReply> {
    one(&cx, |role| role.slug() == input.slug).await
}

async fn by_id(cx: Cx, input: OrgRoleById) -> Outcome<OrgRoleReply> {
    one(&cx, |role| role.placeholder_id() == input.role_id).await
}

async fn one(cx: &Cx, is_it: impl Fn(&builtin::OrgRole) -> bool) -> Outcome<OrgRoleReply> {
    let role = builtin::OrgRole::ALL.into_iter().find(is_it);
    let role = role.ok_or_else(|| ApiError::not_found("Organization role not found"))?;
    ok(OrgRoleReply { role: shown(role, &own(cx).await?, true) })
}

fn shown(role: builtin::OrgRole, organization: &Organization, with_rules: bool) -> OrgRole {
    OrgRole {
        id: role.placeholder_id().to_owned(),
        name: role.name().to_owned(),
        slug: role.slug().to_owned(),
        description: role.description().to_owned(),
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

/// Refuses a slug that no role of the organization has.
pub(super) fn known(slug: &str) -> ApiResult<builtin::OrgRole> {
    builtin::OrgRole::from_slug(slug).ok_or_else(|| ApiError::not_found("Organization role not found"))
}
