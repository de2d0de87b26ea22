//! `/roles/new` and `/roles/{id}/edit`.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use vouchsafe_api::roles::{NewRoleInput, RoleChangeInput};

use super::place::{Address, Place, Role, Verb};
use super::review;
use crate::api::Refused;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{self, Chrome};
use crate::rules::{Beyond, Edited, Editor, note};
use crate::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "roles/edit.html")]
struct Page<'a> {
    chrome: Chrome,
    form: Form,
    editor: Editor,
    beyond: Option<Beyond>,
    place: &'a Place,
    role: Option<&'a Role>,
}

/// A role that is made or changed, and what was typed.
pub(super) struct Editing {
    pub(super) visit: Visit,
    pub(super) place: Place,
    /// The role as it is; none while it is made.
    pub(super) role: Option<Role>,
    pub(super) form: Form,
    pub(super) edited: Edited,
}

impl Editing {
    /// Address of the form.
    pub(super) fn action(&self) -> String {
        match &self.role {
            Some(role) => format!("{}/edit", self.place.role_url(role)),
            None => format!("{}/new", self.place.url()),
        }
    }

    /// The rules as they are.
    pub(super) fn old(&self) -> &[Value] {
        self.role.as_ref().map_or(&[], |role| &role.permissions)
    }

    fn show(self) -> Response {
        self.show_as(StatusCode::OK, None)
    }

    fn show_as(self, status: StatusCode, beyond: Option<Beyond>) -> Response {
        let title = match &self.role {
            Some(role) => format!("Edit {}", role.name),
            None => "New role".to_owned(),
        };
        let page = Page {
            chrome: self.visit.chrome(&title, self.place.part()),
            editor: Editor::of(self.place.level(), &self.edited, &self.form, self.action()),
            form: self.form,
            beyond,
            place: &self.place,
            role: self.role.as_ref(),
        };
        self.visit.show_as(status, &page)
    }

    /// The page again, with what the API did not accept.
    pub(super) async fn refused(mut self, refused: Refused) -> Shown {
        if refused.is_signed_out() {
            return Err(refused.into());
        }
        let beyond = self.beyond(&refused).await;
        self.form = self.form.refused(&refused);
        Ok(self.show_as(refused.status, beyond))
    }

    /// What a refusal says is beyond what the person holds.
    pub(super) async fn beyond(&self, refused: &Refused) -> Option<Beyond> {
        Beyond::of(&self.visit, refused, self.place.may(&self.visit, Verb::Explain)).await
    }

    /// The rules as they would be stored, or the page with what is wrong with the role.
    fn checked(mut self) -> Result<(Self, Vec<Value>), Box<Response>> {
        let is_named = self.role.is_none() || self.form.has_all(&["name", "slug"]);
        match self.edited.checked(self.place.level(), self.old()) {
            Ok(rules) if is_named => return Ok((self, rules)),
            Ok(_) => {}
            Err(problems) => note(&mut self.form, problems),
        }
        Err(Box::new(self.show_as(StatusCode::UNPROCESSABLE_ENTITY, None)))
    }

    /// What a button of the form of rules does.
    fn press(mut self, button: &str) -> Response {
        self.edited = self.edited.change(self.place.level(), button, &mut self.form);
        let is_refused = self.form.is_refused();
        let status = if is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        self.show_as(status, None)
    }

    /// What the role would be changed to.
    pub(super) fn change(&self, role: &Role, rules: Vec<Value>) -> RoleChangeInput {
        let slug = self.form.text("slug").trim();
        RoleChangeInput {
            slug: Some(slug.to_owned()).filter(|slug| *slug != role.slug),
            name: Some(self.form.text("name").trim().to_owned()),
            description: Some(self.form.given("description").map(str::to_owned)),
            permissions: Some(rules),
        }
    }
}

/// The address of a new role.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// Slug of a role to begin with.
    #[serde(default)]
    from: String,
}

/// A page to which nobody comes who may not use it; whoever does is told by the API.
pub(super) async fn ask_new(visit: Visit, Path(address): Path<Address>, Query(asked): Query<Asked>) -> Shown {
    let place = Place::of(&visit, &address).await?;
    let rules = match asked.from.as_str() {
        "" => Vec::new(),
        slug => place.by_slug(&visit, slug).await?.permissions,
    };
    let edited = Edited::of(&rules);
    Ok(Editing { visit, place, role: None, form: Form::default(), edited }.show())
}

pub(super) async fn take_new(Path(address): Path<Address>, posted: Posted<Visit>) -> Shown {
    let Posted { visit, form } = posted;
    let place = Place::of(&visit, &address).await?;
    let (edited, button) = (Edited::read(&form), form.text("do").to_owned());
    let editing = Editing { visit, place, role: None, form, edited };
    if button != "save" {
        return Ok(editing.press(&button));
    }
    let (editing, permissions) = match editing.checked() {
        Ok(checked) => checked,
        Err(page) => return Ok(*page),
    };
    let input = NewRoleInput {
        slug: editing.form.text("slug").trim().to_owned(),
        name: editing.form.text("name").trim().to_owned(),
        description: editing.form.given("description").map(str::to_owned),
        permissions,
    };
    match editing.place.create(&editing.visit, &input).await {
        Ok(role) => {
            let notice = format!("The role {} is made", role.name);
            Ok(page::done(&editing.visit.console.app, &editing.place.role_url(&role), &notice))
        }
        Err(refused) => editing.refused(refused).await,
    }
}

/// The place and the role of an address, if the role can be changed.
async fn own(visit: &Visit, address: &Address) -> Result<(Place, Role), Trouble> {
    let (place, role) = Place::with_role(visit, address).await?;
    if role.is_built_in { Err(Trouble::not_found()) } else { Ok((place, role)) }
}

pub(super) async fn ask(visit: Visit, Path(address): Path<Address>) -> Shown {
    let (place, role) = own(&visit, &address).await?;
    let form = Form::default()
        .with("name", role.name.as_str())
        .with("slug", role.slug.as_str())
        .with("description", role.description.as_str());
    let edited = Edited::of(&role.permissions);
    Ok(Editing { visit, place, role: Some(role), form, edited }.show())
}

pub(super) async fn take(Path(address): Path<Address>, posted: Posted<Visit>) -> Shown {
    let Posted { visit, form } = posted;
    let (place, role) = own(&visit, &address).await?;
    let (edited, button) = (Edited::read(&form), form.text("do").to_owned());
    let editing = Editing { visit, place, role: Some(role), form, edited };
    if !matches!(button.as_str(), "review" | "more" | "save") {
        return Ok(editing.press(&button));
    }
    let (editing, rules) = match editing.checked() {
        Ok(checked) => checked,
        Err(page) => return Ok(*page),
    };
    if button == "save" {
        review::save(editing, rules).await
    } else {
        review::show(editing, rules, review::Said::Nothing).await
    }
}
