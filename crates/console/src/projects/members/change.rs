//! Changing the roles of a member, and removing one.

use askama::Template;
use axum::extract::Path;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::kind::Kind;
use super::reading::{self, Member};
use super::roles::{self, Rows};
use crate::confirm::Loss;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{self, Chrome, Place};
use crate::projects::frame::{Frame, Tab};
use crate::visit::{Posted, Visit};

/// Project, kind and member, as they stand in the address.
type Parts = Path<(String, String, String)>;

/// A member of a project.
struct Target {
    frame: Frame,
    kind: Kind,
    member: Member,
}

impl Target {
    async fn open(visit: &Visit, Path((id, kind, member)): &Parts) -> Result<Self, Trouble> {
        let kind = Kind::read(kind)?;
        let frame = Frame::open(visit, id, Tab::Members).await?;
        let member = reading::one(visit, &frame, kind, member).await?;
        Ok(Self { frame, kind, member })
    }

    fn route(&self) -> String {
        self.kind.route(&self.frame, &self.member.id)
    }

    fn url(&self, part: &str) -> String {
        self.frame.url(&["members", self.kind.slug(), part, &self.member.id])
    }

    fn back(&self) -> String {
        self.kind.url(&self.frame)
    }
}

#[derive(Template)]
#[template(path = "projects/members/edit.html")]
struct Page {
    chrome: Chrome,
    frame: Frame,
    member: Member,
    form: Form,
    roles: Rows,
    action: String,
    back: String,
}

fn page(visit: &Visit, target: Target, roles: Rows, form: Form) -> Page {
    let (action, back) = (target.url("edit"), target.back());
    let Target { frame, member, .. } = target;
    let chrome = frame.chrome(visit, &format!("Roles of {}", member.name));
    Page { chrome, frame, member, form, roles, action, back }
}

pub(super) async fn ask(visit: Visit, parts: Parts) -> Shown {
    let target = Target::open(&visit, &parts).await?;
    let roles = roles::rows(&visit, &target.frame, &target.member.roles).await?;
    Ok(visit.show(&page(&visit, target, roles, Form::default())))
}

pub(super) async fn save(parts: Parts, Posted { visit, mut form }: Posted<Visit>) -> Shown {
    let target = Target::open(&visit, &parts).await?;
    roles::check(&mut form);
    if form.is_refused() {
        return again(&visit, target, StatusCode::UNPROCESSABLE_ENTITY, form).await;
    }
    let input = json!({ "roles": roles::given(&form, visit.now) });
    match visit.send::<Value>(Method::PATCH, &target.route(), &input).await {
        Ok(_) => Ok(page::done(&visit.console.app, &target.back(), "The roles were changed.")),
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => again(&visit, target, refused.status, form.refused(&refused)).await,
    }
}

/// The page with what was filled in and not accepted.
async fn again(visit: &Visit, target: Target, status: StatusCode, form: Form) -> Shown {
    let rows = roles::rows(visit, &target.frame, &target.member.roles).await?;
    let rows = roles::again(rows, &form);
    Ok(visit.show_as(status, &page(visit, target, rows, form)))
}

fn loss<'l>(target: &'l Target, action: &'l str, back: &'l str) -> Loss<'l> {
    Loss {
        title: "Remove from the project",
        place: Place::Projects,
        name: &target.member.name,
        consequence: "All its roles and additional privileges in this project end at once.",
        action,
        back,
    }
}

pub(super) async fn ask_removal(visit: Visit, parts: Parts) -> Shown {
    let target = Target::open(&visit, &parts).await?;
    Ok(loss(&target, &target.url("remove"), &target.back()).ask(&visit))
}

pub(super) async fn remove(parts: Parts, Posted { visit, form }: Posted<Visit>) -> Shown {
    let target = Target::open(&visit, &parts).await?;
    let (action, back) = (target.url("remove"), target.back());
    if let Err(again) = loss(&target, &action, &back).confirmed(&visit, form) {
        return Ok(*again);
    }
    visit.delete(&target.route()).await?;
    let notice = format!("{} is no member any more.", target.member.name);
    Ok(page::done(&visit.console.app, &back, &notice))
}
