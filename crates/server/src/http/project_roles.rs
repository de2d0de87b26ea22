//! The roles that a project offers, and what the caller holds in it.

use serde_json::Value;
use vouchsafe_api::projects::ProjectPath;
use vouchsafe_api::roles::{
    CreateProjectRole, CreateProjectRoleBySlug, NewRoleInput, OwnMembership, OwnPermissions,
    OwnPermissionsReply, PermissionRule, ProjectRole, ProjectRoleIdBySlug, ProjectRoleIdPath,
    ProjectRoleList, ProjectRolePath, ProjectRoleReply, ProjectRoleSlugBySlug, ProjectRoleSummary,
    RoleChangeInput, RoleIdPath, RolesOfProject, UpdateProjectRole, UpdateProjectRoleBySlug,
};
use vouchsafe_domain::id::RoleId;
use vouchsafe_policy::{Level, Object, Rule, builtin, catalogue, project};
use vouchsafe_store::{self as store, Role, RoleScope};

use super::custom_roles::{self, Place};
use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::org_roles::rules;
use super::reply::ok;
use super::roles;
use super::route::{Access, Outcome, Routes};
use crate::access::ProjectScope;

const READ: Access = Access::Project(project::ROLE_READ);
const CREATE: Access = Access::Project(project::ROLE_CREATE);
const EDIT: Access = Access::Project(project::ROLE_EDIT);
const DELETE: Access = Access::Project(project::ROLE_DELETE);

const ALL: [&str; 2] = ["/api/v1/projects/{projectId}/roles", "/api/v2/workspace/{projectId}/roles"];
const ONE: [&str; 2] =
    ["/api/v1/projects/{projectId}/roles/{roleId}", "/api/v2/workspace/{projectId}/roles/{roleId}"];
const BY_SLUG: [&str; 2] =
    ["/api/v1/projects/{projectId}/roles/slug/{slug}", "/api/v2/workspace/{projectId}/roles/slug/{slug}"];
const V1_ALL: &str = "/api/v1/workspace/{projectSlug}/roles";
const V1_ONE: &str = "/api/v1/workspace/{projectSlug}/roles/{roleId}";
const V1_BY_SLUG: &str = "/api/v1/workspace/{projectSlug}/roles/slug/{slug}";

pub(super) fn routes() -> Routes {
    Routes::new("Project roles")
        .post(ALL, CREATE, "Make a role of a project", create)
        .get(ALL, READ, "List the roles that a project offers", list)
        .get(BY_SLUG, READ, "Read a role with its permissions", get)
        .patch(ONE, EDIT, "Change a role; members keep it", update)
        .delete(ONE, DELETE, "Delete a role that nobody has", delete)
        .get(["/api/v1/projects/roles/{roleId}"], READ, "Read a role of a project by its id", get_by_id)
        .post([V1_ALL], CREATE, "Make a role of a project, with rules in the older form", create_v1)
        .get([V1_ALL], READ, "List the roles of a project named by its slug", list_v1)
        .get([V1_BY_SLUG], READ, "Read a role with its permissions in the older form", get_v1)
        .patch([V1_ONE], EDIT, "Change a role, with rules in the older form", update_v1)
        .delete([V1_ONE], DELETE, "Delete a role that nobody has", delete_v1)
        .get(
            ["/api/v1/projects/{projectId}/permissions"],
            Access::ProjectMember,
            "What the caller holds in a project",
            own,
        )
}

async fn create(cx: Cx, input: CreateProjectRole) -> Outcome<ProjectRoleReply> {
    let scope = cx.project(input.project_id).await?;
    ok(reply(create_in(&cx, &scope, input.role).await?))
}

async fn create_v1(cx: Cx, input: CreateProjectRoleBySlug) -> Outcome<ProjectRoleReply> {
    let scope = cx.project_by_slug(&input.project_slug).await?;
    let permissions = custom_roles::from_v1(&input.role.permissions);
    ok(reply_v1(create_in(&cx, &scope, NewRoleInput { permissions, ..input.role }).await?))
}

