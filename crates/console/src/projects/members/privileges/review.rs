//! Before a privilege is changed: what changes, and what its holder gains and loses.

use askama::Template;
use http::StatusCode;
use serde_json::Value;
use vouchsafe_api::access::Diff;
use vouchsafe_api::privileges::{Privilege, PrivilegeTime};

use super::edit::Editing;
use super::holder::Holder;
use super::time;
use crate::api::Refused;
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{self, Chrome};
use crate::projects::frame::Frame;
use crate::rules::{Beyond, Edited, Effect, Line, lines, pretty};

/// What the page says above the changes.
pub(super) enum Said {
    Nothing,
    /// The privilege was changed since the changes were shown.
    ChangedMeanwhile,
    /// The API refused to save.
    Refused(Refused),
}

#[derive(Template)]
#[template(path = "projects/privileges/review.html")]
struct Page<'a> {
    chrome: Chrome,
    frame: &'a Frame,
    holder: &'a Holder,
    form: &'a Form,
    slug: &'a str,
    /// Name of a property, before, after.
    facts: Vec<(&'static str, String, String)>,
    lines: Vec<Line>,
    effect: Option<Effect>,
    beyond: Option<Beyond>,
    action: String,
    /// Address of the privilege.
    url: String,
    /// What goes on with the form that one came from: its button.
    back: &'static str,
    /// The rules as JSON, for the form that saves them.
    json: String,
    /// When the privilege was changed last, as far as this page knows.
    seen: String,
}

pub(super) async fn show(mut editing: Editing, rules: &[Value], time: PrivilegeTime, said: Said) -> Shown {
    let (status, beyond) = match &said {
        Said::Nothing => (StatusCode::OK, None),
        Said::ChangedMeanwhile => {
            let text = "The privilege was changed meanwhile. This is what your change does to it now.";
            editing.form.refuse("", text);
            (StatusCode::CONFLICT, None)
        }
        Said::Refused(refused) => {
            editing.form = editing.form.refused(refused);
            (refused.status, editing.holder.beyond(&editing.visit, refused).await)
        }
    };
    let Some(old) = &editing.privilege else { return Err(Trouble::not_found()) };
    let effect = effect(&editing, old, rules, time).await?;
    let form = &editing.form;
    let facts = [
        ("Slug", old.slug.clone(), form.text("slug").trim().to_owned()),
        ("It holds", time::stored_in_words(old), time::typed_in_words(form)),
    ];
    let page = Page {
        chrome: editing.holder.chrome(&editing.visit, &format!("Review the changes of {}", old.slug)),
        frame: &editing.holder.frame,
        holder: &editing.holder,
        form,
        slug: &old.slug,
        facts: facts.into_iter().filter(|(_, before, after)| before != after).collect(),
        lines: lines(old.permissions.as_deref().unwrap_or_default(), rules),
        effect,
        beyond,
        action: editing.action(),
        url: editing.back(),
        back: editing.edited.way_back(form),
        json: pretty(rules),
        seen: old.updated_at.to_string(),
    };
    Ok(editing.visit.show_as(status, &page))
}

/// Asks the API, if the person may ask.
async fn effect(
    editing: &Editing,
    privilege: &Privilege,
    rules: &[Value],
    time: PrivilegeTime,
) -> Result<Option<Effect>, Trouble> {
    if !editing.holder.may_explain(&editing.visit) {
        return Ok(None);
    }
    let edit = Diff {
        project_id: Some(privilege.project_id),
        privilege_id: Some(privilege.id),
        permissions: Some(rules.to_vec()),
        time: Some(time),
        ..Diff::default()
    };
    Ok(Some(Effect::of(&editing.visit, &edit).await?))
}

/// Saves, if the privilege is still what the person was shown.
pub(super) async fn save(mut editing: Editing, rules: Vec<Value>, time: PrivilegeTime) -> Shown {
    let Some(old) = &editing.privilege else { return Err(Trouble::not_found()) };
    if editing.form.text("seen") != old.updated_at.to_string() {
        return show(editing, &rules, time, Said::ChangedMeanwhile).await;
    }
    let input = editing.change(old, rules.clone(), time.clone());
    match editing.holder.change(&editing.visit, &input).await {
        Ok(privilege) => {
            let notice = format!("The privilege {} is changed", privilege.slug);
            Ok(page::done(&editing.visit.console.app, &editing.back(), &notice))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        // The slug and the time are changed in the form.
        Err(refused) if !refused.issues.is_empty() => {
            if editing.edited.way_back(&editing.form) == Edited::FORM {
                editing.edited = Edited::of(&rules);
            }
            editing.refused(refused).await
        }
        Err(refused) => show(editing, &rules, time, Said::Refused(refused)).await,
    }
}
