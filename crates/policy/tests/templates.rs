//! Values of the actor in its rules: literal, and fail closed.

use proptest::prelude::*;
use serde_json::{Value, json};
use vouchsafe_policy::{
    Grant, GrantSource, Level, Object, Outcome, Permissions, RuleList, TemplateUse, TemplateValues, boundary,
    project,
};

fn grant(rules: &Value) -> Grant {
    let rules = RuleList::parse(Level::Project, rules).expect("valid").into_rules();
    Grant { source: GrantSource::Role { slug: "r".into() }, rules }
}

fn reads(conditions: Value) -> Value {
    json!({ "subject": "secrets", "action": "readValue", "conditions": conditions })
}

fn compiled(rules: &Value, values: &TemplateValues) -> Permissions {
    Permissions::compile_for(Level::Project, &[grant(rules)], values).expect("valid")
}

fn may_read(permissions: &Permissions, path: &str, name: &str) -> bool {
    permissions.allows(project::SECRET_READ_VALUE, &Object::secret("dev", path, name, &[]))
}

fn values() -> TemplateValues {
    TemplateValues::of("id-1", "ci").metadata("team", "payments").login("oidc.claims.repo", "acme/app")
}

#[test]
fn values_are_filled_in() {
    let rules = json!([
        reads(json!({ "secretPath": { "$glob": "/{{identity.metadata.team}}/**" } })),
        reads(json!({ "secretName": "{{ identity.username }}_{{identity.id}}" })),
        reads(json!({ "secretPath": { "$glob": "/x/{{identity.auth.oidc.claims.repo}}" } })),
    ]);
    let permissions = compiled(&rules, &values());
    assert!(may_read(&permissions, "/payments/db", "KEY") && may_read(&permissions, "/payments", "KEY"));
    assert!(may_read(&permissions, "/", "ci_id-1") && may_read(&permissions, "/x/acme/app", "KEY"));
    assert!(!may_read(&permissions, "/other", "KEY") && !may_read(&permissions, "/x/acme/appx", "KEY"));
    // The rules are shown as they are written.
    let shown = serde_json::to_value(permissions.rules_on("secrets").next()).expect("JSON");
    assert_eq!(shown["conditions"]["secretPath"]["$glob"], "/{{identity.metadata.team}}/**");
}

#[test]
fn a_rule_that_was_not_filled_in_weighs_nothing_in_the_boundary() {
    let rules = json!([reads(json!({ "secretPath": { "$glob": "/{{identity.metadata.team}}/**" } }))]);
    let (empty, filled) = (compiled(&rules, &TemplateValues::of("i", "u")), compiled(&rules, &values()));
    let nothing = Permissions::none(Level::Project);
    assert_eq!(boundary(&nothing, &empty), Ok(()), "it gives nothing");
    assert_eq!(boundary(&filled, &empty), Ok(()));
    assert!(boundary(&empty, &filled).is_err(), "who holds it empty holds nothing by it");
    assert!(boundary(&nothing, &filled).is_err());
}

#[test]
fn a_pattern_in_a_value_is_text() {
    let rules = json!([reads(json!({ "secretPath": { "$glob": "/{{identity.metadata.team}}/**" } }))]);
    for team in
        ["*", "**", "?", "[a-z]", "{a,b}", "!a", "a|b", "(a)", "\\", "a\\*", "{{identity.id}}", "a,b}"]
    {
        let permissions = compiled(&rules, &TemplateValues::of("i", "u").metadata("team", team));
        assert!(may_read(&permissions, &format!("/{team}/db"), "KEY"), "{team}");
        for path in ["/a/db", "/b/db", "/x/db", "/i/db", "/", "/db", "/aa/db"] {
            assert!(!may_read(&permissions, path, "KEY"), "{team} {path}");
        }
    }
}

