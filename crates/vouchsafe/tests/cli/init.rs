//! `vouchsafe init`, and the project file that it writes.

use serde_json::{Value, json};

use crate::harness::{World, ended, text, vouchsafe};
use crate::terminal::Terminal;

#[test]
fn a_folder_is_linked_to_a_project() {
    let world = World::new();
    let folder = world.folder.path();
    let read = || -> Value {
        serde_json::from_slice(&std::fs::read(folder.join(".infisical.json")).expect("a file")).expect("JSON")
    };
    let project = &*world.project;
    let init = |arguments: &[&str]| world.output_as(&world.admin, &[&["init"], arguments].concat());
    let said = ended(&init(&["--project-id", project]), 0);
    assert!(said.contains("belong to the project p"), "{said}");
    // As the official client writes it.
    let plain =
        json!({ "workspaceId": project, "defaultEnvironment": "", "gitBranchToEnvironmentMapping": null });
    assert_eq!(read(), plain);

    assert!(ended(&init(&["--project-id", project]), 2).contains("--force"));
    let said = ended(&init(&["--project-id", project, "--env", "moon", "--force"]), 2);
    assert!(said.contains("has no environment `moon`, only dev, staging, prod"), "{said}");
    ended(&init(&["--project-id", "00000000-0000-4000-8000-000000000000", "--force"]), 5);
    ended(&init(&["--force"]), 2);
    assert_eq!(read(), plain, "what failed changed nothing");
    ended(&init(&["--projectId", project, "--env", "prod", "--force"]), 0);
    assert_eq!(read()["defaultEnvironment"], "prod");
}

#[test]
fn commands_find_the_project_of_the_folder() {
    let world = World::new();
    let folder = world.folder.path();
    for (environment, path, name) in [("dev", "/", "DEV"), ("prod", "/", "PROD"), ("staging", "/", "STAGING")]
    {
        let body = format!(
            r#"{{"workspaceId":"{}","environment":"{environment}","secretPath":"{path}","secretValue":"v"}}"#,
            world.project
        );
        world.post(&format!("/api/v3/secrets/raw/{name}"), &body);
    }
    let write = |default: &str| {
        let mapping = json!({ "release": "prod" });
        let file = json!({ "workspaceId": world.project, "defaultEnvironment": default,
            "gitBranchToEnvironmentMapping": mapping });
        std::fs::write(folder.join(".infisical.json"), file.to_string()).expect("written");
    };
    let below = folder.join("a/b");
    std::fs::create_dir_all(&below).expect("made");
    let list = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = vouchsafe(folder, &[&["secrets", "list"], arguments].concat());
        command.current_dir(&below).env("VOUCHSAFE_API_URL", &world.server.address);
        command.env("INFISICAL_TOKEN", &world.admin).envs(variables.iter().copied());
        let output = command.output().expect("runs");
        ended(&output, 0);
        text(&output.stdout).trim().to_owned()
    };
    write("");
    assert_eq!(list(&[], &[]), "DEV");
    write("staging");
    assert_eq!(list(&[], &[]), "STAGING");
    std::fs::create_dir(folder.join(".git")).expect("made");
    std::fs::write(folder.join(".git/HEAD"), "ref: refs/heads/release\n").expect("written");
    assert_eq!(list(&[], &[]), "PROD");
    // Flags, variables and the settings file come before it.
    assert_eq!(list(&[], &["--env", "dev"]), "DEV");
    assert_eq!(list(&[("INFISICAL_ENVIRONMENT", "dev")], &[]), "DEV");
    // Of another project, it says nothing.
    assert_eq!(list(&[("INFISICAL_PROJECT_ID", &world.project)], &[]), "DEV");
    std::fs::write(below.join("vouchsafe.toml"), "environment = \"staging\"\n").expect("written");
    assert_eq!(list(&[], &[]), "STAGING");

    std::fs::write(folder.join(".infisical.json"), "{").expect("written");
    let said = ended(&world.output_as(&world.admin, &["secrets", "list"]), 2);
    assert!(said.contains(".infisical.json") && said.contains("hint: `vouchsafe init --force`"), "{said}");
}

#[test]
fn a_person_at_a_terminal_chooses_the_project() {
    let world = World::new();
    world.post("/api/v1/projects", r#"{"projectName":"second"}"#);
    let start = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.env("VOUCHSAFE_TOKEN", &world.admin);
        Terminal::start(&command)
    };
    let mut terminal = start(&["init"]);
    terminal
        .answer("Which project does this folder belong to?", "7")
        .answer("That is no number of the list.", "2");
    let (code, seen) = terminal.end();
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("belong to the project second"), "{seen}");

    let mut terminal = start(&["init"]);
    terminal.see("exists already and will be replaced").answer("Type `yes` to go on: ", "");
    assert_eq!(terminal.end().0, Some(1));
    let mut terminal = start(&["init", "--project-id", &world.project]);
    terminal.answer("Type `yes` to go on: ", "yes");
    assert_eq!(terminal.end().0, Some(0));
}
