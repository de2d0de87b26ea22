//! Giving a privilege, and changing one.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;
use serde_json::Value;
use vouchsafe_api::privileges::{Privilege, PrivilegeTime, UpdatePrivilege};
use vouchsafe_policy::Level;

use super::holder::{Address, Holder};
use super::{review, time};
use crate::api::Refused;
use crate::errors::Shown;
use crate::form::Form;
use crate::page::{self, Chrome};
use crate::projects::frame::Frame;
use crate::rules::{Beyond, Edited, Editor, note};
use crate::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "projects/privileges/edit.html")]
struct Page<'a> {
    chrome: Chrome,
    frame: &'a Frame,
    holder: &'a Holder,
    title: String,
    is_new: bool,
    form: Form,
    editor: Editor,
    beyond: Option<Beyond>,
    back: String,
}

/// A privilege that is given or changed, and what was typed.
pub(super) struct Editing {
    pub(super) visit: Visit,
    pub(super) holder: Holder,
    /// The privilege as it is; none while it is given.
    pub(super) privilege: Option<Privilege>,
    pub(super) form: Form,
    pub(super) edited: Edited,
}

impl Editing {
    fn new(visit: Visit, holder: Holder, privilege: Option<Privilege>, form: Form) -> Self {
        let edited = Edited::read(&form);
        Self { visit, holder, privilege, form, edited }
    }

    /// Address of the page that one comes from.
    pub(super) fn back(&self) -> String {
        match &self.privilege {
            Some(privilege) => self.holder.url(&[&privilege.id.to_string()]),
            None => self.holder.url(&[]),
        }
    }

    /// Address of the form.
    pub(super) fn action(&self) -> String {
        format!("{}/{}", self.back(), if self.privilege.is_some() { "edit" } else { "new" })
    }

    fn show_as(self, status: StatusCode, beyond: Option<Beyond>) -> Response {
        let title = match &self.privilege {
            Some(privilege) => format!("Change {}", privilege.slug),
            None => "New privilege".to_owned(),
        };
        let page = Page {
            chrome: self.holder.chrome(&self.visit, &title),
            frame: &self.holder.frame,
            holder: &self.holder,
            title,
            is_new: self.privilege.is_none(),
            editor: Editor::of(Level::Project, &self.edited, &self.form, self.action()),
            back: self.back(),
            form: self.form,
            beyond,
        };
        self.visit.show_as(status, &page)
    }

    /// The page again, with what the API did not accept.
    pub(super) async fn refused(mut self, refused: Refused) -> Shown {
        if refused.is_signed_out() {
            return Err(refused.into());
        }
        let beyond = self.holder.beyond(&self.visit, &refused).await;
        self.form = self.form.refused(&refused);
        Ok(self.show_as(refused.status, beyond))
    }

    /// The rules as they would be stored and the time, or the page with what is wrong with them.
    fn checked(mut self) -> Result<(Self, Vec<Value>, PrivilegeTime), Box<Response>> {
        let old = self.privilege.as_ref();
        let time = time::read(&mut self.form, old, self.visit.now);
        if old.is_some() && self.form.given("slug").is_none() {
            self.form.refuse("slug", "Expected a slug");
        }
        let old_rules = old.and_then(|old| old.permissions.as_deref()).unwrap_or_default();
        match self.edited.checked(Level::Project, old_rules) {
            Ok(rules) if !self.form.is_refused() => return Ok((self, rules, time)),
            Ok(_) => {}
            Err(problems) => note(&mut self.form, problems),
        }
        Err(Box::new(self.show_as(StatusCode::UNPROCESSABLE_ENTITY, None)))
    }

    /// What a button of the form of rules does.
    fn press(mut self, button: &str) -> Response {
        self.edited = self.edited.change(Level::Project, button, &mut self.form);
        let is_refused = self.form.is_refused();
        let status = if is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        self.show_as(status, None)
    }

    /// What the privilege would be changed to.
    pub(super) fn change(
        &self,
        privilege: &Privilege,
        rules: Vec<Value>,
        time: PrivilegeTime,
    ) -> UpdatePrivilege {
        let slug = self.form.given("slug").map(str::to_owned);
        UpdatePrivilege {
            privilege_id: privilege.id,
            slug: slug.filter(|slug| *slug != privilege.slug),
            permissions: Some(rules),
            time: Some(time),
        }
    }
}

/// A page to which nobody comes who may not use it; whoever does is told by the API.
pub(super) async fn ask_new(visit: Visit, Path(address): Path<Address>) -> Shown {
    let holder = Holder::open(&visit, &address).await?;
    Ok(Editing::new(visit, holder, None, Form::default()).show_as(StatusCode::OK, None))
}

pub(super) async fn take_new(Path(address): Path<Address>, posted: Posted<Visit>) -> Shown {
    let Posted { visit, form } = posted;
    let holder = Holder::open(&visit, &address).await?;
    let button = form.text("do").to_owned();
    let editing = Editing::new(visit, holder, None, form);
    if button != "save" {
        return Ok(editing.press(&button));
    }
    let (editing, rules, time) = match editing.checked() {
        Ok(checked) => checked,
        Err(page) => return Ok(*page),
    };
    let Editing { visit, holder, form, .. } = &editing;
    match holder.give(visit, form.given("slug"), rules, &time).await {
        Ok(privilege) => {
            let notice = format!("The privilege {} is given", privilege.slug);
            Ok(page::done(&visit.console.app, &holder.url(&[]), &notice))
        }
        Err(refused) => editing.refused(refused).await,
    }
}

pub(super) async fn ask(visit: Visit, Path(address): Path<Address>) -> Shown {
    let (holder, privilege) = Holder::with_privilege(&visit, &address).await?;
    let form = time::fill(Form::default().with("slug", privilege.slug.as_str()), &privilege);
    let edited = Edited::of(privilege.permissions.as_deref().unwrap_or_default());
    let editing = Editing { visit, holder, privilege: Some(privilege), form, edited };
    Ok(editing.show_as(StatusCode::OK, None))
}

pub(super) async fn take(Path(address): Path<Address>, posted: Posted<Visit>) -> Shown {
    let Posted { visit, form } = posted;
    let (holder, privilege) = Holder::with_privilege(&visit, &address).await?;
    let button = form.text("do").to_owned();
    let editing = Editing::new(visit, holder, Some(privilege), form);
    if !matches!(button.as_str(), "review" | "save") {
        return Ok(editing.press(&button));
    }
    let (editing, rules, time) = match editing.checked() {
        Ok(checked) => checked,
        Err(page) => return Ok(*page),
    };
    if button == "save" {
        review::save(editing, rules, time).await
    } else {
        review::show(editing, &rules, time, review::Said::Nothing).await
    }
}
