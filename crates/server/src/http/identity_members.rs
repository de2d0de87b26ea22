//! Identities as members of projects, under the three names that these routes have had.

use serde_json::json;
use vouchsafe_api::common::Direction;
use vouchsafe_api::identities::IdentityPath;
use vouchsafe_api::identity_members::{
    AddIdentityMember, BareIdentityMember, BareIdentityMemberReply, IdentityList, IdentityMember,
    IdentityMemberList, IdentityMemberPath, IdentityMemberReply, ListAvailableIdentities,
    ListIdentityMembers, MemberIdentity, MemberProject, MembershipPath, MembershipsOfIdentity,
    UpdateIdentityMember,
};
use vouchsafe_api::roles::MemberRolesReply;
use vouchsafe_domain::id::{IdentityId, ProjectId};
use vouchsafe_policy::{Need, Object, org, project};
use vouchsafe_store::{self as store, IdentityMemberFilter, Member, MemberRef, StoreError};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::identities::{flat, metadata_entry, page};
use super::org_members::changed_meanwhile;
use super::reply::ok;
use super::roles;
use super::route::{Access, Outcome, Routes};
use crate::access::ProjectScope;

const READ: Access = Access::Project(project::IDENTITY_READ);
const CREATE: Access = Access::Project(project::IDENTITY_CREATE);
const EDIT: Access = Access::Project(project::IDENTITY_EDIT);
const DELETE: Access = Access::Project(project::IDENTITY_DELETE);
const READ_IDENTITY: Access = Access::Identity { org: org::IDENTITY_READ, project: project::IDENTITY_READ };

const ONE: [&str; 3] = [
    "/api/v1/projects/{projectId}/memberships/identities/{identityId}",
    "/api/v1/projects/{projectId}/identity-memberships/{identityId}",
    "/api/v2/workspace/{projectId}/identity-memberships/{identityId}",
];
const ALL: &str = "/api/v1/projects/{projectId}/memberships/identities";
const ALL_OLDER: [&str; 2] = [
    "/api/v1/projects/{projectId}/identity-memberships",
    "/api/v2/workspace/{projectId}/identity-memberships",
];

pub(super) fn routes() -> Routes {
    Routes::new("Project identities")
        .post(ONE, CREATE, "Make an identity a member of a project", add)
        .patch(ONE, EDIT, "Replace the roles of an identity in a project", update)
        .delete(ONE, DELETE, "End the membership of an identity in a project", remove)
        .get(ONE, READ, "Read the membership of an identity in a project", get)
        .get([ALL], READ, "List the identities of a project", list)
        .get(ALL_OLDER, READ, "List the identities of a project", list_older)
        .get(
            ["/api/v2/workspace/identity-memberships/{membershipId}"],
            READ,
            "Read the membership of an identity by its id",
            get_by_id,
        )
        .get(
            ["/api/v1/projects/{projectId}/memberships/available-identities"],
            CREATE,
            "List the identities that a project can still take in",
            available,
        )
        .get(
            ["/api/v1/identities/{identityId}/identity-memberships"],
            READ_IDENTITY,
            "List the projects that an identity is a member of",
            of_identity,
        )
}

/// Either of these permits giving a role to an identity.
pub(super) const GRANT: [Need; 2] = [project::IDENTITY_GRANT_PRIVILEGES, project::IDENTITY_ASSIGN_ROLE];

const NOT_CREATED: &str = "Failed to create identity project membership";
const NOT_UPDATED: &str = "Failed to update identity project membership";
const NOT_DELETED: &str = "Failed to delete identity project membership";

async fn add(cx: Cx, input: AddIdentityMember) -> Outcome<BareIdentityMemberReply> {
    let scope = cx.project(input.project_id).await?;
    let (id, id_text) = (input.identity_id, input.identity_id.to_string());
    let permit = scope.may(&Object::identity(&id_text))?;
    let roles = roles::given(input.roles.as_deref(), input.role.as_deref())?;
    let missing = || ApiError::not_found(format!("Failed to find identity with id {id}"));
    let identity = cx.app.store.identity(cx.org()?, id).await?.ok_or_else(missing)?;
    if identity.project_id.is_some() {
        return Err(ApiError::bad_request(
            "Failed to create project membership for a project scoped identity",
        ));
    }
    let object = Object::identity(&id_text);
    let given =
        roles::may_give(&cx, &scope, &roles, GRANT, (Some(MemberRef::Identity(id)), object), NOT_CREATED)
            .await?;

    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    let member = MemberRef::Identity(id);
    change.add_project_member(scope.id(), member, &given).await.map_err(already)?;
    let detail = json!({ "identityId": id, "roles": roles::slugs(&roles) });
    change.audit("create-identity-membership", scope.project().org_id, Some(scope.id()), &detail);
    change.commit().await?;
    let member = cx.app.store.project_member(scope.id(), member).await?.ok_or_else(not_found)?;
    ok(bare(id, &member))
}

