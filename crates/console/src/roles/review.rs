//! Before a role is changed: what changes, and for whom.

use askama::Template;
use http::StatusCode;
use serde_json::Value;
use vouchsafe_api::access::Diff;

use super::edit::Editing;
use super::place::{Role, Verb};
use crate::api::Refused;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{self, Chrome};
use crate::rules::{Beyond, Edited, Effect, Line, lines, pretty};

/// Holders that are compared on a page.
const HOLDERS: i64 = 50;

/// What the page says above the changes.
pub(super) enum Said {
    Nothing,
    /// The role was changed since the changes were shown.
    ChangedMeanwhile,
    /// The API refused to save.
    Refused(Refused),
}

#[derive(Template)]
#[template(path = "roles/review.html")]
struct Page<'a> {
    chrome: Chrome,
    form: &'a Form,
    role: &'a Role,
    /// Name of a property, before, after.
    facts: Vec<(&'static str, &'a str, &'a str)>,
    lines: Vec<Line>,
    effect: Option<Effect>,
    beyond: Option<Beyond>,
    action: String,
    /// What goes on with the form that one came from: its button.
    back: &'static str,
    /// The rules as JSON, for the form that saves them.
    json: String,
    /// When the role was changed last, as far as this page knows.
    seen: String,
}

pub(super) async fn show(mut editing: Editing, rules: Vec<Value>, said: Said) -> Shown {
    let (status, beyond) = match &said {
        Said::Nothing => (StatusCode::OK, None),
        Said::ChangedMeanwhile => {
            let text = "The role was changed meanwhile. This is what your change does to it now.";
            editing.form.refuse("", text);
            (StatusCode::CONFLICT, None)
        }
        Said::Refused(refused) => {
            editing.form = editing.form.refused(refused);
            (refused.status, editing.beyond(refused).await)
        }
    };
    let Some(role) = &editing.role else { return Err(Trouble::not_found()) };
    let effect = effect(&editing, role, &rules).await?;
    let form = &editing.form;
    let facts = [
        ("Name", role.name.as_str(), form.text("name").trim()),
        ("Slug", role.slug.as_str(), form.text("slug").trim()),
        ("Description", role.description.as_str(), form.text("description").trim()),
    ];
    let page = Page {
        chrome: editing.visit.chrome(&format!("Review the changes of {}", role.name), editing.place.part()),
        form,
        facts: facts.into_iter().filter(|(_, before, after)| before != after).collect(),
        lines: lines(&role.permissions, &rules),
        effect,
        beyond,
        action: editing.action(),
        back: editing.edited.way_back(form),
        json: pretty(&rules),
        seen: role.updated_at.to_string(),
        role,
    };
    Ok(editing.visit.show_as(status, &page))
}

/// Asks the API, if the person may ask.
async fn effect(editing: &Editing, role: &Role, rules: &[Value]) -> Result<Option<Effect>, Trouble> {
    if !editing.place.may(&editing.visit, Verb::Explain) {
        return Ok(None);
    }
    let input = Diff {
        project_id: editing.place.project_id(),
        role: Some(role.slug.clone()),
        permissions: Some(rules.to_vec()),
        cursor: editing.form.given("cursor").filter(|_| editing.form.text("do") == "more").map(str::to_owned),
        limit: Some(HOLDERS),
        ..Diff::default()
    };
    Ok(Some(Effect::of(&editing.visit, &input).await?))
}

/// Saves, if the role is still what the person was shown.
pub(super) async fn save(mut editing: Editing, rules: Vec<Value>) -> Shown {
    let Some(role) = &editing.role else { return Err(Trouble::not_found()) };
    if editing.form.text("seen") != role.updated_at.to_string() {
        return show(editing, rules, Said::ChangedMeanwhile).await;
    }
    let input = editing.change(role, rules.clone());
    match editing.place.update(&editing.visit, role, &input).await {
        Ok(role) => {
            let notice = format!("The role {} is changed", role.name);
            Ok(page::done(&editing.visit.console.app, &editing.place.role_url(&role), &notice))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        // Name and slug are changed in the form.
        Err(refused) if !refused.issues.is_empty() => {
            if editing.edited.way_back(&editing.form) == Edited::FORM {
                editing.edited = Edited::of(&rules);
            }
            editing.refused(refused).await
        }
        Err(refused) => show(editing, rules, Said::Refused(refused)).await,
    }
}
