//! Users as members of a project: `/api/v1/projects/{projectId}/memberships` and its older names.

use serde_json::json;
use vouchsafe_api::project_users::{
    AddProjectUsers, ProjectMembership, ProjectMembershipDetails, ProjectMembershipList,
    ProjectMembershipPath, ProjectMembershipReply, ProjectRolesReply, ProjectUserPath, ProjectUsersPath,
    RemoveProjectUsers, UpdateProjectMembership,
};
use vouchsafe_domain::text::Email;
use vouchsafe_policy::{Need, Object, Permit, project};
use vouchsafe_store::{MemberRef, ProjectUser, StoreError};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::org_members::changed_meanwhile;
use super::reply::ok;
use super::roles::{self, Wanted};
use super::route::{Access, Outcome, Routes};
use super::users::summary;
use crate::access::ProjectScope;

const V1: &str = "/api/v1/projects/{projectId}/memberships";
const V1_OLD: &str = "/api/v1/workspace/{projectId}/memberships";
const V2_OLD: &str = "/api/v2/workspace/{projectId}/memberships";
const ONE: &str = "/api/v1/projects/{projectId}/memberships/{membershipId}";
const ONE_OLD: &str = "/api/v1/workspace/{projectId}/memberships/{membershipId}";
const DETAILS: &str = "/api/v1/projects/{projectId}/memberships/details";
const DETAILS_OLD: &str = "/api/v1/workspace/{projectId}/memberships/details";
const BY_USER: &str = "/api/v1/projects/{projectId}/user/{userId}/membership";

const READ: Access = Access::Project(project::MEMBER_READ);
const EDIT: Access = Access::Project(project::MEMBER_EDIT);
const DELETE: Access = Access::Project(project::MEMBER_DELETE);

pub(super) fn routes() -> Routes {
    Routes::new("Project users")
        .post([V1, V2_OLD], Access::Project(project::MEMBER_CREATE), "Add users to a project", add)
        .delete([V1, V2_OLD], DELETE, "Remove users from a project", remove_named)
        .get([V1, V1_OLD], READ, "List the users of a project", list)
        .post([DETAILS, DETAILS_OLD], READ, "Read a user's membership by user name", details)
        .get([ONE, ONE_OLD], READ, "Read a user's membership", get)
        .patch([ONE, ONE_OLD], EDIT, "Replace the roles of a user in a project", update)
        .delete([ONE, ONE_OLD], DELETE, "Remove a user from a project", remove)
        .get([BY_USER], READ, "Read a user's membership by the user's id", by_user)
}

const NOT_REMOVED: &str = "Failed to remove user from project";

/// Either of these permits giving a role to a user.
const GRANT: [Need; 2] = [project::MEMBER_ASSIGN_ROLE, project::MEMBER_GRANT_PRIVILEGES];

async fn add(cx: Cx, input: AddProjectUsers) -> Outcome<ProjectMembershipList> {
    let scope = cx.project(input.project_id).await?;
    let given = given_roles(input.role_slugs)?;
    let emails = named(input.emails, input.usernames)?;
    let (mut permit, mut roles) = (None, None);
    let mut users = Vec::with_capacity(emails.len());
    for email in &emails {
        let object = Object::member(email);
        permit = Some(scope.may(&object)?);
        let message = "Failed to add user to project";
        roles = Some(roles::may_give(&cx, &scope, &given, GRANT, (None, object), message).await?);
        let member = cx.app.store.org_member_by_email(cx.org()?, email).await?;
        let missing = || ApiError::not_found("Some users are not part of your organization");
        users.push(member.ok_or_else(missing)?.user);
    }
    let (Some(permit), Some(roles)) = (permit, roles) else {
        return Err(ApiError::internal("no user named"));
    };
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    for user in &users {
        let member = MemberRef::User(user.id);
        let id = change.add_project_member(scope.id(), member, &roles).await.map_err(already_member)?;
        let detail = json!({ "userId": user.id, "membershipId": id, "roles": roles::slugs(&given) });
        change.audit("add-project-member", cx.org()?, Some(scope.id()), &detail);
    }
    change.commit().await?;
    let mut memberships = Vec::with_capacity(users.len());
    for user in users {
        let found = cx.app.store.project_user_by_id(scope.id(), user.id).await?;
        memberships.extend(found.map(shown));
    }
    ok(ProjectMembershipList { memberships })
}

fn given_roles(slugs: Option<Vec<String>>) -> ApiResult<Vec<Wanted>> {
    let slugs = slugs.unwrap_or_else(|| vec!["member".to_owned()]);
    if slugs.is_empty() || slugs.len() > 50 {
        return Err(ApiError::invalid("roleSlugs", "Expected 1 to 50 roles"));
    }
    Ok(slugs.iter().map(|slug| roles::permanent(slug)).collect())
}

fn already_member(error: StoreError) -> ApiError {
    match error {
        StoreError::Conflict(_) => ApiError::bad_request("Some users are already part of this project"),
        error => error.into(),
    }
}

/// The addresses that a request names, each once, in lower case.
fn named(emails: Option<Vec<String>>, usernames: Option<Vec<String>>) -> ApiResult<Vec<String>> {
    let mut addresses = Vec::new();
    for (field, list) in [("emails", emails), ("usernames", usernames)] {
        for (position, text) in list.unwrap_or_default().iter().enumerate() {
            let email = Email::parse(text)
                .map_err(|error| ApiError::invalid(&format!("{field}.{position}"), error.to_string()))?;
            addresses.push(email.into_string());
        }
    }
    addresses.sort();
    addresses.dedup();
    if addresses.is_empty() || addresses.len() > 100 {
        return Err(ApiError::invalid("emails", "Expected 1 to 100 users"));
    }
    Ok(addresses)
}

