//! `/projects/{id}/settings`: name, description, protection, and the end of the project.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use http::{Method, StatusCode};
use vouchsafe_api::projects::{ProjectReply, UpdateProject};
use vouchsafe_policy::project;

use super::frame::{Frame, Tab};
use crate::confirm::Loss;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{self, Chrome, Place};
use crate::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "projects/settings.html")]
struct Page {
    chrome: Chrome,
    frame: Frame,
    form: Form,
    may_edit: bool,
    /// Whether the person may change what is for administrators of the project.
    may_administer: bool,
    may_delete: bool,
}

impl Page {
    fn of(visit: &Visit, frame: Frame, form: Form) -> Self {
        Self {
            chrome: frame.chrome(visit, "Settings"),
            form,
            may_edit: frame.held.may(project::SETTINGS_EDIT),
            may_administer: frame.held.may(project::WORKSPACE_EDIT),
            may_delete: frame.held.may(project::WORKSPACE_DELETE),
            frame,
        }
    }
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Settings).await?;
    let project = &frame.project;
    let mut form = Form::default()
        .with("name", project.name.as_str())
        .with("slug", project.slug.as_str())
        .with("description", project.description.as_str())
        .with("pitVersionLimit", project.pit_version_limit.to_string());
    if project.has_delete_protection {
        form = form.with("hasDeleteProtection", "true");
    }
    if project.auto_capitalization {
        form = form.with("autoCapitalization", "true");
    }
    Ok(visit.show(&Page::of(&visit, frame, form)))
}

pub(super) async fn save(Path(id): Path<String>, Posted { visit, mut form }: Posted<Visit>) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Settings).await?;
    if !is_whole(&frame, &mut form) {
        return Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &Page::of(&visit, frame, form)));
    }
    let input = input(&frame, &form);
    match visit.send::<ProjectReply>(Method::PATCH, &frame.api(&[]), &input).await {
        Ok(_) => Ok(page::done(&visit.console.app, &frame.url(&["settings"]), "The project was changed.")),
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => Ok(visit.show_as(refused.status, &Page::of(&visit, frame, form.refused(&refused)))),
    }
}

/// Whether nothing is missing; notes what is. The slug is there for those who may change it.
fn is_whole(frame: &Frame, form: &mut Form) -> bool {
    let fields: &[&str] = if frame.held.may(project::WORKSPACE_EDIT) { &["name", "slug"] } else { &["name"] };
    let is_number = form.text("pitVersionLimit").trim().parse::<i64>().is_ok();
    if !is_number {
        form.refuse("pitVersionLimit", "Expected a whole number");
    }
    form.has_all(fields) && is_number
}

/// What the form changes. What only administrators may change is named only if it is another than before.
fn input(frame: &Frame, form: &Form) -> UpdateProject {
    let before = &frame.project;
    let is_protected = form.is_on("hasDeleteProtection");
    let limit = form.text("pitVersionLimit").trim().parse().ok();
    UpdateProject {
        project_id: frame.id(),
        name: Some(form.text("name").to_owned()),
        description: Some(form.text("description").to_owned()),
        slug: form.given("slug").filter(|slug| *slug != before.slug).map(str::to_owned),
        auto_capitalization: Some(form.is_on("autoCapitalization")),
        has_delete_protection: (is_protected != before.has_delete_protection).then_some(is_protected),
        secret_sharing: None,
        show_snapshots_legacy: None,
        secret_detection_ignore_values: None,
        pit_version_limit: limit.filter(|limit| *limit != before.pit_version_limit),
        enforce_encrypted_secret_manager_secret_metadata: None,
    }
}

/// Asks for the name, and deletes once it was typed.
async fn losing(visit: &Visit, id: &str, typed: Option<Form>) -> Result<Response, Trouble> {
    let frame = Frame::open(visit, id, Tab::Settings).await?;
    let (action, back) = (frame.url(&["delete"]), frame.url(&["settings"]));
    let loss = Loss {
        title: "Delete the project",
        place: Place::Projects,
        name: &frame.project.name,
        consequence: "All its environments, secrets and versions, its roles and memberships, and the identities that it \
                      manages are deleted with it. This cannot be undone.",
        action: &action,
        back: &back,
    };
    let Some(form) = typed else { return Ok(loss.ask(visit)) };
    if let Err(again) = loss.confirmed(visit, form) {
        return Ok(*again);
    }
    visit.delete(&frame.api(&[])).await?;
    Ok(page::done(&visit.console.app, "/projects", "The project was deleted."))
}

pub(super) async fn ask_deletion(visit: Visit, Path(id): Path<String>) -> Shown {
    losing(&visit, &id, None).await
}

pub(super) async fn delete(Path(id): Path<String>, Posted { visit, form }: Posted<Visit>) -> Shown {
    losing(&visit, &id, Some(form)).await
}
