//! Lists of rules from outside: what is refused, where the error points, what comes back.

use serde_json::{Value, json};
use vouchsafe_policy::builtin::{OrgRole, ProjectRole};
use vouchsafe_policy::{Grant, GrantSource, Level, Permissions, RuleList, catalogue, from_v1, to_v1};

fn refused(level: Level, list: &Value) -> (String, String) {
    let error = RuleList::parse(level, list).err();
    let error = error.unwrap_or_else(|| panic!("{:.200} was accepted", list.to_string()));
    (error.path, error.message)
}

fn secrets(conditions: Value) -> Value {
    json!([
        { "subject": "tags", "action": "read" },
        { "subject": "secrets", "action": "edit", "conditions": conditions },
    ])
}

#[test]
fn an_error_points_at_the_rule_and_the_field() {
    let nested = (0..100).fold(json!("x"), |inner, _| json!({ "$eq": inner }));
    let table = [
        (json!({}), "", "must be a list"),
        (json!([1]), "[0]", "must be an object"),
        (json!([{ "action": "read" }]), "[0].subject", "must name its subject"),
        (json!([{ "subject": "nothing", "action": "read" }]), "[0].subject", "'nothing'"),
        (json!([{ "subject": ["nothing"], "action": "read" }]), "[0].subject[0]", "'nothing'"),
        (json!([{ "subject": "tags" }]), "[0].action", "at least one action"),
        (json!([{ "subject": "tags", "action": [] }]), "[0].action", "at least one action"),
        (json!([{ "subject": "tags", "action": ["read", "fly"] }]), "[0].action[1]", "Unknown action 'fly'"),
        (json!([{ "subject": "tags", "action": ["read", 1] }]), "[0].action[1]", "must be a string"),
        (json!([{ "subject": "tags", "action": vec!["read"; 65] }]), "[0].action", "more than 64"),
        (json!([{ "subject": "tags", "action": "read", "inverted": 1 }]), "[0].inverted", "true or false"),
        (json!([{ "subject": "tags", "action": "read", "conditions": [] }]), "[0].conditions", "an object"),
        (
            json!([{ "subject": "tags", "action": "read", "conditions": { "environment": "dev" } }]),
            "[0].conditions.environment",
            "has no condition on 'environment'",
        ),
        (secrets(json!({ "color": "red" })), "[1].conditions.color", "Unknown condition field"),
        (
            secrets(json!({ "environment": { "$regex": "x" } })),
            "[1].conditions.environment.$regex",
            "Unknown operator",
        ),
        (
            secrets(json!({ "secretTags": { "$glob": "x" } })),
            "[1].conditions.secretTags.$glob",
            "not supported",
        ),
        (
            secrets(json!({ "secretPath": { "$glob": "/{1..3}" } })),
            "[1].conditions.secretPath.$glob",
            "ranges in braces",
        ),
        (
            secrets(json!({ "secretPath": { "$glob": "/".repeat(10_000) } })),
            "[1].conditions.secretPath.$glob",
            "longer than 1024 bytes",
        ),
        (
            secrets(json!({ "secretPath": { "$in": ["/a", "b"] } })),
            "[1].conditions.secretPath.$in",
            "starts with '/'",
        ),
        (
            secrets(json!({ "environment": { "$in": ["a", 1] } })),
            "[1].conditions.environment.$in[1]",
            "must be a string",
        ),
        (
            secrets(json!({ "environment": "x".repeat(1025) })),
            "[1].conditions.environment",
            "longer than 1024 bytes",
        ),
        (
            secrets(json!({ "environment": { "$in": vec!["x"; 1001] } })),
            "[1].conditions.environment.$in",
            "more than 1000 values",
        ),
        (secrets(json!({ "environment": nested })), "[1].conditions.environment.$eq", "must be a string"),
        (
            secrets(json!({ "secretName": { "$eq": "{{identity.color}}" } })),
            "[1].conditions.secretName.$eq",
            "Unknown template '{{identity.color}}'",
        ),
        (
            json!([{ "subject": "dynamic-secrets", "action": "lease",
                "conditions": { "metadata": { "$elemMatch": { "key": { "$glob": "!x" } } } } }]),
            "[0].conditions.metadata.$elemMatch.key.$glob",
            "no meaning here",
        ),
    ];
    for (list, path, message) in table {
        let error = refused(Level::Project, &list);
        assert_eq!(error.0, path, "{list}: {}", error.1);
        assert!(error.1.contains(message), "{list}: {}", error.1);
    }
    let rule = json!({ "subject": "tags", "action": "read" });
    assert!(refused(Level::Project, &json!(vec![rule.clone(); 2000])).1.contains("more than 500 rules"));
    assert!(RuleList::parse(Level::Project, &json!(vec![rule; 500])).is_ok());
    let long = secrets(json!({ "environment": { "$in": vec!["x".repeat(1000); 1000] } }));
    assert!(refused(Level::Project, &long).1.contains("longer than 512 kB"));
}

#[test]
fn the_legacy_read_stands_alone() {
    for other in ["readValue", "describeSecret"] {
        let list = json!([{ "subject": "secrets", "action": ["read", other] }]);
        let error = RuleList::parse(Level::Project, &list).expect_err("refused");
        assert!(error.legacy_read);
        assert_eq!(error.path, "[0].action");
    }
    assert!(RuleList::parse(Level::Project, &json!([{ "subject": "secrets", "action": "read" }])).is_ok());
}

