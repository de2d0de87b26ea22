//! `/projects/{id}`: which secret is in which environment.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query};
use http::StatusCode;
use serde::Deserialize;
use vouchsafe_api::folders::{FoldersReply, ListFolders};
use vouchsafe_api::projects::EnvironmentSummary;
use vouchsafe_api::secrets::{ImportedSecrets, SecretKind, SecretList};
use vouchsafe_domain::path::{FolderName, SecretPath};
use vouchsafe_policy::{Object, project};

use super::frame::{Frame, Tab};
use super::place::{self, Crumb};
use super::secrets::reading;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::list::Pager;
use crate::page::Chrome;
use crate::visit::Visit;

/// Folders and secrets on a page.
const PAGE: u64 = 50;
/// Environments side by side.
const COLUMNS: usize = 6;

/// The address of the overview.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    path: String,
    search: String,
    page: u64,
    /// How many environments come before the first that is shown.
    from: usize,
}

/// What an environment has of a row.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Cell {
    /// It is there; its page.
    There(String),
    /// An import brings it; from where.
    Imported(String),
    /// It is not there; where it can be made, if the person may do that.
    Missing(Option<String>),
    /// The person may not see whether it is there.
    Hidden,
}

struct Row {
    name: String,
    /// The overview of the folder; none for secrets.
    folder: Option<String>,
    cells: Vec<Cell>,
}

/// An environment as the person sees it at one path.
struct Column {
    environment: EnvironmentSummary,
    url: String,
    folders: Vec<String>,
    own: Vec<String>,
    imported: BTreeMap<String, String>,
    /// Whether the folder is there at all.
    has_folder: bool,
    /// Why the secrets cannot be listed.
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "projects/overview.html")]
struct Page {
    chrome: Chrome,
    frame: Frame,
    form: Form,
    crumbs: Vec<Crumb>,
    path: SecretPath,
    columns: Vec<Column>,
    rows: Vec<Row>,
    pager: Pager,
    is_searched: bool,
    /// Pages of the environments before and after those that are shown.
    aside: [Option<String>; 2],
    may_add_environment: bool,
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>, Query(asked): Query<Asked>) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Secrets).await?;
    let path = place::read(&asked.path)?;
    let search = asked.search.trim();
    let mut columns = Vec::new();
    for environment in frame.project.environments.iter().skip(asked.from).take(COLUMNS) {
        columns.push(column(&visit, &frame, &path, environment.clone()).await?);
    }
    let rows = rows(&frame, &path, &columns, &search.to_lowercase());
    let from = if asked.from == 0 { String::new() } else { asked.from.to_string() };
    let others = [("path", place::short(&path)), ("search", search), ("from", from.as_str())];
    let pager = Pager::new(frame.url(&[]), &others, asked.page, PAGE).of(rows.len() as u64);
    Ok(visit.show(&Page {
        chrome: frame.chrome(&visit, "Secrets"),
        form: Form::default().with("search", search),
        crumbs: place::crumbs(&path, |path| place::overview(&frame, path)),
        columns,
        rows: pager.cut(rows),
        pager,
        is_searched: !search.is_empty(),
        aside: aside(&frame, &path, asked.from),
        may_add_environment: frame.held.may(project::ENVIRONMENT_CREATE),
        path,
        frame,
    }))
}

/// Links to further environments.
fn aside(frame: &Frame, path: &SecretPath, from: usize) -> [Option<String>; 2] {
    let at = |from: usize| {
        let from = from.to_string();
        let url = place::overview(frame, path);
        let mark = if url.contains('?') { '&' } else { '?' };
        format!("{url}{mark}from={from}")
    };
    let before = (from > 0).then(|| at(from.saturating_sub(COLUMNS)));
    let next = from.saturating_add(COLUMNS);
    [before, (next < frame.project.environments.len()).then(|| at(next))]
}

