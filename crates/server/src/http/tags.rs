//! Tags of a project's secrets.

use serde_json::json;
use vouchsafe_api::projects::ProjectPath;
use vouchsafe_api::tags::{
    CreateTag, Tag, TagList, TagPath, TagReply, TagSlugPath, UpdateTag, WorkspaceTagList, WorkspaceTagReply,
};
use vouchsafe_domain::id::{ProjectId, TagId};
use vouchsafe_domain::text::bounded;
use vouchsafe_policy::{Object, project};
use vouchsafe_store::{self as store, StoreError};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::projects::slug;
use super::reply::ok;
use super::route::{Access, Outcome, Routes};

const READ: Access = Access::Project(project::TAG_READ);
const CREATE: Access = Access::Project(project::TAG_CREATE);
const EDIT: Access = Access::Project(project::TAG_EDIT);
const DELETE: Access = Access::Project(project::TAG_DELETE);

const ALL: &str = "/api/v1/projects/{projectId}/tags";
const ONE: &str = "/api/v1/projects/{projectId}/tags/{tagId}";
const BY_SLUG: &str = "/api/v1/projects/{projectId}/tags/slug/{slug}";
const WORKSPACE_ALL: &str = "/api/v1/workspace/{projectId}/tags";
const WORKSPACE_ONE: &str = "/api/v1/workspace/{projectId}/tags/{tagId}";
const WORKSPACE_BY_SLUG: &str = "/api/v1/workspace/{projectId}/tags/slug/{slug}";

pub(super) fn routes() -> Routes {
    Routes::new("Tags")
        .get([ALL], READ, "List the tags of a project", list)
        .get([WORKSPACE_ALL], READ, "List the tags of a project", list_of_workspace)
        .get([ONE], READ, "Read a tag", |cx, input| async move { tag(get(&cx, input).await) })
        .get(
            [WORKSPACE_ONE],
            READ,
            "Read a tag",
            |cx, input| async move { workspace_tag(get(&cx, input).await) },
        )
        .get([BY_SLUG], READ, "Read a tag by its slug", |cx, input| async move {
            tag(get_by_slug(&cx, input).await)
        })
        .get([WORKSPACE_BY_SLUG], READ, "Read a tag by its slug", |cx, input| async move {
            workspace_tag(get_by_slug(&cx, input).await)
        })
        .post([ALL], CREATE, "Make a tag", |cx, input| async move { tag(create(&cx, input).await) })
        .post([WORKSPACE_ALL], CREATE, "Make a tag", |cx, input| async move {
            workspace_tag(create(&cx, input).await)
        })
        .patch([ONE], EDIT, "Change a tag", |cx, input| async move { tag(update(&cx, input).await) })
        .patch([WORKSPACE_ONE], EDIT, "Change a tag", |cx, input| async move {
            workspace_tag(update(&cx, input).await)
        })
        .delete([ONE], DELETE, "Delete a tag", |cx, input| async move { tag(delete(&cx, input).await) })
        .delete([WORKSPACE_ONE], DELETE, "Delete a tag", |cx, input| async move {
            workspace_tag(delete(&cx, input).await)
        })
}

fn tag(tag: ApiResult<Tag>) -> Outcome<TagReply> {
    ok(TagReply { tag: tag? })
}

fn workspace_tag(tag: ApiResult<Tag>) -> Outcome<WorkspaceTagReply> {
    ok(WorkspaceTagReply { workspace_tag: tag? })
}

async fn list(cx: Cx, input: ProjectPath) -> Outcome<TagList> {
    ok(TagList { tags: all(&cx, input).await? })
}

async fn list_of_workspace(cx: Cx, input: ProjectPath) -> Outcome<WorkspaceTagList> {
    ok(WorkspaceTagList { workspace_tags: all(&cx, input).await? })
}

async fn all(cx: &Cx, input: ProjectPath) -> ApiResult<Vec<Tag>> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::plain())?;
    Ok(cx.app.store.tags(scope.id()).await?.into_iter().map(shown).collect())
}

