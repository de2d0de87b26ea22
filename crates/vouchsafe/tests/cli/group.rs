//! `vouchsafe group`.

use crate::harness::{EMAIL, World};

#[test]
fn groups_are_made_filled_and_deleted() {
    let world = World::new();
    world.told(&["identity", "create", "deploy"]);
    let id = world.told(&["group", "create", "Platform", "--slug", "platform"]);
    let ann = format!("user:{EMAIL}");
    world.told(&["group", "add", "platform", "deploy", &ann]);
    let shown = world.told(&["group", "show", "Platform"]);
    assert!(shown.contains(id.trim()) && shown.contains("deploy") && shown.contains(EMAIL), "{shown}");
    let left = world.told_json(&["group", "remove", "platform", &ann]);
    assert_eq!(left.as_array().map(Vec::len), Some(1), "{left}");
    world.told(&["group", "remove", "platform", "identity:deploy"]);
    world.told(&["group", "update", "platform", "--name", "Crew", "--role", "member"]);
    let listed = world.told(&["group", "list"]);
    assert!(listed.contains("Crew") && listed.contains("member"), "{listed}");
    world.told(&["group", "delete", "Crew", "--yes"]);
    assert_eq!(world.told(&["group", "list"]).lines().count(), 1);

    assert!(world.refused(5, &["group", "show", "Crew"]).contains("no group"));
    world.told(&["group", "create", "Crew", "--slug", "the-crew"]);
    assert!(
        world.refused(2, &["group", "add", "the-crew", "group:the-crew"]).contains("cannot be in a group")
    );
    assert!(world.refused(5, &["group", "add", "the-crew", "user:nobody@example.com"]).contains("no user"));
}
