//! Environments of projects.

use serde_json::json;
use vouchsafe_api::environments::{
    ChangedEnvironment, ChangedWorkspaceEnvironment, CreateEnvironment, Environment, EnvironmentIdPath,
    EnvironmentPath, EnvironmentReply, EnvironmentSlugPath, UpdateEnvironment,
};
use vouchsafe_domain::id::{EnvironmentId, ProjectId};
use vouchsafe_policy::{Object, project};
use vouchsafe_store::{self as store, StoreError};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::identities::within;
use super::projects::{name, slug};
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use crate::access::ProjectScope;

const READ: Access = Access::Project(project::ENVIRONMENT_READ);
const CREATE: Access = Access::Project(project::ENVIRONMENT_CREATE);
const EDIT: Access = Access::Project(project::ENVIRONMENT_EDIT);
const DELETE: Access = Access::Project(project::ENVIRONMENT_DELETE);

const ALL: &str = "/api/v1/projects/{projectId}/environments";
const ONE: &str = "/api/v1/projects/{projectId}/environments/{envId}";
const WORKSPACE_ALL: &str = "/api/v1/workspace/{projectId}/environments";
const WORKSPACE_ONE: &str = "/api/v1/workspace/{projectId}/environments/{envId}";

pub(super) fn routes() -> Routes {
    Routes::new("Environments")
        .post([ALL], CREATE, "Make an environment", create)
        .post([WORKSPACE_ALL], CREATE, "Make an environment", create_in_workspace)
        .get([ONE, WORKSPACE_ONE], READ, "Read an environment", get)
        .get(["/api/v1/workspace/environments/{envId}"], READ, "Read an environment by its id", get_by_id)
        .get(
            ["/api/v1/projects/{projectId}/environments/slug/{slug}"],
            READ,
            "Read an environment by its slug",
            get_by_slug,
        )
        .patch([ONE], EDIT, "Change an environment", update)
        .patch([WORKSPACE_ONE], EDIT, "Change an environment", update_in_workspace)
        .delete([ONE], DELETE, "Delete an environment with its secrets", delete)
        .delete([WORKSPACE_ONE], DELETE, "Delete an environment with its secrets", delete_in_workspace)
}

async fn create_in_workspace(cx: Cx, input: CreateEnvironment) -> Outcome<ChangedWorkspaceEnvironment> {
    ok(make(&cx, input).await?.into())
}

async fn update_in_workspace(cx: Cx, input: UpdateEnvironment) -> Outcome<ChangedWorkspaceEnvironment> {
    ok(change(&cx, input).await?.into())
}

async fn delete_in_workspace(cx: Cx, input: EnvironmentPath) -> Outcome<ChangedWorkspaceEnvironment> {
    ok(remove(&cx, input).await?.into())
}

async fn create(cx: Cx, input: CreateEnvironment) -> Outcome<ChangedEnvironment> {
    ok(make(&cx, input).await?)
}

async fn update(cx: Cx, input: UpdateEnvironment) -> Outcome<ChangedEnvironment> {
    ok(change(&cx, input).await?)
}

async fn delete(cx: Cx, input: EnvironmentPath) -> Outcome<ChangedEnvironment> {
    ok(remove(&cx, input).await?)
}

/// More environments than this no project has.
const MOST_ENVIRONMENTS: usize = 500;

async fn make(cx: &Cx, input: CreateEnvironment) -> ApiResult<ChangedEnvironment> {
    let scope = cx.project(input.project_id).await?;
    let permit = scope.may(&Object::plain())?;
    let (name, slug) = (name("name", &input.name)?, slug("slug", &input.slug, 1, 64)?);
    let position = position(input.position)?;
    if cx.app.store.environments(scope.id()).await?.len() >= MOST_ENVIRONMENTS {
        return Err(ApiError::bad_request(format!("A project has at most {MOST_ENVIRONMENTS} environments")));
    }
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    let id = change.insert_environment(scope.id(), &name, &slug, position).await.map_err(taken)?;
    let detail = json!({ "environmentId": id, "name": name, "slug": slug });
    change.audit("create-environment", scope.project().org_id, Some(scope.id()), &detail);
    change.commit().await?;
    let environment = of_project(cx, scope.id(), id).await?;
    Ok(done("Successfully created new environment", environment))
}

