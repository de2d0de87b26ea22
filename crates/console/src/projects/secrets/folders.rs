//! Folders: make, rename, delete.

use askama::Template;
use axum::extract::Query;
use http::Method;
use vouchsafe_api::folders::{CreateFolder, DeleteFolder, FolderReply, UpdateFolder};
use vouchsafe_domain::path::SecretPath;

use super::folder;
use super::spot::{Asked, Parts, Spot};
use crate::api::path;
use crate::confirm::Loss;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{self, Chrome, Place};
use crate::visit::{Posted, Visit};

/// Makes a folder in the folder of the address.
pub(super) async fn make(
    parts: Parts,
    Query(asked): Query<Asked>,
    Posted { visit, form }: Posted<Visit>,
) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let input = CreateFolder {
        workspace_id: None,
        project_id: Some(spot.frame.id()),
        environment: spot.slug().to_owned(),
        path: Some(spot.path.as_str().to_owned()),
        directory: None,
        name: form.text("name").to_owned(),
        description: form.given("description").map(str::to_owned),
    };
    match visit.post::<FolderReply>("/api/v2/folders", &input).await {
        Ok(made) => {
            let inside = crate::projects::place::read(&made.folder.path)?;
            let notice = format!("The folder {} is there.", made.folder.path);
            Ok(page::done(&visit.console.app, &spot.folder_url(&[], &inside), &notice))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => folder::page(&visit, spot, &asked, refused.status, form.refused(&refused)).await,
    }
}

/// The folder of the address, seen from the folder that it is in.
struct Named {
    spot: Spot,
    parent: SecretPath,
    name: String,
}

impl Named {
    async fn open(visit: &Visit, parts: &Parts, asked: &Asked) -> Result<Self, Trouble> {
        let spot = Spot::open(visit, parts, asked).await?;
        let parent = spot.path.parent().ok_or_else(Trouble::not_found)?;
        let name = spot.path.name().unwrap_or_default().to_owned();
        Ok(Self { spot, parent, name })
    }

    fn back(&self) -> String {
        self.spot.folder_url(&[], &self.parent)
    }

    fn route(&self) -> String {
        path(&["api", "v2", "folders", &self.name])
    }
}

#[derive(Template)]
#[template(path = "projects/secrets/rename.html")]
struct Page {
    chrome: Chrome,
    named: Named,
    form: Form,
    back: String,
}

impl Page {
    fn of(visit: &Visit, named: Named, form: Form) -> Self {
        let (chrome, back) = (named.spot.chrome(visit, "Rename the folder"), named.back());
        Self { chrome, named, form, back }
    }
}

pub(super) async fn ask_name(visit: Visit, parts: Parts, Query(asked): Query<Asked>) -> Shown {
    let named = Named::open(&visit, &parts, &asked).await?;
    let form = Form::default().with("name", named.name.as_str());
    Ok(visit.show(&Page::of(&visit, named, form)))
}

pub(super) async fn rename(
    parts: Parts,
    Query(asked): Query<Asked>,
    Posted { visit, form }: Posted<Visit>,
) -> Shown {
    let named = Named::open(&visit, &parts, &asked).await?;
    let input = UpdateFolder {
        workspace_id: None,
        project_id: Some(named.spot.frame.id()),
        environment: named.spot.slug().to_owned(),
        path: Some(named.parent.as_str().to_owned()),
        directory: None,
        folder_id: named.name.clone(),
        name: form.text("name").to_owned(),
        description: None,
    };
    match visit.send::<FolderReply>(Method::PATCH, &named.route(), &input).await {
        Ok(_) => Ok(page::done(&visit.console.app, &named.back(), "The folder has a new name.")),
        Err(refused) => Ok(visit.show_as(refused.status, &Page::of(&visit, named, form.refused(&refused)))),
    }
}

fn loss<'l>(named: &'l Named, action: &'l str, back: &'l str) -> Loss<'l> {
    Loss {
        title: "Delete the folder",
        place: Place::Projects,
        name: &named.name,
        consequence: "All secrets, versions, folders and imports in it are deleted with it. This cannot be undone.",
        action,
        back,
    }
}

pub(super) async fn ask_deletion(visit: Visit, parts: Parts, Query(asked): Query<Asked>) -> Shown {
    let named = Named::open(&visit, &parts, &asked).await?;
    Ok(loss(&named, &named.spot.url(&["folders", "delete"]), &named.back()).ask(&visit))
}

pub(super) async fn delete(
    parts: Parts,
    Query(asked): Query<Asked>,
    Posted { visit, form }: Posted<Visit>,
) -> Shown {
    let named = Named::open(&visit, &parts, &asked).await?;
    let (action, back) = (named.spot.url(&["folders", "delete"]), named.back());
    if let Err(again) = loss(&named, &action, &back).confirmed(&visit, form) {
        return Ok(*again);
    }
    let input = DeleteFolder {
        workspace_id: None,
        project_id: Some(named.spot.frame.id()),
        environment: named.spot.slug().to_owned(),
        path: Some(named.parent.as_str().to_owned()),
        directory: None,
        folder_id: named.name.clone(),
        force_delete: Some(true),
    };
    visit.send::<FolderReply>(Method::DELETE, &named.route(), &input).await?;
    Ok(page::done(&visit.console.app, &back, "The folder was deleted."))
}