async fn list(cx: Cx, input: ProjectUsersPath) -> Outcome<ProjectMembershipList> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::any())?;
    let found = cx.app.store.project_users(scope.id()).await?.into_iter();
    let visible = found.filter(|user| scope.allows(project::MEMBER_READ, &Object::member(&user.user.email)));
    ok(ProjectMembershipList { memberships: visible.map(shown).collect() })
}

async fn details(cx: Cx, input: ProjectMembershipDetails) -> Outcome<ProjectMembershipReply> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::any())?;
    let email = Email::parse(&input.username).map_err(|_| missing())?;
    reply(&scope, cx.app.store.project_user_by_email(scope.id(), email.as_str()).await?)
}

async fn get(cx: Cx, input: ProjectMembershipPath) -> Outcome<ProjectMembershipReply> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::any())?;
    reply(&scope, cx.app.store.project_user(scope.id(), input.membership_id).await?)
}

async fn by_user(cx: Cx, input: ProjectUserPath) -> Outcome<ProjectMembershipReply> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::any())?;
    reply(&scope, cx.app.store.project_user_by_id(scope.id(), input.user_id).await?)
}

fn reply(scope: &ProjectScope, found: Option<ProjectUser>) -> Outcome<ProjectMembershipReply> {
    let found = found.ok_or_else(missing)?;
    scope.may(&Object::member(&found.user.email))?;
    ok(ProjectMembershipReply { membership: shown(found) })
}

fn missing() -> ApiError {
    ApiError::not_found("Project membership not found")
}

async fn update(cx: Cx, input: UpdateProjectMembership) -> Outcome<ProjectRolesReply> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::any())?;
    let given = roles::listed(&input.roles)?;
    if given.iter().all(|role| role.temporary.is_some()) {
        return Err(ApiError::invalid("roles", "At least one long lived role is required"));
    }
    let found = cx.app.store.project_user(scope.id(), input.membership_id).await?.ok_or_else(missing)?;
    let message = "Failed to update user project membership";
    let permit = manageable(&cx, &scope, &found, message).await?;
    let object = Object::member(&found.user.email);
    let roles =
        roles::may_give(&cx, &scope, &given, GRANT, (Some(MemberRef::User(found.user.id)), object), message)
            .await?;

    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    if !change.set_project_roles(&found.member(), &roles).await? {
        return Err(changed_meanwhile());
    }
    let detail = json!({ "userId": found.user.id, "membershipId": found.id, "roles": roles::slugs(&given) });
    change.audit("update-project-member", cx.org()?, Some(scope.id()), &detail);
    change.commit().await?;
    let entries = cx.app.store.roles_of(found.id).await?;
    ok(ProjectRolesReply { roles: roles::shown(found.id, &entries) })
}

async fn remove(cx: Cx, input: ProjectMembershipPath) -> Outcome<ProjectMembershipReply> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::any())?;
    let found = cx.app.store.project_user(scope.id(), input.membership_id).await?.ok_or_else(missing)?;
    let mut removed = remove_all(&cx, &scope, vec![found]).await?;
    ok(ProjectMembershipReply { membership: removed.pop().ok_or_else(missing)? })
}

async fn remove_named(cx: Cx, input: RemoveProjectUsers) -> Outcome<ProjectMembershipList> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::any())?;
    let mut found = Vec::new();
    for email in named(input.emails, input.usernames)? {
        let member = cx.app.store.project_user_by_email(scope.id(), &email).await?;
        found.push(member.ok_or_else(|| ApiError::not_found("Some users are not part of this project"))?);
    }
    ok(ProjectMembershipList { memberships: remove_all(&cx, &scope, found).await? })
}

async fn remove_all(
    cx: &Cx,
    scope: &ProjectScope,
    users: Vec<ProjectUser>,
) -> ApiResult<Vec<ProjectMembership>> {
    let mut permit = None;
    for user in &users {
        permit = Some(manageable(cx, scope, user, NOT_REMOVED).await?);
        roles::may_end(cx, scope, user.id, NOT_REMOVED).await?;
    }
    let permit = permit.ok_or_else(|| ApiError::internal("no user named"))?;
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    for user in &users {
        change.remove_project_member(&user.member()).await?;
        let detail = json!({ "userId": user.user.id, "membershipId": user.id });
        change.audit("remove-project-member", cx.org()?, Some(scope.id()), &detail);
    }
    change.commit().await?;
    Ok(users.into_iter().map(shown).collect())
}

/// The permit to change or remove this user, who may not hold more than the caller.
async fn manageable(cx: &Cx, scope: &ProjectScope, user: &ProjectUser, message: &str) -> ApiResult<Permit> {
    let permit = scope.may(&Object::member(&user.user.email))?;
    roles::may_manage(cx, scope, MemberRef::User(user.user.id), message).await?;
    Ok(permit)
}

fn shown(user: ProjectUser) -> ProjectMembership {
    ProjectMembership {
        id: user.id,
        project_id: user.project_id,
        user_id: user.user.id,
        created_at: user.created_at,
        updated_at: user.updated_at,
        roles: roles::shown(user.id, &user.roles),
        user: summary(user.user),
    }
}
