//! `vouchsafe identity`.

use crate::harness::{World, ended, field, text};
use crate::terminal::Terminal;

#[test]
fn identities_are_made_found_changed_and_deleted() {
    let world = World::new();
    let id = world.told(&["identity", "create", "deploy", "--role", "member", "--metadata", "team=ops"]);
    let shown = world.told_json(&["identity", "show", "deploy"]);
    assert_eq!(shown["identity"]["identityId"], id.trim());
    assert_eq!(shown["identity"]["metadata"][0]["value"], "ops");
    let shown = world.told(&["identity", "show", "deploy"]);
    assert!(shown.contains("last login  never") && shown.contains("team=ops"), "{shown}");

    let listed = world.told(&["identity", "list", "--search", "dep"]);
    assert!(
        listed.starts_with("NAME") && listed.contains("deploy") && listed.lines().count() == 2,
        "{listed}"
    );
    assert_eq!(world.told_json(&["identity", "list", "--limit", "1"]).as_array().map(Vec::len), Some(1));

    world.told(&[
        "identity",
        "update",
        "deploy",
        "--name",
        "deploy-eu",
        "--role",
        "no-access",
        "--delete-protection",
    ]);
    assert_eq!(world.told_json(&["identity", "show", id.trim()])["identity"]["role"], "no-access");
    let said = world.refused(1, &["identity", "delete", "deploy-eu", "--yes"]);
    assert!(said.contains("delete protection"), "{said}");
    world.told(&["identity", "update", "deploy-eu", "--delete-protection=false"]);
    let said = world.refused(2, &["identity", "delete", "deploy-eu"]);
    assert!(said.contains("--yes"), "{said}");
    assert!(world.told(&["identity", "list"]).contains("deploy-eu"), "it is still there");
    world.told(&["identity", "delete", "deploy-eu", "--yes"]);
    let said = world.refused(5, &["identity", "show", "deploy-eu"]);
    assert!(said.contains("no identity is named `deploy-eu`"), "{said}");
    let said = world.refused(2, &["identity", "update", "deploy-eu"]);
    assert!(said.contains("nothing to change"), "{said}");
}

#[test]
fn names_that_several_have_are_listed() {
    let world = World::new();
    let ids = [(); 2].map(|()| world.told(&["identity", "create", "twin"]));
    let said = world.refused(2, &["identity", "show", "twin"]);
    assert!(ids.iter().all(|id| said.contains(id.trim())) && said.contains("give the id"), "{said}");
}

#[test]
fn projects_manage_identities_of_their_own() {
    let world = World::new();
    let made = world.told_json(&["identity", "create", "web", "--project-id", "p", "--role", "viewer"]);
    assert_eq!(made["projectId"], *world.project);
    assert!(world.told(&["identity", "list", "--project-id", "p"]).contains("web"));
    world.told(&["identity", "update", "web", "--metadata", "a=b"]);
    let said = world.refused(2, &["identity", "update", "web", "--role", "admin"]);
    assert!(said.contains("member update"), "{said}");
    let shown = world.told(&["identity", "show", "web"]);
    assert!(shown.contains("PROJECT") && shown.contains("viewer"), "{shown}");
    world.told(&["identity", "delete", "web", "--yes"]);
    assert!(!world.told(&["identity", "list", "--project-id", "p"]).contains("web"));
}

#[test]
fn methods_are_attached_shown_changed_and_removed() {
    let world = World::new();
    world.told(&["identity", "create", "ci"]);
    let auth = |words: &[&str]| world.told(&[&["identity", "auth"], words, &["--identity", "ci"]].concat());
    auth(&["attach", "universal", "--trusted-ip", "127.0.0.0/8", "--uses", "7"]);
    let show = ["identity", "auth", "show", "universal-auth", "--identity", "ci"];
    let shown = world.told_json(&show);
    assert_eq!((&shown["accessTokenTTL"], &shown["accessTokenNumUsesLimit"]), (&3600.into(), &7.into()));
    let update = ["identity", "auth", "update", "universal", "--identity", "ci", "--ttl", "2 days"];
    let changed = world.output_as(&world.admin, &update);
    assert!(ended(&changed, 0).contains("its tokens live 2 days"), "a warning");
    let shown = auth(&["show", "universal"]);
    assert!(shown.contains("accessTokenTTL") && shown.contains("172800"), "{shown}");

    let yaml =
        "boundIssuer: https://issuer.example\noidcDiscoveryUrl: https://issuer.example\nboundSubject: a\n";
    std::fs::write(world.folder.path().join("oidc.yaml"), yaml).expect("written");
    let attached = world.told_json(&[
        "identity",
        "auth",
        "attach",
        "oidc",
        "--identity",
        "ci",
        "--file",
        "oidc.yaml",
        "--set",
        "boundSubject=b",
        "--set",
        r#"boundClaims={"team":"x"}"#,
    ]);
    assert_eq!((&attached["boundSubject"], &attached["boundClaims"]["team"]), (&"b".into(), &"x".into()));
    let test = ["identity", "auth", "test", "oidc", "--identity", "ci"];
    let said = world.refused(1, &test);
    assert!(said.contains("does not work"), "nobody is at that address: {said}");
    auth(&["remove", "oidc", "--yes"]);
    assert_eq!(
        world.told_json(&["identity", "show", "ci"])["identity"]["identity"]["authMethods"],
        serde_json::json!(["universal-auth"])
    );

    let said = world.refused(2, &["identity", "auth", "attach", "carrier-pigeon", "--identity", "ci"]);
    assert!(said.contains("kubernetes-auth"), "{said}");
    let said = world.refused(2, &["identity", "auth", "update", "universal", "--identity", "ci"]);
    assert!(said.contains("nothing to change"), "{said}");
    let said = world.refused(1, &["identity", "auth", "attach", "universal", "--identity", "ci"]);
    assert!(said.contains("already"), "{said}");
}

