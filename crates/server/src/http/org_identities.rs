//! Identities of the organization under newer names than `/api/v1/identities`, and revoking all
//! tokens of one at once.

use serde_json::json;
use vouchsafe_api::common::{Direction, MessageReply};
use vouchsafe_api::identities::{CreateIdentity, IdentityPath, IdentityReply, UpdateIdentity};
use vouchsafe_api::identity_members::IdentityList;
use vouchsafe_api::managed_identities::{
    CreateOrgIdentity, ListOrgIdentities, ListOrgIdentityMemberships, OrgIdentityMembershipList,
};
use vouchsafe_policy::{org, project};
use vouchsafe_store::{self as store, IdentityFilter, IdentityMatch};

use super::cx::Cx;
use super::identities::{self, flat, found, order, own_organization, page, reply, visible};
use super::reply::ok;
use super::route::{Access, Outcome, Routes};

const ALL: &str = "/api/v1/organization/identities";
const ONE: &str = "/api/v1/organization/identities/{identityId}";

const READ: Access = Access::Identity { org: org::IDENTITY_READ, project: project::IDENTITY_READ };
const EDIT: Access = Access::Identity { org: org::IDENTITY_EDIT, project: project::IDENTITY_EDIT };
const DELETE: Access = Access::Identity { org: org::IDENTITY_DELETE, project: project::IDENTITY_DELETE };
const REVOKE: Access =
    Access::Identity { org: org::IDENTITY_REVOKE_AUTH, project: project::IDENTITY_REVOKE_AUTH };
const LIST: Access = Access::Org(org::IDENTITY_READ);

pub(super) fn routes() -> Routes {
    Routes::new("Identities")
        .post([ALL], Access::Org(org::IDENTITY_CREATE), "Make an identity without a role", create)
        .get([ALL], LIST, "List identities by page", list)
        .get([ONE], READ, "Read an identity", get)
        .patch([ONE], EDIT, "Change an identity", update)
        .delete([ONE], DELETE, "Delete an identity and revoke its tokens", identities::delete)
        .get(
            ["/api/v2/organizations/{organizationId}/identity-memberships"],
            LIST,
            "List the memberships of identities in the organization",
            memberships,
        )
        .post(
            ["/api/v1/identities/{identityId}/revoke-tokens"],
            REVOKE,
            "Revoke every token that an identity holds",
            revoke_tokens,
        )
}

async fn create(cx: Cx, input: CreateOrgIdentity) -> Outcome<IdentityReply> {
    let input = CreateIdentity {
        name: input.name,
        organization_id: cx.org()?,
        role: None,
        has_delete_protection: input.has_delete_protection,
        metadata: input.metadata,
    };
    identities::create(cx, input).await
}

async fn get(cx: Cx, input: IdentityPath) -> Outcome<IdentityReply> {
    let target = cx.identity(input.identity_id).await?;
    target.within_boundary("Failed to read identity with more privileges")?;
    reply(&cx, input.identity_id).await
}

async fn update(cx: Cx, input: UpdateIdentity) -> Outcome<IdentityReply> {
    // Roles are not given through this route.
    identities::update(cx, UpdateIdentity { role: None, ..input }).await
}

async fn list(cx: Cx, input: ListOrgIdentities) -> Outcome<IdentityList> {
    let page = page(input.limit, 20, 1000, input.offset, Direction::Asc)?;
    let (found, total_count) = visible(&cx, &named(input.search), store::IdentityOrder::Name, page).await?;
    ok(IdentityList { identities: flat(&cx, found).await?, total_count })
}

async fn memberships(cx: Cx, input: ListOrgIdentityMemberships) -> Outcome<OrgIdentityMembershipList> {
    own_organization(cx.org()?, input.organization_id)?;
    let page = page(input.limit, 100, 20_000, input.offset, input.order_direction)?;
    let list = found(&cx, &named(input.search), order(input.order_by), page).await?;
    ok(OrgIdentityMembershipList { identity_memberships: list.identities, total_count: list.total_count })
}

fn named(search: Option<String>) -> IdentityFilter {
    let any = vec![IdentityMatch { name_contains: search, ..IdentityMatch::default() }];
    IdentityFilter { any, ..IdentityFilter::default() }
}

async fn revoke_tokens(cx: Cx, input: IdentityPath) -> Outcome<MessageReply> {
    let target = cx.identity(input.identity_id).await?;
    target.within_boundary("Failed to revoke tokens of identity with more privileged role")?;
    let identity = target.identity;
    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    change.raise_token_epoch(identity.id).await?;
    let detail = json!({ "identityId": identity.id, "name": identity.name });
    change.audit("revoke-identity-tokens", identity.org_id, identity.project_id, &detail);
    change.commit().await?;
    ok(MessageReply::new("Every token that was issued to this identity until now is revoked"))
}
