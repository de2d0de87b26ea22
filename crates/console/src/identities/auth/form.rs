//! The form of any method: attach, look, change.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use http::{Method, StatusCode};
use serde_json::{Map, Value};
use vouchsafe_policy::org;
use vouchsafe_server::http::{MethodForm, openapi};

use super::hints::hint;
use super::target::{NEW, Named, Target};
use crate::api::query;
use crate::errors::Shown;
use crate::fields::{self, Field};
use crate::form::Form;
use crate::identities::subject::{Subject, Tab, TabLink};
use crate::page::{Chrome, done};
use crate::visit::{Posted, Visit};

/// What is proposed for a new method: a life of one hour, a day over all renewals.
const PROPOSED: [(&str, &str); 2] = [("accessTokenTTL", "3600"), ("accessTokenMaxTTL", "86400")];
/// Longer lives are warned of, seconds: a day.
const LONG: i64 = 86_400;

/// Fields that belong together.
struct Group {
    title: &'static str,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "identities/auth/form.html")]
struct Page {
    chrome: Chrome,
    subject: Arc<Subject>,
    target: Target,
    tabs: Vec<TabLink>,
    groups: Vec<Group>,
    form: Form,
    /// Secret fields of which there is a value.
    kept: Vec<String>,
    /// Where to ask what proofs would become.
    what_if: Option<String>,
}

impl Page {
    fn new(visit: &Visit, target: Target, form: Form, kept: Vec<String>) -> Self {
        let chrome = target.subject.chrome(visit, &target.name());
        let (tabs, groups) = (target.subject.tabs(Tab::Auth), groups(target.method));
        let what_if = visit.may(org::ACCESS_EXPLAIN).then(|| what_if(target.method)).flatten();
        Self { chrome, subject: Arc::clone(&target.subject), target, tabs, groups, form, kept, what_if }
    }

    fn is_kept(&self, field: &Field) -> bool {
        self.kept.contains(&field.name)
    }

    /// The stored life of tokens, if it is longer than one should wish.
    fn long_life(&self) -> Option<String> {
        let seconds = self.target.stored.as_ref()?["accessTokenTTL"].as_i64()?;
        match seconds {
            0 => Some("for ever".to_owned()),
            _ if seconds > LONG => Some(format!("{} days", seconds / LONG)),
            _ => None,
        }
    }
}

/// Where to ask what proofs of a method would become; the kind is chosen there if it takes only one.
fn what_if(method: &MethodForm) -> Option<String> {
    let kind = match method.samples.as_slice() {
        [] => return None,
        [kind] => kind,
        _ => "",
    };
    Some(format!("/explain/what-if{}", query([("kind", kind)])))
}

/// The fields of a method in groups, from the description of the route that attaches it.
fn groups(method: &MethodForm) -> Vec<Group> {
    let schema = openapi::input_of(&Method::POST, method.path).unwrap_or_default();
    let shared = |start: &str| -> Vec<&str> {
        let names = method.shared.iter().copied().filter(|name| name.starts_with(start));
        names.filter(|name| *name != "accessTokenPeriod" || method.periodic).collect()
    };
    let source: Vec<&str> =
        method.source.iter().copied().filter(|name| method.proves || *name != "source").collect();
    let lockout = if method.lockout { shared("lockout") } else { Vec::new() };
    let groups = [
        ("Who may log in", method.own.to_vec()),
        ("Tokens", shared("accessToken")),
        ("Lockout after failed logins", lockout),
        ("Source and roles", source),
    ];
    let groups =
        groups.into_iter().map(|(title, names)| Group { title, fields: fields::fields(&schema, &names) });
    groups.filter(|group| !group.fields.is_empty()).collect()
}

fn all(groups: Vec<Group>) -> Vec<Field> {
    groups.into_iter().flat_map(|group| group.fields).collect()
}

/// What stands in the form of a method that is not attached yet.
fn proposed(fields: &[Field]) -> Form {
    let usual = fields.iter().filter_map(|field| Some((field.name.as_str(), field.default.as_ref()?)));
    let usual = usual.filter(|(_, value)| **value != Value::Bool(false));
    let form = usual.fold(Form::default(), |form, (name, value)| {
        form.with(name, value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    });
    PROPOSED.into_iter().fold(form, |form, (name, value)| form.with(name, value))
}

pub(super) async fn show(visit: Visit, Path(named): Path<Named>) -> Shown {
    let target = Target::of(&visit, named).await?;
    let fields = all(groups(target.method));
    let (form, kept) = match &target.stored {
        Some(stored) => fields::fill(&fields, stored),
        None => (proposed(&fields), Vec::new()),
    };
    Ok(visit.show(&Page::new(&visit, target, form, kept)))
}

pub(super) async fn save(Path(named): Path<Named>, Posted { visit, mut form }: Posted<Visit>) -> Shown {
    let target = Target::of(&visit, named).await?;
    let fields = all(groups(target.method));
    let stored = target.stored.clone().unwrap_or_default();
    let (_, kept) = fields::fill(&fields, &stored);
    let mut input = fields::read(&fields, &mut form, target.stored.is_none());
    narrow(&mut input, &stored);
    if form.is_refused() {
        let page = Page::new(&visit, target, form, kept);
        return Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    match visit.send::<Value>(target.verb(), &target.api(), &input).await {
        Ok(_) => Ok(done(&visit.console.app, &onward(&target), &said(&target))),
        Err(refused) => {
            let page = Page::new(&visit, target, form.refused(&refused), kept);
            Ok(visit.show_as(refused.status, &page))
        }
    }
}

/// No name of a source means the usual one. No role named means all of them. A list that is stored empty means none: it stays so, unless some are named.
fn narrow(input: &mut Map<String, Value>, stored: &Map<String, Value>) {
    if input.get("source").is_some_and(|name| name == "") {
        input.remove("source");
    }
    let is_empty = |value: Option<&Value>| value.and_then(Value::as_array).is_some_and(Vec::is_empty);
    if is_empty(input.get("roles")) {
        if is_empty(stored.get("roles")) {
            input.remove("roles");
        } else {
            input.insert("roles".to_owned(), Value::Null);
        }
    }
}

/// A new method leads to what is to be done next.
fn onward(target: &Target) -> String {
    let method = target.path_of_method();
    if target.is_new() { method } else { target.path() }
}

fn said(target: &Target) -> String {
    let done = if target.stored.is_some() { "is saved" } else { "is attached" };
    format!("{} {done}", target.name())
}
