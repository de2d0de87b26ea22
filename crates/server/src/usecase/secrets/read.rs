//! Listing and reading secrets.

use std::sync::Arc;

use vouchsafe_api::secrets::{EnvironmentInfo, ImportedSecrets, Secret, SecretKind, SecretList};
use vouchsafe_domain::id::SecretId;
use vouchsafe_domain::path::SecretPath;
use vouchsafe_policy::{Object, project};
use vouchsafe_store::{FolderSnapshot, FolderTree, SecretRow};

use super::expand::expand_all;
use super::filter::Filter;
use super::import::imported;
use super::reader::{Reader, Sight, value_denied};
use super::{Target, no_folder};
use crate::http::cx::Cx;
use crate::http::error::{ApiError, ApiResult};

/// What a list does with the caller's personal secrets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Personal {
    /// They stand beside the shared ones.
    Beside,
    /// They stand in place of the shared ones.
    Instead,
    /// They do not appear.
    Never,
}

/// What a list shows.
#[derive(Clone, Debug)]
pub struct ListOptions {
    /// Whether values are shown.
    pub view_value: bool,
    /// Whether references are replaced.
    pub expand: bool,
    /// Whether imports come along.
    pub imports: bool,
    /// Whether the folders below are listed too.
    pub recursive: bool,
    /// What becomes of personal secrets.
    pub personal: Personal,
    /// Which secrets.
    pub filter: Filter,
}

/// The secrets of a folder.
pub async fn list(cx: &Cx, target: Target, options: &ListOptions) -> ApiResult<SecretList> {
    let Target { scope, environment, path } = target;
    scope.may_need(project::SECRET_DESCRIBE, &Object::any())?;
    let reader = Reader::open(cx, &scope).await?;
    let tree = reader.folder(environment.clone(), path.clone(), options.recursive).await?;
    let tree = tree.ok_or_else(|| {
        ApiError::not_found(format!(
            "Folder with path '{path}' in environment '{environment}' was not found. Please ensure the environment slug \
             and secret path is correct."
        ))
        .named("SecretPathNotFound")
    })?;
    let mut secrets = Vec::new();
    for (depth, folder) in tree.folders.iter().enumerate() {
        own_secrets(&reader, folder, options, depth == 0, &mut secrets)?;
    }
    let mut imports = Vec::new();
    if options.imports {
        imports = Box::pin(imported_secrets(&reader, &tree.folders, options)).await?;
    }
    if options.expand {
        let all = secrets.iter_mut().chain(imports.iter_mut().flat_map(|import| import.secrets.iter_mut()));
        Box::pin(expand_all(&reader, &mut all.collect::<Vec<_>>())).await?;
    }
    Ok(SecretList { secrets, imports })
}

/// Adds what the caller may see of a folder's own secrets. In the folder that was asked for, a value that may not be
/// read refuses the whole; in those below it the secret is left out.
fn own_secrets(
    reader: &Reader<'_>,
    folder: &FolderSnapshot,
    options: &ListOptions,
    asked_for: bool,
    secrets: &mut Vec<Secret>,
) -> ApiResult<()> {
    let (environment, path) = (folder.environment.slug.as_str(), &folder.path);
    let mut shared: Option<(&SecretRow, usize)> = None;
    for row in &folder.secrets {
        let visible =
            row.owner.is_none() || (options.personal != Personal::Never && row.owner == reader.user);
        if !visible || !options.filter.wants(&reader.vault, row)? {
            continue;
        }
        match reader.sight(environment, path, row) {
            Sight::Nothing => continue,
            Sight::Masked if options.view_value && asked_for => return Err(value_denied(reader.scope)),
            Sight::Masked if options.view_value => continue,
            Sight::Masked | Sight::Whole => {}
        }
        let secret = reader.shown(environment, path, row, options.view_value)?;
        match shared {
            Some((known, at)) if options.personal == Personal::Instead && known.key == row.key => {
                secrets[at] = secret;
            }
            _ => {
                shared = Some((row, secrets.len()));
                secrets.push(secret);
            }
        }
    }
    Ok(())
}

