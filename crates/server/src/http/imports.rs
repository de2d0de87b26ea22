//! Imports: `/api/v1/secret-imports` and `/api/v2/secret-imports` (`secrets.md` §5).

use serde_json::json;
use vouchsafe_api::common::MessageReply;
use vouchsafe_api::folders::InFolder;
use vouchsafe_api::imports::{
    CreateImport, ImportInFolder, ImportMessageReply, ImportPath, ImportReply, ImportsReply, ListImports,
    SecretImport, UpdateImport,
};
use vouchsafe_api::secrets::{EnvironmentInfo, ImportedReply, ListSecrets};
use vouchsafe_domain::id::ImportId;
use vouchsafe_domain::path::SecretPath;
use vouchsafe_policy::{Object, project};
use vouchsafe_store::{self as store, Change, EnvironmentRef, Folder, Import, StoreError, Topic};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::reply::ok;
use super::route::{Access, Outcome, Routes};
use super::secrets_v3::list_options;
use crate::access::ProjectScope;
use crate::usecase::secrets::{self, Personal, Target, no_folder, path};

const READ: Access = Access::Project(project::IMPORT_READ);
const CREATE: Access = Access::Project(project::IMPORT_CREATE);
const EDIT: Access = Access::Project(project::IMPORT_EDIT);
const DELETE: Access = Access::Project(project::IMPORT_DELETE);

const V1: &str = "/api/v1/secret-imports";
const V2: &str = "/api/v2/secret-imports";
const ONE_V1: &str = "/api/v1/secret-imports/{importId}";
const ONE_V2: &str = "/api/v2/secret-imports/{importId}";
const RESYNC_V1: &str = "/api/v1/secret-imports/{importId}/replication-resync";
const RESYNC_V2: &str = "/api/v2/secret-imports/{importId}/replication-resync";
const SECRETS_V1: &str = "/api/v1/secret-imports/secrets/raw";
const SECRETS_V2: &str = "/api/v2/secret-imports/secrets";

pub(super) fn routes() -> Routes {
    Routes::new("Imports")
        .post([V1, V2], CREATE, "Import a folder into another", create)
        .get([V1, V2], READ, "List the imports of a folder", list)
        .get([SECRETS_V1, SECRETS_V2], READ, "List the secrets that a folder imports", list_secrets)
        .get([ONE_V1, ONE_V2], READ, "Read an import", get)
        .patch([ONE_V1, ONE_V2], EDIT, "Change an import", update)
        .delete([ONE_V1, ONE_V2], DELETE, "Delete an import", delete)
        .post([RESYNC_V1, RESYNC_V2], EDIT, "Copy what an import shows (not offered)", resync)
}

async fn target(cx: &Cx, input: &impl InFolder) -> ApiResult<Target> {
    let scope = secrets::project(cx, input.project(), None).await?;
    Ok(Target {
        scope,
        environment: input.environment().trim().to_owned(),
        path: path("path", input.path())?,
    })
}

fn object(target: &Target) -> Object<'_> {
    Object::folder(&target.environment, target.path.as_str())
}

/// Who imports a folder must be allowed to see that there are secrets in it. Each reader of the import is checked
/// again, secret by secret.
fn may_show(scope: &ProjectScope, environment: &str, from: &SecretPath) -> ApiResult<()> {
    scope.may_need(project::SECRET_DESCRIBE, &Object::folder(environment, from.as_str())).map(drop)
}

async fn create(cx: Cx, input: CreateImport) -> Outcome<ImportMessageReply> {
    let target = target(&cx, &input).await?;
    let from = (input.import.environment.trim().to_owned(), path("import.path", &input.import.path)?);
    let permit = target.scope.may(&object(&target))?;
    may_show(&target.scope, &from.0, &from.1)?;
    let mut change = open(&cx, &target.scope, &permit).await?;
    let folder = change.folder_at(target.scope.id(), &target.environment, &target.path).await?;
    let folder = folder.ok_or_else(|| no_folder(&target.environment, &target.path))?;
    let environment = source(&mut change, &target.scope, &folder, &from.0, &from.1).await?;
    let is_replication = input.is_replication.unwrap_or(false);
    let id = change.insert_import(folder.id, environment.id, &from.1, is_replication).await.map_err(taken)?;
    let import = written(&mut change, id).await?;
    finish(change, &target.scope, "create-secret-import", &folder, &import).await?;
    ok(ImportMessageReply {
        message: "Successfully created secret import".into(),
        secret_import: shown(import, &folder),
    })
}

