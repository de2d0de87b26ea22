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
    pub(super) fn has(&self, key: &Key) -> bool {
        self.objects.contains_key(key) || self.known.contains(key)
    }
}

/// What a step does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Action {
    Create,
    Update,
    Remove,
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

/// One object to make, change or remove.
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
                let what =
                    format!("the {key} refers to the {needed}, which neither the files nor the server have");
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

/// The steps that remove these, those first that belong to others; what goes with another needs no step of its own.
pub(super) fn removals(keys: &BTreeSet<Key>) -> Vec<Step> {
    let alone = keys.iter().rev().filter(|key| !keys.iter().any(|other| key.goes_with(other)));
    let step = |key: &Key| Step {
        key: key.clone(),
        action: Action::Remove,
        changes: Vec::new(),
        secrets: Vec::new(),
        content: Content::default(),
    };
    alone.map(step).collect()
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
            Key::AuthMethod { method, .. } | Key::Source { method, .. } => {
                Method::named(method).is_some_and(|method| method.whole)
            }
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::super::{files, model, survey};
    use super::*;

    /// The objects of a text without mistakes.
    fn desired(text: &str) -> Desired {
        let documents = files::parse(Path::new("a.yaml"), text).unwrap();
        let variable = |name: &str| (name == "PASSWORD").then(|| "hunter2".to_owned());
        let (desired, problems) = model::build(&documents, &variable, Vec::new());
        assert_eq!(problems, []);
        desired
    }

    /// A server that takes a plan and echoes what it was sent.
    fn after(mut actual: Actual, plan: &Plan, shows_secrets: bool) -> Actual {
        for step in &plan.steps {
            let whole = Step { action: Action::Create, ..step.clone() };
            let mut content = survey::content(&step.key, &whole.body());
            if !shows_secrets {
                content.secrets.clear();
            }
            actual.objects.insert(step.key.clone(), content);
        }
        actual
    }

    fn settled(desired: &Desired) -> Actual {
        after(Actual::default(), &plan(desired, &Actual::default(), false), true)
    }

    const LDAP: &str = "kind: identity\nname: a\nauth:\n  ldap-auth:\n    url: ldaps://d.example\n    \
        bindDN: cn=a\n    bindPass: {fromEnv: PASSWORD}\n    allowedFields: {mail: [b, a]}\n";

    #[test]
    fn secrets_are_written_when_they_differ_or_when_something_else_does() {
        let wanted = desired(LDAP);
        let first = plan(&wanted, &Actual::default(), false);
        assert_eq!(first.steps[1].secrets, [("bindPass", Rewrite::Differs)]);
        assert!(!format!("{first:?}").contains("hunter2"));
        assert!(plan(&wanted, &after(Actual::default(), &first, true), true).steps.is_empty());

        let hidden = after(Actual::default(), &first, false);
        let second = plan(&wanted, &hidden, false);
        assert_eq!((second.steps.len(), second.uncompared.len()), (0, 1));
        let refreshed = plan(&wanted, &hidden, true);
        assert_eq!(refreshed.steps[0].secrets, [("bindPass", Rewrite::Unknown)]);
        assert_eq!(refreshed.steps[0].body().keys().collect::<Vec<_>>(), ["bindPass"]);
        let changed = desired(&LDAP.replace("cn=a", "cn=b"));
        assert_eq!(plan(&changed, &hidden, false).steps[0].body().len(), 2);
    }

    #[test]
    fn only_what_differs_is_sent_except_where_the_rest_would_be_emptied() {
        let text = "kind: identity\nname: a\nauth:\n  aws-auth: {allowedAccountIds: ['123456789012']}\n  gcp-auth: {type: iam}\n";
        let before = settled(&desired(text));
        let changed =
            desired(&text.replace("aws-auth: {", "aws-auth: {accessTokenTTL: 1h, ").replace("iam}", "gce}"));
        let steps = plan(&changed, &before, false).steps;
        assert_eq!(steps.len(), 2);
        assert_eq!(steps[0].body()["allowedAccountIds"], "123456789012");
        assert_eq!(steps[1].body().len(), 1);
    }

    #[test]
    fn references_must_lead_somewhere() {
        let wanted = desired("kind: project-member\nproject: p\nidentity: a\nroles: [viewer, own]\n");
        assert_eq!(dangling(&wanted, &Actual::default()).len(), 3);
        let known = [
            Key::Project { slug: "p".to_owned() },
            Key::Identity { name: "a".to_owned() },
            Key::ProjectRole { project: "p".to_owned(), slug: "own".to_owned() },
        ];
        let actual = Actual { known: known.into(), ..Actual::default() };
        assert_eq!(dangling(&wanted, &actual), []);
    }

    /// Documents that refer to one another by chance, in any order.
    fn documents() -> impl Strategy<Value = Vec<String>> {
        let name = || prop::sample::select(vec!["one", "two", "three"]);
        let document = (0..6_usize, name(), name(), 0..5000_u32, any::<bool>()).prop_map(|(kind, a, b, n, flag)| match kind {
            0 => format!("kind: project\nslug: {a}\nname: {b}\ndeleteProtection: {flag}\n"),
            1 => format!("kind: project-role\nproject: {a}\nslug: {b}\nname: x\npermissions: [{{subject: secrets, action: read, inverted: {flag}}}]\n"),
            2 => format!("kind: identity\nname: {a}\nrole: {b}\nmetadata: {{k: '{n}'}}\nauth:\n  universal-auth: {{accessTokenTTL: {n}m, accessTokenTrustedIps: [10.0.0.{}/24]}}\n", n % 256),
            3 => format!("kind: project-member\nproject: {a}\nidentity: {b}\nroles: [viewer, {b}, {{role: admin, for: {n}m, from: 2026-01-01T00:00:00Z}}]\n"),
            4 => format!("kind: org-role\nslug: {a}\nname: x\npermissions: []\n"),
            _ => format!("kind: group\nslug: {a}\nname: {b}\nrole: {b}\n"),
        });
        // One of each name: others would be declared twice.
        prop::collection::vec(document, 0..20).prop_map(|mut all| {
            let mut seen = BTreeSet::new();
            all.retain(|text| {
                let lines = if text.contains("project-") { 3 } else { 2 };
                seen.insert(text.lines().take(lines).collect::<String>())
            });
            all
        })
    }

    proptest! {
        #[test]
        fn what_was_applied_does_not_differ_and_steps_come_after_what_they_need(documents in documents()) {
            let wanted = desired(&documents.join("---\n"));
            let first = plan(&wanted, &Actual::default(), false);
            prop_assert_eq!(first.steps.len(), wanted.len());
            let mut made = BTreeSet::new();
            for step in &first.steps {
                for needed in needs(&step.key, &step.content) {
                    prop_assert!(!wanted.contains_key(&needed) || made.contains(&needed), "{} before {needed}", step.key);
                }
                made.insert(step.key.clone());
            }
            let again = plan(&wanted, &after(Actual::default(), &first, true), false);
            prop_assert_eq!(again.steps.len(), 0);
            prop_assert_eq!(again.unchanged, wanted.len());
        }
    }
}
