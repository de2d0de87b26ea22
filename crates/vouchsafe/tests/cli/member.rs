//! `vouchsafe member`.

use serde_json::Value;

use crate::harness::{EMAIL, World};
use crate::identity::rules;

/// The slugs of a member's roles, and which of them end.
fn roles(member: &Value) -> Vec<(String, bool)> {
    let one = |role: &Value| (crate::harness::field(&role["role"]), role["isTemporary"] == true);
    let mut all: Vec<_> = member["roles"].as_array().expect("roles").iter().map(one).collect();
    all.sort();
    all
}

#[test]
fn identities_and_groups_are_members_of_projects_for_good_or_for_a_time() {
    let world = World::new();
    world.told(&["identity", "create", "deploy"]);
    world.told(&["group", "create", "Platform", "--slug", "platform"]);
    for who in ["deploy", "group:platform"] {
        let member = |verb: &str, more: &[&str]| {
            world.told_json(&[&["member", verb, who, "--project-id", "p"], more].concat())
        };
        assert_eq!(roles(&member("add", &["--role", "viewer"])), [("viewer".to_owned(), false)]);
        let both = [("admin".to_owned(), true), ("viewer".to_owned(), false)];
        assert_eq!(roles(&member("update", &["--role", "admin", "--for", "2h"])), both);
        assert_eq!(roles(&member("show", &[])), both, "{who}");
        let shown = world.told(&["member", "list", "--project-id", "p"]);
        assert!(shown.contains("admin (ends in ") && shown.contains("viewer"), "{shown}");
        assert_eq!(roles(&member("update", &["--role", "member"])), [("member".to_owned(), false)]);
        member("remove", &["--yes"]);
        world.refused(5, &["member", "show", who, "--project-id", "p"]);
    }
    let said = world.refused(2, &["member", "update", "deploy", "--project-id", "p"]);
    assert!(said.contains("--role"), "{said}");
    let said = world
        .refused(2, &["member", "add", "deploy", "--project-id", "p", "--role", "viewer", "--for", "90"]);
    assert!(said.contains("with its unit"), "{said}");
}

#[test]
fn people_are_members_of_projects() {
    let world = World::new();
    let ann = format!("user:{EMAIL}");
    let member = |verb: &str, more: &[&str]| {
        world.told_json(&[&["member", verb, &ann, "--project-id", "p"], more].concat())
    };
    let added = member("add", &["--role", "admin", "--for", "2h"]);
    assert_eq!(roles(&added), [("admin".to_owned(), true), ("no-access".to_owned(), false)]);
    assert_eq!(roles(&member("update", &["--role", "viewer"])), [("viewer".to_owned(), false)]);
    member("remove", &["--yes"]);
    world.refused(5, &["member", "show", &ann, "--project-id", "p"]);
}

#[test]
fn everybody_has_one_role_in_the_organization() {
    let world = World::new();
    world.told(&["identity", "create", "deploy"]);
    world.told(&["group", "create", "Platform", "--slug", "platform"]);
    for who in ["deploy", "group:platform"] {
        let changed = world.told_json(&["member", "update", who, "--role", "member"]);
        assert_eq!(roles(&changed), [("member".to_owned(), false)]);
        let said = world.refused(2, &["member", "remove", who, "--yes"]);
        assert!(said.contains("as long as it exists"), "{said}");
    }
    let listed = world.told(&["member", "list"]);
    assert!(["deploy", "Platform", EMAIL].iter().all(|name| listed.contains(name)), "{listed}");
    let said = world.refused(2, &["member", "update", "deploy", "--role", "admin", "--for", "1h"]);
    assert!(said.contains("do not end"), "{said}");
    assert!(world.refused(2, &["member", "add", "deploy"]).contains("already"));
    let link = world.told(&["member", "add", "user:ben@example.com", "--role", "member"]);
    assert!(link.starts_with("http") && link.lines().count() == 1, "{link}");
}

#[test]
fn privileges_are_given_and_taken() {
    let world = World::new();
    rules(&world);
    world.told(&["identity", "create", "deploy"]);
    world.told(&["member", "add", "deploy", "--project-id", "p", "--role", "viewer"]);
    let ann = format!("user:{EMAIL}");
    world.told(&["member", "add", &ann, "--project-id", "p", "--role", "viewer"]);
    for who in ["deploy", &ann] {
        let privilege = |words: &[&str]| {
            let (verb, more) = words.split_first().expect("a verb");
            world.told(&[&["member", "privilege", verb, who], more, &["--project-id", "p"]].concat())
        };
        privilege(&["add", "--rules", "rules.yaml", "--slug", "fix", "--for", "2h"]);
        privilege(&["add", "--rules", "rules.yaml", "--slug", "stay"]);
        let listed = privilege(&["list"]);
        assert!(listed.contains("ends in 2 hours") && listed.contains("for good"), "{listed}");
        privilege(&["remove", "fix", "--yes"]);
        assert!(!privilege(&["list"]).contains("fix"));
        let said =
            world.refused(5, &["member", "privilege", "remove", who, "fix", "--project-id", "p", "--yes"]);
        assert!(said.contains("no privilege is named `fix`"), "{said}");
    }
    world.told(&["group", "create", "Platform", "--slug", "platform"]);
    let said = world.refused(2, &["member", "privilege", "list", "group:platform", "--project-id", "p"]);
    assert!(said.contains("no privileges of their own"), "{said}");
}