#[test]
fn a_list_comes_back_as_it_went() {
    let list = json!([
        { "subject": "tags", "action": ["read"], "inverted": false },
        { "subject": "secrets", "action": ["edit", "delete"], "inverted": true, "conditions": {
            "environment": "dev",
            "secretPath": { "$glob": "/{{identity.metadata.team}}/**", "$ne": "/x" },
            "secretName": { "$eq": "A" },
            "secretTags": { "$in": ["b", "a", "b"] },
        } },
        { "subject": "secrets", "action": ["edit"], "inverted": false, "conditions": {} },
        { "subject": "dynamic-secrets", "action": ["lease"], "inverted": false, "conditions": {
            "metadata": { "$elemMatch": { "key": { "$eq": "team" }, "value": "a" } },
        } },
    ]);
    let read = RuleList::parse(Level::Project, &list).expect("valid");
    assert_eq!(read.to_json(), list);
    // One action may come alone; what a subject without conditions cannot have is dropped.
    let list =
        json!([{ "subject": ["tags", "role"], "action": "read", "inverted": true, "conditions": null }]);
    let read = RuleList::parse(Level::Project, &list).expect("valid");
    assert_eq!(read.to_json(), json!([{ "subject": "tags", "action": ["read"], "inverted": false }]));
}

#[test]
fn every_name_in_the_catalogue_and_every_built_in_role_is_accepted() {
    for level in [Level::Organization, Level::Project] {
        for subject in catalogue::subjects(level) {
            for action in subject.actions {
                let list = json!([{ "subject": subject.name, "action": action }]);
                let list = RuleList::parse(level, &list).expect("in the catalogue");
                let grant =
                    Grant { source: GrantSource::Role { slug: "r".into() }, rules: list.into_rules() };
                assert!(Permissions::compile(level, &[grant]).is_ok());
            }
        }
    }
    let built_in = OrgRole::ALL.map(|role| (Level::Organization, role.rules()));
    for (level, rules) in
        built_in.into_iter().chain(ProjectRole::ALL.map(|role| (Level::Project, role.rules())))
    {
        let list = serde_json::to_value(rules).expect("JSON");
        assert_eq!(RuleList::parse(level, &list).expect("valid").rules(), rules);
    }
}

#[test]
fn the_older_form_goes_both_ways() {
    let conditions = json!({ "environment": "dev", "secretPath": { "$glob": "/app/**" } });
    let written = json!([
        { "subject": "secrets", "action": "read", "conditions": conditions },
        { "subject": "secrets", "action": "edit", "conditions": conditions },
        { "subject": "role", "action": "read" },
    ]);
    let list = from_v1(&written).expect("valid");
    assert_eq!(Value::from(to_v1(list.rules())), written);
    let derived: Vec<_> =
        list.rules()[3..].iter().map(|rule| (rule.subject.as_str(), rule.actions.join(" "))).collect();
    assert_eq!(
        derived,
        [
            ("secret-imports", "read".into()),
            ("secret-imports", "edit".into()),
            ("dynamic-secrets", "read-root-credential".into()),
            ("dynamic-secrets", "edit-root-credential lease".into()),
            ("secret-folders", "edit".into()),
        ]
    );
    assert!(list.rules()[3..].iter().all(|rule| rule.conditions == list.rules()[0].conditions));
    // Folders that were written are shown; then nothing follows for folders.
    let written = json!([
        { "subject": "secrets", "action": "read" },
        { "subject": "secret-folders", "action": "read" },
    ]);
    let list = from_v1(&written).expect("valid");
    assert_eq!(Value::from(to_v1(list.rules())), written);
    assert_eq!(list.rules().iter().filter(|rule| rule.subject == "secret-folders").count(), 1);
    // What the older form cannot say is not shown.
    let list = json!([
        { "subject": "secrets", "action": ["describeSecret", "readValue"], "conditions": { "environment": { "$ne": "prod" } } },
        { "subject": "secrets", "action": ["describeSecret", "readValue"], "conditions": { "environment": { "$eq": "dev" } } },
        { "subject": "secrets", "action": ["delete"], "conditions": { "environment": "prod" }, "inverted": true },
    ]);
    let list = RuleList::parse(Level::Project, &list).expect("valid");
    assert_eq!(
        to_v1(list.rules()),
        [json!({ "subject": "secrets", "action": "read", "conditions": { "environment": "dev" } })]
    );
}

#[test]
fn the_memory_of_all_patterns_together_is_bounded() {
    let list = |pattern: fn(usize) -> String| -> Value {
        let rule = |at: usize| {
            json!({ "subject": "secrets", "action": "readValue",
                "conditions": { "secretPath": { "$glob": format!("/{}/**", pattern(at)) }, "secretName": { "$glob": pattern(at) } } })
        };
        (0..500).map(rule).collect()
    };
    // As many as people may write.
    for ordinary in [
        |at: usize| format!("team-{at}_*"),
        |at| format!("{{app,web,api}}-{at}*"),
        |at| format!("*-{at}-[a-z]?*"),
        |at| format!("größe-{at}*"),
    ] {
        assert!(RuleList::parse(Level::Project, &list(ordinary)).is_ok());
    }
    // Each of them is allowed alone.
    let hostile = |at: usize| format!("*{}a??????{}", at % 10, at / 10);
    assert!(RuleList::parse(Level::Project, &json!([list(hostile)[0]])).is_ok());
    let error = RuleList::parse(Level::Project, &list(hostile)).expect_err("too much");
    let number = error.path.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (number, rest) = number.expect("the place of a rule");
    assert!(number.parse::<usize>().is_ok_and(|number| (1..500).contains(&number)), "{error:?}");
    assert_eq!(rest, ".conditions");
    assert!(error.message.contains("too complex together"), "{error:?}");
}
