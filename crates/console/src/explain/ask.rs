//! `/explain`: may somebody do something, and which rule decides? The address is the question.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::RawQuery;
use http::StatusCode;
use vouchsafe_api::access::{ConsideredRule, Explain, ExplainReply};

use super::frame::{Told, Where, page_of};
use super::question::{FactField, Question, pairs};
use super::who::{self, Found};
use crate::errors::Shown;
use crate::form::Form;
use crate::page::{Chrome, Place};
use crate::rules::from_one;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "explain/ask.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    place: Where,
    question: Question,
    facts: Vec<FactField>,
    people: Vec<Found>,
    answer: Option<Answer>,
    tab: &'static str,
}

struct Answer {
    allowed: bool,
    reason: String,
    kind: String,
    name: String,
    url: Option<String>,
    considered: Vec<Looked>,
}

/// A rule that was looked at.
struct Looked {
    rule: Told,
    decides: bool,
    outcome: String,
}

pub(super) async fn show(visit: Visit, RawQuery(query): RawQuery) -> Shown {
    let mut form = Form::read(query.unwrap_or_default().as_bytes());
    let place = Where::of(&visit, &form).await?;
    let question = Question::of(place.level(), &form);
    let mut people = match form.given("q") {
        Some(text) => who::search(&visit, place.project, text).await?,
        None => Vec::new(),
    };
    let mut status = StatusCode::OK;
    let mut answer = None;
    if let Some(input) = input(&form, &place, &question) {
        match visit.post::<ExplainReply>("/api/v1/access/explain", &input).await {
            Ok(reply) => answer = Some(answered(&place, reply)),
            Err(refused) if refused.is_signed_out() => return Err(refused.into()),
            Err(refused) => {
                status = refused.status;
                form = form.refused(&refused);
            }
        }
    }
    keep_chosen(&visit, &form, &place, &mut people).await?;
    let page = Page {
        chrome: visit.chrome("Explain access", Place::Explain),
        facts: question.facts(&form),
        form,
        place,
        question,
        people,
        answer,
        tab: "ask",
    };
    Ok(visit.show_as(status, &page))
}

/// Who was chosen stays on offer, whatever is searched for.
async fn keep_chosen(
    visit: &Visit,
    form: &Form,
    place: &Where,
    people: &mut Vec<Found>,
) -> Result<(), crate::errors::Trouble> {
    let value = form.text("who");
    if people.iter().any(|one| one.value == value) {
        return Ok(());
    }
    let Some(chosen) = who::somebody(value) else { return Ok(()) };
    let kind = match (chosen.identity_id, chosen.user_id) {
        (Some(_), _) => "identity",
        (None, Some(_)) => "user",
        (None, None) => "group",
    };
    if let Some(name) = who::name_of(visit, place.project, chosen).await? {
        people.insert(0, Found { value: value.to_owned(), kind, name });
    }
    Ok(())
}

/// The whole question, once all of it was chosen.
fn input(form: &Form, place: &Where, question: &Question) -> Option<Explain> {
    let (subject, action) = question.chosen()?;
    let who = who::somebody(form.text("who"))?;
    let login: BTreeMap<String, String> =
        pairs(form.text("login")).map(|(path, value)| (path.to_owned(), value.to_owned())).collect();
    Some(Explain {
        project_id: place.project,
        identity_id: who.identity_id,
        user_id: who.user_id,
        group_id: who.group_id,
        action: action.to_owned(),
        subject: subject.to_owned(),
        resource: question.resource(form),
        login: Some(login).filter(|login| !login.is_empty()),
    })
}

fn answered(place: &Where, reply: ExplainReply) -> Answer {
    let looked = |one: &ConsideredRule| Looked {
        rule: place.told(&one.found),
        decides: one.outcome == "decides",
        outcome: outcome(one),
    };
    Answer {
        allowed: reply.allowed,
        reason: from_one(&reply.reason),
        considered: reply.considered.iter().map(looked).collect(),
        url: page_of(&reply.member.kind, &reply.member.id),
        kind: reply.member.kind,
        name: reply.member.name,
    }
}

fn outcome(one: &ConsideredRule) -> String {
    match (one.outcome.as_str(), &one.field) {
        ("decides", _) => "This rule decides".to_owned(),
        ("overruled", _) => "Applies, but a later rule decides".to_owned(),
        ("does-not-apply", Some(field)) => format!("Does not apply: its condition on {field} does not hold"),
        ("does-not-apply", None) => "Does not apply".to_owned(),
        ("not-asked", _) => "Forbids under conditions; no object was named".to_owned(),
        ("not-filled", _) => "Cannot be filled in: a value for its template is missing".to_owned(),
        (other, _) => other.to_owned(),
    }
}
