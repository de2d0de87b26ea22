//! `/people/invite`: people are invited, and their links shown once.

use askama::Template;
use axum::extract::Query;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use vouchsafe_api::invitations::{InviteLink, InviteReply};

use super::roles;
use crate::errors::Shown;
use crate::form::Form;
use crate::page::{Chrome, Place};
use crate::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "people/invite.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    roles: Vec<(String, String)>,
}

/// The links, which nobody can see again.
#[derive(Template)]
#[template(path = "people/invited.html")]
struct Invited {
    chrome: Chrome,
    links: Vec<InviteLink>,
    /// How many had an account and are members now.
    added: usize,
}

/// Somebody to invite again.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    email: String,
    role: String,
}

async fn page(visit: &Visit, status: StatusCode, form: Form) -> Shown {
    let roles = roles::choices(visit, form.text("organizationRoleSlug")).await?;
    let chrome = visit.chrome("Invite people", Place::People);
    Ok(visit.show_as(status, &Page { chrome, form, roles }))
}

pub(super) async fn ask(visit: Visit, Query(asked): Query<Asked>) -> Shown {
    let role = if asked.role.is_empty() { "member" } else { &asked.role };
    let form = Form::default().with("inviteeEmails", asked.email.as_str()).with("organizationRoleSlug", role);
    page(&visit, StatusCode::OK, form).await
}

pub(super) async fn send(Posted { visit, form }: Posted<Visit>) -> Shown {
    let separates = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
    let emails = form.text("inviteeEmails").split(separates).filter(|email| !email.is_empty());
    let emails: Vec<&str> = emails.collect();
    let body = json!({
        "inviteeEmails": emails, "organizationId": visit.org(),
        "organizationRoleSlug": form.text("organizationRoleSlug"),
    });
    match visit.post::<InviteReply>("/api/v1/invite-org/signup", &body).await {
        Ok(reply) => {
            let mut distinct: Vec<String> = emails.iter().map(|email| email.to_lowercase()).collect();
            distinct.sort();
            distinct.dedup();
            let links = reply.complete_invite_links;
            let added = distinct.len().saturating_sub(links.len());
            let chrome = visit.chrome("People are invited", Place::People);
            Ok(visit.show(&Invited { chrome, links, added }))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => page(&visit, refused.status, form.refused(&refused)).await,
    }
}
