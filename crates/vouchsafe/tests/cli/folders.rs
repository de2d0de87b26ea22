//! Folders of secrets.

use crate::secrets::in_project;

#[test]
fn folders_are_made_listed_and_deleted() {
    let world = in_project();
    let made = world.told_json(&["folders", "create", "--name", "jobs", "--path", "/app/deep"]);
    assert_eq!(made["folderPath"], "/app/deep/jobs");
    assert_eq!(world.told(&["folders", "get"]), "app\n");
    assert_eq!(world.told(&["secrets", "folders", "get", "--path", "/app"]), "deep\n");
    let told = world.told(&["folders", "list", "--recursive"]);
    assert_eq!(told, "/app\n/app/deep\n/app/deep/jobs\n");
    let said = world.refused(1, &["folders", "delete", "-n", "app"]);
    assert!(said.contains("not empty") && said.contains("--force"), "{said}");
    world.told(&["folders", "delete", "-n", "jobs", "-p", "/app/deep"]);
    assert_eq!(world.told(&["folders", "get", "-p", "/app/deep"]), "");
    world.told(&["folders", "delete", "--name", "app", "--force"]);
    assert_eq!(world.told(&["folders", "get"]), "");
    let said = world.refused(1, &["folders", "create", "--name", "a b"]);
    assert!(said.contains("folder name"), "{said}");
}
