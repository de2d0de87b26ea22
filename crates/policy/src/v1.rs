//! The older form of project rules: one action per rule, and no rules on what follows from those on secrets.

use serde_json::{Map, Value, json};

use crate::{Condition, Conditions, Field, Level, Operator, Rule, RuleList, RuleListError};

/// Reads rules in the older form. Rules on folders, imports and dynamic secrets follow from those on secrets, unless
/// there are some on folders already.
pub fn from_v1(list: &Value) -> Result<RuleList, RuleListError> {
    let written = RuleList::parse(Level::Project, list)?;
    let mut rules = written.rules().to_vec();
    let read_only = |rule: &Rule| rule.subject == "secret-folders" && rule.actions == ["read"];
    let folders_too = !written.rules().iter().any(read_only);
    rules.extend(derived(written.rules()).filter(|rule| folders_too || rule.subject != "secret-folders"));
    let rules: Value = rules.iter().filter_map(|rule| serde_json::to_value(rule).ok()).collect();
    RuleList::parse(Level::Project, &rules)
}

/// Writes rules in the older form. What it cannot say (conditions with other operators, rules that forbid) is left
/// out, so that no rule looks wider than it is.
pub fn to_v1(rules: &[Rule]) -> Vec<Value> {
    let hidden =
        |rule: &&Rule| rule.inverted || matches!(&*rule.subject, "secret-imports" | "dynamic-secrets");
    let shown = rules.iter().filter(|rule| !hidden(rule));
    shown.filter_map(|rule| Some((rule, conditions(rule)?))).flat_map(in_v1).collect()
}

fn in_v1((rule, conditions): (&Rule, Map<String, Value>)) -> Vec<Value> {
    let mut actions: Vec<&str> = Vec::new();
    for action in &rule.actions {
        let action = match (rule.subject.as_str(), action.as_str()) {
            ("secrets", "readValue") => "read",
            ("secrets", "describeSecret") => continue,
            ("secret-folders", other) if other != "read" => continue,
            (_, same) => same,
        };
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    let one = |action| {
        let mut shown = json!({ "subject": rule.subject, "action": action });
        if !conditions.is_empty() {
            shown["conditions"] = Value::Object(conditions.clone());
        }
        shown
    };
    actions.into_iter().map(one).collect()
}

/// The conditions in the older form; none if it cannot say them.
fn conditions(rule: &Rule) -> Option<Map<String, Value>> {
    let one = |condition: &Condition| match (condition.field(), condition.operators()) {
        (Field::Environment, [Operator::Eq(value)]) => Some(("environment".to_owned(), json!(value))),
        (Field::SecretPath, [Operator::Glob(glob)]) => {
            Some(("secretPath".to_owned(), json!({ "$glob": glob.pattern() })))
        }
        _ => None,
    };
    rule.conditions.iter().flat_map(Conditions::iter).map(one).collect()
}

/// What follows from the rules on secrets: on imports, on dynamic secrets, on folders.
fn derived(rules: &[Rule]) -> impl Iterator<Item = Rule> {
    let on = |subject: &'static str, names: fn(&'static str) -> Vec<&'static str>| {
        let on_secrets = rules.iter().filter(|rule| rule.subject == "secrets");
        on_secrets.map(move |rule| carried(rule, subject, names))
    };
    let same = |action| vec![action];
    // Every member sees the folders.
    let but_read = |action| if action == "read" { Vec::new() } else { vec![action] };
    let imports_and_dynamic = on("secret-imports", same).chain(on("dynamic-secrets", dynamic));
    let all = imports_and_dynamic.chain(on("secret-folders", but_read));
    all.filter(|rule| !rule.actions.is_empty())
}

/// The same rule on another subject. Secret names and tags mean nothing there: such a rule is not carried over.
fn carried(rule: &Rule, subject: &str, names: fn(&'static str) -> Vec<&'static str>) -> Rule {
    let means_something = conditions(rule).is_some();
    let mut actions: Vec<&'static str> = Vec::new();
    for action in rule.actions.iter().filter(|_| means_something) {
        let action = match action.as_str() {
            "read" | "readValue" => "read",
            "create" => "create",
            "edit" => "edit",
            "delete" => "delete",
            _ => continue,
        };
        actions.extend(names(action));
    }
    actions.dedup();
    Rule { conditions: rule.conditions.clone(), inverted: rule.inverted, ..Rule::allow(subject, &actions) }
}

fn dynamic(action: &'static str) -> Vec<&'static str> {
    match action {
        "read" => vec!["read-root-credential"],
        "create" => vec!["create-root-credential"],
        "edit" => vec!["edit-root-credential", "lease"],
        "delete" => vec!["delete-root-credential"],
        _ => Vec::new(),
    }
}
