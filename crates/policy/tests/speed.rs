//! Two actors with 20 roles of 50 rules each: compared right, with the times printed (`--nocapture`), and
//! what would take too long is refused.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vouchsafe_policy::{Grant, GrantSource, Level, Permissions, RuleList, boundary, catalogue};

const ROLES: usize = 20;
const RULES: usize = 50;

fn compiled(rule: impl Fn(usize, usize) -> Value) -> Permissions {
    let grants: Vec<Grant> = (0..ROLES)
        .map(|role| {
            let rules: Value = (0..RULES).map(|number| rule(role, number)).collect();
            let rules = RuleList::parse(Level::Project, &rules).expect("valid").into_rules();
            Grant { source: GrantSource::Role { slug: format!("r{role}") }, rules }
        })
        .collect();
    Permissions::compile(Level::Project, &grants).expect("valid")
}

fn best_of_three<T>(mut run: impl FnMut() -> T) -> (T, Duration) {
    let mut best = None;
    for _ in 0..3 {
        let started = Instant::now();
        let result = run();
        let took = started.elapsed();
        if best.as_ref().is_none_or(|(_, before)| took < *before) {
            best = Some((result, took));
        }
    }
    best.expect("ran")
}

/// Rules as people write them: teams, environments, a few prohibitions, other subjects too.
fn everyday(role: usize, number: usize) -> Value {
    let environment = ["dev", "staging", "prod", "qa"][number % 4];
    let team = format!("team-{}", role * RULES + number);
    match number % 5 {
        0 => json!({ "subject": "secrets", "action": ["describeSecret", "readValue"],
            "conditions": { "environment": environment, "secretPath": { "$glob": format!("/{team}/**") } } }),
        1 => json!({ "subject": "secrets", "action": ["create", "edit"],
            "conditions": { "environment": { "$in": ["dev", environment] }, "secretPath": { "$glob": format!("/{team}/*/db") },
                "secretName": { "$glob": format!("{}_*", team.to_uppercase()) } } }),
        2 => json!({ "subject": "secrets", "action": ["delete", "edit", "readValue"], "inverted": true,
            "conditions": { "environment": "prod", "secretName": { "$glob": format!("*_ROOT_{number}") }, "secretTags": { "$in": [format!("tag-{}", number % 7)] } } }),
        3 => json!({ "subject": "secret-folders", "action": ["read", "create", "edit"],
            "conditions": { "environment": environment, "secretPath": { "$glob": format!("/{team}/**") } } }),
        _ => {
            let plain = |subject: &&catalogue::Subject| subject.fields.is_empty();
            let subjects: Vec<_> = catalogue::subjects(Level::Project).iter().filter(plain).collect();
            let subject = subjects[(role * RULES + number) % subjects.len()];
            json!({ "subject": subject.name, "action": subject.actions[0] })
        }
    }
}

/// A thousand rules on the same subject.
fn crowded(role: usize, number: usize) -> Value {
    let at = role * RULES + number;
    let environment = ["dev", "staging", "prod", "qa"][at % 4];
    json!({ "subject": "secrets", "action": ["describeSecret", "readValue", "create", "edit", "delete"],
        "inverted": at % 6 == 5,
        "conditions": {
            "environment": { "$in": [environment, "test"] },
            "secretPath": { "$glob": format!("/app-{at}/**") },
            "secretName": if number % 3 < 1 { json!({ "$ne": format!("KEY_{at}") }) } else { json!({ "$glob": format!("K{}*", at % 50) }) },
        } })
}

fn report(name: &str, took: Duration) {
    use std::io::Write as _;
    writeln!(std::io::stderr(), "{name}: {took:?}").expect("standard error");
}

#[test]
fn a_thousand_rules_are_compared() {
    for (name, rule) in [("everyday", everyday as fn(usize, usize) -> Value), ("crowded", crowded)] {
        let target = compiled(rule);
        let same = compiled(rule);
        // One role more for the target, one prohibition more for the actor.
        let wider = compiled(|role, number| {
            if (role, number) == (7, 10) {
                json!({ "subject": "secrets", "action": "readValue", "conditions": { "secretPath": { "$glob": "/extra/**" } } })
            } else {
                rule(role, number)
            }
        });
        let narrower = compiled(|role, number| {
            if (role, number) == (19, 49) {
                json!({ "subject": "secrets", "action": "readValue", "inverted": true, "conditions": { "environment": "prod" } })
            } else {
                rule(role, number)
            }
        });
        let reversed = compiled(|role, number| rule(ROLES - 1 - role, number));
        for (case, actor, target, expected) in [
            ("same", &same, &target, Some(true)),
            ("wider target", &same, &wider, Some(false)),
            ("narrower actor", &narrower, &target, Some(false)),
            ("other order", &reversed, &target, None),
        ] {
            let (result, took) = best_of_three(|| boundary(actor, target));
            report(&format!("{name}, {case}"), took);
            if let Err(missing) = &result {
                assert!(missing.counter_example.is_some(), "{name}, {case}: {missing}");
            }
            assert!(expected.is_none_or(|expected| expected == result.is_ok()), "{name}, {case}");
        }
    }
}

#[test]
fn where_nothing_forbids_the_order_of_roles_makes_no_difference() {
    let rule = |role: usize, number: usize| {
        let at = role * RULES + number;
        let environment = if at.is_multiple_of(2) { "dev" } else { "prod" };
        json!({ "subject": "secrets", "action": ["readValue", "edit"],
            "conditions": { "environment": environment, "secretPath": { "$glob": format!("/team-{at}/**") },
                "secretName": { "$glob": format!("*_{at}_*") } } })
    };
    let (actor, target) = (compiled(rule), compiled(|role, number| rule(ROLES - 1 - role, number)));
    let (result, took) = best_of_three(|| boundary(&actor, &target));
    report("only allowing, other order", took);
    assert_eq!(result, Ok(()));
}

#[test]
fn what_is_too_complex_is_refused() {
    // Which of these match together has more answers than can be looked at.
    let tangled = |from: usize| {
        move |role: usize, number: usize| {
            let at = from + role * RULES + number;
            let letters = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
            let (one, other) = (letters[at % 10], letters[at / 10 % 10]);
            json!({ "subject": "secrets", "action": "edit", "inverted": at % 2 == 1,
                "conditions": { "secretName": { "$glob": format!("*{one}*{other}*{}*", at % 7) } } })
        }
    };
    let (actor, target) = (compiled(tangled(0)), compiled(tangled(3)));
    let (result, took) = best_of_three(|| boundary(&actor, &target));
    report("too complex", took);
    let missing = result.expect_err("not a yes");
    assert!(missing.counter_example.is_none());
    assert!(missing.to_string().contains("too complex to compare"), "{missing}");
    assert!(missing.permissions.iter().all(|one| one.subject == "secrets" && one.action == "edit"));
}
