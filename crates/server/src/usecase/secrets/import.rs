//! Following imports.

use std::collections::HashSet;
use std::sync::Arc;

use vouchsafe_domain::path::SecretPath;
use vouchsafe_store::{FolderSnapshot, FolderTree};

use super::reader::Reader;
use crate::http::error::{ApiError, ApiResult};

/// How many folders one read follows imports to.
pub(super) const MOST_IMPORTED: usize = 1_000;

/// The folders that these folders import, directly and through other imports, each once; the one that wins comes
/// first. A folder that is not there contributes nothing. With a name, only secrets of that name need be in
/// them.
pub(super) async fn imported(
    reader: &Reader<'_>,
    folders: &[FolderSnapshot],
    name: Option<&str>,
) -> ApiResult<Vec<Arc<FolderTree>>> {
    let mut seen: HashSet<(String, SecretPath)> = HashSet::new();
    if let Some(first) = folders.first() {
        seen.insert((first.environment.slug.clone(), first.path.clone()));
    }
    let mut found = Vec::new();
    // Popped from the end: the last import of the first folder wins.
    let mut open: Vec<(String, SecretPath)> = folders.iter().rev().flat_map(targets).collect();
    while let Some(place) = open.pop() {
        if !seen.insert(place.clone()) {
            continue;
        }
        if seen.len() > MOST_IMPORTED {
            return Err(ApiError::bad_request(format!(
                "The imports lead to more than {MOST_IMPORTED} folders"
            )));
        }
        let tree = match name {
            Some(name) => reader.folder_with(place.0, place.1, name).await?,
            None => reader.folder(place.0, place.1, false).await?,
        };
        if let Some(tree) = tree {
            open.extend(tree.folders.iter().flat_map(targets));
            found.push(tree);
        }
    }
    Ok(found)
}

/// What a folder imports, in order.
pub(super) fn targets(folder: &FolderSnapshot) -> impl Iterator<Item = (String, SecretPath)> + '_ {
    folder.imports.iter().map(|import| (import.environment.slug.clone(), import.path.clone()))
}
