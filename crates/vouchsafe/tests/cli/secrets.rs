//! Reading and writing secrets.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::harness::{World, ended, field, text};

/// Runs with this on stdin, as the administrator.
fn with_stdin(world: &World, input: &str, arguments: &[&str]) -> Output {
    let mut command = world.command(arguments);
    command.env("VOUCHSAFE_TOKEN", &world.admin).stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().expect("stdin").write_all(input.as_bytes()).expect("writes");
    child.wait_with_output().expect("ends")
}

/// A world whose commands know the project.
pub(crate) fn in_project() -> World {
    let world = World::new();
    let line = format!("project-id = \"{}\"\n", world.project);
    std::fs::write(world.folder.path().join("vouchsafe.toml"), line).expect("written");
    world
}

#[test]
fn secrets_are_set_read_and_deleted() {
    let world = in_project();
    let place = world.folder.path();
    std::fs::write(place.join("key.pem"), "one\ntwo\n").expect("written");
    let set = ["secrets", "set", "PLAIN=a b", "FILE=@key.pem", r"AT=\@x", "EMPTY="];
    let told = world.told(&set);
    assert!(told.contains("PLAIN") && told.contains("made") && !told.contains("a b"), "{told}");
    let from_stdin = with_stdin(&world, "piped value\n", &["secrets", "set", "PIPED=-"]);
    ended(&from_stdin, 0);

    assert_eq!(world.told(&["secrets", "get", "PLAIN"]), "a b\n");
    assert_eq!(world.told(&["secrets", "get", "FILE"]), "one\ntwo\n\n");
    assert_eq!(world.told(&["secrets", "get", "PIPED", "AT", "EMPTY", "--plain"]), "piped value\n@x\n\n");
    assert_eq!(world.told(&["secrets", "get", "PLAIN", "AT"]), "PLAIN='a b'\nAT=@x\n");
    assert_eq!(world.told(&["secrets"]), "AT\nEMPTY\nFILE\nPIPED\nPLAIN\n");
    assert_eq!(world.told(&["secrets", "list"]), world.told(&["secrets"]));
    assert!(world.told(&["secrets", "--plain"]).contains("\nPLAIN=a b\n"));
    let rows = world.told_json(&["secrets", "list"]);
    assert!(rows[0]["secretKey"] == "AT" && rows[0].get("secretValue").is_none(), "{rows}");

    let changed = world.told_json(&["secrets", "set", "PLAIN=new", "--comment", "why", "--tag", "db,new"]);
    assert_eq!((&changed[0]["operation"], &changed[0]["version"]), (&"changed".into(), &2.into()));
    assert_eq!(world.told(&["secrets", "list", "--tags", "new"]), "PLAIN\n");
    assert_eq!(world.told(&["secrets", "get", "PLAIN", "--tags", "db"]), "new\n");
    world.refused(5, &["secrets", "get", "AT", "--tags", "db"]);
    let exported = world.told(&["export", "--format", "json", "--tags", "db"]);
    assert!(
        exported.contains("\"comment\": \"why\"") && exported.contains("\"slug\": \"new\""),
        "{exported}"
    );

    let said = world.refused(5, &["secrets", "delete", "PLAIN", "MISSING"]);
    assert!(said.contains("MISSING"), "{said}");
    assert_eq!(world.told(&["secrets", "get", "PLAIN"]), "new\n", "all or none");
    world.told(&["secrets", "delete", "PLAIN", "AT"]);
    assert_eq!(world.told(&["secrets"]), "EMPTY\nFILE\nPIPED\n");
    let said = world.refused(5, &["secrets", "get", "PLAIN"]);
    assert!(said.contains("cannot read the secret `PLAIN`"), "{said}");
}

#[test]
fn nothing_that_was_given_is_in_an_error() {
    let world = in_project();
    let place = world.folder.path();
    std::fs::write(place.join("bad.env"), "A=canary\nB='canary\n").expect("written");
    std::fs::write(place.join("bad.yaml"), "A: [canary]\n").expect("written");
    let long = format!("LONG={}", "canary".repeat(18_000));
    for (code, arguments) in [
        (2, &["secrets", "set", "canary"][..]),
        (2, &["secrets", "set", "A=canary", "A=canary"]),
        (2, &["secrets", "set", "A=-", "B=-"]),
        (1, &["secrets", "set", "a:b=canary"]),
        (5, &["secrets", "set", "A=canary", "--path", "/missing"]),
        (1, &["secrets", "set", "A=canary", "--type", "personal"]),
        (6, &["secrets", "set", "A=canary", "--api-url", "http://127.0.0.1:1"]),
        (5, &["secrets", "set", &long, "--env", "missing"]),
        (1, &["secrets", "set", "--file", "bad.env"]),
        (1, &["secrets", "import", "bad.yaml", "--yes"]),
        (1, &["secrets", "import", "missing.env", "--yes"]),
    ] {
        let output = world.output_as(&world.admin, arguments);
        let said = ended(&output, code);
        assert!(
            !said.contains("canary") && !text(&output.stdout).contains("canary"),
            "{arguments:?}: {said}"
        );
    }
    let said = world.refused(1, &["secrets", "set", "--file", "bad.env"]);
    assert!(said.contains("bad.env, line 2: the closing single quote is missing"), "{said}");
    let output = world.output_as("canary-token", &["secrets", "list"]);
    assert!(!ended(&output, 3).contains("canary"));
}