proptest! {
    #[test]
    fn any_value_is_text(team in "[a-z*?\\[\\]{}!\\\\,|()^$.é -]{1,8}", other in "[a-z*?{}\\[\\]]{1,4}") {
        prop_assume!(!team.trim().is_empty());
        let rules = json!([reads(json!({ "secretName": { "$glob": "K_{{identity.metadata.team}}" } }))]);
        let permissions = compiled(&rules, &TemplateValues::none().metadata("team", team.clone()));
        let (named, foreign) = (format!("K_{team}"), format!("K_{other}"));
        prop_assert!(may_read(&permissions, "/", &named));
        if other != team {
            prop_assert!(!may_read(&permissions, "/", &foreign));
        }
    }
}

#[test]
fn without_a_value_a_rule_allows_nothing_and_forbids_in_any_case() {
    let conditional = reads(json!({ "secretName": { "$ne": "{{identity.metadata.team}}" } }));
    let mut inverted = conditional.clone();
    inverted["inverted"] = json!(true);
    let everything = json!({ "subject": "secrets", "action": "readValue" });
    for values in [
        TemplateValues::none(),
        TemplateValues::none().metadata("team", ""),
        TemplateValues::none().metadata("team", " "),
        TemplateValues::none().metadata("team", "x".repeat(1025)),
        TemplateValues::none().metadata("other", "x"),
    ] {
        let allowing = compiled(&json!([conditional]), &values);
        let forbidding = compiled(&json!([everything, inverted]), &values);
        for name in ["KEY", "{{identity.metadata.team}}"] {
            assert!(!may_read(&allowing, "/", name));
            assert!(!may_read(&forbidding, "/", name));
        }
        assert!(!allowing.allows(project::SECRET_READ_VALUE, &Object::any()));
        assert!(!forbidding.allows(project::SECRET_READ_VALUE, &Object::any()));
        let explained = allowing.explain(project::SECRET_READ_VALUE, &Object::any());
        assert_eq!(explained.considered[0].outcome, Outcome::NotFilled);
    }
    let compiled = Permissions::compile(Level::Project, &[grant(&json!([conditional]))]).expect("valid");
    assert!(!may_read(&compiled, "/", "KEY"));
}

#[test]
fn templates_that_are_refused() {
    for text in [
        "{{identity.metadata.}}",
        "{{identity.metadata.a b}}",
        "{{identity}}",
        "{{user.id}}",
        "{{}}",
        "{{#if identity.id}}",
        "{{identity.auth.oidc.claims.}}",
        "{{identity.auth.oidc.sub}}",
        "{{identity.auth.kubernetes.pod}}",
        "{{identity.auth.saml.name}}",
        "{{{identity.id}}}",
        "\\{{identity.id}}",
    ] {
        for conditions in [json!({ "secretName": text }), json!({ "secretName": { "$glob": text } })] {
            let error = RuleList::parse(Level::Project, &json!([reads(conditions)])).expect_err(text);
            assert!(error.path.starts_with("[0].conditions.secretName"), "{}", error.path);
            assert!(error.message.to_lowercase().contains("template"), "{}", error.message);
        }
    }
    for pattern in ["[{{identity.id}}]", "a[!{{identity.id}}x]b", "[{{identity.metadata.x]y}}"] {
        let rules = json!([reads(json!({ "secretName": { "$glob": pattern } }))]);
        assert!(RuleList::parse(Level::Project, &rules).is_err(), "{pattern}");
    }
    for text in
        ["{{identity.auth.aws.accountId}}", "{{identity.auth.kubernetes.namespace}}", "{x}", "{{a", "a}}"]
    {
        assert!(
            RuleList::parse(Level::Project, &json!([reads(json!({ "secretName": text }))])).is_ok(),
            "{text}"
        );
    }
}

#[test]
fn what_is_filled_in_can_be_asked() {
    let uses = |conditions: Value| TemplateUse::of(&[grant(&json!([reads(conditions)]))]);
    assert!(!uses(json!({ "secretName": "A" })).any());
    let identity = uses(json!({ "secretName": { "$in": ["A", "{{identity.id}}"] } }));
    assert_eq!(identity, TemplateUse { identity: true, login: false });
    let login = uses(json!({ "secretName": { "$glob": "{{identity.auth.aws.arn}}" } }));
    assert_eq!(login, TemplateUse { identity: false, login: true });
}
