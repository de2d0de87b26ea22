//! Folders: `/api/v1/folders` and `/api/v2/folders` (`secrets.md` §6).

use serde_json::json;
use vouchsafe_api::folders::{
    CreateFolder, DeleteFolder, Folder, FolderEnvironment, FolderPath, FolderPlace, FolderReply,
    FoldersReply, InFolder, ListFolders, UpdateFolder, UpdateFolders,
};
use vouchsafe_api::lenient::Given;
use vouchsafe_domain::id::FolderId;
use vouchsafe_domain::path::{FolderName, SecretPath};
use vouchsafe_policy::{Object, project};
use vouchsafe_store::{self as store, Change, EnvironmentRef, Topic};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use crate::access::ProjectScope;
use crate::usecase::secrets::{path, project as project_of};

const CREATE: Access = Access::Project(project::FOLDER_CREATE);
const EDIT: Access = Access::Project(project::FOLDER_EDIT);
const DELETE: Access = Access::Project(project::FOLDER_DELETE);

const V1: &str = "/api/v1/folders";
const V2: &str = "/api/v2/folders";
const ONE_V1: &str = "/api/v1/folders/{folderId}";
const ONE_V2: &str = "/api/v2/folders/{folderId}";

pub(super) fn routes() -> Routes {
    Routes::new("Folders")
        .post([V1, V2], CREATE, "Make a folder", create)
        .get([V1, V2], Access::ProjectMember, "List folders", list)
        .get([ONE_V1, ONE_V2], Access::ProjectMember, "Read a folder", get)
        .get(
            ["/api/v1/folders/{projectId}/{environment}/{folderPath}"],
            Access::ProjectMember,
            "Read a folder by its path",
            get_at,
        )
        .patch(
            ["/api/v1/folders/batch", "/api/v2/folders/batch"],
            EDIT,
            "Change several folders",
            update_many,
        )
        .patch([ONE_V1, ONE_V2], EDIT, "Change a folder", update)
        .delete([ONE_V1], DELETE, "Delete a folder with everything in it", delete)
        .delete([ONE_V2], DELETE, "Delete a folder", delete_v2)
}

/// Where a request acts: a project, the slug of an environment, and a folder.
struct Target {
    scope: ProjectScope,
    environment: String,
    path: SecretPath,
}

impl Target {
    async fn of(cx: &Cx, input: &impl InFolder) -> ApiResult<Self> {
        let scope = project_of(cx, input.project(), None).await?;
        Ok(Self {
            scope,
            environment: input.environment().trim().to_owned(),
            path: path("path", input.path())?,
        })
    }

    fn object(&self) -> Object<'_> {
        Object::folder(&self.environment, self.path.as_str())
    }

    fn no_environment(&self) -> ApiError {
        let (slug, id) = (&self.environment, self.scope.id());
        ApiError::not_found(format!("Environment with slug '{slug}' in project with ID '{id}' not found"))
    }
}

async fn create(cx: Cx, input: CreateFolder) -> Outcome<FolderReply> {
    let target = Target::of(&cx, &input).await?;
    let name = name("name", &input.name)?;
    let description = description(input.description)?;
    let permit = target.scope.may(&target.object())?;
    let whole = target.path.join(&name).map_err(|error| ApiError::invalid("path", error.to_string()))?;

    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    change.serialize_project(target.scope.id()).await?;
    let environment = change.environment_ref(target.scope.id(), &target.environment).await?;
    let environment = environment.ok_or_else(|| target.no_environment())?;
    let (folder, is_new) = make(&mut change, &target, &environment, &whole, description.as_deref()).await?;
    if !is_new {
        // Making a folder that is there answers it.
        return ok(FolderReply { folder: shown(folder) });
    }
    audit(&mut change, &target.scope, "create-folder", &folder, None);
    change.commit().await?;
    ok(FolderReply { folder: shown(folder) })
}

/// The folder at a path, made with the missing ones above it, and whether it is new.
async fn make(
    change: &mut Change,
    target: &Target,
    environment: &EnvironmentRef,
    whole: &SecretPath,
    description: Option<&str>,
) -> ApiResult<(store::Folder, bool)> {
    let project = target.scope.id();
    let mut missing = Vec::new();
    let mut at = Some(whole.clone());
    let mut found = None;
    while let Some(path) = at {
        found = change.folder_at(project, &environment.slug, &path).await?;
        if found.is_some() {
            break;
        }
        at = path.parent();
        missing.push(path);
    }
    let mut folder = found.ok_or_else(|| ApiError::internal("an environment has no root folder"))?;
    let is_new = !missing.is_empty();
    while let Some(path) = missing.pop() {
        let description = if missing.is_empty() { description } else { None };
        let id = change.insert_folder(environment.id, folder.id, &path, description).await?;
        folder = change.folder(id).await?.ok_or_else(|| ApiError::internal("a new folder is not there"))?;
    }
    Ok((folder, is_new))
}