/// The environment imported from. A folder may import neither itself nor one that imports it.
async fn source(
    change: &mut Change,
    scope: &ProjectScope,
    folder: &Folder,
    slug: &str,
    from: &SecretPath,
) -> ApiResult<EnvironmentRef> {
    let environment = change.environment_ref(scope.id(), slug).await?;
    let environment = environment.ok_or_else(|| {
        ApiError::not_found(format!(
            "Imported environment with slug '{slug}' in project with ID '{}' not found",
            scope.id()
        ))
    })?;
    let cyclic = || ApiError::bad_request("Cyclic import not allowed");
    if environment.id == folder.environment.id && *from == folder.path {
        return Err(cyclic());
    }
    if let Some(other) = change.folder_at(scope.id(), slug, from).await? {
        let back =
            |import: &Import| import.environment.id == folder.environment.id && import.path == folder.path;
        if change.imports(other.id).await?.iter().any(back) {
            return Err(cyclic());
        }
    }
    Ok(environment)
}

fn taken(error: StoreError) -> ApiError {
    match error {
        StoreError::Conflict(_) => ApiError::bad_request("Secret import already exists"),
        other => other.into(),
    }
}

async fn list(cx: Cx, input: ListImports) -> Outcome<ImportsReply> {
    let target = target(&cx, &input).await?;
    target.scope.may(&object(&target))?;
    let folder = cx.app.store.folder_at(target.scope.id(), &target.environment, &target.path).await?;
    let folder = folder.ok_or_else(|| no_folder(&target.environment, &target.path))?;
    let imports = cx.app.store.imports(folder.id).await?;
    let secret_imports = imports.into_iter().map(|import| shown(import, &folder)).collect();
    ok(ImportsReply { message: "Successfully fetched secret imports".into(), secret_imports })
}

async fn list_secrets(cx: Cx, mut input: ListSecrets) -> Outcome<ImportedReply> {
    // Here the folder is named `path`, where lists of secrets name it `secretPath`.
    if input.secret_path.is_none() {
        input.secret_path.clone_from(&input.path);
    }
    let target = Target::of(&cx, &input).await?;
    target.scope.may(&object(&target))?;
    let options = list_options(&input, false, Personal::Never)?;
    ok(ImportedReply { secrets: secrets::list_imported(&cx, target, &options).await? })
}

/// An import with its folder, in a project of the caller; elsewhere it is as good as not there.
async fn find(cx: &Cx, id: ImportId) -> ApiResult<(ProjectScope, Folder, Import)> {
    let import = cx.app.store.import(id).await?.ok_or_else(|| missing(id))?;
    let folder = cx.app.store.folder(import.folder_id).await?.ok_or_else(|| missing(id))?;
    let scope = cx.project(folder.project_id).await;
    let scope = scope.map_err(|error| if error.status() == 404 { missing(id) } else { error })?;
    Ok((scope, folder, import))
}

fn missing(id: ImportId) -> ApiError {
    ApiError::not_found(format!("Secret import with ID '{id}' not found"))
}

async fn get(cx: Cx, input: ImportPath) -> Outcome<ImportReply> {
    let (scope, folder, import) = find(&cx, input.import_id).await?;
    scope.may(&Object::folder(&folder.environment.slug, folder.path.as_str()))?;
    ok(ImportReply { secret_import: shown(import, &folder) })
}

