//! What is in a folder: folders, secrets without their values, imports.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use http::StatusCode;
use vouchsafe_api::folders::{Folder, FoldersReply, ListFolders};
use vouchsafe_api::secrets::{Secret, SecretKind, SecretList};
use vouchsafe_domain::path::{FolderName, SecretPath};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::project;

use super::imports::{self, Import};
use super::reading;
use super::spot::{Asked, Parts, Spot};
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::list::Pager;
use crate::page::Chrome;
use crate::projects::place::{self, Crumb};
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

/// Secrets on a page.
const PAGE: u64 = 50;
/// Characters of a comment that the list shows.
const SHORT: usize = 120;

/// A folder in the list.
struct FolderRow {
    folder: Folder,
    url: String,
    rename: String,
    delete: String,
}

/// A secret in the list.
struct Row {
    secret: Secret,
    url: String,
    /// Where its value is shown; none if the person may not read it.
    value: Option<String>,
    comment: String,
}

#[derive(Template)]
#[template(path = "projects/secrets/folder.html")]
struct Page {
    chrome: Chrome,
    spot: Spot,
    form: Form,
    search: String,
    crumbs: Vec<Crumb>,
    siblings: Vec<Crumb>,
    folders: Vec<FolderRow>,
    rows: Vec<Row>,
    imports: Option<Vec<Import>>,
    pager: Pager,
    is_there: bool,
    problem: Option<String>,
    may: May,
    now: Timestamp,
}

/// What the person may do in the folder.
#[expect(clippy::struct_excessive_bools, reason = "each is one permission")]
struct May {
    create_secret: bool,
    create_folder: bool,
    edit_folder: bool,
    delete_folder: bool,
    create_import: bool,
    edit_import: bool,
    delete_import: bool,
}

impl May {
    fn of(spot: &Spot) -> Self {
        Self {
            create_secret: spot.may_create(),
            create_folder: spot.may(project::FOLDER_CREATE),
            edit_folder: spot.may(project::FOLDER_EDIT),
            delete_folder: spot.may(project::FOLDER_DELETE),
            create_import: spot.may(project::IMPORT_CREATE),
            edit_import: spot.may(project::IMPORT_EDIT),
            delete_import: spot.may(project::IMPORT_DELETE),
        }
    }
}

impl Page {
    fn changed(&self, row: &Row) -> TimeElement {
        TimeElement(ago(row.secret.updated_at, self.now))
    }

    fn overview(&self) -> String {
        place::overview(&self.spot.frame, &self.spot.path)
    }

    /// Where this folder would be made, and its name.
    fn missing(&self) -> Option<(String, &str)> {
        let parent = self.spot.path.parent()?;
        Some((self.spot.folder_url(&["folders"], &parent), self.spot.path.name()?))
    }

    /// Environments to import from.
    fn environments(&self) -> Vec<(&str, &str)> {
        let all = &self.spot.frame.project.environments;
        all.iter().map(|one| (one.slug.as_str(), one.name.as_str())).collect()
    }
}

pub(super) async fn show(visit: Visit, parts: Parts, Query(asked): Query<Asked>) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    page(&visit, spot, &asked, StatusCode::OK, Form::default()).await
}

/// The page of a folder, perhaps with a form that was not accepted.
pub(super) async fn page(
    visit: &Visit,
    spot: Spot,
    asked: &Asked,
    status: StatusCode,
    form: Form,
) -> Result<Response, Trouble> {
    let (mut is_there, mut problem) = (true, None);
    let list = match reading::names(visit, &spot.frame, spot.slug(), &spot.path).await {
        Ok(list) => list,
        Err(refused) if refused.is_signed_out() => return Err(refused.into()),
        Err(refused) => {
            is_there = refused.status != StatusCode::NOT_FOUND;
            problem = is_there.then_some(refused.message);
            SecretList { secrets: Vec::new(), imports: Vec::new() }
        }
    };
    let search = asked.search.trim();
    let imports = if is_there { imports::list(visit, &spot, &list).await? } else { None };
    let (rows, pager) = secrets(&spot, list, search, asked.page);
    Ok(visit.show_as(
        status,
        &Page {
            chrome: spot.chrome(visit, "Secrets"),
            form,
            search: search.to_owned(),
            crumbs: spot.crumbs(),
            siblings: spot.siblings(),
            folders: folders(visit, &spot, search).await?,
            rows,
            imports,
            pager,
            is_there,
            problem,
            may: May::of(&spot),
            now: visit.now,
            spot,
        },
    ))
}

fn secrets(spot: &Spot, list: SecretList, search: &str, page: u64) -> (Vec<Row>, Pager) {
    let wanted = search.to_lowercase();
    let is_wanted = |one: &Secret| {
        one.r#type == SecretKind::Shared
            && (one.secret_key.to_lowercase().contains(&wanted)
                || one.tags.iter().any(|tag| tag.slug.contains(&wanted)))
    };
    let found: Vec<Secret> = list.secrets.into_iter().filter(is_wanted).collect();
    let others = [("path", place::short(&spot.path)), ("search", search)];
    let base = spot.frame.url(&["secrets", spot.slug()]);
    let pager = Pager::new(base, &others, page, PAGE).of(found.len() as u64);
    (pager.cut(found).into_iter().map(|secret| row(spot, secret)).collect(), pager)
}

fn row(spot: &Spot, secret: Secret) -> Row {
    let name = secret.secret_key.as_str();
    let may_read = spot.may_on(project::SECRET_READ_VALUE, name, &reading::tags(&secret));
    let comment = secret.secret_comment.reveal();
    let mut short: String = comment.chars().take(SHORT).collect();
    if short.len() < comment.len() {
        short.push('…');
    }
    Row {
        url: spot.secret_url("secret", name),
        value: may_read.then(|| spot.secret_url("value", name)),
        comment: short,
        secret,
    }
}

/// The folders in a folder, those whose name contains what is searched.
async fn folders(visit: &Visit, spot: &Spot, search: &str) -> Result<Vec<FolderRow>, Trouble> {
    let input = ListFolders {
        workspace_id: None,
        project_id: Some(spot.frame.id()),
        environment: spot.slug().to_owned(),
        path: Some(spot.path.as_str().to_owned()),
        directory: None,
        recursive: None,
        last_secret_modified: None,
    };
    let reply: FoldersReply = visit.find("/api/v2/folders", &input).await?;
    let wanted = search.to_lowercase();
    let found = reply.folders.into_iter().filter(|one| one.name.to_lowercase().contains(&wanted));
    Ok(found.filter_map(|folder| folder_row(spot, folder)).collect())
}

fn folder_row(spot: &Spot, folder: Folder) -> Option<FolderRow> {
    let path: SecretPath = spot.path.join(&FolderName::parse(&folder.name).ok()?).ok()?;
    Some(FolderRow {
        url: spot.folder_url(&[], &path),
        rename: spot.folder_url(&["folders", "rename"], &path),
        delete: spot.folder_url(&["folders", "delete"], &path),
        folder,
    })
}
