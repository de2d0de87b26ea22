//! Projects, in the three generations of their routes: `/api/v1/projects`, `/api/v1/workspace` and
//! `/api/v2/workspace`. They differ in envelopes and in whether the path holds an id or a slug.

use std::collections::HashMap;

use serde_json::json;
use vouchsafe_api::projects::{
    CreateProject, EnvironmentSummary, ListProjects, Project, ProjectList, ProjectMessageReply, ProjectPath,
    ProjectReply, ProjectSlugPath, SetAuditRetention, SetAuditRetentionBySlug, UpdateProject,
    UpdateProjectBySlug, WorkspaceList, WorkspaceMessageReply, WorkspaceReply,
};
use vouchsafe_domain::id::ProjectId;
use vouchsafe_domain::slug::{Slug, slugify};
use vouchsafe_domain::text::bounded;
use vouchsafe_keys::{DataKey, random};
use vouchsafe_policy::{Object, org, project};
use vouchsafe_store::{self as store, NewProject, StoreError};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::identities::within;
use super::project_roles;
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use crate::access::ProjectScope;
use crate::usecase::secrets::data_key_aad;

const CREATE: Access = Access::Org(org::PROJECT_CREATE);
const READ: Access = Access::ProjectMember;
const EDIT: Access = Access::Project(project::SETTINGS_EDIT);
const ADMINISTER: Access = Access::Project(project::WORKSPACE_EDIT);
const DELETE: Access = Access::Project(project::WORKSPACE_DELETE);

const BY_ID: &str = "/api/v1/projects/{projectId}";
const WORKSPACE: &str = "/api/v1/workspace/{projectId}";
const V2_WORKSPACE: &str = "/api/v2/workspace/{slug}";
const BY_SLUG: [&str; 3] = ["/api/v1/projects/slug/{slug}", "/api/v1/workspace/slug/{slug}", V2_WORKSPACE];

pub(super) fn routes() -> Routes {
    Routes::new("Projects")
        .post(["/api/v1/projects", "/api/v2/workspace"], CREATE, "Make a project", create)
        .get(["/api/v1/projects"], Access::Member, "List the caller's projects", list)
        .get(["/api/v1/workspace"], Access::Member, "List the caller's projects", list_workspaces)
        .get([BY_ID], READ, "Read a project", get)
        .get([WORKSPACE], READ, "Read a project", get_workspace)
        .get(BY_SLUG, READ, "Read a project by its slug", get_by_slug)
        .patch([BY_ID], EDIT, "Change a project", update)
        .patch([WORKSPACE], EDIT, "Change a project", update_workspace)
        .patch([V2_WORKSPACE], EDIT, "Change a project", update_by_slug)
        .put(
            ["/api/v1/projects/{projectId}/audit-logs-retention"],
            ADMINISTER,
            "Set how long audit events are kept",
            set_retention,
        )
        .put(
            ["/api/v1/workspace/{slug}/audit-logs-retention"],
            ADMINISTER,
            "Set how long audit events are kept",
            set_workspace_retention,
        )
        .delete([BY_ID], DELETE, "Delete a project", delete)
        .delete(["/api/v1/projects/slug/{slug}"], DELETE, "Delete a project by its slug", delete_by_slug)
        .delete([WORKSPACE], DELETE, "Delete a project", delete_workspace)
        .delete([V2_WORKSPACE], DELETE, "Delete a project by its slug", delete_bare)
}

const KINDS: [&str; 6] = ["secret-manager", "cert-manager", "kms", "ssh", "secret-scanning", "pam"];
const DEFAULT_ENVIRONMENTS: [(&str, &str); 3] =
    [("Development", "dev"), ("Staging", "staging"), ("Production", "prod")];

