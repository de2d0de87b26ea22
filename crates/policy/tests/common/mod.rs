//! A small universe: random rules on secrets, every object they can tell apart.

#![allow(dead_code, reason = "each test uses a part")]

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use vouchsafe_policy::{Grant, GrantSource, Level, Need, Object, Permissions, Rule};

pub(crate) const ACTIONS: [&str; 4] = ["read", "describeSecret", "readValue", "create"];
pub(crate) const ENVIRONMENTS: [&str; 3] = ["dev", "prod", "qa"];
pub(crate) const PATHS: [&str; 3] = ["/", "/a", "/a/b"];
pub(crate) const TAGS: [&[&str]; 4] = [&[], &["t"], &["u"], &["t", "u"]];

pub(crate) fn need(action: &'static str) -> Need {
    Need { level: Level::Project, subject: "secrets", action }
}

pub(crate) fn permissions(rules: &[Rule]) -> Permissions {
    // Two grants, so that their order matters too.
    let (first, second) = rules.split_at(rules.len() / 2);
    let grants = [
        Grant { source: GrantSource::Role { slug: "r".into() }, rules: first.to_vec() },
        Grant { source: GrantSource::Privilege { slug: "p".into() }, rules: second.to_vec() },
    ];
    Permissions::compile(Level::Project, &grants).expect("generated rules are valid")
}

/// Every object of the universe, with facts missing too.
pub(crate) fn objects() -> Vec<Object<'static>> {
    let mut objects = Vec::new();
    for environment in [None, Some("dev"), Some("prod"), Some("qa")] {
        for secret_path in [None, Some("/"), Some("/a"), Some("/a/b")] {
            for secret_tags in [None, Some(TAGS[0]), Some(TAGS[1]), Some(TAGS[2]), Some(TAGS[3])] {
                let mut object = Object::plain();
                object.environment = environment;
                object.secret_path = secret_path;
                object.secret_tags = secret_tags;
                objects.push(object);
            }
        }
    }
    objects
}

fn environment() -> impl Strategy<Value = Value> {
    let one = || prop::sample::select(&ENVIRONMENTS[..]);
    prop_oneof![
        one().prop_map(|value| json!(value)),
        one().prop_map(|value| json!({ "$eq": value })),
        one().prop_map(|value| json!({ "$ne": value })),
        prop::collection::vec(one(), 1..3).prop_map(|values| json!({ "$in": values })),
        (one(), one()).prop_map(|(not, glob)| json!({ "$ne": not, "$glob": format!("{}*", &glob[..1]) })),
    ]
}

fn path() -> impl Strategy<Value = Value> {
    let one = || prop::sample::select(&PATHS[..]);
    prop_oneof![
        one().prop_map(|value| json!({ "$eq": value })),
        one().prop_map(|value| json!({ "$ne": value })),
        prop::sample::select(vec!["/**", "/*", "/a/**", "/a/*", "/{a,b}"])
            .prop_map(|glob| json!({ "$glob": glob })),
    ]
}

fn tags() -> impl Strategy<Value = Value> {
    prop::sample::subsequence(vec!["t", "u"], 1..=2).prop_map(|tags| json!({ "$in": tags }))
}

fn conditions() -> impl Strategy<Value = Map<String, Value>> {
    let field = |name: &'static str, value: Option<Value>| value.map(|value| (name.to_owned(), value));
    (prop::option::of(environment()), prop::option::of(path()), prop::option::weighted(0.2, tags())).prop_map(
        move |(environment, path, tags)| {
            [field("environment", environment), field("secretPath", path), field("secretTags", tags)]
                .into_iter()
                .flatten()
                .collect()
        },
    )
}

/// A rule as JSON, so that reading it is tested too.
pub(crate) fn rule(conditional: f64) -> impl Strategy<Value = Value> {
    (
        prop::sample::subsequence(ACTIONS.to_vec(), 1..=2),
        (prop::bool::weighted(conditional.max(f64::MIN_POSITIVE)), conditions())
            .prop_map(move |(with, conditions)| (with && conditional > 0.0).then_some(conditions)),
        prop::bool::weighted(0.4),
    )
        .prop_map(|(actions, conditions, inverted)| match conditions {
            Some(conditions) => {
                json!({ "subject": "secrets", "action": actions, "conditions": conditions, "inverted": inverted })
            }
            None => json!({ "subject": "secrets", "action": actions, "inverted": inverted }),
        })
}

pub(crate) fn rules(conditional: f64) -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(rule(conditional), 0..6)
}

/// So many that they are looked up by place.
pub(crate) fn many_rules() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(rule(0.95), 20..60)
}

pub(crate) fn read(rules: &[Value]) -> Vec<Rule> {
    rules
        .iter()
        .map(|rule| serde_json::from_value(rule.clone()).expect("generated rules are valid"))
        .collect()
}
