//! `vouchsafe group`.

use crate::harness::{EMAIL, World, ended, text};

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

#[test]
fn an_identity_shows_its_groups_to_those_who_may_see_groups() {
    let world = World::new();
    world.told(&["identity", "create", "deploy"]);
    let show = ["identity", "show", "deploy"];
    assert!(world.told(&show).contains("groups      none"));
    for (name, slug) in [("Platform", "platform"), ("Crew", "the-crew")] {
        world.told(&["group", "create", name, "--slug", slug]);
        world.told(&["group", "add", slug, "deploy"]);
    }
    let shown = world.told(&show);
    assert!(shown.contains("groups      the-crew, platform\n"), "{shown}");
    assert_eq!(world.told_json(&show)["groups"][1]["slug"], "platform");

    std::fs::write(world.folder.path().join("org.json"), r#"[{"subject":"identity","action":["read"]}]"#)
        .expect("written");
    world.told(&["role", "create", "looker", "--rules", "org.json"]);
    world.told(&["identity", "create", "looker", "--role", "looker"]);
    world.told(&["identity", "auth", "attach", "token", "--identity", "looker"]);
    let token = world.told(&["identity", "token", "create", "--identity", "looker", "--plain"]);
    let shown = world.output_as(token.trim(), &show);
    ended(&shown, 0);
    let shown = text(&shown.stdout);
    assert!(shown.contains("groups      not shown to you") && !shown.contains("platform"), "{shown}");
}
