//! The roles that a project offers, and what the caller holds in it.

use vouchsafe_api::projects::{ProjectPath, ProjectSlugPath};
use vouchsafe_api::roles::{
    OwnMembership, OwnPermissions, OwnPermissionsReply, PermissionRule, ProjectRole, ProjectRoleList,
    ProjectRolePath, ProjectRoleReply, ProjectRoleSummary,
};
use vouchsafe_domain::id::RoleId;
use vouchsafe_policy::{Level, Object, Rule, builtin, catalogue, project};
use vouchsafe_store as store;

use super::cx::Cx;
use super::error::ApiError;
use super::reply::ok;
use super::roles;
use super::route::{Access, Outcome, Routes};

const READ: Access = Access::Project(project::ROLE_READ);

pub(super) fn routes() -> Routes {
    Routes::new("Project roles")
        .get(
            ["/api/v1/projects/{projectId}/roles", "/api/v2/workspace/{projectId}/roles"],
            READ,
            "List the roles that a project offers",
            list,
        )
        .get(
            ["/api/v1/workspace/{slug}/roles"],
            READ,
            "List the roles of a project named by its slug",
            list_by_slug,
        )
        .get(
            [
                "/api/v1/projects/{projectId}/roles/slug/{slug}",
                "/api/v2/workspace/{projectId}/roles/slug/{slug}",
            ],
            READ,
            "Read a role with its permissions",
            get,
        )
        .get(
            ["/api/v1/projects/{projectId}/permissions"],
            Access::ProjectMember,
            "What the caller holds in a project",
            own,
        )
}

async fn list(cx: Cx, input: ProjectPath) -> Outcome<ProjectRoleList> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::plain())?;
    ok(ProjectRoleList { roles: summaries(scope.project()) })
}

async fn list_by_slug(cx: Cx, input: ProjectSlugPath) -> Outcome<ProjectRoleList> {
    let scope = cx.project_by_slug(&input.slug).await?;
    scope.may(&Object::plain())?;
    ok(ProjectRoleList { roles: summaries(scope.project()) })
}

async fn get(cx: Cx, input: ProjectRolePath) -> Outcome<ProjectRoleReply> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::plain())?;
    let role = builtin::ProjectRole::from_slug(&input.slug)
        .ok_or_else(|| ApiError::not_found(format!("Project role with slug '{}' not found", input.slug)))?;
    let permissions = role.rules().iter().map(rule).collect();
    ok(ProjectRoleReply { role: ProjectRole { summary: summary(scope.project(), role), permissions } })
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

/// The roles that a project offers.
pub(super) fn summaries(project: &store::Project) -> Vec<ProjectRoleSummary> {
    builtin::ProjectRole::ALL.into_iter().map(|role| summary(project, role)).collect()
}

fn summary(project: &store::Project, role: builtin::ProjectRole) -> ProjectRoleSummary {
    ProjectRoleSummary {
        // The placeholders are UUIDs; a test reads them all.
        id: role.placeholder_id().parse().unwrap_or(RoleId::from_uuid(uuid::Uuid::nil())),
        name: role.name().to_owned(),
        slug: role.slug().to_owned(),
        description: role.description().to_owned(),
        project_id: project.id,
        created_at: project.created_at,
        updated_at: project.created_at,
    }
}

fn rule(rule: &Rule) -> PermissionRule {
    PermissionRule {
        subject: rule.subject.clone(),
        action: rule.actions.clone(),
        conditions: rule.conditions.as_ref().and_then(|conditions| serde_json::to_value(conditions).ok()),
        inverted: rule.inverted,
    }
}
