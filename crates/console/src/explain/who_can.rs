//! `/explain/who-can`.

use askama::Template;
use axum::extract::RawQuery;
use http::StatusCode;
use vouchsafe_api::access::{WhoCan, WhoCanReply};

use super::frame::{Told, Where, page_of};
use super::question::{FactField, Question};
use crate::api::query;
use crate::errors::Shown;
use crate::form::Form;
use crate::page::{Chrome, Place};
use crate::visit::Visit;

/// Members on a page.
const PAGE: i64 = 50;

#[derive(Template)]
#[template(path = "explain/who_can.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    place: Where,
    question: Question,
    facts: Vec<FactField>,
    answer: Option<Answer>,
    tab: &'static str,
}

struct Answer {
    rows: Vec<Row>,
    examined: usize,
    /// The next page.
    next: Option<String>,
}

struct Row {
    kind: String,
    name: String,
    url: Option<String>,
    rule: Told,
}

pub(super) async fn show(visit: Visit, RawQuery(asked): RawQuery) -> Shown {
    let mut form = Form::read(asked.unwrap_or_default().as_bytes());
    let place = Where::of(&visit, &form).await?;
    let question = Question::of(place.level(), &form);
    let (mut status, mut answer) = (StatusCode::OK, None);
    if let Some((subject, action)) = question.chosen() {
        let input = WhoCan {
            project_id: place.project,
            action: action.to_owned(),
            subject: subject.to_owned(),
            resource: question.resource(&form),
            cursor: form.given("cursor").map(str::to_owned),
            limit: Some(PAGE),
        };
        match visit.post::<WhoCanReply>("/api/v1/access/who-can", &input).await {
            Ok(reply) => answer = Some(answered(&place, &form, reply)),
            Err(refused) if refused.is_signed_out() => return Err(refused.into()),
            Err(refused) => {
                status = refused.status;
                form = form.refused(&refused);
            }
        }
    }
    let page = Page {
        chrome: visit.chrome("Explain access", Place::Explain),
        facts: question.facts(&form),
        form,
        place,
        question,
        answer,
        tab: "who-can",
    };
    Ok(visit.show_as(status, &page))
}

fn answered(place: &Where, form: &Form, reply: WhoCanReply) -> Answer {
    let rows = reply.members.into_iter().map(|one| Row {
        url: page_of(&one.member.kind, &one.member.id),
        kind: one.member.kind,
        name: one.member.name,
        rule: place.told(&one.decided_by),
    });
    let next = reply.next_cursor.map(|cursor| {
        let same = form.iter().filter(|(name, _)| *name != "cursor");
        format!("/explain/who-can{}", query(same.chain([("cursor", cursor.as_str())])))
    });
    Answer { rows: rows.collect(), examined: reply.examined, next }
}
