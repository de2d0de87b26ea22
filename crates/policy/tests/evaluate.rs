//! Decisions, against a second evaluator that reads the JSON as the contract says.

mod common;

use common::{ACTIONS, need, objects, permissions, read, rules};
use proptest::prelude::*;
use serde_json::{Value, json};
use vouchsafe_policy::{Grant, GrantSource, Level, Object, Permissions, PermitSource, Rule, org, project};

fn text_holds(test: &Value, value: &str) -> bool {
    match test {
        Value::String(wanted) => wanted == value,
        Value::Object(operators) => operators.iter().all(|(operator, wanted)| match operator.as_str() {
            "$eq" => wanted == value,
            "$ne" => wanted != value,
            "$in" => wanted.as_array().expect("a list").iter().any(|wanted| wanted == value),
            // The patterns of the universe, by hand.
            "$glob" => match wanted.as_str().expect("a pattern") {
                "/**" => value.starts_with('/'),
                "/*" | "/{a,b}" => value == "/a",
                "/a/**" => value == "/a" || value.starts_with("/a/"),
                "/a/*" => value == "/a/b",
                prefix => value.starts_with(prefix.trim_end_matches('*')),
            },
            other => panic!("unknown operator {other}"),
        }),
        other => panic!("unknown test {other}"),
    }
}

fn field_holds(field: &str, test: &Value, object: &Object<'_>, unknown: bool) -> bool {
    match field {
        "environment" => object.environment.map_or(unknown, |value| text_holds(test, value)),
        "secretPath" => object.secret_path.map_or(unknown, |value| text_holds(test, value)),
        "secretTags" => {
            object.secret_tags.map_or(unknown, |tags| tags.iter().any(|tag| text_holds(test, tag)))
        }
        other => panic!("unknown field {other}"),
    }
}

fn reference(rules: &[Value], action: &str, object: &Object<'_>) -> bool {
    let mut allowed = false;
    for rule in rules {
        let names = |wanted: &str| rule["action"].as_array().expect("a list").iter().any(|it| it == wanted);
        let implied = matches!(action, "describeSecret" | "readValue") && names("read");
        if !names(action) && !implied {
            continue;
        }
        let inverted = rule["inverted"] == json!(true);
        let applies = match rule.get("conditions").and_then(Value::as_object) {
            None => true,
            Some(conditions) if conditions.is_empty() => true,
            Some(_) if object.is_any() => !inverted,
            Some(conditions) => {
                conditions.iter().all(|(field, test)| field_holds(field, test, object, inverted))
            }
        };
        if applies {
            allowed = !inverted;
        }
    }
    allowed
}

proptest! {
    #[test]
    fn decides_as_the_reference_does(json in rules(0.7)) {
        let permissions = permissions(&read(&json));
        for action in ACTIONS {
            for object in objects().iter().chain([&Object::any()]) {
                let decided = permissions.check(need(action), object);
                prop_assert_eq!(decided.is_ok(), reference(&json, action, object), "{} {:?}", action, object);
                prop_assert_eq!(decided.is_ok(), permissions.allows(need(action), object));
            }
        }
    }

    #[test]
    fn a_rule_comes_back_as_it_went(json in rules(0.7)) {
        for rule in json {
            let read: Rule = serde_json::from_value(rule.clone()).expect("generated rules are valid");
            prop_assert_eq!(serde_json::to_value(&read).expect("rules are JSON"), rule);
        }
    }
}

fn grant(slug: &str, rules: Value) -> Grant {
    Grant {
        source: GrantSource::Role { slug: slug.into() },
        rules: serde_json::from_value(rules).expect("valid rules"),
    }
}

#[test]
fn a_permit_says_which_rule_decided() {
    let first = grant("reader", json!([{ "subject": "tags", "action": "read" }]));
    let second = grant(
        "deployer",
        json!([
            { "subject": "tags", "action": "read" },
            { "subject": "secrets", "action": "readValue", "conditions": { "environment": "dev" } },
        ]),
    );
    let permissions = Permissions::compile(Level::Project, &[first, second.clone()]).expect("valid");
    let permit = permissions
        .check(project::SECRET_READ_VALUE, &Object::secret("dev", "/", "KEY", &[]))
        .expect("the rule allows it");
    assert_eq!(permit.need(), Some(project::SECRET_READ_VALUE));
    let PermitSource::Rule { grant, rule } = permit.source() else { panic!("{permit:?}") };
    assert_eq!((&**grant, *rule), (&second.source, 1));
    assert_eq!(permit.source().to_string(), "role deployer, rule 1");
}

#[test]
fn a_refusal_names_the_need_and_the_rules_that_were_looked_at() {
    let rules = json!([
        { "subject": "secrets", "action": ["readValue"], "conditions": { "environment": "dev" }, "inverted": false },
        { "subject": "tags", "action": "read" },
    ]);
    let permissions = Permissions::compile(Level::Project, &[grant("r", rules.clone())]).expect("valid");
    let object = Object::secret("prod", "/", "KEY", &[]);
    let denied = permissions.check(project::SECRET_READ_VALUE, &object).expect_err("prod is not dev");
    assert_eq!(denied.to_string(), "You are not allowed to readValue on secrets");
    assert_eq!(serde_json::to_value(&denied.rules).expect("rules are JSON"), json!([rules[0]]));
    let other_level =
        permissions.check(org::IDENTITY_READ, &Object::any()).expect_err("no organization rules");
    assert!(other_level.rules.is_empty());
}

#[test]
fn metadata_conditions_ask_one_pair() {
    let rules = json!([{
        "subject": "dynamic-secrets",
        "action": "lease",
        "conditions": { "metadata": { "$elemMatch": { "key": "team", "value": { "$in": ["a", "b"] } } } },
    }]);
    let permissions = Permissions::compile(Level::Project, &[grant("r", rules)]).expect("valid");
    let lease = vouchsafe_policy::Need { level: Level::Project, subject: "dynamic-secrets", action: "lease" };
    let allows = |metadata: &[(&str, &str)]| {
        permissions.allows(lease, &Object::folder("dev", "/").with_metadata(metadata))
    };
    assert!(allows(&[("x", "y"), ("team", "b")]));
    assert!(!allows(&[("x", "b"), ("team", "y")]));
    assert!(!allows(&[]));
    assert!(!permissions.allows(lease, &Object::folder("dev", "/")));
}