/// What these folders import, in the order in which clients merge: the last one wins.
async fn imported_secrets(
    reader: &Reader<'_>,
    folders: &[FolderSnapshot],
    options: &ListOptions,
) -> ApiResult<Vec<ImportedSecrets>> {
    let mut imports = Vec::new();
    for tree in imported(reader, folders, None).await?.iter().rev() {
        let Some(folder) = tree.folders.first() else { continue };
        let (environment, path) = (folder.environment.slug.as_str(), &folder.path);
        let mut secrets = Vec::new();
        for row in folder.secrets.iter().filter(|row| row.owner.is_none()) {
            let sight = reader.sight(environment, path, row);
            let enough = sight == Sight::Whole || (sight == Sight::Masked && !options.view_value);
            if enough && options.filter.wants(&reader.vault, row)? {
                secrets.push(reader.shown(environment, path, row, options.view_value)?);
            }
        }
        imports.push(ImportedSecrets {
            secret_path: path.as_str().to_owned(),
            environment: environment.to_owned(),
            environment_info: None,
            folder_id: folder.id,
            secrets,
        });
    }
    Ok(imports)
}

/// What a folder imports, without its own secrets.
pub async fn list_imported(
    cx: &Cx,
    target: Target,
    options: &ListOptions,
) -> ApiResult<Vec<ImportedSecrets>> {
    let Target { scope, environment, path } = target;
    scope.may_need(project::SECRET_DESCRIBE, &Object::any())?;
    let reader = Reader::open(cx, &scope).await?;
    let tree = reader.folder(environment.clone(), path.clone(), false).await?;
    let tree = tree.ok_or_else(|| no_folder(&environment, &path))?;
    let mut imports = Box::pin(imported_secrets(&reader, &tree.folders, options)).await?;
    if options.expand {
        let all = imports.iter_mut().flat_map(|import| import.secrets.iter_mut());
        Box::pin(expand_all(&reader, &mut all.collect::<Vec<_>>())).await?;
    }
    let environments = cx.app.store.environments(scope.id()).await?;
    for import in &mut imports {
        let found = environments.iter().find(|one| one.slug == import.environment);
        import.environment_info =
            found.map(|one| EnvironmentInfo { id: one.id, name: one.name.clone(), slug: one.slug.clone() });
    }
    Ok(imports)
}

/// What reading one secret shows.
#[derive(Clone, Copy, Debug)]
pub struct GetOptions {
    /// Shared or personal.
    pub kind: SecretKind,
    /// Which version; the newest if none.
    pub version: Option<i64>,
    /// Whether the value is shown.
    pub view_value: bool,
    /// Whether references are replaced.
    pub expand: bool,
    /// Whether imports are searched.
    pub imports: bool,
}

/// One secret by its name.
pub async fn get(cx: &Cx, target: Target, name: &str, options: GetOptions) -> ApiResult<Secret> {
    let Target { scope, environment, path } = target;
    let reader = Reader::open(cx, &scope).await?;
    let tree = reader.folder_with(environment.clone(), path.clone(), name).await?;
    let tree = tree.ok_or_else(|| no_folder(&environment, &path))?;
    let folder = tree.folders.first().ok_or_else(|| no_folder(&environment, &path))?;
    let owner = match options.kind {
        SecretKind::Shared => None,
        SecretKind::Personal => Some(reader.user.ok_or_else(|| missing(name))?),
    };
    let Some(row) = folder.secret(name, owner) else {
        // Whoever may not describe such a secret does not learn that it is not there.
        reader
            .scope
            .may_need(project::SECRET_DESCRIBE, &Object::secret(&environment, path.as_str(), name, &[]))?;
        if !options.imports {
            return Err(missing(name));
        }
        return Box::pin(from_imports(&reader, &tree, name, options)).await;
    };
    reader.check(project::SECRET_DESCRIBE, &environment, &path, row)?;
    if options.view_value && !reader.allows(project::SECRET_READ_VALUE, &environment, &path, row) {
        return Err(ApiError::forbidden(format!(
            "You do not have permission to view secret value on secret with name '{name}'"
        )));
    }
    let secret = match options.version {
        Some(version) if version != row.version => {
            Box::pin(at_version(&reader, &environment, &path, row, version, options.view_value)).await?
        }
        _ => reader.shown(&environment, &path, row, options.view_value)?,
    };
    expanded(&reader, secret, options).await
}