async fn list(cx: Cx, input: ListFolders) -> Outcome<FoldersReply> {
    let target = Target::of(&cx, &input).await?;
    let store = &cx.app.store;
    let Some(parent) = store.folder_at(target.scope.id(), &target.environment, &target.path).await? else {
        let environment = store.environment_ref(target.scope.id(), &target.environment).await?;
        let slug = &target.environment;
        environment
            .ok_or_else(|| ApiError::not_found(format!("Environment with slug '{slug}' not found")))?;
        return ok(FoldersReply { folders: Vec::new() });
    };
    if input.recursive != Some(true) {
        let folders = store.folders_in(parent.id, input.last_secret_modified).await?;
        return ok(FoldersReply { folders: folders.into_iter().map(shown).collect() });
    }
    let prefix = if parent.path.is_root() { 0 } else { parent.path.as_str().len() };
    let below = |folder: store::Folder| {
        let relative_path = Some(folder.path.as_str()[prefix..].to_owned());
        Folder { relative_path, ..shown(folder) }
    };
    let folders = store.folders_below(&parent, input.last_secret_modified).await?;
    ok(FoldersReply { folders: folders.into_iter().map(below).collect() })
}

async fn get(cx: Cx, input: FolderPath) -> Outcome<FolderReply> {
    let missing = || ApiError::not_found(format!("Folder with ID '{}' not found", input.folder_id));
    let folder = cx.app.store.folder(input.folder_id).await?.ok_or_else(missing)?;
    // In another organization it is as good as not there.
    cx.project(folder.project_id)
        .await
        .map_err(|error| if error.status() == 404 { missing() } else { error })?;
    ok(FolderReply { folder: shown(folder) })
}

async fn get_at(cx: Cx, input: FolderPlace) -> Outcome<FolderReply> {
    let scope = cx.project(input.project_id).await?;
    let path = path("folderPath", &input.folder_path)?;
    let folder = cx.app.store.folder_at(scope.id(), &input.environment, &path).await?;
    let missing = || {
        let environment = &input.environment;
        ApiError::not_found(format!(
            "Folder with path '{path}' in environment with slug '{environment}' not found"
        ))
    };
    ok(FolderReply { folder: shown(folder.ok_or_else(missing)?) })
}

async fn update(cx: Cx, input: UpdateFolder) -> Outcome<FolderReply> {
    let target = Target::of(&cx, &input).await?;
    let wish = Wish::new("name", &input.folder_id, &input.name, input.description)?;
    let permit = target.scope.may(&target.object())?;
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    change.serialize_project(target.scope.id()).await?;
    let folder = apply(&mut change, &target, &wish).await?;
    change.commit().await?;
    ok(FolderReply { folder: shown(folder) })
}

/// How many folders one request may change.
const MOST_CHANGES: usize = 1_000;

async fn update_many(cx: Cx, input: UpdateFolders) -> Outcome<FoldersReply> {
    let scope = project_of(&cx, input.project_id, input.project_slug.as_deref()).await?;
    if input.folders.is_empty() || input.folders.len() > MOST_CHANGES {
        return Err(ApiError::invalid("folders", format!("Expected 1 to {MOST_CHANGES} folders")));
    }
    let mut wishes = Vec::with_capacity(input.folders.len());
    for (at, one) in input.folders.into_iter().enumerate() {
        let path = path(&format!("folders.{at}.path"), one.path.as_deref().unwrap_or("/"))?;
        let environment = one.environment.trim().to_owned();
        let target = Target { scope: scope.clone(), environment, path };
        let wish = Wish::new(&format!("folders.{at}.name"), &one.id, &one.name, one.description)?;
        scope.may(&target.object())?;
        wishes.push((target, wish));
    }
    let permit = scope.may(&Object::any())?;
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    change.serialize_project(scope.id()).await?;
    let mut folders = Vec::with_capacity(wishes.len());
    for (target, wish) in &wishes {
        folders.push(shown(apply(&mut change, target, wish).await?));
    }
    change.commit().await?;
    ok(FoldersReply { folders })
}

/// What a change wants of a folder.
struct Wish {
    folder: String,
    name: FolderName,
    description: Given<String>,
}

impl Wish {
    fn new(field: &str, folder: &str, new_name: &str, new_description: Given<String>) -> ApiResult<Self> {
        Ok(Self {
            folder: folder.trim().to_owned(),
            name: name(field, new_name)?,
            description: new_description.map(description).transpose()?,
        })
    }
}

