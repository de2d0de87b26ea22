//! `/explain/what-if`: which identities would a proof become? It is posted, as it may be somebody's credential.

use std::collections::HashMap;

use askama::Template;
use axum::extract::RawQuery;
use http::StatusCode;
use vouchsafe_api::auth_checks::{WhatIfReply, WouldBe};
use vouchsafe_domain::id::ProjectId;
use vouchsafe_policy::{org, project};
use vouchsafe_server::http::method_forms;

use super::frame::Where;
use super::sample::{Sample, offered, shown_again};
use crate::api::path;
use crate::checks::{Step, faults, steps};
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::page::{Chrome, Place};
use crate::visit::{Posted, Visit};

/// Most matches that are shown.
const MATCHES: usize = 50;
/// What is wrong with a sample that a method cannot read: then it compares nothing.
const UNREADABLE: &str = "malformed-proof";

#[derive(Template)]
#[template(path = "explain/what_if.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    place: Where,
    kinds: Vec<(String, String)>,
    answer: Option<Answer>,
    tab: &'static str,
}

struct Answer {
    /// What was asked about, such as "a JWT".
    a: &'static str,
    matches: Vec<Found>,
    /// How many more match than are shown.
    more: usize,
    misses: Vec<Found>,
    /// How many sources were looked at, with those before.
    examined: u64,
    next: Option<Next>,
}

/// What it takes to go on.
struct Next {
    after: String,
    kind: &'static str,
    sample: String,
}

/// A source and what it compared.
struct Found {
    name: String,
    /// Pages of the identity and of the source, if the person may see them.
    urls: Option<(String, String)>,
    is_of_project: bool,
    method: String,
    source: String,
    steps: Vec<Step>,
    faults: usize,
}

impl Page {
    fn new(visit: &Visit, place: Where, form: Form, answer: Option<Answer>) -> Self {
        let (chrome, kinds) = (visit.chrome("Explain access", Place::Explain), offered());
        Self { chrome, form: shown_again(form), place, kinds, answer, tab: "what-if" }
    }
}

pub(super) async fn show(visit: Visit, RawQuery(query): RawQuery) -> Shown {
    // Nothing else is taken from an address: a sample does not belong there.
    let form = Form::read(query.unwrap_or_default().as_bytes()).without("sample");
    let place = Where::of(&visit, &form).await?;
    if !place.everywhere {
        return Err(Trouble::forbidden());
    }
    Ok(visit.show(&Page::new(&visit, place, form, None)))
}

pub(super) async fn ask(Posted { visit, mut form }: Posted<Visit>) -> Shown {
    let place = Where::of(&visit, &form).await?;
    let Some(sample) = Sample::read(&mut form) else {
        return Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &Page::new(&visit, place, form, None)));
    };
    let mut question = sample.question();
    question.after = form.given("after").and_then(|id| id.parse().ok());
    let reply: WhatIfReply = match visit.post("/api/v1/access/what-if", &question).await {
        Ok(reply) => reply,
        Err(refused) if refused.status == StatusCode::UNPROCESSABLE_ENTITY => {
            let page = Page::new(&visit, place, form.refused(&refused), None);
            return Ok(visit.show_as(refused.status, &page));
        }
        Err(refused) => return Err(refused.into()),
    };
    if let Some(why) = unreadable(&reply) {
        form.refuse("sample", why);
        return Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &Page::new(&visit, place, form, None)));
    }
    let before = form.text("examined").parse().unwrap_or(0);
    let answer = answered(&visit, &sample, before, reply).await?;
    Ok(visit.show(&Page::new(&visit, place, form, Some(answer))))
}

/// Why no method can read a sample that some would take.
fn unreadable(reply: &WhatIfReply) -> Option<String> {
    let whys = reply.misses.iter().map(could_not_read);
    let mut whys: Vec<&str> = whys.collect::<Option<_>>()?;
    whys.sort_unstable();
    whys.dedup();
    let is_nothing_else = reply.matches.is_empty() && reply.next.is_none();
    Some(whys.join("; ")).filter(|whys| is_nothing_else && !whys.is_empty())
}

/// Why this source could not read the sample.
fn could_not_read(one: &WouldBe) -> Option<&str> {
    let step = one.steps.iter().find(|step| step.reason.as_deref() == Some(UNREADABLE))?;
    Some(step.why.as_deref().unwrap_or_default())
}

async fn answered(
    visit: &Visit,
    sample: &Sample,
    before: u64,
    reply: WhatIfReply,
) -> Result<Answer, Trouble> {
    let more = reply.matches.len().saturating_sub(MATCHES);
    let misses = reply.misses.into_iter().filter(|one| could_not_read(one).is_none());
    let mut seen = Seen { visit, projects: HashMap::new() };
    let matches = seen.all(reply.matches.into_iter().take(MATCHES)).await?;
    let misses = seen.all(misses).await?;
    let next = reply.next.map(|after| Next {
        after: after.to_string(),
        kind: sample.kind.name(),
        sample: sample.harmless(),
    });
    let examined = before.saturating_add(reply.examined);
    Ok(Answer { a: sample.kind.a(), matches, more, misses, examined, next })
}

/// Whose pages the person may see.
struct Seen<'v> {
    visit: &'v Visit,
    projects: HashMap<ProjectId, bool>,
}

impl Seen<'_> {
    async fn all(&mut self, all: impl Iterator<Item = WouldBe>) -> Result<Vec<Found>, Trouble> {
        let mut found = Vec::new();
        for one in all {
            let may_see = self.may_see(one.project_id).await?;
            found.push(Found::of(one, may_see));
        }
        Ok(found)
    }

    async fn may_see(&mut self, project: Option<ProjectId>) -> Result<bool, Trouble> {
        let Some(id) = project else { return Ok(self.visit.may(org::IDENTITY_READ)) };
        if let Some(known) = self.projects.get(&id) {
            return Ok(*known);
        }
        let may = self.visit.permissions_in(id).await?.may(project::IDENTITY_READ);
        self.projects.insert(id, may);
        Ok(may)
    }
}

impl Found {
    fn of(one: WouldBe, may_see: bool) -> Self {
        let identity = path(&["identities", &one.identity_id.to_string()]);
        let source = path(&["auth", &one.auth_method, "sources", &one.source_id.to_string()]);
        let method = method_forms().iter().find(|form| form.id == one.auth_method);
        let steps = steps(one.steps);
        Self {
            urls: may_see.then(|| (identity.clone(), format!("{identity}{source}"))),
            name: one.identity_name,
            is_of_project: one.project_id.is_some(),
            method: method.map_or(one.auth_method, |form| form.name.to_owned()),
            source: one.source,
            faults: faults(&steps),
            steps,
        }
    }
}
