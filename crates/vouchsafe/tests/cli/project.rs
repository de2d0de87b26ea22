//! `vouchsafe project`.

use crate::harness::World;

#[test]
fn projects_are_made_changed_and_deleted() {
    let world = World::new();
    let id = world.told(&["project", "create", "Shop", "--slug", "shop-1", "--description", "web"]);
    let shown = world.told(&["project", "show", "Shop"]);
    assert!(shown.contains(id.trim()) && shown.contains("dev, staging, prod"), "{shown}");
    assert!(world.told(&["project", "list"]).contains("shop-1"));
    world.told(&["project", "update", "shop-1", "--name", "Store", "--delete-protection"]);
    assert_eq!(world.told_json(&["project", "show", id.trim()])["name"], "Store");
    let said = world.refused(1, &["project", "delete", "Store", "--yes"]);
    assert!(said.to_lowercase().contains("delete protection"), "{said}");
    world.told(&["project", "update", "shop-1", "--delete-protection=false"]);
    world.told(&["project", "delete", "Store", "--yes"]);
    let said = world.refused(5, &["project", "show", "shop-1"]);
    assert!(said.contains("no project is named `shop-1`"), "{said}");
}

#[test]
fn environments_are_made_and_deleted() {
    let world = World::new();
    world.told(&["project", "create", "Bare", "--slug", "bare-1", "--no-environments"]);
    let environment = |words: &[&str]| {
        world.told(&[&["project", "environment"], words, &["--project-id", "bare-1"]].concat())
    };
    assert_eq!(environment(&["list"]).lines().count(), 1, "headings alone");
    environment(&["create", "qa", "--name", "Quality"]);
    assert!(environment(&["list"]).contains("Quality"));
    let said = world.refused(2, &["project", "environment", "delete", "qa", "--project-id", "bare-1"]);
    assert!(said.contains("--yes"), "{said}");
    environment(&["delete", "qa", "--yes"]);
    assert!(!environment(&["list"]).contains("qa"));
    world.refused(5, &["project", "environment", "delete", "qa", "--project-id", "bare-1", "--yes"]);
    assert!(world.refused(2, &["project", "environment", "list"]).contains("--project-id"));
}