#[test]
fn client_secrets_and_tokens_log_in_until_they_are_revoked() {
    let world = World::new();
    world.told(&["identity", "create", "job"]);
    let of_job = |words: &[&str]| world.told(&[&["identity"], words, &["--identity", "job"]].concat());
    of_job(&["auth", "attach", "universal"]);
    let method = world.told_json(&["identity", "auth", "show", "universal", "--identity", "job"]);
    let client_id = field(&method["clientId"]);
    let secret = of_job(&["client-secret", "create", "--plain", "--description", "laptop"]);
    assert_eq!(secret.lines().count(), 1, "the secret alone");
    let log_in = |secret: &str| {
        let mut command = world.command(&["login", "--method", "universal-auth", "--plain"]);
        command.env("VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_ID", &client_id);
        command.env("VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_SECRET", secret.trim()).output().expect("runs")
    };
    ended(&log_in(&secret), 0);
    let listed = of_job(&["client-secret", "list"]);
    assert!(listed.contains("laptop") && !listed.contains(secret.trim()), "{listed}");
    let all = world.told_json(&["identity", "client-secret", "list", "--identity", "job"]);
    of_job(&["client-secret", "revoke", &field(&all[0]["id"]), "--yes"]);
    assert_ne!(log_in(&secret).status.code(), Some(0), "revoked");
    assert!(world.refused(5, &["identity", "token", "create", "--identity", "job"]).contains("Token Auth"));

    of_job(&["auth", "attach", "token"]);
    let token = of_job(&["token", "create", "--name", "first", "--ttl", "10m", "--plain"]);
    let whoami = ["identity", "token", "list", "--identity", "job"];
    let all = world.told_json(&whoami);
    let id = field(&all[0]["id"]);
    world.told(&["identity", "token", "rename", &id, "second"]);
    let listed = world.told(&whoami);
    assert!(
        listed.contains("second") && listed.contains("10 minutes") && listed.contains("valid"),
        "{listed}"
    );
    let projects = ["project", "list"];
    ended(&world.output_as(token.trim(), &projects), 0);
    world.told(&["identity", "token", "revoke", &id, "--yes"]);
    ended(&world.output_as(token.trim(), &projects), 3);
}

#[test]
fn locks_are_cleared() {
    let world = World::new();
    let id = world.told(&["identity", "create", "job"]);
    world.told(&[
        "identity",
        "auth",
        "attach",
        "universal",
        "--identity",
        "job",
        "--set",
        "lockoutThreshold=1",
    ]);
    let method = world.told_json(&["identity", "auth", "show", "universal", "--identity", "job"]);
    let wrong = format!(r#"{{"clientId":"{}","clientSecret":"wrong"}}"#, field(&method["clientId"]));
    world.post("/api/v1/auth/universal-auth/login", &wrong);
    assert!(world.told(&["identity", "show", id.trim()]).contains("locked      universal-auth"));
    assert_eq!(world.told_json(&["identity", "lockouts", "clear", "--identity", "job"])["deleted"], 1);
    assert!(world.told(&["identity", "show", "job"]).contains("locked      no"));
}

#[test]
fn deleting_asks_for_the_name() {
    let world = World::new();
    world.told(&["identity", "create", "job"]);
    let mut command = world.command(&["identity", "delete", "job"]);
    command.env("VOUCHSAFE_TOKEN", &world.admin);
    let mut terminal = Terminal::start(&command);
    terminal.answer("Type `job` to go on", "jo");
    let (code, seen) = terminal.end();
    assert!(code == Some(1) && seen.contains("nothing was changed"), "{seen}");
    let mut terminal = Terminal::start(&command);
    terminal.answer("Type `job` to go on", "job");
    let (code, seen) = terminal.end();
    assert!(code == Some(0) && seen.contains("deleted the identity job"), "{seen}");
}

#[test]
fn a_viewer_is_refused_and_told_where_to_ask() {
    let world = World::new();
    let token = viewer(&world);
    for words in [
        &["identity", "create", "x"][..],
        &["role", "create", "x", "--rules", "-"],
        &["group", "create", "x"],
    ] {
        let mut command = world.command(words);
        let input = std::fs::File::open(rules(&world)).expect("opens");
        let output = command.env("VOUCHSAFE_TOKEN", &token).stdin(input).output().expect("runs");
        let said = ended(&output, 4);
        assert!(said.contains("vouchsafe access denial req-"), "{said}");
        assert_eq!(text(&output.stdout), "");
    }
}

/// The token of an identity without rights in the organization.
fn viewer(world: &World) -> String {
    world.told(&["identity", "create", "viewer"]);
    world.told(&["identity", "auth", "attach", "token", "--identity", "viewer"]);
    world.told(&["identity", "token", "create", "--identity", "viewer", "--plain"]).trim().to_owned()
}

/// A file of rules.
pub(crate) fn rules(world: &World) -> std::path::PathBuf {
    let path = world.folder.path().join("rules.yaml");
    let text =
        "- subject: secrets\n  action: [readValue, describeSecret]\n  conditions:\n    environment: dev\n";
    std::fs::write(&path, text).expect("written");
    path
}
