//! "Holds everything that the other holds", against trying every request.

mod common;

use common::{ACTIONS, need, objects, permissions, read, rules};
use proptest::prelude::*;
use serde_json::{Value, json};
use vouchsafe_policy::builtin::{OrgRole, ProjectRole};
use vouchsafe_policy::{
    Grant, GrantSource, Level, Object, Permissions, Rule, RuleList, TemplateValues, boundary, diff,
};

/// By trying. `read` on secrets is held through what it implies.
fn contains(actor: &Permissions, target: &Permissions) -> bool {
    let objects = objects();
    ACTIONS.iter().filter(|&&action| action != "read").all(|action| {
        objects
            .iter()
            .chain([&Object::any()])
            .all(|object| !target.allows(need(action), object) || actor.allows(need(action), object))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn never_a_false_yes(actor in rules(0.7), target in rules(0.7)) {
        let (actor, target) = (permissions(&read(&actor)), permissions(&read(&target)));
        if boundary(&actor, &target).is_ok() {
            prop_assert!(contains(&actor, &target));
        }
    }

    /// Closely related lists, so that a yes is not rare.
    #[test]
    fn never_a_false_yes_after_a_small_change(target in rules(0.8), extra in rules(0.8), at in 0_usize..6, drop in 0_usize..6) {
        let mut actor = target.clone();
        if drop < actor.len() {
            actor.remove(drop);
        }
        for rule in extra.into_iter().take(1) {
            actor.insert(at.min(actor.len()), rule);
        }
        let (actor, target) = (permissions(&read(&actor)), permissions(&read(&target)));
        if boundary(&actor, &target).is_ok() {
            prop_assert!(contains(&actor, &target));
        }
    }

    #[test]
    fn exact_without_conditions(actor in rules(0.0), target in rules(0.0)) {
        let (actor, target) = (permissions(&read(&actor)), permissions(&read(&target)));
        prop_assert_eq!(boundary(&actor, &target).is_ok(), contains(&actor, &target));
    }

    #[test]
    fn everyone_holds_what_he_holds(rules in rules(0.7)) {
        let permissions = permissions(&read(&rules));
        prop_assert_eq!(boundary(&permissions, &permissions), Ok(()));
    }

    #[test]
    fn admin_holds_everything_and_everyone_holds_nothing(rules in rules(0.7)) {
        let permissions = permissions(&read(&rules));
        prop_assert_eq!(boundary(ProjectRole::Admin.permissions(), &permissions), Ok(()));
        prop_assert_eq!(boundary(&permissions, ProjectRole::NoAccess.permissions()), Ok(()));
    }

    #[test]
    fn one_more_permission_takes_nothing_away(actor in rules(0.7), target in rules(0.7), more in common::rule(0.7)) {
        let mut richer = read(&actor);
        richer.push(Rule { inverted: false, ..read(&[more])[0].clone() });
        let (actor, richer, target) = (permissions(&read(&actor)), permissions(&richer), permissions(&read(&target)));
        if boundary(&actor, &target).is_ok() {
            prop_assert_eq!(boundary(&richer, &target), Ok(()));
        }
    }
}

#[test]
fn built_in_roles_are_ordered() {
    let roles = ProjectRole::ALL;
    for (at, stronger) in roles.iter().enumerate() {
        for weaker in &roles[at..] {
            assert_eq!(
                boundary(stronger.permissions(), weaker.permissions()),
                Ok(()),
                "{stronger:?} {weaker:?}"
            );
        }
        for stronger_still in &roles[..at] {
            assert!(boundary(stronger.permissions(), stronger_still.permissions()).is_err());
        }
    }
    let missing = boundary(OrgRole::Member.permissions(), OrgRole::Admin.permissions()).expect_err("less");
    assert!(missing.permissions.iter().any(|one| one.subject == "identity" && one.action == "create-token"));
    assert!(boundary(OrgRole::Admin.permissions(), ProjectRole::Viewer.permissions()).is_err());
}

fn missing(actor: Value, target: Value) -> Option<(Value, String)> {
    let read = |rules: Value| read(rules.as_array().expect("a list"));
    let missing = boundary(&permissions(&read(actor)), &permissions(&read(target))).err()?;
    Some((serde_json::to_value(&missing).expect("JSON"), missing.to_string()))
}

fn create(conditions: Value) -> Value {
    json!({ "subject": "secrets", "action": "create", "conditions": conditions })
}

#[test]
fn what_is_missing_is_named_with_an_example() {
    let (wire, example) = missing(
        json!([create(json!({ "environment": { "$in": ["dev", "qa"] } }))]),
        json!([create(
            json!({ "environment": { "$in": ["dev", "prod"] }, "secretPath": { "$glob": "/app/**" } })
        )]),
    )
    .expect("prod is missing");
    assert_eq!(
        wire,
        json!({ "missingPermissions": [{
            "action": "create",
            "subject": "secrets",
            "conditions": { "environment": { "$in": ["dev", "prod"] }, "secretPath": { "$glob": "/app/**" } },
        }] })
    );
    assert_eq!(
        example,
        "The target may create on secrets where environment is 'prod' and secretPath is '/app'; you may not"
    );

    let (wire, example) =
        missing(json!([]), json!([{ "subject": "tags", "action": "read" }])).expect("missing");
    assert_eq!(wire, json!({ "missingPermissions": [{ "action": "read", "subject": "tags" }] }));
    assert_eq!(example, "The target may read on tags; you may not");
}

#[test]
fn a_narrower_condition_is_covered() {
    let wide = || json!([create(json!({ "environment": { "$glob": "*" } }))]);
    assert_eq!(missing(wide(), json!([create(json!({ "environment": "dev" }))])), None);
    let listed = json!([create(json!({ "environment": { "$in": ["dev", "prod"] } }))]);
    assert_eq!(missing(listed, json!([create(json!({ "environment": "dev", "secretPath": "/a" }))])), None);
    assert!(missing(json!([create(json!({ "environment": "dev" }))]), wide()).is_some());
}

#[test]
fn a_prohibition_counts_unless_the_target_never_gets_there() {
    let all_but = |environment: &str| {
        json!([
            { "subject": "secrets", "action": "create" },
            { "subject": "secrets", "action": "create", "conditions": { "environment": environment }, "inverted": true },
        ])
    };
    let dev = || json!([create(json!({ "environment": "dev" }))]);
    assert_eq!(missing(all_but("prod"), dev()), None);
    assert!(missing(all_but("dev"), dev()).is_some());
    assert_eq!(missing(all_but("prod"), all_but("prod")), None);
    assert!(missing(all_but("prod"), all_but("dev")).is_some());
}

#[test]
fn what_is_never_asked_is_not_counted() {
    assert_eq!(missing(json!([]), json!([{ "subject": "secret-folders", "action": "read" }])), None);
    let old = json!([{ "subject": "secrets", "action": "read" }]);
    let new = json!([{ "subject": "secrets", "action": ["describeSecret", "readValue"] }]);
    assert_eq!(missing(new.clone(), old.clone()), None);
    assert_eq!(missing(old, new), None);
}

fn list(level: Level, rules: &Value) -> Permissions {
    filled(level, rules, &TemplateValues::none())
}

fn filled(level: Level, rules: &Value, values: &TemplateValues) -> Permissions {
    let rules = RuleList::parse(level, rules).expect("valid").into_rules();
    let grant = Grant { source: GrantSource::Role { slug: "r".into() }, rules };
    Permissions::compile_for(level, &[grant], values).expect("valid")
}

fn holds(actor: &Value, target: &Value) -> bool {
    boundary(&list(Level::Project, actor), &list(Level::Project, target)).is_ok()
}

#[test]
fn what_covers_everything_that_exists_covers_everything() {
    let all = || json!([{ "subject": "secrets", "action": "create" }]);
    for conditions in [
        json!({ "secretPath": { "$glob": "/**" } }),
        json!({ "secretPath": { "$glob": "**" } }),
        json!({ "environment": { "$glob": "*" }, "secretPath": { "$glob": "/**" } }),
    ] {
        assert!(holds(&json!([create(conditions.clone())]), &all()), "{conditions}");
    }
    // Not every request names a secret; a single star stays in one folder; an id may hold a slash.
    for conditions in [json!({ "secretName": { "$glob": "*" } }), json!({ "secretPath": { "$glob": "/*" } })]
    {
        assert!(!holds(&json!([create(conditions.clone())]), &all()), "{conditions}");
    }
}

#[test]
fn several_rules_cover_together() {
    let target = json!([create(
        json!({ "environment": { "$in": ["dev", "qa"] }, "secretPath": { "$glob": "/a/{b,c}/**" } })
    )]);
    let actor = json!([
        create(json!({ "environment": "dev", "secretPath": { "$glob": "/a/**" } })),
        create(json!({ "environment": { "$ne": "dev" }, "secretPath": { "$glob": "/a/b/**" } })),
        create(json!({ "environment": { "$glob": "q*" }, "secretPath": { "$glob": "/*/c/**" } })),
    ]);
    assert!(holds(&actor, &target));
    let narrower = json!([actor[0], actor[1]]);
    let missing =
        boundary(&list(Level::Project, &narrower), &list(Level::Project, &target)).expect_err("/a/c in qa");
    assert_eq!(
        missing.to_string(),
        "The target may create on secrets where environment is 'qa' and secretPath is '/a/c'; you may not"
    );
    let example = missing.counter_example.expect("decided");
    assert_eq!(
        serde_json::to_value(&*example).expect("JSON"),
        json!({ "action": "create", "subject": "secrets", "environment": "qa", "secretPath": "/a/c" })
    );
}

#[test]
fn filled_templates_are_compared() {
    let rules = json!([create(json!({ "secretPath": { "$glob": "/{{identity.metadata.team}}/**" } }))]);
    let of = |team: &str| filled(Level::Project, &rules, &TemplateValues::none().metadata("team", team));
    assert_eq!(boundary(&of("a"), &of("a")), Ok(()));
    assert_eq!(boundary(&of("a"), &list(Level::Project, &rules)), Ok(()));
    assert!(boundary(&list(Level::Project, &rules), &of("a")).is_err());
    let missing = boundary(&of("a"), &of("*")).expect_err("a star is a name");
    assert!(missing.to_string().contains("secretPath is '/*'"), "{missing}");
    assert_eq!(missing.permissions[0].action, "create");
}

#[test]
fn a_request_that_leaves_something_open_counts() {
    let assign = |conditions: Value| json!([{ "subject": "identity", "action": "assign-role", "conditions": conditions }]);
    let all = json!([{ "subject": "identity", "action": "assign-role" }]);
    let actor = assign(json!({ "identityId": { "$glob": "**" } }));
    let missing = boundary(&list(Level::Project, &actor), &list(Level::Project, &all)).expect_err("no id");
    assert_eq!(
        missing.to_string(),
        "The target may assign-role on identity where identityId is not known; you may not"
    );
    let only =
        assign(json!({ "identityId": { "$ne": "x" }, "assignableRole": { "$in": ["viewer", "member"] } }));
    assert!(holds(&assign(json!({ "assignableRole": { "$glob": "{viewer,me*}" } })), &only));
    // What lists ask counts too, though every object is forbidden.
    let nowhere = json!([
        { "subject": "identity", "action": "read", "conditions": { "identityId": "x" } },
        { "subject": "identity", "action": "read", "conditions": { "identityId": "x" }, "inverted": true },
    ]);
    let missing =
        boundary(&list(Level::Project, &json!([])), &list(Level::Project, &nowhere)).expect_err("lists");
    assert_eq!(missing.to_string(), "The target may read on identity somewhere; you may not");
}

#[test]
fn tags_and_metadata_are_sets() {
    let tagged = |tags: Value| create(json!({ "secretTags": { "$in": tags } }));
    assert!(holds(&json!([tagged(json!(["a", "b"]))]), &json!([tagged(json!(["a"])), tagged(json!(["b"]))])));
    let forbids = json!({ "subject": "secrets", "action": "create", "inverted": true, "conditions": { "secretTags": { "$in": ["b"] } } });
    let actor = json!([tagged(json!(["a"])), forbids]);
    let missing =
        boundary(&list(Level::Project, &actor), &list(Level::Project, &json!([tagged(json!(["a"]))])))
            .expect_err("both tags");
    assert!(missing.to_string().contains("secretTags has 'a' and 'b'"), "{missing}");
    let lease = |pair: Value| json!([{ "subject": "dynamic-secrets", "action": "lease", "conditions": { "metadata": { "$elemMatch": pair } } }]);
    assert!(holds(&lease(json!({ "key": "team" })), &lease(json!({ "key": "team", "value": "a" }))));
    assert!(!holds(
        &lease(json!({ "key": "team", "value": { "$ne": "b" } })),
        &lease(json!({ "key": "team" }))
    ));
}

#[test]
fn a_difference_has_both_directions() {
    let before = list(
        Level::Project,
        &json!([create(json!({ "environment": "dev" })), { "subject": "tags", "action": ["read", "edit"] }]),
    );
    let after = list(
        Level::Project,
        &json!([create(json!({ "environment": "prod" })), { "subject": "tags", "action": ["read", "delete"] }]),
    );
    let difference = diff(&before, &after);
    let words = |gaps: &[vouchsafe_policy::Gap]| -> Vec<String> {
        gaps.iter().filter_map(|gap| Some(gap.counter_example.as_ref()?.in_words())).collect()
    };
    assert_eq!(
        words(&difference.gained),
        ["create on secrets where environment is 'prod'", "delete on tags"]
    );
    assert_eq!(words(&difference.lost), ["create on secrets where environment is 'dev'", "edit on tags"]);
    let none = diff(&before, &before.clone());
    assert!(none.gained.is_empty() && none.lost.is_empty());
}
