//! `/people/{membershipId}`: one person, changed and removed.

use askama::Template;
use axum::extract::Path;
use http::{Method, StatusCode};
use serde_json::json;
use vouchsafe_api::org_members::{OrgMembership, OrgMembershipReply};
use vouchsafe_policy::org;

use super::{memberships, roles};
use crate::api::{Refused, path};
use crate::confirm::Loss;
use crate::errors::Shown;
use crate::form::Form;
use crate::page::{Chrome, Place, done};
use crate::time::{TimeElement, ago};
use crate::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "people/member.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    member: OrgMembership,
    roles: Vec<(String, String)>,
    since: TimeElement,
    may_change: bool,
    may_remove: bool,
    may_invite: bool,
    is_self: bool,
}

fn one(visit: &Visit, id: &str) -> String {
    format!("{}{}", memberships(visit), path(&[id]))
}

async fn read(visit: &Visit, id: &str) -> Result<OrgMembership, Refused> {
    Ok(visit.get::<OrgMembershipReply>(&one(visit, id)).await?.membership)
}

/// What to call somebody: the name, or the address of who has none yet.
fn called(member: &OrgMembership) -> String {
    let name = format!("{} {}", member.user.first_name, member.user.last_name);
    let name = name.trim();
    if name.is_empty() { member.user.email.clone() } else { name.to_owned() }
}

async fn page(visit: &Visit, status: StatusCode, member: OrgMembership, form: Option<Form>) -> Shown {
    let known = || {
        let form = Form::default().with("role", member.role.as_str());
        if member.is_active { form.with("isActive", "true") } else { form }
    };
    let may_change = visit.may(org::MEMBER_EDIT);
    Ok(visit.show_as(
        status,
        &Page {
            chrome: visit.chrome(&called(&member), Place::People),
            form: form.unwrap_or_else(known),
            roles: if may_change { roles::choices(visit, &member.role).await? } else { Vec::new() },
            since: TimeElement(ago(member.created_at, visit.now)),
            may_change,
            may_remove: visit.may(org::MEMBER_DELETE),
            may_invite: visit.may(org::MEMBER_CREATE) && member.status == "invited",
            is_self: visit.user().is_some_and(|user| user.id == member.user_id),
            member,
        },
    ))
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Shown {
    let member = read(&visit, &id).await?;
    page(&visit, StatusCode::OK, member, None).await
}

pub(super) async fn change(Path(id): Path<String>, Posted { visit, form }: Posted<Visit>) -> Shown {
    let target = one(&visit, &id);
    let body = json!({ "role": form.text("role"), "isActive": form.is_on("isActive") });
    match visit.send::<OrgMembershipReply>(Method::PATCH, &target, &body).await {
        Ok(reply) => {
            let notice = format!("{} is changed.", called(&reply.membership));
            Ok(done(&visit.console.app, &format!("/people{}", path(&[&id])), &notice))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => {
            let member = read(&visit, &id).await?;
            page(&visit, refused.status, member, Some(form.refused(&refused))).await
        }
    }
}

/// What a removal asks for, with the texts that it refers to.
struct Removal {
    email: String,
    is_invited: bool,
    here: String,
    action: String,
}

impl Removal {
    async fn of(visit: &Visit, id: &str) -> Result<Self, Refused> {
        let member = read(visit, id).await?;
        let here = format!("/people{}", path(&[id]));
        let action = format!("{here}/remove");
        Ok(Self { email: member.user.email, is_invited: member.status == "invited", here, action })
    }

    fn loss(&self) -> Loss<'_> {
        let (title, consequence) = if self.is_invited {
            ("Withdraw the invitation", "The link that was handed over does not work any more.")
        } else {
            (
                "Remove from the organization",
                "The person loses every role in the organization, its projects and its groups. The account stays, and \
                 what the person did stays in the audit trail.",
            )
        };
        let (name, action, back) = (self.email.as_str(), self.action.as_str(), self.here.as_str());
        Loss { title, place: Place::People, name, consequence, action, back }
    }
}

pub(super) async fn ask_removal(visit: Visit, Path(id): Path<String>) -> Shown {
    Ok(Removal::of(&visit, &id).await?.loss().ask(&visit))
}

pub(super) async fn remove(Path(id): Path<String>, Posted { visit, form }: Posted<Visit>) -> Shown {
    let removal = Removal::of(&visit, &id).await?;
    if let Err(again) = removal.loss().confirmed(&visit, form) {
        return Ok(*again);
    }
    match visit.delete(&one(&visit, &id)).await {
        Ok(()) => Ok(done(&visit.console.app, "/people", &format!("{} is removed.", removal.email))),
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => {
            let member = read(&visit, &id).await?;
            let form = Form::default().with("role", member.role.as_str()).refused(&refused);
            let form = if member.is_active { form.with("isActive", "true") } else { form };
            page(&visit, refused.status, member, Some(form)).await
        }
    }
}
