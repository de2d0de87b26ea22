//! Replacing references by what they refer to, and checking them when they are written.
//!
//! Expansion itself is pure and synchronous. It runs in rounds: folders that a round misses are fetched (from the
//! cache, as a rule) and what could not be expanded is expanded again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::json;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::secrets::Secret;
use vouchsafe_domain::path::SecretPath;
use vouchsafe_domain::reference::{Found, Lookup, Piece, Place, Target, expand, parse};
use vouchsafe_policy::{Need, project};
use vouchsafe_store::FolderTree;

use super::import::targets;
use super::reader::Reader;
use crate::http::error::{ApiError, ApiResult};

/// How many folders one request reads for its references.
const MOST_FOLDERS: usize = 1_000;
/// How many references one request follows.
const MOST_FINDS: usize = 200_000;
/// How many bytes the expanded values of one request may have together: 64 MiB.
const MOST_BYTES: usize = 64 << 20;

/// Expands the references in secrets whose values are shown.
pub(super) async fn expand_all(reader: &Reader<'_>, secrets: &mut [&mut Secret]) -> ApiResult<()> {
    let mut resolver = Resolver::new(reader, project::SECRET_READ_VALUE);
    let mut open = Vec::new();
    for (index, secret) in secrets.iter().enumerate() {
        if !secret.secret_value_hidden && secret.secret_value.reveal().contains("${") {
            open.push((index, place(&secret.environment, &secret.secret_path)?));
        }
    }
    let (mut denied, mut bytes) = (Vec::new(), 0_usize);
    while !open.is_empty() {
        let mut missed = Vec::new();
        for (index, place) in open {
            let secret = &mut *secrets[index];
            let before = resolver.missing.len();
            let result = expand(&mut resolver, &place, &secret.secret_key, secret.secret_value.reveal());
            if resolver.missing.len() > before {
                missed.push((index, place));
                continue;
            }
            match result {
                Ok(value) => {
                    bytes += value.len();
                    secret.secret_value = Concealed::new(value);
                }
                Err(messages) => denied.extend(messages),
            }
            if bytes > MOST_BYTES {
                return Err(ApiError::bad_request("The references expand to more than 64 MiB together"));
            }
        }
        resolver.fetch_missing().await?;
        open = missed;
    }
    if !denied.is_empty() {
        denied.truncate(100);
        return Err(
            ApiError::forbidden("Failed to expand one or more secret references").with_details(json!(denied))
        );
    }
    for secret in secrets {
        if secret.skip_multiline_encoding == Some(true) && secret.secret_value.reveal().contains('\n') {
            secret.secret_value =
                Concealed::new(format!("\"{}\"", secret.secret_value.reveal().replace('\n', "\\n")));
        }
    }
    Ok(())
}

/// Refuses values that refer to a secret which the caller may not describe. What is not there may be referred to.
pub(super) async fn check_references(
    reader: &Reader<'_>,
    environment: &str,
    path: &SecretPath,
    values: impl Iterator<Item = &str>,
) -> ApiResult<()> {
    let place = Place { environment: environment.to_owned(), path: path.clone() };
    let mut open: HashSet<Target> = HashSet::new();
    for value in values.filter(|value| value.contains("${")) {
        open.extend(parse(value).into_iter().filter_map(|piece| match piece {
            Piece::Reference { target, .. } => Some(target),
            Piece::Text(_) => None,
        }));
    }
    let mut resolver = Resolver::new(reader, project::SECRET_DESCRIBE);
    while !open.is_empty() {
        let mut missed = HashSet::new();
        for target in open {
            let before = resolver.missing.len();
            let found = resolver.find(&place, &target);
            if resolver.missing.len() > before {
                missed.insert(target);
            } else if let Found::Denied(message) = found {
                return Err(ApiError::forbidden(message));
            }
        }
        resolver.fetch_missing().await?;
        open = missed;
    }
    Ok(())
}

fn place(environment: &str, path: &str) -> ApiResult<Place> {
    let path = SecretPath::parse(path).map_err(|error| ApiError::internal(error.to_string()))?;
    Ok(Place { environment: environment.to_owned(), path })
}

/// Finds references in the folders fetched so far, and notes those that it misses.
struct Resolver<'r, 'a> {
    reader: &'r Reader<'a>,
    need: Need,
    known: HashMap<Place, Option<Arc<FolderTree>>>,
    missing: Vec<Place>,
    finds: usize,
    failure: Option<ApiError>,
}

impl<'r, 'a> Resolver<'r, 'a> {
    fn new(reader: &'r Reader<'a>, need: Need) -> Self {
        Self { reader, need, known: HashMap::new(), missing: Vec::new(), finds: 0, failure: None }
    }

    async fn fetch_missing(&mut self) -> ApiResult<()> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        for place in std::mem::take(&mut self.missing) {
            if self.known.contains_key(&place) {
                continue;
            }
            if self.known.len() >= MOST_FOLDERS {
                return Err(ApiError::bad_request(format!(
                    "The references lead to more than {MOST_FOLDERS} folders"
                )));
            }
            let tree = self.reader.folder(place.environment.clone(), place.path.clone(), false).await?;
            self.known.insert(place, tree);
        }
        Ok(())
    }

    /// The shared secret of this name in a folder or what it imports, and where it is.
    fn locate(&mut self, start: &Place, key: &str) -> Option<(Place, Arc<FolderTree>)> {
        let mut seen = HashSet::new();
        let mut open = vec![start.clone()];
        while let Some(place) = open.pop() {
            let Some(known) = self.known.get(&place) else {
                self.missing.push(place);
                return None;
            };
            let Some(tree) = known else { continue };
            let Some(folder) = tree.folders.first() else { continue };
            if folder.secret(key, None).is_some() {
                return Some((place, Arc::clone(tree)));
            }
            let imports = targets(folder).map(|(environment, path)| Place { environment, path });
            open.extend(imports.filter(|place| !seen.contains(place)));
            seen.insert(place);
        }
        None
    }
}

impl Lookup for Resolver<'_, '_> {
    fn find(&mut self, context: &Place, target: &Target) -> Found {
        self.finds += 1;
        if self.finds > MOST_FINDS {
            self.failure.get_or_insert_with(|| {
                ApiError::bad_request(format!("More than {MOST_FINDS} references would have to be followed"))
            });
        }
        if self.failure.is_some() {
            return Found::Missing;
        }
        let (start, key) = match target {
            Target::Local { key } => (context.clone(), key),
            Target::Absolute { environment, path, key } => {
                (Place { environment: environment.clone(), path: path.clone() }, key)
            }
        };
        let Some((place, tree)) = self.locate(&start, key) else { return Found::Missing };
        let Some(row) = tree.folders.first().and_then(|folder| folder.secret(key, None)) else {
            return Found::Missing;
        };
        if !self.reader.allows(self.need, &place.environment, &place.path, row) {
            return Found::Denied(format!(
                "You are attempting to reference secret named {key} from environment {} in path {} which you do not \
                 have access to.",
                place.environment, place.path
            ));
        }
        if self.need == project::SECRET_DESCRIBE {
            return Found::Missing;
        }
        match self.reader.vault.value(row) {
            Ok(value) => Found::Value { place, key: key.clone(), value },
            Err(error) => {
                self.failure = Some(error);
                Found::Missing
            }
        }
    }
}