#[test]
fn an_import_shows_what_it_does_and_does_it_at_once() {
    let world = in_project();
    let place = world.folder.path();
    world.told(&["secrets", "set", "SAME=1", "OTHER=1", "LEFT=1"]);
    let lines: Vec<String> = (0..1000).map(|number| format!("NEW_{number:04}='value {number}'\n")).collect();
    std::fs::write(place.join(".env"), format!("# ours\nSAME=1\nexport OTHER=\"2\"\n{}", lines.concat()))
        .expect("written");

    let said = world.refused(2, &["secrets", "import", ".env"]);
    assert!(said.contains("--yes"), "{said}");
    let shown = world.told(&["secrets", "import", ".env", "--dry-run"]);
    assert_eq!(shown.matches("make ").count(), 1000);
    assert!(
        shown.contains("change     OTHER") && !shown.contains("SAME") && !shown.contains("value"),
        "{shown}"
    );
    assert_eq!(world.told(&["secrets"]), "LEFT\nOTHER\nSAME\n");

    world.told(&["secrets", "import", ".env", "--yes"]);
    assert_eq!(world.told(&["secrets"]).lines().count(), 1003);
    assert_eq!(world.told(&["secrets", "get", "NEW_0999", "OTHER", "LEFT", "--plain"]), "value 999\n2\n1\n");
    let rows = world.told_json(&["secrets", "import", ".env", "--yes"]);
    assert!(rows.as_array().expect("rows").iter().all(|row| row["operation"] == "same"));
    let version = |name: &str| world.told_json(&["secrets", "get", name])[0]["version"].clone();
    assert_eq!((version("SAME"), version("OTHER"), version("NEW_0000")), (1.into(), 2.into(), 1.into()));

    // One request was enough: one event for all.
    let events = world.call("GET", "/api/v1/organization/audit-logs?limit=50", "");
    let kinds: Vec<&str> = events["auditLogs"]
        .as_array()
        .expect("events")
        .iter()
        .filter_map(|event| event["event"]["type"].as_str())
        .filter(|kind| {
            matches!(*kind, "create-secret" | "create-secrets" | "update-secret" | "update-secrets")
        })
        .collect();
    assert_eq!(kinds.len(), 2, "one for `set`, one for the import: {events}");

    std::fs::write(place.join("more.yaml"), "PORT: 0755\nTEXT: |\n  one\n  two\n").expect("written");
    world.told(&["secrets", "import", "more.yaml", "--yes"]);
    assert_eq!(world.told(&["secrets", "get", "PORT", "TEXT", "--plain"]), "0755\none\ntwo\n\n");
    let output = with_stdin(&world, "PIPED=yes\n", &["secrets", "import", "-", "--yes"]);
    ended(&output, 0);
    assert_eq!(world.told(&["secrets", "get", "PIPED"]), "yes\n");
}

#[test]
fn environments_and_folders_are_compared() {
    let world = in_project();
    world.told(&["secrets", "set", "A=1", "B=canary-1", "C=${A}", "--env", "dev"]);
    world.told(&["secrets", "set", "B=canary-2", "C=1", "D=1", "--env", "prod"]);
    let told = world.told(&["secrets", "diff", "--env", "dev", "--to-env", "prod"]);
    let lines: Vec<Vec<&str>> = told.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines, [["A", "removed"], ["B", "changed"], ["D", "added"]]);
    let told = world.told(&["secrets", "diff", "--to-env", "prod", "--values", "--expand=false"]);
    assert!(told.contains("canary-1") && told.contains("canary-2") && told.contains("'${A}'"), "{told}");
    let rows = world.told_json(&["secrets", "diff", "--env2", "prod"]);
    assert!(rows[1]["status"] == "changed" && rows[1].get("leftValue").is_none(), "{rows}");
    let said = world.refused(2, &["secrets", "diff", "--to-env", "dev"]);
    assert!(said.contains("the same folder"), "{said}");
}

