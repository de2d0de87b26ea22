//! `/identities/{id}/edit`: name, role, delete protection, metadata.

use askama::Template;
use axum::extract::Path;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::create::{metadata, roles};
use super::subject::{Subject, Tab, TabLink};
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{Chrome, done};
use crate::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "identities/change.html")]
struct Page {
    chrome: Chrome,
    subject: Subject,
    tabs: Vec<TabLink>,
    form: Form,
    /// Empty for an identity that a project manages: it has no role in the organization.
    roles: Vec<(String, String)>,
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Shown {
    let subject = Subject::of(&visit, &id).await?;
    let entries = subject.member.metadata.iter().flatten();
    let lines: Vec<String> = entries.map(|entry| format!("{} = {}", entry.key, entry.value)).collect();
    let form = Form::default()
        .with("name", subject.name())
        .with("role", role(&subject))
        .with("metadata", lines.join("\n"));
    let is_protected = subject.member.identity.has_delete_protection;
    let form = if is_protected { form.with("hasDeleteProtection", "true") } else { form };
    Ok(visit.show(&page(&visit, subject, form).await?))
}

/// Slug of its role.
fn role(subject: &Subject) -> &str {
    subject.member.custom_role.as_ref().map_or(&subject.member.role, |role| &role.slug)
}

async fn page(visit: &Visit, subject: Subject, form: Form) -> Result<Page, Trouble> {
    let mut roles = if subject.reach.project.is_some() { Vec::new() } else { roles(visit).await? };
    let present = role(&subject);
    if subject.reach.project.is_none() && !roles.iter().any(|(slug, _)| slug == present) {
        roles.push((present.to_owned(), present.to_owned()));
    }
    let (chrome, tabs) = (subject.chrome(visit, "Edit"), subject.tabs(Tab::Overview));
    Ok(Page { chrome, subject, tabs, form, roles })
}

pub(super) async fn change(Path(id): Path<String>, Posted { visit, mut form }: Posted<Visit>) -> Shown {
    let subject = Subject::of(&visit, &id).await?;
    let metadata = metadata(&mut form);
    let mut input = json!({
        "name": form.text("name"),
        "hasDeleteProtection": form.is_on("hasDeleteProtection"),
        "metadata": metadata,
    });
    if let Some(role) = form.given("role") {
        input["role"] = role.into();
    }
    if !form.has_all(&["name"]) || form.is_refused() {
        let page = page(&visit, subject, form).await?;
        return Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    match visit.send::<Value>(Method::PATCH, &subject.api(), &input).await {
        Ok(_) => Ok(done(&visit.console.app, &subject.path(), "Saved")),
        Err(refused) => {
            let form = form.refused(&refused);
            Ok(visit.show_as(refused.status, &page(&visit, subject, form).await?))
        }
    }
}
