//! What a folder imports: add, reorder, remove.

use std::collections::BTreeSet;

use axum::extract::Query;
use http::{Method, StatusCode};
use serde_json::Value;
use vouchsafe_api::imports::{
    CreateImport, ImportChange, ImportInFolder, ImportSource, ImportsReply, ListImports, SecretImport,
    UpdateImport,
};
use vouchsafe_api::secrets::SecretList;
use vouchsafe_domain::id::ImportId;
use vouchsafe_policy::project;

use super::folder;
use super::spot::{Asked, Parts, Spot};
use crate::api::{Refused, path};
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page;
use crate::projects::place;
use crate::visit::{Posted, Visit};

/// Names of imported secrets that the list shows.
const NAMES: usize = 30;

/// An import with what it brings.
pub(super) struct Import {
    pub(super) stored: SecretImport,
    /// The page of the folder that it imports.
    pub(super) url: String,
    /// How many secrets the person sees in it.
    pub(super) count: usize,
    /// The first of their names, and whether something of the same name wins over each.
    pub(super) names: Vec<(String, bool)>,
    /// How many names are not shown.
    pub(super) more: usize,
    /// Its place when it is moved up, if it is not the first.
    pub(super) up: Option<i64>,
    /// Its place when it is moved down, if it is not the last.
    pub(super) down: Option<i64>,
}

/// The imports of a folder in order; none if the person may not see them. `list` is what the folder holds.
pub(super) async fn list(
    visit: &Visit,
    spot: &Spot,
    list: &SecretList,
) -> Result<Option<Vec<Import>>, Trouble> {
    if !spot.may(project::IMPORT_READ) {
        return Ok(None);
    }
    let (workspace_id, directory) = (None, None);
    let input = ListImports {
        workspace_id,
        project_id: Some(spot.frame.id()),
        environment: spot.slug().to_owned(),
        path: Some(spot.path.as_str().to_owned()),
        directory,
    };
    let reply: ImportsReply = visit.find("/api/v2/secret-imports", &input).await?;
    let count = reply.secret_imports.len();
    // The last one wins, so from there on it is known which names are taken already.
    let mut taken: BTreeSet<&str> = list.secrets.iter().map(|one| one.secret_key.as_str()).collect();
    let mut imports: Vec<Import> =
        reply.secret_imports.into_iter().rev().map(|one| shown(spot, list, one, count, &mut taken)).collect();
    imports.reverse();
    Ok(Some(imports))
}

fn shown<'l>(
    spot: &Spot,
    list: &'l SecretList,
    import: SecretImport,
    count: usize,
    taken: &mut BTreeSet<&'l str>,
) -> Import {
    let is_from = |one: &&vouchsafe_api::secrets::ImportedSecrets| {
        one.environment == import.import_env.slug && one.secret_path == import.import_path
    };
    let found = list.imports.iter().find(is_from).map_or(&[][..], |one| one.secrets.as_slice());
    let names = found.iter().map(|one| (one.secret_key.clone(), taken.contains(one.secret_key.as_str())));
    let names: Vec<_> = names.take(NAMES).collect();
    taken.extend(found.iter().map(|one| one.secret_key.as_str()));
    let url = place::read(&import.import_path).map_or_else(
        |_| String::new(),
        |path| place::inside(&spot.frame, &import.import_env.slug, &[], &path, &[]),
    );
    let position = import.position;
    let is_last = usize::try_from(position).is_ok_and(|position| position >= count);
    Import {
        url,
        count: found.len(),
        more: found.len() - names.len(),
        names,
        up: (position > 1).then(|| position - 1),
        down: (!is_last).then(|| position + 1),
        stored: import,
    }
}

pub(super) async fn add(
    parts: Parts,
    Query(asked): Query<Asked>,
    Posted { visit, form }: Posted<Visit>,
) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let import = ImportSource { environment: form.text("import.environment").to_owned(), path: from(&form) };
    let input = CreateImport {
        workspace_id: None,
        project_id: Some(spot.frame.id()),
        environment: spot.slug().to_owned(),
        path: Some(spot.path.as_str().to_owned()),
        directory: None,
        import,
        is_replication: None,
    };
    let made = visit.post::<Value>("/api/v2/secret-imports", &input).await;
    answer(&visit, spot, &asked, form, made, "The import was added.").await
}

fn from(form: &Form) -> String {
    form.given("import.path").unwrap_or("/").to_owned()
}

pub(super) async fn reorder(
    parts: Parts,
    Query(asked): Query<Asked>,
    Posted { visit, form }: Posted<Visit>,
) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let import_id = which(&form)?;
    let position = form.text("position").parse().ok();
    let input = UpdateImport {
        workspace_id: None,
        project_id: Some(spot.frame.id()),
        environment: spot.slug().to_owned(),
        path: Some(spot.path.as_str().to_owned()),
        directory: None,
        import_id,
        import: ImportChange { position, ..ImportChange::default() },
    };
    let moved = visit.send::<Value>(Method::PATCH, &route(import_id), &input).await;
    answer(&visit, spot, &asked, form, moved, "The imports have a new order.").await
}

pub(super) async fn remove(
    parts: Parts,
    Query(asked): Query<Asked>,
    Posted { visit, form }: Posted<Visit>,
) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let import_id = which(&form)?;
    let input = ImportInFolder {
        workspace_id: None,
        project_id: Some(spot.frame.id()),
        environment: spot.slug().to_owned(),
        path: Some(spot.path.as_str().to_owned()),
        directory: None,
        import_id,
    };
    let removed = visit.send::<Value>(Method::DELETE, &route(import_id), &input).await;
    answer(&visit, spot, &asked, form, removed, "The import was removed.").await
}

fn which(form: &Form) -> Result<ImportId, Trouble> {
    form.text("importId").parse().map_err(|_| Trouble::not_found())
}

fn route(id: ImportId) -> String {
    path(&["api", "v2", "secret-imports", &id.to_string()])
}

/// Goes back to the folder, or shows it with what was refused.
async fn answer(
    visit: &Visit,
    spot: Spot,
    asked: &Asked,
    form: Form,
    outcome: Result<Value, Refused>,
    notice: &str,
) -> Shown {
    match outcome {
        Ok(_) => Ok(page::done(&visit.console.app, &spot.url(&[]), notice)),
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => {
            let status: StatusCode = refused.status;
            folder::page(visit, spot, asked, status, form.refused(&refused)).await
        }
    }
}
