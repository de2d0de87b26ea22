//! From what files declare and what the server has to the steps between them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::fields::Method;
use super::files::Problem;
use super::model::{Content, Declared, Desired, Key, needs};

/// What the server has of that which files declare or refer to.
#[derive(Debug, Default)]
pub(super) struct Actual {
    /// Objects with their content.
    pub(super) objects: BTreeMap<Key, Content>,
    /// What else is known to be there.
    pub(super) known: BTreeSet<Key>,
}

impl Actual {
    fn has(&self, key: &Key) -> bool {
        self.objects.contains_key(key) || self.known.contains(key)
    }
}

/// What a step does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    Create,
    Update,
}

/// A field that a step changes.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) name: &'static str,
    /// What the server has; `None` if the object is not there yet.
    pub(super) from: Option<Value>,
    pub(super) to: Value,
}

/// A secret that a step writes, and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rewrite {
    /// It differs from what the server has.
    Differs,
    /// What the server has is not known, and it is written along with the rest.
    Unknown,
}

/// One object to make or change.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) key: Key,
    pub(super) action: Action,
    pub(super) changes: Vec<Change>,
    pub(super) secrets: Vec<(&'static str, Rewrite)>,
    /// What is declared, all of it.
    pub(super) content: Content,
}

/// The steps in an order in which they can be taken.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// How many objects are as they are declared.
    pub(super) unchanged: usize,
    /// Secrets that could not be compared and are not written.
    pub(super) uncompared: Vec<(Key, &'static str)>,
}

/// References that lead nowhere.
pub(super) fn dangling(desired: &Desired, actual: &Actual) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (key, declared) in desired {
        for needed in needs(key, &declared.content) {
            if !desired.contains_key(&needed) && !actual.has(&needed) {
                let what = format!("the {key} refers to the {needed}, which neither the files nor the server have");
                problems.push(Problem { place: declared.place.clone(), what });
            }
        }
    }
    problems
}

/// The steps that lead from what the server has to what is declared. `refresh`: secrets that cannot be compared are
/// written too.
pub(super) fn plan(desired: &Desired, actual: &Actual, refresh: bool) -> Plan {
    let mut plan = Plan::default();
    // The order of keys is that of the dependencies.
    for (key, declared) in desired {
        let before = actual.objects.get(key);
        let step = step(key, declared, before, refresh);
        match (before, step.changes.is_empty() && step.secrets.is_empty()) {
            (Some(before), true) => {
                plan.unchanged += 1;
                let secrets = declared.content.secrets.keys();
                let uncompared = secrets.filter(|name| !before.secrets.contains_key(*name));
                plan.uncompared.extend(uncompared.map(|name| (key.clone(), *name)));
            }
            _ => plan.steps.push(step),
        }
    }
    plan
}

fn step(key: &Key, declared: &Declared, before: Option<&Content>, refresh: bool) -> Step {
    let mut changes = Vec::new();
    for field in key.fields() {
        let Some(to) = declared.content.fields.get(field.name) else { continue };
        let from = before.map(|content| content.fields.get(field.name).cloned().unwrap_or(Value::Null));
        if from.as_ref() != Some(to) {
            changes.push(Change { name: field.name, from, to: to.clone() });
        }
    }
    let mut secrets = Vec::new();
    for (name, value) in &declared.content.secrets {
        match before.map(|content| content.secrets.get(name)) {
            Some(Some(stored)) if stored == value => {}
            Some(Some(_)) | None => secrets.push((*name, Rewrite::Differs)),
            Some(None) if refresh || !changes.is_empty() => secrets.push((*name, Rewrite::Unknown)),
            Some(None) => {}
        }
    }
    let action = if before.is_some() { Action::Update } else { Action::Create };
    Step { key: key.clone(), action, changes, secrets, content: declared.content.clone() }
}

impl Step {
    /// The fields to send, as the wire takes them.
    pub(super) fn body(&self) -> Map<String, Value> {
        let whole = match &self.key {
            Key::AuthMethod { method, .. } => Method::named(method).is_some_and(|method| method.whole),
            _ => false,
        };
        let all = whole || self.action == Action::Create;
        let mut body = Map::new();
        for field in self.key.fields() {
            let Some(value) = self.content.fields.get(field.name) else { continue };
            if all || self.changes.iter().any(|change| change.name == field.name) {
                body.insert(field.name.to_owned(), field.shape.sent(value));
            }
        }
        for (name, _) in &self.secrets {
            if let Some(value) = self.content.secrets.get(name) {
                body.insert((*name).to_owned(), Value::from(value.reveal()));
            }
        }
        body
    }
}
