//! `/projects/{id}/environments`: add, change, reorder, delete.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::Value;
use vouchsafe_api::environments::{CreateEnvironment, UpdateEnvironment};
use vouchsafe_api::projects::EnvironmentSummary;
use vouchsafe_domain::id::EnvironmentId;
use vouchsafe_policy::project;

use super::frame::{Frame, Tab};
use crate::confirm::Loss;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{self, Chrome, Place};
use crate::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "projects/environments.html")]
struct Page {
    chrome: Chrome,
    frame: Frame,
    form: Form,
    may_create: bool,
    may_edit: bool,
    may_delete: bool,
}

impl Page {
    fn of(visit: &Visit, frame: Frame, form: Form) -> Self {
        Self {
            chrome: frame.chrome(visit, "Environments"),
            form,
            may_create: frame.held.may(project::ENVIRONMENT_CREATE),
            may_edit: frame.held.may(project::ENVIRONMENT_EDIT),
            may_delete: frame.held.may(project::ENVIRONMENT_DELETE),
            frame,
        }
    }

    fn url(&self, one: &EnvironmentSummary, part: &str) -> String {
        self.frame.url(&["environments", &one.id.to_string(), part])
    }

    fn secrets(&self, one: &EnvironmentSummary) -> String {
        self.frame.url(&["secrets", &one.slug])
    }
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Environments).await?;
    Ok(visit.show(&Page::of(&visit, frame, Form::default())))
}

pub(super) async fn add(Path(id): Path<String>, Posted { visit, form }: Posted<Visit>) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Environments).await?;
    let input = CreateEnvironment {
        project_id: frame.id(),
        name: form.text("name").to_owned(),
        slug: form.text("slug").trim().to_owned(),
        position: None,
    };
    let made = visit.post::<Value>(&frame.api(&["environments"]), &input).await;
    answer(&visit, frame, form, made, "The environment was added.")
}

/// Goes back to the list, or shows it with what was refused.
fn answer(
    visit: &Visit,
    frame: Frame,
    form: Form,
    outcome: Result<Value, crate::api::Refused>,
    notice: &str,
) -> Shown {
    match outcome {
        Ok(_) => Ok(page::done(&visit.console.app, &frame.url(&["environments"]), notice)),
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => Ok(visit.show_as(refused.status, &Page::of(visit, frame, form.refused(&refused)))),
    }
}

/// An environment of the project, and its place from 1.
fn find(frame: &Frame, id: &str) -> Result<(EnvironmentSummary, usize), Trouble> {
    let id: EnvironmentId = id.parse().map_err(|_| Trouble::not_found())?;
    let at = frame.project.environments.iter().position(|one| one.id == id).ok_or_else(Trouble::not_found)?;
    Ok((frame.project.environments[at].clone(), at + 1))
}

fn change(frame: &Frame, env_id: EnvironmentId) -> UpdateEnvironment {
    UpdateEnvironment { project_id: frame.id(), env_id, name: None, slug: None, position: None }
}

pub(super) async fn reorder(
    Path((id, environment)): Path<(String, String)>,
    Posted { visit, form }: Posted<Visit>,
) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Environments).await?;
    let (one, _) = find(&frame, &environment)?;
    let input = UpdateEnvironment { position: form.text("position").parse().ok(), ..change(&frame, one.id) };
    let route = frame.api(&["environments", &environment]);
    let moved = visit.send::<Value>(Method::PATCH, &route, &input).await;
    answer(&visit, frame, form, moved, "The environments have a new order.")
}

#[derive(Template)]
#[template(path = "projects/environment.html")]
struct EditPage {
    chrome: Chrome,
    frame: Frame,
    form: Form,
    environment: EnvironmentSummary,
}

fn edit_page(visit: &Visit, frame: Frame, environment: EnvironmentSummary, form: Form) -> EditPage {
    EditPage { chrome: frame.chrome(visit, "Edit the environment"), frame, form, environment }
}

pub(super) async fn ask(visit: Visit, Path((id, environment)): Path<(String, String)>) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Environments).await?;
    let (one, _) = find(&frame, &environment)?;
    let form = Form::default().with("name", one.name.as_str()).with("slug", one.slug.as_str());
    Ok(visit.show(&edit_page(&visit, frame, one, form)))
}

pub(super) async fn save(
    Path((id, environment)): Path<(String, String)>,
    Posted { visit, mut form }: Posted<Visit>,
) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Environments).await?;
    let (one, _) = find(&frame, &environment)?;
    if !form.has_all(&["name", "slug"]) {
        return Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &edit_page(&visit, frame, one, form)));
    }
    let input = UpdateEnvironment {
        name: Some(form.text("name").to_owned()),
        slug: Some(form.text("slug").trim().to_owned()),
        ..change(&frame, one.id)
    };
    let route = frame.api(&["environments", &environment]);
    match visit.send::<Value>(Method::PATCH, &route, &input).await {
        Ok(_) => {
            Ok(page::done(&visit.console.app, &frame.url(&["environments"]), "The environment was changed."))
        }
        Err(refused) => {
            Ok(visit.show_as(refused.status, &edit_page(&visit, frame, one, form.refused(&refused))))
        }
    }
}

/// Asks for the name, and deletes once it was typed.
async fn losing(
    visit: &Visit,
    id: &str,
    environment: &str,
    typed: Option<Form>,
) -> Result<Response, Trouble> {
    let frame = Frame::open(visit, id, Tab::Environments).await?;
    let (one, _) = find(&frame, environment)?;
    let (action, back) = (frame.url(&["environments", environment, "delete"]), frame.url(&["environments"]));
    let loss = Loss {
        title: "Delete the environment",
        place: Place::Projects,
        name: &one.slug,
        consequence: "All its secrets, folders and imports are deleted with it. This cannot be undone.",
        action: &action,
        back: &back,
    };
    let Some(form) = typed else { return Ok(loss.ask(visit)) };
    if let Err(again) = loss.confirmed(visit, form) {
        return Ok(*again);
    }
    visit.delete(&frame.api(&["environments", environment])).await?;
    Ok(page::done(&visit.console.app, &back, "The environment was deleted."))
}

pub(super) async fn ask_deletion(visit: Visit, Path((id, environment)): Path<(String, String)>) -> Shown {
    losing(&visit, &id, &environment, None).await
}

pub(super) async fn delete(
    Path((id, environment)): Path<(String, String)>,
    Posted { visit, form }: Posted<Visit>,
) -> Shown {
    losing(&visit, &id, &environment, Some(form)).await
}