/// One secret by its id.
pub async fn get_by_id(cx: &Cx, id: SecretId, options: GetOptions) -> ApiResult<Secret> {
    let missing = || ApiError::not_found(format!("Secret with ID '{id}' not found"));
    let place = Box::pin(cx.app.store.secret_place(id)).await?.ok_or_else(missing)?;
    // In another organization it is as good as not there.
    let scope = cx.project(place.project_id).await;
    let scope = scope.map_err(|error| if error.status() == 404 { missing() } else { error })?;
    let reader = Reader::open(cx, &scope).await?;
    let tree = reader.folder_with(place.environment.clone(), place.path.clone(), &place.key).await?;
    let folder = tree.as_ref().and_then(|tree| tree.folders.first()).ok_or_else(missing)?;
    let row = folder.secrets.iter().find(|row| row.id == id).ok_or_else(missing)?;
    if row.owner.is_some() && row.owner != reader.user {
        return Err(ApiError::forbidden("Cannot access personal secret belonging to another user"));
    }
    reader.check(project::SECRET_DESCRIBE, &place.environment, &place.path, row)?;
    reader.check(project::SECRET_READ_VALUE, &place.environment, &place.path, row)?;
    let secret = reader.shown(&place.environment, &place.path, row, options.view_value)?;
    expanded(&reader, secret, options).await
}

async fn expanded(reader: &Reader<'_>, mut secret: Secret, options: GetOptions) -> ApiResult<Secret> {
    if options.expand {
        Box::pin(expand_all(reader, &mut [&mut secret])).await?;
    }
    Ok(secret)
}

fn missing(name: &str) -> ApiError {
    ApiError::not_found(format!("Secret with name '{name}' not found"))
}

async fn from_imports(
    reader: &Reader<'_>,
    tree: &FolderTree,
    name: &str,
    options: GetOptions,
) -> ApiResult<Secret> {
    for tree in imported(reader, &tree.folders, Some(name)).await? {
        let Some(found) = seen_in(reader, &tree, name) else { continue };
        let (folder, row, sight) = found;
        if options.view_value && sight != Sight::Whole {
            return Err(ApiError::forbidden(format!(
                "You do not have permission to view secret import value on secret with name '{name}'"
            )));
        }
        let secret = reader.shown(&folder.environment.slug, &folder.path, row, options.view_value)?;
        return expanded(reader, secret, options).await;
    }
    Err(missing(name))
}

fn seen_in<'t>(
    reader: &Reader<'_>,
    tree: &'t Arc<FolderTree>,
    name: &str,
) -> Option<(&'t FolderSnapshot, &'t SecretRow, Sight)> {
    let folder = tree.folders.first()?;
    let row = folder.secret(name, None)?;
    match reader.sight(&folder.environment.slug, &folder.path, row) {
        Sight::Nothing => None,
        sight => Some((folder, row, sight)),
    }
}

/// An earlier version under the id of the secret.
async fn at_version(
    reader: &Reader<'_>,
    environment: &str,
    path: &SecretPath,
    row: &SecretRow,
    version: i64,
    view_value: bool,
) -> ApiResult<Secret> {
    let found = reader.cx.app.store.secret_version(row.id, version).await?;
    let found = found.ok_or_else(|| missing(&row.key))?;
    let plain = reader.vault.version(row.id, &found, view_value)?;
    let row = SecretRow {
        key: found.key,
        version: found.version,
        skip_multiline_encoding: found.skip_multiline_encoding,
        actor_type: found.actor_type,
        actor_id: found.actor_id,
        updated_at: found.created_at,
        ..row.clone()
    };
    Ok(reader.secret(environment, path, &row, plain, view_value))
}