async fn create_in(cx: &Cx, scope: &ProjectScope, input: NewRoleInput) -> ApiResult<Role> {
    let permit = scope.may(&Object::plain())?;
    let place = Place { scope: scope.roles(), mine: scope.permissions(), permit: &permit };
    custom_roles::create(cx, place, input).await
}

async fn update(cx: Cx, input: UpdateProjectRole) -> Outcome<ProjectRoleReply> {
    let scope = cx.project(input.project_id).await?;
    ok(reply(update_in(&cx, &scope, input.role_id, input.role).await?))
}

async fn update_v1(cx: Cx, input: UpdateProjectRoleBySlug) -> Outcome<ProjectRoleReply> {
    let scope = cx.project_by_slug(&input.project_slug).await?;
    let permissions = input.role.permissions.as_deref().map(custom_roles::from_v1);
    let change = RoleChangeInput { permissions, ..input.role };
    ok(reply_v1(update_in(&cx, &scope, input.role_id, change).await?))
}

async fn update_in(cx: &Cx, scope: &ProjectScope, id: RoleId, input: RoleChangeInput) -> ApiResult<Role> {
    let permit = scope.may(&Object::plain())?;
    let role = found(cx, scope, id).await?;
    let place = Place { scope: scope.roles(), mine: scope.permissions(), permit: &permit };
    custom_roles::update(cx, place, role, input).await
}

async fn delete(cx: Cx, input: ProjectRoleIdPath) -> Outcome<ProjectRoleReply> {
    let scope = cx.project(input.project_id).await?;
    ok(reply(delete_in(&cx, &scope, input.role_id).await?))
}

async fn delete_v1(cx: Cx, input: ProjectRoleIdBySlug) -> Outcome<ProjectRoleReply> {
    let scope = cx.project_by_slug(&input.project_slug).await?;
    ok(reply_v1(delete_in(&cx, &scope, input.role_id).await?))
}

async fn delete_in(cx: &Cx, scope: &ProjectScope, id: RoleId) -> ApiResult<Role> {
    let permit = scope.may(&Object::plain())?;
    let role = found(cx, scope, id).await?;
    let place = Place { scope: scope.roles(), mine: scope.permissions(), permit: &permit };
    custom_roles::delete(cx, place, role).await
}

async fn found(cx: &Cx, scope: &ProjectScope, id: RoleId) -> ApiResult<Role> {
    let role = cx.app.store.custom_role(cx.org()?, id).await?;
    role.filter(|role| role.scope == scope.roles()).ok_or_else(|| missing(id))
}

fn missing(id: RoleId) -> ApiError {
    ApiError::not_found(format!("Project role with ID '{id}' not found"))
}

async fn list(cx: Cx, input: ProjectPath) -> Outcome<ProjectRoleList> {
    let scope = cx.project(input.project_id).await?;
    list_in(&cx, &scope).await
}

async fn list_v1(cx: Cx, input: RolesOfProject) -> Outcome<ProjectRoleList> {
    let scope = cx.project_by_slug(&input.project_slug).await?;
    list_in(&cx, &scope).await
}

async fn list_in(cx: &Cx, scope: &ProjectScope) -> Outcome<ProjectRoleList> {
    scope.may(&Object::plain())?;
    ok(ProjectRoleList { roles: summaries(cx, scope.project()).await? })
}

async fn get(cx: Cx, input: ProjectRolePath) -> Outcome<ProjectRoleReply> {
    let scope = cx.project(input.project_id).await?;
    get_in(&cx, &scope, &input.slug, |rules| rules).await
}

async fn get_v1(cx: Cx, input: ProjectRoleSlugBySlug) -> Outcome<ProjectRoleReply> {
    let scope = cx.project_by_slug(&input.project_slug).await?;
    get_in(&cx, &scope, &input.slug, |rules| custom_roles::to_v1(&rules)).await
}

