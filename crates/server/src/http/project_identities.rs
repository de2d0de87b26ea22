//! Identities that a project manages: `/api/v1/projects/{projectId}/identities`.

use serde_json::json;
use vouchsafe_api::common::Direction;
use vouchsafe_api::identities::IdentityReply;
use vouchsafe_api::identity_members::IdentityList;
use vouchsafe_api::managed_identities::{
    CreateProjectIdentity, ListProjectIdentities, ProjectIdentityPath, UpdateProjectIdentity,
};
use vouchsafe_domain::id::IdentityId;
use vouchsafe_policy::{Object, org, project};
use vouchsafe_store::{
    IdentityFilter, IdentityMatch, IdentityOrder, ManagedBy, MemberRef, NewIdentity, NewRoleRef,
};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::identities::{flat, metadata, name, page, reply, shown, stays_within};
use super::identity_members::GRANT;
use super::reply::ok;
use super::roles;
use super::route::{Access, Outcome, Routes};
use crate::access::Governed;

const ALL: &str = "/api/v1/projects/{projectId}/identities";
const ONE: &str = "/api/v1/projects/{projectId}/identities/{identityId}";

const READ: Access = Access::Identity { org: org::IDENTITY_READ, project: project::IDENTITY_READ };
const EDIT: Access = Access::Identity { org: org::IDENTITY_EDIT, project: project::IDENTITY_EDIT };
const DELETE: Access = Access::Identity { org: org::IDENTITY_DELETE, project: project::IDENTITY_DELETE };

pub(super) fn routes() -> Routes {
    Routes::new("Project-managed identities")
        .post(
            [ALL],
            Access::Project(project::IDENTITY_CREATE),
            "Make an identity that a project manages",
            create,
        )
        .get(
            [ALL],
            Access::Project(project::IDENTITY_READ),
            "List the identities that a project manages",
            list,
        )
        .get([ONE], READ, "Read an identity that a project manages", get)
        .patch([ONE], EDIT, "Change an identity that a project manages", update)
        .delete([ONE], DELETE, "Delete an identity that a project manages, and revoke its tokens", delete)
}

async fn create(cx: Cx, input: CreateProjectIdentity) -> Outcome<IdentityReply> {
    let scope = cx.project(input.project_id).await?;
    let permit = scope.may(&Object::plain())?;
    let name = name(&input.name)?;
    let metadata = metadata(input.metadata.as_deref().unwrap_or_default())?;
    let roles = roles::given(input.roles.as_deref(), None)?;
    roles::keeps_a_permanent_one(&roles)?;
    let message = "Failed to create identity";
    let given = roles::may_give(&cx, &scope, &roles, GRANT, (None, Object::plain()), message).await?;

    let org_id = scope.project().org_id;
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    let new = NewIdentity {
        org: org_id,
        project: Some(scope.id()),
        name: &name,
        role: NewRoleRef::built_in("no-access"),
        has_delete_protection: input.has_delete_protection.unwrap_or(false),
        instance_admin: false,
    };
    let id = change.insert_identity(&new).await?;
    change.set_identity_metadata(id, &metadata).await?;
    change.add_project_member(scope.id(), MemberRef::Identity(id), &given).await?;
    let detail = json!({ "identityId": id, "name": name, "roles": roles::slugs(&roles) });
    change.audit("create-identity", org_id, Some(scope.id()), &detail);
    change.commit().await?;
    reply(&cx, id).await
}

async fn list(cx: Cx, input: ListProjectIdentities) -> Outcome<IdentityList> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::any())?;
    let page = page(input.limit, 20, 1000, input.offset, Direction::Asc)?;
    let named = IdentityMatch { name_contains: input.search, ..IdentityMatch::default() };
    let managed_by = ManagedBy::Projects(vec![scope.id()]);
    let filter = IdentityFilter { any: vec![named], managed_by, ..IdentityFilter::default() };
    let (found, total_count) = cx.app.store.identities(cx.org()?, &filter, IdentityOrder::Name, page).await?;
    let may_read = |id: &IdentityId| scope.allows(project::IDENTITY_READ, &Object::identity(&id.to_string()));
    let ids = found.iter().map(|identity| identity.id).filter(may_read).collect();
    let visible = cx.within_boundary_of(scope.id(), scope.permissions(), ids).await?;
    let found = found.into_iter().filter(|identity| visible.contains(&identity.id)).collect();
    ok(IdentityList { identities: flat(&cx, found).await?, total_count })
}

async fn get(cx: Cx, input: ProjectIdentityPath) -> Outcome<IdentityReply> {
    let target = managed(&cx, input, "Failed to read identity with more privileges").await?;
    reply(&cx, target.identity.id).await
}

async fn update(cx: Cx, input: UpdateProjectIdentity) -> Outcome<IdentityReply> {
    let path = ProjectIdentityPath { project_id: input.project_id, identity_id: input.identity_id };
    let target = managed(&cx, path, "Failed to update identity").await?;
    let name = input.name.as_deref().map(name).transpose()?.unwrap_or_else(|| target.identity.name.clone());
    let protection = input.has_delete_protection.unwrap_or(target.identity.has_delete_protection);
    let metadata = input.metadata.as_deref().map(metadata).transpose()?;

    stays_within(&cx, &target, &name, metadata.as_deref()).await?;

    let id = target.identity.id;
    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    change.update_identity(id, &name, protection).await?;
    if let Some(metadata) = &metadata {
        change.set_identity_metadata(id, metadata).await?;
    }
    let detail = json!({ "identityId": id, "name": name });
    change.audit("update-identity", target.identity.org_id, Some(input.project_id), &detail);
    change.commit().await?;
    reply(&cx, id).await
}

async fn delete(cx: Cx, input: ProjectIdentityPath) -> Outcome<IdentityReply> {
    let target = managed(&cx, input, "Failed to delete identity").await?;
    let identity = target.identity;
    if identity.has_delete_protection {
        return Err(ApiError::bad_request("Cannot delete identity while delete protection is enabled"));
    }
    let metadata = cx.app.store.identity_metadata(identity.id).await?;
    let mut change = cx.app.store.change(&target.permit, &cx.author()).await?;
    change.delete_identity(identity.id).await?;
    let detail = json!({ "identityId": identity.id, "name": identity.name });
    change.audit("delete-identity", identity.org_id, Some(input.project_id), &detail);
    change.commit().await?;
    ok(IdentityReply { identity: shown(identity, metadata) })
}

/// An identity that this project manages and the caller may act on, within the boundary.
async fn managed(cx: &Cx, path: ProjectIdentityPath, message: &str) -> ApiResult<Governed> {
    // Another organization's project is as good as missing, whatever identity is named with it.
    cx.project(path.project_id).await?;
    let target = cx.identity(path.identity_id).await?;
    if target.identity.project_id != Some(path.project_id) {
        return Err(ApiError::not_found(format!("Identity with id {} not found", path.identity_id)));
    }
    target.within_boundary(message)?;
    Ok(target)
}