async fn change(cx: &Cx, input: UpdateEnvironment) -> ApiResult<ChangedEnvironment> {
    let scope = cx.project(input.project_id).await?;
    let permit = scope.may(&Object::plain())?;
    let old = of_project(cx, scope.id(), input.env_id).await?;
    let new_name = input.name.as_deref().map(|text| name("name", text)).transpose()?;
    let new_slug = input.slug.as_deref().map(|text| slug("slug", text, 1, 64)).transpose()?;
    let position = position(input.position)?;
    let name = new_name.as_deref().unwrap_or(&old.name);
    let slug = new_slug.as_deref().unwrap_or(&old.slug);
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    change.update_environment(&old, name, slug, position).await.map_err(taken)?;
    let detail = json!({ "environmentId": old.id, "oldSlug": old.slug, "name": name, "slug": slug });
    change.audit("update-environment", scope.project().org_id, Some(scope.id()), &detail);
    change.commit().await?;
    let environment = of_project(cx, scope.id(), old.id).await?;
    Ok(done("Successfully updated environment", environment))
}

async fn remove(cx: &Cx, input: EnvironmentPath) -> ApiResult<ChangedEnvironment> {
    let scope = cx.project(input.project_id).await?;
    let permit = scope.may(&Object::plain())?;
    let environment = of_project(cx, scope.id(), input.env_id).await?;
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    change.delete_environment(&environment).await?;
    let detail = json!({ "environmentId": environment.id, "slug": environment.slug });
    change.audit("delete-environment", scope.project().org_id, Some(scope.id()), &detail);
    change.commit().await?;
    Ok(done("Successfully deleted environment", environment))
}

async fn get(cx: Cx, input: EnvironmentPath) -> Outcome<EnvironmentReply> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::plain())?;
    let environment = of_project(&cx, scope.id(), input.env_id).await?;
    ok(EnvironmentReply { environment: shown(environment) })
}

async fn get_by_id(cx: Cx, input: EnvironmentIdPath) -> Outcome<EnvironmentReply> {
    let environment = cx.app.store.environment(input.env_id).await?;
    let environment = environment.ok_or_else(|| missing(input.env_id))?;
    let scope = of_own_project(&cx, &environment).await?;
    scope.may(&Object::plain())?;
    ok(EnvironmentReply { environment: shown(environment) })
}

/// The project of an environment; one of another organization is as good as missing.
async fn of_own_project(cx: &Cx, environment: &store::Environment) -> ApiResult<ProjectScope> {
    let scope = cx.project(environment.project_id).await;
    scope.map_err(|error| if error.status() == 404 { missing(environment.id) } else { error })
}

async fn get_by_slug(cx: Cx, input: EnvironmentSlugPath) -> Outcome<Environment> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::plain())?;
    let environment = cx.app.store.environment_by_slug(scope.id(), &input.slug).await?;
    let missing = || ApiError::not_found(format!("Environment with slug '{}' not found", input.slug));
    ok(shown(environment.ok_or_else(missing)?))
}

async fn of_project(cx: &Cx, project: ProjectId, id: EnvironmentId) -> ApiResult<store::Environment> {
    let environment = cx.app.store.environment(id).await?;
    environment.filter(|environment| environment.project_id == project).ok_or_else(|| missing(id))
}

fn missing(id: EnvironmentId) -> ApiError {
    ApiError::not_found(format!("Environment with ID '{id}' not found"))
}

fn taken(error: StoreError) -> ApiError {
    ApiError::taken(error, "slug", "Environment with slug already exist")
}

fn position(given: Option<i64>) -> ApiResult<Option<i64>> {
    given.map(|position| within("position", Some(position), 1, 1..=100_000)).transpose()
}

fn done(message: &str, environment: store::Environment) -> ChangedEnvironment {
    ChangedEnvironment {
        message: message.to_owned(),
        project_id: environment.project_id,
        environment: shown(environment),
    }
}

fn shown(environment: store::Environment) -> Environment {
    Environment {
        id: environment.id,
        name: environment.name,
        slug: environment.slug,
        position: environment.position,
        project_id: environment.project_id,
        created_at: environment.created_at,
        updated_at: environment.updated_at,
    }
}