#[test]
fn references_imports_and_folders_below_come_as_asked() {
    let world = in_project();
    world.told(&["folders", "create", "--name", "app"]);
    world.told(&["folders", "create", "--name", "shared"]);
    world.told(&["secrets", "set", "NAME=root", "ONLY_ROOT=${NAME}"]);
    world.told(&["secrets", "set", "NAME=app", "DEEP=1", "--path", "/app"]);
    world.told(&["secrets", "set", "SHARED=import", "NAME=import", "--path", "/shared"]);
    let body = format!(
        r#"{{"projectId":"{}","environment":"dev","path":"/","import":{{"environment":"dev","path":"/shared"}}}}"#,
        world.project
    );
    let made = world.post("/api/v2/secret-imports", &body);
    assert!(made["secretImport"]["id"].is_string(), "{made}");

    assert_eq!(world.told(&["secrets", "--values"]), "NAME=root\nONLY_ROOT=root\nSHARED=import\n");
    assert_eq!(world.told(&["secrets", "--include-imports=false"]), "NAME\nONLY_ROOT\n");
    assert_eq!(world.told(&["secrets", "get", "ONLY_ROOT", "--expand=false"]), "${NAME}\n");
    assert_eq!(world.told(&["secrets", "get", "SHARED"]), "import\n");
    world.refused(5, &["secrets", "get", "SHARED", "--include-imports=false"]);
    let told = world.told(&["secrets", "--recursive", "--include-imports=false"]);
    assert_eq!(told, "/NAME\n/ONLY_ROOT\n/app/DEEP\n/app/NAME\n/shared/NAME\n/shared/SHARED\n");

    let output = world.output_as(&world.admin, &["export", "--recursive", "--format", "shell"]);
    let said = ended(&output, 0);
    assert!(said.contains("several folders have `NAME`"), "{said}");
    assert_eq!(
        text(&output.stdout),
        "export DEEP=1\nexport NAME=root\nexport ONLY_ROOT=root\nexport SHARED=import\n"
    );
    let said = world.refused(2, &["secrets", "--path", "/", "--path", "/app"]);
    assert!(said.contains("takes one folder"), "{said}");
    let told = world.told(&["export", "--path", "/", "--path", "/app", "--format", "shell"]);
    assert!(told.contains("export NAME=app\n") && told.contains("export SHARED=import\n"), "{told}");
}

#[test]
fn a_sample_has_names_and_comments_and_no_values() {
    let world = in_project();
    world.told(&["secrets", "set", "LEVEL=canary", "--comment", "How much is said. DEFAULT: info"]);
    world.told(&["secrets", "set", "URL=canary"]);
    let told = world.told(&["secrets", "generate-example-env"]);
    assert_eq!(told, "# How much is said.\nLEVEL='info'\nURL=\n");
}

#[test]
fn people_have_personal_secrets() {
    let world = in_project();
    world.told(&["secrets", "set", "LEVEL=shared"]);
    let user = sign_in(&world);
    let told = |arguments: &[&str]| {
        let output = world.output_as(&user, arguments);
        ended(&output, 0);
        text(&output.stdout)
    };
    told(&["secrets", "set", "LEVEL=mine", "--type", "personal"]);
    told(&["secrets", "set", "LEVEL=mine too", "--type", "personal"]);
    assert_eq!(told(&["secrets", "get", "LEVEL"]), "mine too\n");
    assert_eq!(told(&["secrets", "get", "LEVEL", "--type", "shared"]), "shared\n");
    assert_eq!(told(&["secrets", "get", "LEVEL", "--secret-overriding=false"]), "shared\n");
    assert_eq!(told(&["export", "--format", "shell"]), "export LEVEL='mine too'\n");
    assert_eq!(told(&["export", "--format", "shell", "--secret-overriding=false"]), "export LEVEL=shared\n");
    assert_eq!(world.told(&["secrets", "get", "LEVEL"]), "shared\n", "others have the shared one");
    told(&["secrets", "delete", "LEVEL", "--type", "personal"]);
    assert_eq!(told(&["secrets", "get", "LEVEL"]), "shared\n");
}

/// A token of the administrator as a person, who is a member of the project.
fn sign_in(world: &World) -> String {
    use crate::harness::{EMAIL, PASSWORD};
    let body = format!(r#"{{"email":"{EMAIL}","password":"{PASSWORD}"}}"#);
    let token = field(&world.post("/api/v3/auth/login", &body)["accessToken"]);
    let url = format!("{}/api/v3/auth/select-organization", world.server.address);
    let bearer = format!("Authorization: Bearer {token}");
    let body = format!(r#"{{"organizationId":"{}"}}"#, world.organization);
    let mut curl = std::process::Command::new("curl");
    curl.args([
        "-sS",
        "-X",
        "POST",
        &url,
        "-H",
        &bearer,
        "-H",
        "Content-Type: application/json",
        "-d",
        &body,
    ]);
    let answer: Value = serde_json::from_slice(&curl.output().expect("curl").stdout).expect("JSON");
    let user = field(&answer["token"]);
    let members = format!("/api/v1/projects/{}/memberships", world.project);
    let body = format!(r#"{{"emails":["{EMAIL}"],"usernames":["{EMAIL}"],"roleSlugs":["admin"]}}"#);
    let _ = world.post(&members, &body);
    user
}

#[test]
fn white_space_that_servers_take_away_is_announced() {
    let world = in_project();
    let output = world.output_as(&world.admin, &["secrets", "set", "SPACED= canary", "FINE=a b"]);
    let said = ended(&output, 0);
    assert!(said.contains("`SPACED` begins or ends with white space"), "{said}");
    assert!(!said.contains("FINE") && !said.contains("canary"), "{said}");
}
