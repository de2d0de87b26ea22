//! Decisions, against a second evaluator that reads the JSON as the contract says.

mod common;

use common::{ACTIONS, many_rules, need, objects, permissions, read, rules};
use proptest::prelude::*;
use serde_json::{Value, json};
use vouchsafe_policy::{
    Field, Grant, GrantSource, Level, Object, Outcome, Permissions, PermitSource, Rule, org, project,
};

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
    // Whatever lies in a folder has an environment and a path.
    if !object.is_any() && (object.environment.is_none() || object.secret_path.is_none()) {
        return false;
    }
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
                let explained = permissions.explain(need(action), object);
                prop_assert_eq!(decided.is_ok(), explained.allowed);
                if let Err(denied) = decided {
                    prop_assert_eq!(denied.by.map(|by| *by), explained.by);
                }
            }
        }
    }

    #[test]
    fn many_rules_decide_as_the_reference_does(json in many_rules()) {
        let permissions = permissions(&read(&json));
        for object in objects().iter().chain([&Object::any()]) {
            let allowed = permissions.allows(need("readValue"), object);
            prop_assert_eq!(allowed, reference(&json, "readValue", object), "{:?}", object);
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

#[test]
fn an_explanation_says_what_became_of_each_rule() {
    let first = grant("reader", json!([{ "subject": "secrets", "action": "readValue" }]));
    let second = Grant {
        source: GrantSource::GroupRole { group: "ops".into(), slug: "guarded".into() },
        rules: serde_json::from_value(json!([
            { "subject": "tags", "action": "read" },
            { "subject": "secrets", "action": "readValue", "conditions": { "environment": "dev" } },
            { "subject": "secrets", "action": "readValue", "conditions": { "environment": "prod" }, "inverted": true },
        ]))
        .expect("valid rules"),
    };
    let permissions = Permissions::compile(Level::Project, &[first, second.clone()]).expect("valid");
    let object = Object::secret("prod", "/", "KEY", &[]);
    let decision = permissions.explain(project::SECRET_READ_VALUE, &object);
    assert!(!decision.allowed);
    let by = decision.by.expect("a rule forbids it");
    assert_eq!((&*by.source, by.index, &by.rule), (&second.source, 2, &second.rules[2]));
    let outcomes: Vec<Outcome> = decision.considered.iter().map(|one| one.outcome).collect();
    assert_eq!(outcomes, [Outcome::Overruled, Outcome::DoesNotApply(Field::Environment), Outcome::Decides]);
    let denied = permissions.check(project::SECRET_READ_VALUE, &object).expect_err("forbidden");
    assert_eq!(denied.to_string(), "You are not allowed to readValue on secrets");
    assert_eq!(denied.reason(), "role guarded of group ops, rule 2 forbids readValue on secrets (project)");
    let anywhere = permissions.explain(project::SECRET_READ_VALUE, &Object::any());
    assert!(anywhere.allowed);
    assert_eq!(anywhere.considered[2].outcome, Outcome::NotAsked);
    let nowhere = permissions.explain(project::SECRET_READ_VALUE, &Object::plain());
    assert_eq!((nowhere.allowed, nowhere.lacks, nowhere.by), (false, Some(Field::Environment), None));
    let denied = permissions.check(project::SECRET_EDIT, &object).expect_err("nothing allows it");
    assert_eq!(denied.reason(), "none of the 3 rules on secrets (project) that the actor has allows edit");
    let denied = permissions.check(project::ROLE_EDIT, &Object::plain()).expect_err("nothing allows it");
    assert_eq!(denied.reason(), "no rule of the actor is about role (project)");
}

#[test]
fn older_names_mean_what_replaced_them() {
    let rules = json!([
        { "subject": "secrets", "action": "read" },
        { "subject": "secret-events", "action": "subscribe-on-updated" },
        { "subject": "certificate-authorities", "action": "renew" },
    ]);
    let permissions = Permissions::compile(Level::Project, &[grant("old", rules)]).expect("valid");
    let object = Object::secret("dev", "/", "KEY", &[]);
    let need = |subject, action| vouchsafe_policy::Need { level: Level::Project, subject, action };
    assert!(permissions.allows(project::SECRET_DESCRIBE, &object));
    assert!(permissions.allows(project::SECRET_READ_VALUE, &object));
    assert!(permissions.allows(need("secret-event-subscriptions", "subscribe-to-update-events"), &object));
    assert!(!permissions.allows(need("secret-event-subscriptions", "subscribe-to-deletion-events"), &object));
    assert!(permissions.allows(need("certificate-authorities", "issue-ca-certificate"), &Object::plain()));
    let rules = json!([{ "subject": "workspace", "action": "create" }]);
    let permissions = Permissions::compile(Level::Organization, &[grant("old", rules)]).expect("valid");
    assert!(permissions.allows(org::PROJECT_CREATE, &Object::plain()));
}

#[test]
fn existence_is_apart_from_the_value() {
    for (held, other) in [
        (project::SECRET_DESCRIBE, project::SECRET_READ_VALUE),
        (project::SECRET_READ_VALUE, project::SECRET_DESCRIBE),
    ] {
        let rules = json!([{ "subject": "secrets", "action": held.action }]);
        let permissions = Permissions::compile(Level::Project, &[grant("r", rules)]).expect("valid");
        let object = Object::secret("dev", "/", "KEY", &[]);
        assert!(permissions.allows(held, &object) && !permissions.allows(other, &object));
    }
}