async fn update(cx: Cx, input: UpdateImport) -> Outcome<ImportMessageReply> {
    let target = target(&cx, &input).await?;
    let wish = &input.import;
    let new_path = wish.path.as_deref().map(|text| path("import.path", text)).transpose()?;
    let permit = target.scope.may(&object(&target))?;
    let mut change = open(&cx, &target.scope, &permit).await?;
    let (folder, import) = own(&mut change, &target, input.import_id).await?;
    let environment = wish.environment.as_deref().map_or(import.environment.slug.as_str(), str::trim);
    let from = new_path.as_ref().unwrap_or(&import.path);
    if environment != import.environment.slug || *from != import.path {
        may_show(&target.scope, environment, from)?;
        let environment = source(&mut change, &target.scope, &folder, environment, from).await?;
        change.set_import_target(import.id, environment.id, from).await.map_err(taken)?;
    }
    if let Some(position) = wish.position.filter(|position| *position != import.position) {
        let all = change.imports(folder.id).await?;
        let last = all.iter().map(|import| import.position).max().unwrap_or(1);
        if !(1..=last).contains(&position) {
            return Err(ApiError::bad_request(format!("The position must be from 1 to {last}")));
        }
        change.move_import(&import, position).await?;
    }
    let import = written(&mut change, import.id).await?;
    finish(change, &target.scope, "update-secret-import", &folder, &import).await?;
    ok(ImportMessageReply {
        message: "Successfully updated secret import".into(),
        secret_import: shown(import, &folder),
    })
}

async fn delete(cx: Cx, input: ImportInFolder) -> Outcome<ImportMessageReply> {
    let target = target(&cx, &input).await?;
    let permit = target.scope.may(&object(&target))?;
    let mut change = open(&cx, &target.scope, &permit).await?;
    let (folder, import) = own(&mut change, &target, input.import_id).await?;
    change.delete_import(&import).await?;
    finish(change, &target.scope, "delete-secret-import", &folder, &import).await?;
    ok(ImportMessageReply {
        message: "Successfully deleted secret import".into(),
        secret_import: shown(import, &folder),
    })
}

async fn resync(cx: Cx, input: ImportInFolder) -> Outcome<MessageReply> {
    let target = target(&cx, &input).await?;
    target.scope.may(&object(&target))?;
    find(&cx, input.import_id).await?;
    Err(ApiError::bad_request(
        "Imports are not copied here: they always show the secrets as they are, so there is nothing to synchronize",
    ))
}

async fn open(cx: &Cx, scope: &ProjectScope, permit: &vouchsafe_policy::Permit) -> ApiResult<Change> {
    let mut change = cx.app.store.change(permit, &cx.author()).await?;
    change.serialize_project(scope.id()).await?;
    Ok(change)
}

/// An import of the project, which may lie in another folder than the request said: what counts is where it is.
async fn own(change: &mut Change, target: &Target, id: ImportId) -> ApiResult<(Folder, Import)> {
    let import = change.import(id).await?.ok_or_else(|| missing(id))?;
    let folder = change.folder(import.folder_id).await?;
    let folder = folder.filter(|folder| folder.project_id == target.scope.id()).ok_or_else(|| missing(id))?;
    target.scope.may(&Object::folder(&folder.environment.slug, folder.path.as_str()))?;
    Ok((folder, import))
}

async fn written(change: &mut Change, id: ImportId) -> ApiResult<Import> {
    change.import(id).await?.ok_or_else(|| ApiError::internal("an import that was written is not there"))
}

async fn finish(
    mut change: Change,
    scope: &ProjectScope,
    event: &'static str,
    folder: &Folder,
    import: &Import,
) -> ApiResult<()> {
    let project = scope.project();
    let detail = json!({
        "secretImportId": import.id, "environment": folder.environment.slug, "secretPath": folder.path,
        "importFromEnvironment": import.environment.slug, "importFromSecretPath": import.path,
        "position": import.position,
    });
    change.audit(event, project.org_id, Some(project.id), &detail);
    change.touch(Topic::secrets(project.id));
    Ok(change.commit().await?)
}

fn shown(import: store::Import, folder: &Folder) -> SecretImport {
    SecretImport {
        id: import.id,
        version: import.version,
        import_path: import.path.into_string(),
        import_env: info(import.environment),
        position: import.position,
        folder_id: import.folder_id,
        is_replication: import.is_replication,
        is_replication_success: None,
        replication_status: None,
        last_replicated: None,
        is_reserved: false,
        project_id: folder.project_id,
        environment: info(folder.environment.clone()),
        secret_path: folder.path.as_str().to_owned(),
        created_at: import.created_at,
        updated_at: import.updated_at,
    }
}

fn info(environment: EnvironmentRef) -> EnvironmentInfo {
    EnvironmentInfo { id: environment.id, name: environment.name, slug: environment.slug }
}
