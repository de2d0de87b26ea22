//! Identities as members of the organization. Without organizations below organizations every
//! identity is a member of its own and of no other: memberships are read and changed, but neither
//! made nor ended by themselves.

use vouchsafe_api::common::Direction;
use vouchsafe_api::identities::{IdentityPath, UpdateIdentity};
use vouchsafe_api::identity_members::IdentityList;
use vouchsafe_api::org_identity_members::{
    HeldRolesReply, ListOrgIdentityMembers, OrgIdentityMember, OrgIdentityMemberList, OrgIdentityMemberReply,
    SetOrgIdentityRoles,
};
use vouchsafe_domain::id::IdentityId;
use vouchsafe_policy::{org, project};
use vouchsafe_store::{self as store, IdentityFilter, IdentityMatch};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::identities::{self, membership, metadata_entry, page, visible};
use super::identity_members::comma_list;
use super::reply::ok;
use super::roles;
use super::route::{Access, Outcome, Routes};

const ALL: &str = "/api/v1/organization/identity-memberships";
const ONE: &str = "/api/v1/organization/identity-memberships/{identityId}";

const READ: Access = Access::Identity { org: org::IDENTITY_READ, project: project::IDENTITY_READ };
const CREATE: Access = Access::Identity { org: org::IDENTITY_CREATE, project: project::IDENTITY_CREATE };
const EDIT: Access = Access::Identity { org: org::IDENTITY_EDIT, project: project::IDENTITY_EDIT };
const DELETE: Access = Access::Identity { org: org::IDENTITY_DELETE, project: project::IDENTITY_DELETE };
const LIST: Access = Access::Org(org::IDENTITY_READ);

pub(super) fn routes() -> Routes {
    Routes::new("Identities")
        .get([ALL], LIST, "List identities as members of the organization", list)
        .get([ONE], READ, "Read an identity as a member of the organization", get)
        .patch([ONE], EDIT, "Replace the role of an identity in the organization", update)
        .post([ONE], CREATE, "Refused: an identity is a member of its organization already", create)
        .delete([ONE], DELETE, "Refused: an identity stays a member of its organization", remove)
        .get(
            ["/api/v1/organization/available-identities"],
            LIST,
            "List the identities that are not members yet, of which there are none",
            available,
        )
}

async fn list(cx: Cx, input: ListOrgIdentityMembers) -> Outcome<OrgIdentityMemberList> {
    let page = page(input.limit, 20, 100, input.offset, Direction::Asc)?;
    let one = IdentityMatch {
        name_contains: input.identity_name,
        role_in: input.roles.as_deref().map(comma_list).transpose()?,
        ..IdentityMatch::default()
    };
    let filter = IdentityFilter { any: vec![one], ..IdentityFilter::default() };
    let (found, total_count) = visible(&cx, &filter, store::IdentityOrder::Name, page).await?;
    let ids: Vec<IdentityId> = found.iter().map(|identity| identity.id).collect();
    let mut locked = cx.app.store.active_lockouts_of(&ids, cx.now()).await?;
    let one = |identity: store::Identity| {
        let locked = locked.remove(&identity.id).unwrap_or_default();
        shown(identity, locked)
    };
    let identity_memberships = found.into_iter().map(one).collect();
    ok(OrgIdentityMemberList { identity_memberships, total_count })
}

async fn get(cx: Cx, input: IdentityPath) -> Outcome<OrgIdentityMemberReply> {
    let target = cx.identity(input.identity_id).await?;
    target.within_boundary("Failed to read identity with more privileges")?;
    let metadata = cx.app.store.identity_metadata(input.identity_id).await?;
    let locked = cx.app.store.active_lockouts(input.identity_id, cx.now()).await?;
    let mut member = shown(target.identity, locked);
    member.membership.metadata = Some(metadata.into_iter().map(metadata_entry).collect());
    ok(OrgIdentityMemberReply { identity_membership: member })
}

async fn update(cx: Cx, input: SetOrgIdentityRoles) -> Outcome<HeldRolesReply> {
    let role = only_role(&input)?;
    let input = UpdateIdentity {
        identity_id: input.identity_id,
        name: None,
        role: Some(role),
        has_delete_protection: None,
        metadata: None,
    };
    let identity = identities::change(&cx, input).await?;
    ok(HeldRolesReply {
        roles: vec![roles::in_organization(
            identity.membership_id,
            &identity.role,
            identity.custom_role.as_ref(),
        )],
    })
}

/// An identity has one role in the organization, for good.
fn only_role(input: &SetOrgIdentityRoles) -> ApiResult<String> {
    match roles::listed(&input.roles)?.as_slice() {
        [only] if only.temporary.is_none() => Ok(only.slug.clone()),
        _ => Err(ApiError::bad_request("An identity has one permanent role in the organization")),
    }
}

async fn create(cx: Cx, input: IdentityPath) -> Outcome<OrgIdentityMemberReply> {
    cx.identity(input.identity_id).await?;
    // Spelt as in the API that clients know.
    Err(ApiError::bad_request("Organizatin membership cannot be created for organization scoped identity"))
}

async fn remove(cx: Cx, input: IdentityPath) -> Outcome<OrgIdentityMemberReply> {
    cx.identity(input.identity_id).await?;
    Err(ApiError::bad_request(
        "Organization membership cannot be deleted for organization scoped identity; delete the identity",
    ))
}

async fn available(_: Cx, input: ListOrgIdentityMembers) -> Outcome<IdentityList> {
    page(input.limit, 20, 100, input.offset, Direction::Asc)?;
    ok(IdentityList { identities: Vec::new(), total_count: 0 })
}

fn shown(identity: store::Identity, locked: Vec<String>) -> OrgIdentityMember {
    let roles =
        vec![roles::in_organization(identity.membership_id, &identity.role, identity.custom_role.as_ref())];
    let mut membership = membership(identity);
    membership.identity.active_lockout_auth_methods = Some(locked);
    OrgIdentityMember { membership, roles }
}