async fn column(
    visit: &Visit,
    frame: &Frame,
    path: &SecretPath,
    environment: EnvironmentSummary,
) -> Result<Column, Trouble> {
    let input = ListFolders {
        workspace_id: None,
        project_id: Some(frame.id()),
        environment: environment.slug.clone(),
        path: Some(path.as_str().to_owned()),
        directory: None,
        recursive: None,
        last_secret_modified: None,
    };
    let folders: FoldersReply = visit.find("/api/v2/folders", &input).await?;
    let mut column = Column {
        url: place::inside(frame, &environment.slug, &[], path, &[]),
        folders: folders.folders.into_iter().map(|folder| folder.name).collect(),
        own: Vec::new(),
        imported: BTreeMap::new(),
        has_folder: true,
        problem: None,
        environment,
    };
    match reading::names(visit, frame, &column.environment.slug, path).await {
        Ok(list) => column.fill(list),
        Err(refused) if refused.is_signed_out() => return Err(refused.into()),
        Err(refused) if refused.status == StatusCode::NOT_FOUND => column.has_folder = false,
        Err(refused) => column.problem = Some(refused.message),
    }
    Ok(column)
}

impl Column {
    fn fill(&mut self, list: SecretList) {
        let shared = |secrets: Vec<vouchsafe_api::secrets::Secret>| {
            secrets.into_iter().filter(|one| one.r#type == SecretKind::Shared).map(|one| one.secret_key)
        };
        self.own = shared(list.secrets).collect();
        // Later imports win.
        for ImportedSecrets { environment, secret_path, secrets, .. } in list.imports {
            let from = format!("{environment} {secret_path}");
            self.imported.extend(shared(secrets).map(|name| (name, from.clone())));
        }
    }

    fn folder(&self, frame: &Frame, path: &SecretPath, name: &str) -> Cell {
        if self.folders.iter().any(|one| one == name) {
            let below = FolderName::parse(name).ok().and_then(|name| path.join(&name).ok());
            let below = below.unwrap_or_else(|| path.clone());
            return Cell::There(place::inside(frame, &self.environment.slug, &[], &below, &[]));
        }
        Cell::Missing(None)
    }

    fn secret(&self, frame: &Frame, path: &SecretPath, name: &str) -> Cell {
        let slug = self.environment.slug.as_str();
        if self.own.binary_search_by(|one| one.as_str().cmp(name)).is_ok() {
            return Cell::There(place::inside(frame, slug, &["secret"], path, &[("name", name)]));
        }
        if let Some(from) = self.imported.get(name) {
            return Cell::Imported(from.clone());
        }
        let object = Object::secret(slug, path.as_str(), name, &[]);
        if self.problem.is_some() || !frame.held.may_on(project::SECRET_DESCRIBE, &object) {
            return Cell::Hidden;
        }
        let may_add = self.has_folder && frame.held.may_on(project::SECRET_CREATE, &object);
        Cell::Missing(may_add.then(|| place::inside(frame, slug, &["new"], path, &[("name", name)])))
    }
}

/// Folders first, then secrets, by name.
fn rows(frame: &Frame, path: &SecretPath, columns: &[Column], wanted: &str) -> Vec<Row> {
    let is_wanted = |name: &&String| name.to_lowercase().contains(wanted);
    let mut folders: Vec<&String> = columns.iter().flat_map(|one| &one.folders).filter(is_wanted).collect();
    let secrets = columns.iter().flat_map(|one| one.own.iter().chain(one.imported.keys()));
    let mut secrets: Vec<&String> = secrets.filter(is_wanted).collect();
    for names in [&mut folders, &mut secrets] {
        names.sort_unstable();
        names.dedup();
    }
    let folder_row = |name: &String| {
        let below = FolderName::parse(name).ok().and_then(|name| path.join(&name).ok());
        let cells = columns.iter().map(|column| column.folder(frame, path, name)).collect();
        Row { name: name.clone(), folder: below.map(|path| place::overview(frame, &path)), cells }
    };
    let secret_row = |name: &String| {
        let cells = columns.iter().map(|column| column.secret(frame, path, name)).collect();
        Row { name: name.clone(), folder: None, cells }
    };
    folders.into_iter().map(folder_row).chain(secrets.into_iter().map(secret_row)).collect()
}
