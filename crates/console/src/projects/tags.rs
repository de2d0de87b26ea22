//! `/projects/{id}/tags`.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use http::{Method, StatusCode};
use vouchsafe_api::tags::{CreateTag, Tag, TagList, TagReply, UpdateTag};
use vouchsafe_domain::id::TagId;
use vouchsafe_policy::project;

use super::frame::{Frame, Tab};
use crate::confirm::Loss;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{self, Chrome, Place};
use crate::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "projects/tags.html")]
struct Page {
    chrome: Chrome,
    frame: Frame,
    form: Form,
    rows: Vec<Tag>,
    may_create: bool,
    may_edit: bool,
    may_delete: bool,
}

impl Page {
    fn url(&self, tag: &Tag, part: &str) -> String {
        self.frame.url(&["tags", &tag.id.to_string(), part])
    }
}

async fn page(visit: &Visit, frame: Frame, status: StatusCode, form: Form) -> Result<Response, Trouble> {
    let rows = visit.get::<TagList>(&frame.api(&["tags"])).await?.tags;
    let page = Page {
        chrome: frame.chrome(visit, "Tags"),
        form,
        rows,
        may_create: frame.held.may(project::TAG_CREATE),
        may_edit: frame.held.may(project::TAG_EDIT),
        may_delete: frame.held.may(project::TAG_DELETE),
        frame,
    };
    Ok(visit.show_as(status, &page))
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Tags).await?;
    page(&visit, frame, StatusCode::OK, Form::default()).await
}

pub(super) async fn add(Path(id): Path<String>, Posted { visit, form }: Posted<Visit>) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Tags).await?;
    let (project_id, slug) = (frame.id(), form.text("slug").trim().to_owned());
    let input = CreateTag { project_id, slug, color: Some(form.text("color").to_owned()) };
    match visit.post::<TagReply>(&frame.api(&["tags"]), &input).await {
        Ok(_) => Ok(page::done(&visit.console.app, &frame.url(&["tags"]), "The tag was added.")),
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => page(&visit, frame, refused.status, form.refused(&refused)).await,
    }
}

async fn find(visit: &Visit, frame: &Frame, id: &str) -> Result<Tag, Trouble> {
    let id: TagId = id.parse().map_err(|_| Trouble::not_found())?;
    Ok(visit.get::<TagReply>(&frame.api(&["tags", &id.to_string()])).await?.tag)
}

#[derive(Template)]
#[template(path = "projects/tag.html")]
struct EditPage {
    chrome: Chrome,
    frame: Frame,
    form: Form,
    tag: Tag,
}

fn edit_page(visit: &Visit, frame: Frame, tag: Tag, form: Form) -> EditPage {
    EditPage { chrome: frame.chrome(visit, "Edit the tag"), frame, form, tag }
}

pub(super) async fn ask(visit: Visit, Path((id, tag)): Path<(String, String)>) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Tags).await?;
    let tag = find(&visit, &frame, &tag).await?;
    let form = Form::default().with("slug", tag.slug.as_str()).with("color", tag.color.as_str());
    Ok(visit.show(&edit_page(&visit, frame, tag, form)))
}

pub(super) async fn save(
    Path((id, tag)): Path<(String, String)>,
    Posted { visit, mut form }: Posted<Visit>,
) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Tags).await?;
    let tag = find(&visit, &frame, &tag).await?;
    if !form.has_all(&["slug"]) {
        return Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &edit_page(&visit, frame, tag, form)));
    }
    let input = UpdateTag {
        project_id: frame.id(),
        tag_id: tag.id,
        slug: Some(form.text("slug").trim().to_owned()),
        color: Some(form.text("color").to_owned()),
    };
    let route = frame.api(&["tags", &tag.id.to_string()]);
    match visit.send::<TagReply>(Method::PATCH, &route, &input).await {
        Ok(_) => Ok(page::done(&visit.console.app, &frame.url(&["tags"]), "The tag was changed.")),
        Err(refused) => {
            Ok(visit.show_as(refused.status, &edit_page(&visit, frame, tag, form.refused(&refused))))
        }
    }
}

/// Asks for the slug, and deletes once it was typed.
async fn losing(visit: &Visit, id: &str, tag: &str, typed: Option<Form>) -> Result<Response, Trouble> {
    let frame = Frame::open(visit, id, Tab::Tags).await?;
    let tag = find(visit, &frame, tag).await?;
    let text = tag.id.to_string();
    let (action, back) = (frame.url(&["tags", &text, "delete"]), frame.url(&["tags"]));
    let loss = Loss {
        title: "Delete the tag",
        place: Place::Projects,
        name: &tag.slug,
        consequence: "It is taken from all secrets. Rules of roles that name it no longer match them.",
        action: &action,
        back: &back,
    };
    let Some(form) = typed else { return Ok(loss.ask(visit)) };
    if let Err(again) = loss.confirmed(visit, form) {
        return Ok(*again);
    }
    visit.delete(&frame.api(&["tags", &text])).await?;
    Ok(page::done(&visit.console.app, &back, "The tag was deleted."))
}

pub(super) async fn ask_deletion(visit: Visit, Path((id, tag)): Path<(String, String)>) -> Shown {
    losing(&visit, &id, &tag, None).await
}

pub(super) async fn delete(
    Path((id, tag)): Path<(String, String)>,
    Posted { visit, form }: Posted<Visit>,
) -> Shown {
    losing(&visit, &id, &tag, Some(form)).await
}