async fn get_in(
    cx: &Cx,
    scope: &ProjectScope,
    slug: &str,
    form: fn(Vec<Value>) -> Vec<Value>,
) -> Outcome<ProjectRoleReply> {
    scope.may(&Object::plain())?;
    let role = if let Some(role) = builtin::ProjectRole::from_slug(slug) {
        ProjectRole { summary: summary(scope.project(), role), permissions: form(rules(role.rules())) }
    } else {
        let missing = || ApiError::not_found(format!("Project role with slug '{slug}' not found"));
        let role = cx.app.store.custom_role_by_slug(scope.roles(), slug).await?.ok_or_else(missing)?;
        ProjectRole { permissions: form(role.permissions.clone()), summary: custom(role) }
    };
    ok(ProjectRoleReply { role })
}

async fn get_by_id(cx: Cx, input: RoleIdPath) -> Outcome<ProjectRoleReply> {
    let id = input.role_id;
    let role = cx.app.store.custom_role(cx.org()?, id).await?.ok_or_else(|| missing(id))?;
    let project = role.scope.project().ok_or_else(|| missing(id))?;
    cx.project(project).await?.may(&Object::plain())?;
    ok(reply(role))
}

fn reply(role: Role) -> ProjectRoleReply {
    ProjectRoleReply { role: ProjectRole { permissions: role.permissions.clone(), summary: custom(role) } }
}

fn reply_v1(role: Role) -> ProjectRoleReply {
    let permissions = custom_roles::to_v1(&role.permissions);
    ProjectRoleReply { role: ProjectRole { permissions, summary: custom(role) } }
}

async fn own(cx: Cx, input: ProjectPath) -> Outcome<OwnPermissionsReply> {
    let scope = cx.project(input.project_id).await?;
    let held = scope.permissions();
    let subjects = catalogue::subjects(Level::Project).iter();
    let permissions = subjects.flat_map(|subject| held.rules_on(subject.name)).map(rule).collect();
    let member = cx.app.store.project_member(scope.id(), cx.actor_id()?.member()).await?;
    let memberships = member
        .map(|member| OwnMembership { id: member.id, roles: roles::shown(member.id, &member.roles) })
        .into_iter()
        .collect();
    ok(OwnPermissionsReply { data: OwnPermissions { permissions, memberships } })
}

/// The roles that a project offers, the built-in ones first.
pub(super) async fn summaries(cx: &Cx, project: &store::Project) -> ApiResult<Vec<ProjectRoleSummary>> {
    let scope = RoleScope::Project(project.org_id, project.id);
    let custom_roles = cx.app.store.custom_roles(scope).await?.into_iter().map(custom);
    let built_in = builtin::ProjectRole::ALL.into_iter().map(|role| summary(project, role));
    Ok(built_in.chain(custom_roles).collect())
}

fn custom(role: Role) -> ProjectRoleSummary {
    ProjectRoleSummary {
        id: role.id,
        name: role.name,
        slug: role.slug,
        description: role.description,
        project_id: role.scope.project(),
        created_at: role.created_at,
        updated_at: role.updated_at,
    }
}

fn summary(project: &store::Project, role: builtin::ProjectRole) -> ProjectRoleSummary {
    ProjectRoleSummary {
        // The placeholders are UUIDs; a test reads them all.
        id: role.placeholder_id().parse().unwrap_or(RoleId::from_uuid(uuid::Uuid::nil())),
        name: role.name().to_owned(),
        slug: role.slug().to_owned(),
        description: Some(role.description().to_owned()),
        project_id: Some(project.id),
        created_at: project.created_at,
        updated_at: project.created_at,
    }
}

/// A rule as clients see it.
pub(super) fn rule(rule: &Rule) -> PermissionRule {
    PermissionRule {
        subject: rule.subject.clone(),
        action: rule.actions.clone(),
        conditions: rule.conditions.as_ref().and_then(|conditions| serde_json::to_value(conditions).ok()),
        inverted: rule.inverted,
    }
}
