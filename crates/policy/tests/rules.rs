//! Which rules are refused, and how rules are written.

use serde_json::{Value, json};
use vouchsafe_policy::{Conditions, Grant, GrantSource, Level, Permissions, Rule};

fn conditions_error(conditions: Value) -> String {
    let read = serde_json::from_value::<Conditions>(conditions.clone());
    read.err().map_or_else(|| panic!("{conditions} was accepted"), |error| error.to_string())
}

fn compile_error(rule: Value) -> String {
    let rules = vec![serde_json::from_value(rule).expect("a rule")];
    let grant = Grant { source: GrantSource::Role { slug: "r".into() }, rules };
    Permissions::compile(Level::Project, &[grant]).expect_err("refused").to_string()
}

#[test]
fn conditions_that_are_refused() {
    let table = [
        (json!({ "color": "red" }), "Unknown condition field 'color'"),
        (json!({ "environment": { "$regex": "x" } }), "Unknown operator '$regex'"),
        (json!({ "environment": { "$all": ["x"] } }), "Unknown operator '$all'"),
        (json!({ "environment": "" }), "is empty"),
        (json!({ "environment": " " }), "is empty"),
        (json!({ "environment": {} }), "is empty"),
        (json!({ "environment": { "$in": [] } }), "is empty"),
        (json!({ "environment": { "$in": ["dev", ""] } }), "is empty"),
        (json!({ "environment": { "$in": "dev" } }), "must be a list of strings"),
        (json!({ "environment": { "$eq": 1 } }), "must be a string"),
        (json!({ "environment": ["dev"] }), "must be a string or an object"),
        (json!({ "environment": null }), "must be a string or an object"),
        (json!({ "secretPath": "app" }), "starts with '/'"),
        (json!({ "secretPath": { "$in": ["/a", "b"] } }), "starts with '/'"),
        (json!({ "secretTags": "t" }), "'$eq' is not supported"),
        (json!({ "secretTags": { "$glob": "t*" } }), "'$glob' is not supported"),
        (json!({ "connectionId": { "$glob": "t*" } }), "'$glob' is not supported"),
        (json!({ "metadata": { "$eq": "t" } }), "'$eq' is not supported"),
        (json!({ "metadata": { "$elemMatch": {} } }), "is empty"),
        (
            json!({ "metadata": { "$elemMatch": { "key": { "$elemMatch": { "key": "a" } } } } }),
            "not supported",
        ),
        (json!({ "secretPath": { "$glob": "!/app" } }), "no meaning here"),
        (json!({ "secretPath": { "$glob": "/@(a|b)" } }), "no meaning here"),
        (json!({ "secretPath": { "$glob": "/{1..3}" } }), "ranges in braces"),
        (json!({ "secretPath": { "$glob": "/".repeat(2000) } }), "longer than"),
        (json!({ "secretPath": { "$glob": "{a,b}".repeat(20) } }), "more than 64 patterns"),
        (json!({ "secretName": { "$glob": format!("*a{}", "?".repeat(60)) } }), "too complex"),
    ];
    for (conditions, expected) in table {
        let error = conditions_error(conditions.clone());
        assert!(error.contains(expected), "{conditions}: {error}");
    }
}

#[test]
fn rules_that_are_refused() {
    let table = [
        (json!({ "subject": "nothing", "action": "read" }), "Unknown project permission subject 'nothing'"),
        (json!({ "subject": [], "action": "read" }), "Unknown project permission subject ''"),
        (json!({ "subject": "tags", "action": "readValue" }), "Unknown action 'readValue' on subject 'tags'"),
        (json!({ "subject": "tags", "action": [] }), "needs at least one action"),
        (
            json!({ "subject": "tags", "action": "read", "conditions": { "environment": "dev" } }),
            "Subject 'tags' has no condition on 'environment'",
        ),
    ];
    for (rule, expected) in table {
        let error = compile_error(rule.clone());
        assert!(error.contains(expected), "{rule}: {error}");
    }
}

#[test]
fn one_action_or_subject_may_come_in_either_form() {
    let rule: Rule = serde_json::from_value(json!({
        "subject": ["tags", "role"], "action": "read", "conditions": null, "id": "ignored",
    }))
    .expect("a rule");
    assert_eq!(rule, Rule::allow("tags", &["read"]));
    let written = serde_json::to_value(rule).expect("rules are JSON");
    assert_eq!(written, json!({ "subject": "tags", "action": ["read"], "inverted": false }));
}

#[test]
fn two_spellings_of_a_condition_are_equal() {
    let plain: Conditions = serde_json::from_value(json!({ "environment": "dev" })).expect("valid");
    let long: Conditions = serde_json::from_value(json!({ "environment": { "$eq": "dev" } })).expect("valid");
    assert_eq!(plain, long);
    assert_ne!(serde_json::to_string(&plain).expect("JSON"), serde_json::to_string(&long).expect("JSON"));
}