async fn update(cx: Cx, input: UpdateIdentityMember) -> Outcome<MemberRolesReply> {
    let scope = cx.project(input.project_id).await?;
    let (id, id_text) = (input.identity_id, input.identity_id.to_string());
    let permit = scope.may(&Object::identity(&id_text))?;
    let roles = roles::listed(&input.roles)?;
    let found = member(&cx, scope.id(), id).await?;
    roles::may_manage(&cx, &scope, MemberRef::Identity(id), NOT_UPDATED).await?;
    let object = Object::identity(&id_text);
    let given =
        roles::may_give(&cx, &scope, &roles, GRANT, (Some(MemberRef::Identity(id)), object), NOT_UPDATED)
            .await?;
    if found.identity.project_id.is_some() {
        roles::keeps_a_permanent_one(&roles)?;
    }

    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    if !change.set_project_roles(&found.member(), &given).await? {
        return Err(changed_meanwhile());
    }
    let detail = json!({ "identityId": id, "roles": roles::slugs(&roles) });
    change.audit("update-identity-membership", scope.project().org_id, Some(scope.id()), &detail);
    change.commit().await?;
    let roles = cx.app.store.roles_of(found.id).await?;
    ok(MemberRolesReply { roles: roles::shown(found.id, &roles) })
}

async fn remove(cx: Cx, input: IdentityMemberPath) -> Outcome<BareIdentityMemberReply> {
    let scope = cx.project(input.project_id).await?;
    let id = input.identity_id;
    let permit = scope.may(&Object::identity(&id.to_string()))?;
    let found = member(&cx, scope.id(), id).await?;
    if cx.actor_id()?.member() == MemberRef::Identity(id) {
        return Err(ApiError::bad_request("You can't delete your own membership"));
    }
    if found.identity.project_id.is_some() {
        return Err(ApiError::bad_request(
            "Failed to delete project membership for a project scoped identity",
        ));
    }
    roles::may_manage(&cx, &scope, MemberRef::Identity(id), NOT_DELETED).await?;
    roles::may_end(&cx, &scope, found.id, NOT_DELETED).await?;
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    change.remove_project_member(&found.member()).await?;
    let detail = json!({ "identityId": id });
    change.audit("delete-identity-membership", scope.project().org_id, Some(scope.id()), &detail);
    change.commit().await?;
    ok(bare(id, &found.member()))
}

async fn get(cx: Cx, input: IdentityMemberPath) -> Outcome<IdentityMemberReply> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::identity(&input.identity_id.to_string()))?;
    let found = member(&cx, scope.id(), input.identity_id).await?;
    ok(IdentityMemberReply { identity_membership: in_full(&cx, found).await? })
}

async fn get_by_id(cx: Cx, input: MembershipPath) -> Outcome<IdentityMemberReply> {
    let found = cx.app.store.identity_member_by_id(input.membership_id).await?.ok_or_else(not_found)?;
    let scope = cx.project(found.project.id).await;
    // A membership in a project of another organization is as good as missing.
    let scope = scope.map_err(|error| if error.status() == 404 { not_found() } else { error })?;
    scope.may(&Object::identity(&found.identity.id.to_string()))?;
    ok(IdentityMemberReply { identity_membership: in_full(&cx, found).await? })
}

async fn list(cx: Cx, input: ListIdentityMembers) -> Outcome<IdentityMemberList> {
    members(&cx, input, 20, 1000).await
}

async fn list_older(cx: Cx, input: ListIdentityMembers) -> Outcome<IdentityMemberList> {
    members(&cx, input, 100, 20_000).await
}