async fn apply(change: &mut Change, target: &Target, wish: &Wish) -> ApiResult<store::Folder> {
    let folder = find(change, target, &wish.folder).await?;
    let folder = folder.ok_or_else(|| {
        ApiError::not_found(format!("Folder with ID '{}' not found", shortened(&wish.folder)))
    })?;
    permitted(target, &folder)?;
    let Some(parent) = folder.path.parent() else {
        return Err(ApiError::bad_request("The root folder cannot be changed"));
    };
    if folder.name != wish.name.as_str() {
        let to = parent.join(&wish.name).map_err(|error| ApiError::invalid("name", error.to_string()))?;
        if change.folder_at(target.scope.id(), &folder.environment.slug, &to).await?.is_some() {
            return Err(ApiError::bad_request("Folder with specified name already exists"));
        }
        let longest = change.longest_path_below(&folder).await?;
        if longest + to.as_str().len() > SecretPath::MAX_BYTES + folder.path.as_str().len() {
            return Err(ApiError::bad_request("With this name, paths of folders below would be too long"));
        }
        change.move_folder(&folder, &to).await?;
    }
    if let Some(description) = &wish.description {
        change.describe_folder(folder.id, description.as_deref()).await?;
    }
    let after = change.folder(folder.id).await?;
    let after = after.ok_or_else(|| ApiError::internal("a changed folder is not there"))?;
    audit(change, &target.scope, "update-folder", &after, Some(folder.path.as_str()));
    Ok(after)
}

async fn delete(cx: Cx, input: DeleteFolder) -> Outcome<FolderReply> {
    remove(cx, input, true).await
}

async fn delete_v2(cx: Cx, input: DeleteFolder) -> Outcome<FolderReply> {
    let force = input.force_delete.unwrap_or(false);
    remove(cx, input, force).await
}

async fn remove(cx: Cx, input: DeleteFolder, force: bool) -> Outcome<FolderReply> {
    let target = Target::of(&cx, &input).await?;
    let permit = target.scope.may(&target.object())?;
    let mut change = cx.app.store.change(&permit, &cx.author()).await?;
    change.serialize_project(target.scope.id()).await?;
    let folder = find(&mut change, &target, input.folder_id.trim()).await?.ok_or_else(|| {
        ApiError::not_found(format!(
            "Failed to delete folder with ID '{}', not found",
            shortened(&input.folder_id)
        ))
    })?;
    permitted(&target, &folder)?;
    if folder.parent_id.is_none() {
        return Err(ApiError::bad_request("The root folder cannot be deleted"));
    }
    if !force && !change.folder_is_empty(folder.id).await? {
        return Err(ApiError::bad_request(
            "The folder is not empty. Set forceDelete to true to delete it with everything in it",
        ));
    }
    change.delete_folder(folder.id).await?;
    audit(&mut change, &target.scope, "delete-folder", &folder, None);
    change.commit().await?;
    ok(FolderReply { folder: shown(folder) })
}

/// The folder with this id in the project and environment, or else with this name in the target folder.
async fn find(change: &mut Change, target: &Target, id_or_name: &str) -> ApiResult<Option<store::Folder>> {
    let project = target.scope.id();
    if let Ok(id) = id_or_name.parse::<FolderId>() {
        let here = |folder: &store::Folder| {
            folder.project_id == project && folder.environment.slug == target.environment
        };
        return Ok(change.folder(id).await?.filter(here));
    }
    let Ok(name) = FolderName::parse(id_or_name) else { return Ok(None) };
    let Ok(path) = target.path.join(&name) else { return Ok(None) };
    Ok(change.folder_at(project, &target.environment, &path).await?)
}

/// A folder found by its id may lie elsewhere than the request said: what counts is where it is.
fn permitted(target: &Target, folder: &store::Folder) -> ApiResult<()> {
    let parent = folder.path.parent().unwrap_or_default();
    target.scope.may(&Object::folder(&folder.environment.slug, parent.as_str())).map(drop)
}

fn audit(
    change: &mut Change,
    scope: &ProjectScope,
    event: &'static str,
    folder: &store::Folder,
    was: Option<&str>,
) {
    let project = scope.project();
    let mut detail = json!({
        "environment": folder.environment.slug, "folderId": folder.id, "folderName": folder.name,
        "folderPath": folder.path,
    });
    if let Some(was) = was {
        detail["oldFolderPath"] = was.into();
    }
    change.audit(event, project.org_id, Some(project.id), &detail);
    change.touch(Topic::secrets(project.id));
}

fn name(field: &str, text: &str) -> ApiResult<FolderName> {
    FolderName::parse(text).map_err(|error| ApiError::invalid(field, error.to_string()))
}

fn description(text: Option<String>) -> ApiResult<Option<String>> {
    let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.chars().count() > 1000 || text.contains('\0')) {
        return Err(ApiError::invalid("description", "Expected at most 1000 characters and no NUL"));
    }
    Ok(text)
}

/// What a message repeats of an id or name that was sent.
fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

fn shown(folder: store::Folder) -> Folder {
    Folder {
        id: folder.id,
        name: folder.name,
        version: folder.version,
        env_id: folder.environment.id,
        parent_id: folder.parent_id,
        is_reserved: false,
        description: folder.description,
        last_secret_modified: folder.last_secret_modified,
        created_at: folder.created_at,
        updated_at: folder.updated_at,
        path: folder.path.into_string(),
        project_id: folder.project_id,
        environment: FolderEnvironment {
            env_id: folder.environment.id,
            env_name: folder.environment.name,
            env_slug: folder.environment.slug,
        },
        relative_path: None,
    }
}
