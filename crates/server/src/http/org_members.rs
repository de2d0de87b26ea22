//! Users as members of the organization: `/api/v2/organizations/{organizationId}/memberships`.

use serde_json::json;
use vouchsafe_api::org_members::{
    OrgMembership, OrgMembershipList, OrgMembershipPath, OrgMembershipReply, OrgUserList, UpdateOrgMembership,
};
use vouchsafe_api::organizations::OrganizationPath;
use vouchsafe_domain::id::MembershipId;
use vouchsafe_policy::builtin::OrgRole;
use vouchsafe_policy::org;
use vouchsafe_store::{Change, MemberRef, OrgMember};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::organizations::own_organization;
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use super::users::summary;
use crate::access::org_holdings;

const LIST: &str = "/api/v2/organizations/{organizationId}/memberships";
const ONE: &str = "/api/v2/organizations/{organizationId}/memberships/{membershipId}";

pub(super) fn routes() -> Routes {
    Routes::new("Organization members")
        .get(
            ["/api/v1/organization/{organizationId}/users"],
            Access::Org(org::MEMBER_READ),
            "List the users of the organization",
            users,
        )
        .get([LIST], Access::Org(org::MEMBER_READ), "List the users of the organization", list)
        .get([ONE], Access::Org(org::MEMBER_READ), "Read a membership", get)
        .patch([ONE], Access::Org(org::MEMBER_EDIT), "Change the role of a user", update)
        .delete(
            [ONE],
            Access::Org(org::MEMBER_DELETE),
            "Remove a user from the organization and its projects",
            remove,
        )
}

async fn users(cx: Cx, input: OrganizationPath) -> Outcome<OrgUserList> {
    ok(OrgUserList { users: all(&cx, input).await? })
}

async fn list(cx: Cx, input: OrganizationPath) -> Outcome<OrgMembershipList> {
    ok(OrgMembershipList { memberships: all(&cx, input).await? })
}

async fn all(cx: &Cx, input: OrganizationPath) -> ApiResult<Vec<OrgMembership>> {
    let org_id = own_organization(cx, input.organization_id)?;
    Ok(cx.app.store.org_members(org_id).await?.into_iter().map(shown).collect())
}

async fn get(cx: Cx, input: OrgMembershipPath) -> Outcome<OrgMembershipReply> {
    own_organization(&cx, input.organization_id)?;
    ok(OrgMembershipReply { membership: shown(member(&cx, input.membership_id).await?) })
}

const NOT_UPDATED: &str = "Failed to update user membership";

async fn update(cx: Cx, input: UpdateOrgMembership) -> Outcome<OrgMembershipReply> {
    let org_id = own_organization(&cx, input.organization_id)?;
    let member = member(&cx, input.membership_id).await?;
    manageable(&cx, &member, NOT_UPDATED).await?;
    let offered = match input.role.as_deref().map(str::trim) {
        Some(slug) => {
            let offered = cx.org_role(slug).await?;
            offered.within(cx.organization()?.1, NOT_UPDATED)?;
            offered.role().clone()
        }
        None => member.role_ref(),
    };
    let is_active = input.is_active.unwrap_or(member.is_active);

    let mut change = cx.app.store.change(cx.permit()?, &cx.author()).await?;
    if offered.slug() != OrgRole::Admin.slug() || !is_active {
        keep_an_admin(&mut change, &member).await?;
    }
    if !change.update_org_member(&member, &offered, is_active).await? {
        return Err(changed_meanwhile());
    }
    let detail = json!({ "userId": member.user.id, "membershipId": member.id, "role": input.role, "isActive": is_active });
    change.audit("update-organization-member", org_id, None, &detail);
    change.commit().await?;
    get(cx, OrgMembershipPath { organization_id: org_id, membership_id: member.id }).await
}

async fn remove(cx: Cx, input: OrgMembershipPath) -> Outcome<OrgMembershipReply> {
    let org_id = own_organization(&cx, input.organization_id)?;
    let member = member(&cx, input.membership_id).await?;
    manageable(&cx, &member, "Failed to remove user from organization").await?;

    let mut change = cx.app.store.change(cx.permit()?, &cx.author()).await?;
    keep_an_admin(&mut change, &member).await?;
    if !change.remove_org_member(&member).await? {
        return Err(changed_meanwhile());
    }
    let detail = json!({ "userId": member.user.id, "membershipId": member.id, "email": member.user.email });
    change.audit("remove-organization-member", org_id, None, &detail);
    change.commit().await?;
    ok(OrgMembershipReply { membership: shown(member) })
}

async fn member(cx: &Cx, id: MembershipId) -> ApiResult<OrgMember> {
    let member = cx.app.store.org_member(cx.org()?, id).await?;
    member.ok_or_else(|| ApiError::not_found(format!("Organization membership with ID '{id}' not found")))
}

/// Refuses to change or remove a member that holds more than the caller.
pub(super) async fn manageable(cx: &Cx, member: &OrgMember, message: &str) -> ApiResult<()> {
    let (org, mine) = cx.organization()?;
    let theirs = org_holdings(&cx.app.store, org, MemberRef::User(member.user.id)).await?;
    theirs.within(mine, cx.now(), message)
}

/// 400: what the caller was allowed to change is not there any more.
pub(super) fn changed_meanwhile() -> ApiError {
    ApiError::bad_request("The membership was changed meanwhile. Please try again.")
}

/// Refuses when nobody else administers the organization.
async fn keep_an_admin(change: &mut Change, member: &OrgMember) -> ApiResult<()> {
    if member.role != OrgRole::Admin.slug() || !member.is_accepted || !member.is_active {
        return Ok(());
    }
    change.serialize_organization(member.org_id).await?;
    if change.count_other_admins(member).await? == 0 {
        return Err(ApiError::bad_request("An organization must keep at least one user who administers it"));
    }
    Ok(())
}

fn shown(member: OrgMember) -> OrgMembership {
    OrgMembership {
        id: member.id,
        org_id: member.org_id,
        user_id: member.user.id,
        role: member.role,
        role_id: member.custom_role.as_ref().map(|role| role.id),
        status: if member.is_accepted { "accepted" } else { "invited" }.to_owned(),
        invite_email: (!member.is_accepted).then(|| member.user.email.clone()),
        is_active: member.is_active,
        created_at: member.created_at,
        updated_at: member.updated_at,
        user: summary(member.user),
    }
}