async fn get(cx: &Cx, input: TagPath) -> ApiResult<Tag> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::plain())?;
    Ok(shown(of_project(cx, scope.id(), input.tag_id).await?))
}

async fn get_by_slug(cx: &Cx, input: TagSlugPath) -> ApiResult<Tag> {
    let scope = cx.project(input.project_id).await?;
    scope.may(&Object::plain())?;
    let tag = cx.app.store.tag_by_slug(scope.id(), &input.slug).await?;
    let missing = || ApiError::not_found(format!("Tag with slug '{}' not found", input.slug));
    Ok(shown(tag.ok_or_else(missing)?))
}

/// More tags than this no project has.
const MOST_TAGS: usize = 5000;

async fn create(cx: &Cx, input: CreateTag) -> ApiResult<Tag> {
    let scope = cx.project(input.project_id).await?;
    let permit = scope.may(&Object::plain())?;
    let slug = slug("slug", &input.slug, 1, 64)?;
    let color = color(input.color.as_deref().unwrap_or_default())?;
    if cx.app.store.tags(scope.id()).await?.len() >= MOST_TAGS {
        return Err(ApiError::bad_request(format!("A project has at most {MOST_TAGS} tags")));
    }
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    let id = change.insert_tag(scope.id(), &slug, &color).await.map_err(taken)?;
    let detail = json!({ "tagId": id, "slug": slug });
    change.audit("create-tag", scope.project().org_id, Some(scope.id()), &detail);
    change.commit().await?;
    Ok(shown(of_project(cx, scope.id(), id).await?))
}

async fn update(cx: &Cx, input: UpdateTag) -> ApiResult<Tag> {
    let scope = cx.project(input.project_id).await?;
    let permit = scope.may(&Object::plain())?;
    let old = of_project(cx, scope.id(), input.tag_id).await?;
    let new_slug = input.slug.as_deref().map(|text| slug("slug", text, 1, 64)).transpose()?;
    let new_color = input.color.as_deref().map(color).transpose()?;
    let slug = new_slug.as_deref().unwrap_or(&old.slug);
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    change.update_tag(&old, slug, new_color.as_deref().unwrap_or(&old.color)).await.map_err(taken)?;
    let detail = json!({ "tagId": old.id, "oldSlug": old.slug, "slug": slug });
    change.audit("update-tag", scope.project().org_id, Some(scope.id()), &detail);
    change.commit().await?;
    Ok(shown(of_project(cx, scope.id(), old.id).await?))
}

async fn delete(cx: &Cx, input: TagPath) -> ApiResult<Tag> {
    let scope = cx.project(input.project_id).await?;
    let permit = scope.may(&Object::plain())?;
    let tag = of_project(cx, scope.id(), input.tag_id).await?;
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    change.delete_tag(&tag).await?;
    let detail = json!({ "tagId": tag.id, "slug": tag.slug });
    change.audit("delete-tag", scope.project().org_id, Some(scope.id()), &detail);
    change.commit().await?;
    Ok(shown(tag))
}

async fn of_project(cx: &Cx, project: ProjectId, id: TagId) -> ApiResult<store::Tag> {
    let missing = || ApiError::not_found(format!("Tag with ID '{id}' not found"));
    cx.app.store.tag(project, id).await?.ok_or_else(missing)
}

fn taken(error: StoreError) -> ApiError {
    ApiError::taken(error, "slug", "Tag already exist")
}

fn color(text: &str) -> ApiResult<String> {
    bounded("color", text, 0, 64).map_err(|error| ApiError::invalid("color", error.to_string()))
}

fn shown(tag: store::Tag) -> Tag {
    Tag {
        id: tag.id,
        name: tag.slug.clone(),
        slug: tag.slug,
        color: tag.color,
        project_id: tag.project_id,
        created_by: tag.created_by,
        created_by_actor_type: tag.created_by_type,
        created_at: tag.created_at,
        updated_at: tag.updated_at,
    }
}
