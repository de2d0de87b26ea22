//! Organizations: `/api/v1/organization`.

use serde_json::json;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::organizations::{
    MyOrganization, MyOrganizationList, Organization, OrganizationPath, OrganizationReply, OwnMembership,
    OwnPermissions, OwnRole, UpdateOrganization, UpdateOrganizationReply,
};
use vouchsafe_domain::id::OrgId;
use vouchsafe_domain::slug::Slug;
use vouchsafe_domain::text::bounded;
use vouchsafe_policy::builtin::OrgRole;
use vouchsafe_policy::{Level, Rule, catalogue, org};
use vouchsafe_store as store;
use vouchsafe_store::StoreError;

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::org_roles::rules;
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use super::sign_in::person;
use crate::auth::Actor;

pub(super) fn routes() -> Routes {
    Routes::new("Organizations")
        .get(["/api/v1/organization"], Access::Person, "List the organizations of the caller", mine)
        .get(
            ["/api/v1/organization/accessible-with-sub-orgs"],
            Access::Open,
            "Always 404: there are no organizations inside of others",
            no_sub_organizations,
        )
        .get(["/api/v1/organization/permissions"], Access::Member, "What the caller may do", own_permissions)
        .get(["/api/v1/organization/{organizationId}"], Access::Member, "Read the organization", get)
        .patch(
            ["/api/v1/organization/{organizationId}"],
            Access::Org(org::SETTINGS_EDIT),
            "Change the organization",
            update,
        )
}

async fn mine(cx: Cx, _: Nothing) -> Outcome<MyOrganizationList> {
    let found = cx.app.store.organizations_of(person(&cx)?.id).await?;
    let shown = found.into_iter().filter(|one| one.is_active).map(|one| MyOrganization {
        organization: shown(one.organization),
        org_auth_method: None,
        user_role: one.role,
        user_joined_at: one.joined_at,
    });
    ok(MyOrganizationList { organizations: shown.collect() })
}

/// Official clients read 404 as "not offered" and go on without.
async fn no_sub_organizations(_: Cx, _: Nothing) -> Outcome<MyOrganizationList> {
    Err(ApiError::not_found("There are no organizations inside of others here"))
}

async fn get(cx: Cx, input: OrganizationPath) -> Outcome<OrganizationReply> {
    own_organization(&cx, input.organization_id)?;
    ok(OrganizationReply { organization: shown(own(&cx).await?) })
}

async fn update(cx: Cx, input: UpdateOrganization) -> Outcome<UpdateOrganizationReply> {
    let id = own_organization(&cx, input.organization_id)?;
    let switches = [input.auth_enforced, input.scim_enabled, input.enforce_mfa];
    if switches.contains(&Some(true)) {
        return Err(ApiError::bad_request(
            "Single sign-on, SCIM and multi-factor authentication are not offered here",
        ));
    }
    let old = own(&cx).await?;
    let name = input.name.as_deref().map(name).transpose()?.unwrap_or(old.name);
    let slug = input.slug.as_deref().map(slug).transpose()?.unwrap_or(old.slug);
    let mut change = cx.app.store.change(cx.permit()?, &cx.author()).await?;
    change.update_organization(id, &name, &slug).await.map_err(slug_taken)?;
    change.audit("update-organization", id, None, &json!({ "name": name, "slug": slug }));
    change.commit().await?;
    let organization = shown(own(&cx).await?);
    ok(UpdateOrganizationReply { message: "Successfully changed organization".to_owned(), organization })
}

fn slug_taken(error: StoreError) -> ApiError {
    ApiError::taken(error, "slug", "Organization with this slug already exists")
}

/// A display name of 1–64 characters.
pub(super) fn name(text: &str) -> ApiResult<String> {
    bounded("name", text, 1, 64).map_err(|error| ApiError::invalid("name", error.to_string()))
}

fn slug(text: &str) -> ApiResult<String> {
    let slug = Slug::parse(text, 1..=64).map_err(|error| ApiError::invalid("slug", error.to_string()))?;
    Ok(slug.into_string())
}

/// The caller may name only the organization that it acts in.
pub(super) fn own_organization(cx: &Cx, named: OrgId) -> ApiResult<OrgId> {
    if cx.org()? == named {
        Ok(named)
    } else {
        Err(ApiError::not_found(format!("Organization with ID '{named}' not found")))
    }
}

/// The organization that the caller acts in.
pub(super) async fn own(cx: &Cx) -> ApiResult<store::Organization> {
    let organization = cx.app.store.organization(cx.org()?).await?;
    organization.ok_or_else(|| ApiError::not_found("Organization not found"))
}

/// The membership and the role of the caller.
async fn own_permissions(cx: Cx, _: Nothing) -> Outcome<OwnPermissions> {
    let (org_id, held) = cx.organization()?;
    let missing = || ApiError::not_found("Membership not found");
    let (id, role) = match &cx.actor {
        Actor::User(user) => {
            let member = cx.app.store.org_member_by_user(org_id, user.id).await?.ok_or_else(missing)?;
            (member.id, member.role)
        }
        Actor::Identity(identity) => {
            let found = cx.app.store.identity(org_id, identity.id()).await?.ok_or_else(missing)?;
            (found.membership_id, found.role)
        }
        Actor::Anonymous => return Err(missing()),
    };
    let subjects = catalogue::subjects(Level::Organization).iter();
    let held: Vec<Rule> = subjects.flat_map(|subject| held.rules_on(subject.name)).cloned().collect();
    let permissions = rules(&held);
    ok(OwnPermissions { memberships: vec![OwnMembership { id, roles: vec![OwnRole { role }] }], permissions })
}

fn shown(organization: store::Organization) -> Organization {
    Organization {
        id: organization.id,
        name: organization.name,
        slug: organization.slug,
        auth_enforced: false,
        scim_enabled: false,
        enforce_mfa: false,
        selected_mfa_method: None,
        default_membership_role: OrgRole::Member.slug().to_owned(),
        created_at: organization.created_at,
        updated_at: organization.updated_at,
    }
}
