//! `vouchsafe role`.

use crate::harness::World;
use crate::identity::rules;

#[test]
fn roles_of_a_project_come_from_a_file() {
    let world = World::new();
    rules(&world);
    let role = |words: &[&str]| world.told(&[&["role"], words, &["--project-id", "p"]].concat());
    role(&["create", "deployer", "--rules", "rules.yaml", "--description", "ships"]);
    let listed = role(&["list"]);
    assert!(listed.contains("viewer") && listed.contains("deployer") && listed.contains("ships"), "{listed}");
    let shown = role(&["show", "deployer"]);
    assert!(shown.contains("may readValue, describeSecret secrets where"), "{shown}");
    assert_eq!(world.told(&["role", "list"]).matches("deployer").count(), 0, "not of the organization");

    let printed = role(&["show", "deployer", "-o", "yaml"]);
    std::fs::write(world.folder.path().join("again.yaml"), printed.replace("dev", "prod")).expect("written");
    role(&["update", "deployer", "--rules", "again.yaml", "--name", "Deployer"]);
    let shown = world.told_json(&["role", "show", "deployer", "--project-id", "p"]);
    assert_eq!((&shown["name"], &shown["description"]), (&"Deployer".into(), &"ships".into()));
    assert!(shown["permissions"][0]["conditions"].to_string().contains("prod"), "{shown}");
    role(&["update", "deployer", "--description", ""]);
    assert!(!role(&["list"]).contains("ships"));

    role(&["delete", "deployer", "--yes"]);
    assert!(!role(&["list"]).contains("deployer"));
}

#[test]
fn roles_of_the_organization_are_changed_unless_they_are_built_in() {
    let world = World::new();
    std::fs::write(world.folder.path().join("org.json"), r#"[{"subject":"role","action":["read"]}]"#)
        .expect("written");
    world.told(&["role", "create", "auditor", "--rules", "org.json"]);
    world.told(&["role", "update", "auditor", "--slug", "reader"]);
    assert_eq!(world.told_json(&["role", "show", "reader"])["permissions"][0]["subject"], "role");
    world.told(&["role", "delete", "reader", "--yes"]);
    world.refused(5, &["role", "show", "reader"]);
    let said = world.refused(1, &["role", "delete", "admin", "--yes"]);
    assert!(said.contains("built in"), "{said}");
    let said = world.refused(1, &["role", "update", "viewer", "--name", "x", "--project-id", "p"]);
    assert!(said.contains("built in"), "{said}");
    std::fs::write(world.folder.path().join("odd"), "not: rules").expect("written");
    let said = world.refused(2, &["role", "create", "x", "--rules", "odd"]);
    assert!(said.contains("no list of rules") && said.contains("a rule is such as"), "{said}");
}