async fn create(cx: Cx, input: CreateProject) -> Outcome<ProjectReply> {
    let org = cx.org()?;
    let name = name("projectName", &input.project_name)?;
    let slug = match &input.slug {
        Some(slug) => self::slug("slug", slug, 5, 36)?,
        None => slug_of(&name),
    };
    let description = description("projectDescription", input.project_description.as_deref())?;
    let kind = kind(input.kind.as_deref())?.unwrap_or(KINDS[0]);
    let new = NewProject {
        org,
        name: &name,
        slug: &slug,
        description: description.as_deref().unwrap_or_default(),
        kind,
        has_delete_protection: input.has_delete_protection.unwrap_or(false),
        creator: cx.actor_id()?.member(),
    };
    let data_key = DataKey::generate();
    let seal = |id: ProjectId| cx.app.keys.root.wrap(&data_key, &data_key_aad(id)).into_bytes();

    let mut change = cx.app.store.change(cx.permit()?, &cx.author()).await?;
    let id = change.insert_project(&new, seal).await.map_err(|error| taken(error, &slug))?;
    if input.should_create_default_envs.unwrap_or(true) {
        for (name, slug) in DEFAULT_ENVIRONMENTS {
            change.insert_environment(id, name, slug, None).await?;
        }
    }
    change.audit("create-project", org, Some(id), &json!({ "name": name, "slug": slug, "type": kind }));
    change.commit().await?;
    ok(ProjectReply { project: current(&cx, id).await? })
}

async fn list(cx: Cx, input: ListProjects) -> Outcome<ProjectList> {
    ok(ProjectList { projects: own(&cx, input).await? })
}

async fn list_workspaces(cx: Cx, input: ListProjects) -> Outcome<WorkspaceList> {
    ok(WorkspaceList { workspaces: own(&cx, input).await? })
}

/// The projects that the caller is a member of.
async fn own(cx: &Cx, input: ListProjects) -> ApiResult<Vec<Project>> {
    let member = cx.actor_id()?.member();
    let kind = kind(input.kind.as_deref().filter(|kind| *kind != "all"))?;
    let projects = cx.app.store.projects_of_member(cx.org()?, member, kind).await?;
    let mut environments: HashMap<ProjectId, Vec<store::Environment>> = HashMap::new();
    for environment in cx.app.store.environments_of_member(member).await? {
        environments.entry(environment.project_id).or_default().push(environment);
    }
    let with_roles = input.include_roles.unwrap_or(false);
    let mut all = Vec::with_capacity(projects.len());
    for project in projects {
        let roles = if with_roles { Some(project_roles::summaries(cx, &project).await?) } else { None };
        let environments = environments.remove(&project.id).unwrap_or_default();
        all.push(Project { roles, ..shown(&project, environments) });
    }
    Ok(all)
}

async fn get(cx: Cx, input: ProjectPath) -> Outcome<ProjectReply> {
    let scope = cx.project(input.project_id).await?;
    ok(ProjectReply { project: in_full(&cx, scope.project()).await? })
}

async fn get_workspace(cx: Cx, input: ProjectPath) -> Outcome<WorkspaceReply> {
    let scope = cx.project(input.project_id).await?;
    ok(WorkspaceReply { workspace: in_full(&cx, scope.project()).await? })
}

async fn get_by_slug(cx: Cx, input: ProjectSlugPath) -> Outcome<Project> {
    let scope = cx.project_by_slug(&input.slug).await?;
    ok(in_full(&cx, scope.project()).await?)
}

async fn update(cx: Cx, input: UpdateProject) -> Outcome<ProjectReply> {
    let scope = cx.project(input.project_id).await?;
    ok(ProjectReply { project: change(&cx, &scope, input).await? })
}

async fn update_workspace(cx: Cx, input: UpdateProject) -> Outcome<WorkspaceReply> {
    let scope = cx.project(input.project_id).await?;
    ok(WorkspaceReply { workspace: change(&cx, &scope, input).await? })
}

async fn update_by_slug(cx: Cx, input: UpdateProjectBySlug) -> Outcome<Project> {
    let scope = cx.project_by_slug(&input.slug).await?;
    let input = UpdateProject {
        project_id: scope.id(),
        name: input.name,
        description: input.description,
        slug: None,
        auto_capitalization: input.auto_capitalization,
        has_delete_protection: input.has_delete_protection,
        secret_sharing: None,
        show_snapshots_legacy: None,
        secret_detection_ignore_values: None,
        pit_version_limit: None,
        enforce_encrypted_secret_manager_secret_metadata: None,
    };
    ok(change(&cx, &scope, input).await?)
}