async fn members(cx: &Cx, input: ListIdentityMembers, usual: i64, most: i64) -> Outcome<IdentityMemberList> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::any())?;
    let page = page(input.limit, usual, most, input.offset, input.order_direction)?;
    let filter = IdentityMemberFilter {
        name_contains: input.identity_name.or(input.search),
        roles: input.roles.as_deref().map(comma_list).transpose()?,
    };
    let (found, total_count) = cx.app.store.identity_members(scope.id(), &filter, page).await?;
    let identity_memberships = found.into_iter().filter(|one| may_see(&scope, one)).map(shown).collect();
    ok(IdentityMemberList { identity_memberships, total_count })
}

fn may_see(scope: &ProjectScope, member: &store::IdentityMember) -> bool {
    scope.allows(project::IDENTITY_READ, &Object::identity(&member.identity.id.to_string()))
}

/// `a, b` as a list of at most 100 parts.
pub(super) fn comma_list(text: &str) -> ApiResult<Vec<String>> {
    let parts: Vec<String> =
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    if parts.is_empty() || parts.len() > 100 {
        return Err(ApiError::invalid("roles", "Expected 1 to 100 slugs, separated by commas"));
    }
    Ok(parts)
}

async fn available(cx: Cx, input: ListAvailableIdentities) -> Outcome<IdentityList> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::any())?;
    let page = page(input.limit, 20, 1000, input.offset, Direction::Asc)?;
    let name = input.identity_name.as_deref();
    let (found, total_count) = cx.app.store.available_identities(cx.org()?, scope.id(), name, page).await?;
    ok(IdentityList { identities: flat(&cx, found).await?, total_count })
}

async fn of_identity(cx: Cx, input: IdentityPath) -> Outcome<MembershipsOfIdentity> {
    let target = cx.identity(input.identity_id).await?;
    target.within_boundary("Failed to read identity with more privileges")?;
    let found = cx.app.store.memberships_of_identity(input.identity_id).await?;
    ok(MembershipsOfIdentity { identity_memberships: found.into_iter().map(shown).collect() })
}

async fn member(cx: &Cx, project: ProjectId, identity: IdentityId) -> ApiResult<store::IdentityMember> {
    cx.app.store.identity_member(project, identity).await?.ok_or_else(not_found)
}

fn not_found() -> ApiError {
    ApiError::not_found("Identity membership not found")
}

fn already(error: StoreError) -> ApiError {
    match error {
        StoreError::Conflict(_) => ApiError::bad_request("Identity is already a member of this project"),
        error => error.into(),
    }
}

fn bare(identity_id: IdentityId, member: &Member) -> BareIdentityMemberReply {
    BareIdentityMemberReply {
        identity_membership: BareIdentityMember {
            id: member.id,
            project_id: member.project_id,
            identity_id,
            created_at: member.created_at,
            updated_at: member.updated_at,
        },
    }
}

/// One membership with everything there is to show.
async fn in_full(cx: &Cx, member: store::IdentityMember) -> ApiResult<IdentityMember> {
    let id = member.identity.id;
    let metadata = cx.app.store.identity_metadata(id).await?;
    let locked = cx.app.store.active_lockouts(id, cx.now()).await?;
    let mut shown = shown(member);
    shown.metadata = Some(metadata.into_iter().map(metadata_entry).collect());
    shown.identity.active_lockout_auth_methods = Some(locked);
    Ok(shown)
}

/// An identity as a member of a project.
pub(super) fn shown(member: store::IdentityMember) -> IdentityMember {
    let identity = member.identity;
    IdentityMember {
        id: member.id,
        identity_id: identity.id,
        project_id: member.project.id,
        created_at: member.created_at,
        updated_at: member.updated_at,
        last_login_auth_method: identity.last_login_method,
        last_login_time: identity.last_login_at,
        roles: roles::shown(member.id, &member.roles),
        identity: MemberIdentity {
            id: identity.id,
            name: identity.name,
            org_id: identity.org_id,
            project_id: identity.project_id,
            has_delete_protection: identity.has_delete_protection,
            auth_methods: identity.auth_methods,
            active_lockout_auth_methods: None,
        },
        project: MemberProject {
            id: member.project.id,
            name: member.project.name,
            slug: member.project.slug,
            kind: member.project.kind,
        },
        metadata: None,
    }
}
