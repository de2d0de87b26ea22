//! The functions of the official agent: those that ask for secrets here, what it has from Sprig in the modules below.

mod arguments;
mod encodings;
mod lists;
mod numbers;
mod text;

use std::sync::{Arc, Mutex, PoisonError};

use gotmpl::{FuncMap, TemplateError, Value};
use serde::Deserialize;
use vouchsafe_domain::id::ProjectId;

use self::arguments::{Arguments, Outcome};
use super::lines::NOTE;
use super::{Asking, Request, Seen};

/// What the last argument of `listSecrets` may say, in JSON.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Options {
    recursive: bool,
    expand_secret_references: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { recursive: false, expand_secret_references: true }
    }
}

/// All functions; they ask by this pass.
pub(super) fn all(pass: &Arc<Mutex<Asking>>) -> FuncMap {
    let mut functions = FuncMap::new();
    let mut add = |name: &str, function: fn(&Mutex<Asking>, &[Value]) -> Outcome| {
        let pass = Arc::clone(pass);
        functions.insert(name.to_owned(), Arc::new(move |arguments: &[Value]| function(&pass, arguments)));
    };
    add("listSecrets", list_secrets);
    add("secret", list_secrets);
    add("listSecretsByProjectSlug", list_secrets_by_project_slug);
    add("getSecretByName", get_secret_by_name);
    add("dynamicSecret", no_dynamic_secrets);
    add("dynamic_secret", no_dynamic_secrets);
    add(NOTE, note_line);
    for (name, function) in [text::ALL, numbers::ALL, lists::ALL, encodings::ALL].concat() {
        let function = move |arguments: &[Value]| function(&Arguments { name, all: arguments });
        functions.insert(name.to_owned(), Arc::new(function));
    }
    functions
}

/// The pass is at this line.
fn note_line(pass: &Mutex<Asking>, arguments: &[Value]) -> Outcome {
    let [Value::Int(line)] = arguments else { return Err(wrong(NOTE, "expected a number")) };
    pass.lock().unwrap_or_else(PoisonError::into_inner).line = *line;
    Ok(Value::String("".into()))
}

fn no_dynamic_secrets(_: &Mutex<Asking>, _: &[Value]) -> Outcome {
    Err(wrong(
        "dynamicSecret",
        "this server has no dynamic secrets; use getSecretByName with a secret that is kept",
    ))
}

fn list_secrets(pass: &Mutex<Asking>, arguments: &[Value]) -> Outcome {
    let [project, rest @ ..]: [_; 4] = texts("listSecrets", arguments, 3..=4)?;
    list(pass, project_id("listSecrets", project)?, rest)
}

fn list_secrets_by_project_slug(pass: &Mutex<Asking>, arguments: &[Value]) -> Outcome {
    let [slug, rest @ ..]: [_; 4] = texts("listSecretsByProjectSlug", arguments, 3..=4)?;
    match ask(pass, Request::Project { slug: slug.unwrap_or_default().to_owned() })? {
        Seen::Project(id) => list(pass, id, rest),
        Seen::Value(_) => Err(wrong("listSecretsByProjectSlug", "no project")),
    }
}

fn list(pass: &Mutex<Asking>, project: ProjectId, rest: [Option<&str>; 3]) -> Outcome {
    let [environment, path, options] = rest;
    let options: Options = match options.filter(|text| !text.trim().is_empty()) {
        Some(text) => serde_json::from_str(text)
            .map_err(|_| wrong("listSecrets", "expected options such as `{\"recursive\": true}`"))?,
        None => Options::default(),
    };
    value(ask(
        pass,
        Request::List {
            project,
            environment: environment.unwrap_or_default().to_owned(),
            path: path.unwrap_or("/").to_owned(),
            recursive: options.recursive,
            expand: options.expand_secret_references,
        },
    )?)
}

fn get_secret_by_name(pass: &Mutex<Asking>, arguments: &[Value]) -> Outcome {
    let [project, environment, path, name] = texts("getSecretByName", arguments, 4..=4)?;
    value(ask(
        pass,
        Request::Secret {
            project: project_id("getSecretByName", project)?,
            environment: environment.unwrap_or_default().to_owned(),
            path: path.unwrap_or("/").to_owned(),
            name: name.unwrap_or_default().to_owned(),
        },
    )?)
}

/// What is known, or the end of the pass.
fn ask(pass: &Mutex<Asking>, request: Request) -> Outcome<Seen> {
    let mut pass = pass.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(seen) = pass.known.0.get(&request).cloned() else {
        pass.missing.get_or_insert(request);
        return Err(TemplateError::Exec("not known yet".to_owned()));
    };
    pass.used.insert(request);
    Ok(seen)
}

fn value(seen: Seen) -> Outcome {
    match seen {
        Seen::Value(value) => Ok(value),
        Seen::Project(_) => Err(TemplateError::Exec("expected secrets".to_owned())),
    }
}

/// Between this many texts; missing ones are `None`.
fn texts<'a, const N: usize>(
    name: &str,
    arguments: &'a [Value],
    count: std::ops::RangeInclusive<usize>,
) -> Outcome<[Option<&'a str>; N]> {
    if !count.contains(&arguments.len()) {
        return Err(wrong(name, &format!("expected {} to {} arguments", count.start(), count.end())));
    }
    let mut texts = [None; N];
    for (text, argument) in texts.iter_mut().zip(arguments) {
        *text = Some(argument.as_str().ok_or_else(|| wrong(name, "expected texts"))?);
    }
    Ok(texts)
}

fn project_id(name: &str, text: Option<&str>) -> Outcome<ProjectId> {
    let id = text.and_then(|text| text.trim().parse().ok());
    id.ok_or_else(|| wrong(name, "expected the id of a project, a UUID, first"))
}

fn wrong(name: &str, what: &str) -> TemplateError {
    TemplateError::Exec(format!("{name}: {what}"))
}