async fn change(cx: &Cx, scope: &ProjectScope, input: UpdateProject) -> ApiResult<Project> {
    let permit = scope.may(&Object::plain())?;
    let old = scope.project();
    let new = changed(old.clone(), input)?;
    // What others address the project by, and what keeps it, is for those who run it.
    if new.slug != old.slug || new.has_delete_protection != old.has_delete_protection {
        scope.may_need(project::WORKSPACE_EDIT, &Object::plain())?;
    }
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    change.update_project(&new).await.map_err(|error| taken(error, &new.slug))?;
    let detail =
        json!({ "name": new.name, "slug": new.slug, "hasDeleteProtection": new.has_delete_protection });
    change.audit("update-project", new.org_id, Some(new.id), &detail);
    change.commit().await?;
    current(cx, new.id).await
}

/// The project with what the request changes.
fn changed(mut project: store::Project, input: UpdateProject) -> ApiResult<store::Project> {
    if let Some(text) = input.name {
        project.name = name("name", &text)?;
    }
    if let Some(text) = input.slug {
        project.slug = slug("slug", &text, 1, 64)?;
    }
    if let Some(text) = description("description", input.description.as_deref())? {
        project.description = text;
    }
    if let Some(values) = input.secret_detection_ignore_values {
        project.settings.secret_detection_ignore_values = ignored_values(&values)?;
    }
    let settings = &mut project.settings;
    settings.pit_version_limit =
        within("pitVersionLimit", input.pit_version_limit, settings.pit_version_limit, 1..=100)?;
    let enforce = input.enforce_encrypted_secret_manager_secret_metadata;
    for (flag, value) in [
        (&mut settings.auto_capitalization, input.auto_capitalization),
        (&mut settings.secret_sharing, input.secret_sharing),
        (&mut settings.show_snapshots_legacy, input.show_snapshots_legacy),
        (&mut settings.enforce_encrypted_secret_manager_secret_metadata, enforce),
        (&mut project.has_delete_protection, input.has_delete_protection),
    ] {
        *flag = value.unwrap_or(*flag);
    }
    Ok(project)
}

const RETENTION_SET: &str = "Successfully updated project's audit logs retention period";

async fn set_retention(cx: Cx, input: SetAuditRetention) -> Outcome<ProjectMessageReply> {
    let scope = cx.project(input.project_id).await?;
    let project = retain(&cx, &scope, input.audit_logs_retention_days).await?;
    ok(ProjectMessageReply { message: RETENTION_SET.to_owned(), project })
}

async fn set_workspace_retention(cx: Cx, input: SetAuditRetentionBySlug) -> Outcome<WorkspaceMessageReply> {
    let scope = cx.project_by_slug(&input.slug).await?;
    let workspace = retain(&cx, &scope, input.audit_logs_retention_days).await?;
    ok(WorkspaceMessageReply { message: RETENTION_SET.to_owned(), workspace })
}

async fn retain(cx: &Cx, scope: &ProjectScope, days: i64) -> ApiResult<Project> {
    let permit = scope.may(&Object::plain())?;
    let days = within("auditLogsRetentionDays", Some(days), 0, 0..=36_500)?;
    let mut project = scope.project().clone();
    project.settings.audit_logs_retention_days = Some(days);
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    change.update_project(&project).await?;
    let detail = json!({ "auditLogsRetentionDays": days });
    change.audit("update-project", project.org_id, Some(project.id), &detail);
    change.commit().await?;
    current(cx, project.id).await
}

async fn delete(cx: Cx, input: ProjectPath) -> Outcome<ProjectReply> {
    let scope = cx.project(input.project_id).await?;
    ok(ProjectReply { project: remove(&cx, &scope).await? })
}

async fn delete_workspace(cx: Cx, input: ProjectPath) -> Outcome<WorkspaceReply> {
    let scope = cx.project(input.project_id).await?;
    ok(WorkspaceReply { workspace: remove(&cx, &scope).await? })
}

async fn delete_by_slug(cx: Cx, input: ProjectSlugPath) -> Outcome<ProjectReply> {
    let scope = cx.project_by_slug(&input.slug).await?;
    ok(ProjectReply { project: remove(&cx, &scope).await? })
}

async fn delete_bare(cx: Cx, input: ProjectSlugPath) -> Outcome<Project> {
    let scope = cx.project_by_slug(&input.slug).await?;
    ok(remove(&cx, &scope).await?)
}

async fn remove(cx: &Cx, scope: &ProjectScope) -> ApiResult<Project> {
    let permit = scope.may(&Object::plain())?;
    let project = scope.project();
    if project.has_delete_protection {
        return Err(ApiError::bad_request("Cannot delete project while delete protection is enabled"));
    }
    let shown = in_full(cx, project).await?;
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    change.delete_project(project).await?;
    let detail = json!({ "name": project.name, "slug": project.slug });
    change.audit("delete-project", project.org_id, Some(project.id), &detail);
    change.commit().await?;
    Ok(shown)
}

/// The project as it is now, after a change.
async fn current(cx: &Cx, id: ProjectId) -> ApiResult<Project> {
    let project = cx.app.store.project(id).await?;
    let project = project.ok_or_else(|| ApiError::not_found(format!("Project with ID '{id}' not found")))?;
    in_full(cx, &project).await
}

async fn in_full(cx: &Cx, project: &store::Project) -> ApiResult<Project> {
    Ok(shown(project, cx.app.store.environments(project.id).await?))
}

fn shown(project: &store::Project, environments: Vec<store::Environment>) -> Project {
    let settings = &project.settings;
    let summary = |environment: store::Environment| EnvironmentSummary {
        id: environment.id,
        name: environment.name,
        slug: environment.slug,
    };
    Project {
        id: project.id,
        legacy_id: project.id,
        name: project.name.clone(),
        slug: project.slug.clone(),
        description: project.description.clone(),
        kind: project.kind.clone(),
        org_id: project.org_id,
        auto_capitalization: settings.auto_capitalization,
        version: 3,
        upgrade_status: None,
        pit_version_limit: settings.pit_version_limit,
        kms_certificate_key_id: None,
        kms_secret_manager_key_id: None,
        audit_logs_retention_days: settings.audit_logs_retention_days,
        has_delete_protection: project.has_delete_protection,
        secret_sharing: settings.secret_sharing,
        show_snapshots_legacy: settings.show_snapshots_legacy,
        secret_detection_ignore_values: settings.secret_detection_ignore_values.clone(),
        enforce_encrypted_secret_manager_secret_metadata: settings
            .enforce_encrypted_secret_manager_secret_metadata,
        created_at: project.created_at,
        updated_at: project.updated_at,
        environments: environments.into_iter().map(summary).collect(),
        roles: None,
    }
}

fn taken(error: StoreError, slug: &str) -> ApiError {
    ApiError::taken(error, "slug", format!("A project with the slug '{slug}' exists already"))
}

fn kind(text: Option<&str>) -> ApiResult<Option<&'static str>> {
    let Some(text) = text else { return Ok(None) };
    let known = KINDS.into_iter().find(|known| *known == text);
    known.map(Some).ok_or_else(|| ApiError::invalid("type", format!("Expected one of {}", KINDS.join(", "))))
}

/// A display name of 1–64 characters.
pub(super) fn name(field: &str, text: &str) -> ApiResult<String> {
    bounded(field, text, 1, 64).map_err(|error| ApiError::invalid(field, error.to_string()))
}

/// A slug of so many characters.
pub(super) fn slug(field: &str, text: &str, least: usize, most: usize) -> ApiResult<String> {
    Slug::parse(text, least..=most)
        .map(Slug::into_string)
        .map_err(|error| ApiError::invalid(field, error.to_string()))
}

/// A slug made from a name, with a random end.
fn slug_of(name: &str) -> String {
    let mut base = slugify(name);
    base.truncate(29);
    format!("{}-{}", base.trim_end_matches('-'), random::alphanumeric(6).to_ascii_lowercase())
}

fn description(field: &str, text: Option<&str>) -> ApiResult<Option<String>> {
    let check = |text| bounded(field, text, 0, 1000);
    text.map(check).transpose().map_err(|error| ApiError::invalid(field, error.to_string()))
}

fn ignored_values(values: &[String]) -> ApiResult<Vec<String>> {
    let field = "secretDetectionIgnoreValues";
    if values.len() > 100 {
        return Err(ApiError::invalid(field, "Expected at most 100 values"));
    }
    let check = |value: &String| bounded(field, value, 1, 1000);
    values
        .iter()
        .map(check)
        .collect::<Result<_, _>>()
        .map_err(|error| ApiError::invalid(field, error.to_string()))
}
