//! Stored logins: who acts, at which server, and until when.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{EMAIL, World, ended, field, text, vouchsafe};
use crate::login::{log_in, stored};

/// Where logins are stored, in the world's folder.
fn file(world: &World) -> std::path::PathBuf {
    world.folder.path().join(".config/vouchsafe/sessions.json")
}

/// Makes the administrator a member of the project, so that a person has something to read.
fn join(world: &World) {
    let path = format!("/api/v2/workspace/{}/memberships", world.project);
    let reply = world.post(&path, &format!(r#"{{"emails":["{EMAIL}"],"roleSlugs":["member"]}}"#));
    assert!(reply["memberships"].is_array(), "{reply}");
    let secret = format!(
        r#"{{"workspaceId":"{}","environment":"dev","secretPath":"/","secretValue":"v"}}"#,
        world.project
    );
    world.post("/api/v3/secrets/raw/KEY", &secret);
}

/// A client id and a client secret of an identity of the organization.
fn universal(world: &World) -> (String, String) {
    let identity = world.post(
        "/api/v1/identities",
        &format!(r#"{{"name":"build","organizationId":"{}","role":"member"}}"#, world.organization),
    );
    let id = field(&identity["identity"]["id"]);
    let path = format!("/api/v1/auth/universal-auth/identities/{id}");
    let client_id = field(&world.post(&path, "{}")["identityUniversalAuth"]["clientId"]);
    let secret = world.post(&format!("{path}/client-secrets"), "{}");
    (client_id, field(&secret["clientSecret"]))
}

/// Replaces the stored access token by one that has expired, which nobody signed.
fn expire(world: &World) {
    use base64::Engine;
    let part = |value: Value| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({ "authTokenType": "accessToken", "userId": "u", "iat": 1000, "exp": 2000 });
    let mut all = stored(world);
    all["sessions"][0]["token"] = format!("{}.{}.AA", part(json!({ "alg": "EdDSA" })), part(claims)).into();
    all["sessions"][0]["obtainedAt"] = "2001-01-01T00:00:00.000Z".into();
    std::fs::write(file(world), all.to_string()).expect("written");
}

#[test]
fn a_stored_login_is_used_refreshed_and_ended() {
    let world = World::new();
    log_in(&world);
    join(&world);
    let list = ["secrets", "list", "--project-id", &world.project];
    let listed = |command: &mut Command| {
        let output = command.output().expect("runs");
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    // The address is that of the login.
    let anywhere = || vouchsafe(world.folder.path(), &list);
    assert_eq!(listed(&mut anywhere()), (Some(0), "KEY\n".to_owned(), String::new()));
    let mode = |path| std::fs::metadata(path).expect("file").permissions().mode() & 0o777;
    assert_eq!((mode(file(&world)), mode(file(&world).with_file_name(""))), (0o600, 0o700));

    // Eight processes find an expired token at once, and none loses the session.
    let before = field(&stored(&world)["sessions"][0]["refreshToken"]);
    expire(&world);
    let children: Vec<_> =
        (0..8).map(|_| anywhere().stdout(std::process::Stdio::piped()).spawn().expect("starts")).collect();
    for child in children {
        let output = child.wait_with_output().expect("ends");
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), "KEY\n"));
    }
    assert_ne!(field(&stored(&world)["sessions"][0]["refreshToken"]), before);
    let renewed = ended(&world.command(&["token", "renew"]).output().expect("runs"), 0);
    assert!(
        renewed.contains(&format!("the login of {EMAIL}")) && renewed.contains("expires in "),
        "{renewed}"
    );

    let token = field(&stored(&world)["sessions"][0]["token"]);
    let said = ended(&world.command(&["logout"]).output().expect("runs"), 0);
    assert!(said.contains(&format!("{EMAIL} is logged out")), "{said}");
    assert_eq!(stored(&world)["sessions"], json!([]));
    let output = world.output_as(&token, &["login", "status"]);
    assert!(ended(&output, 3).contains("does not accept"), "the session lives on the server");
    let said = ended(&world.command(&list).output().expect("runs"), 3);
    assert!(said.contains("nobody is logged in at") && said.contains("hint: log in with"), "{said}");
    assert!(
        said.contains("VOUCHSAFE_TOKEN") && said.contains("Universal Auth") && said.contains("no login"),
        "{said}"
    );
    ended(&world.command(&["logout"]).output().expect("runs"), 0);
}

#[test]
fn a_stored_token_goes_to_its_own_server_only() {
    use std::io::Read;
    let world = World::new();
    log_in(&world);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    let elsewhere = format!("http://{}", listener.local_addr().expect("address"));
    let list = ["secrets", "list", "--project-id", &world.project, "--api-url", &elsewhere];
    let said = ended(&vouchsafe(world.folder.path(), &list).output().expect("runs"), 3);
    assert!(said.contains(&format!("nobody is logged in at {elsewhere}")), "{said}");
    assert!(said.contains(&format!("logins are stored at {}", world.server.address)), "{said}");
    // The same server by another name is another address.
    let renamed = world.server.address.replace("127.0.0.1", "localhost");
    let said = ended(&world.command(&["token", "renew", "--api-url", &renamed]).output().expect("runs"), 3);
    assert!(said.contains("nobody is logged in at http://localhost"), "{said}");
    // Files that lie in a folder do not change that.
    let file = format!(r#"{{"workspaceId":"{}","domain":"{elsewhere}"}}"#, world.project);
    std::fs::write(world.folder.path().join(".infisical.json"), file).expect("written");
    vouchsafe(world.folder.path(), &["secrets", "list"]).output().expect("runs");
    listener.set_nonblocking(true).expect("set");
    assert!(
        listener.accept().map(|(mut stream, _)| stream.read(&mut [0]).is_ok()).is_err(),
        "somebody called"
    );
}

#[test]
fn a_token_and_credentials_of_the_environment_come_before_the_stored_login() {
    let world = World::new();
    log_in(&world);
    let (client_id, client_secret) = universal(&world);
    let credentials = |command: &mut Command| {
        command.env("INFISICAL_UNIVERSAL_AUTH_CLIENT_ID", &client_id);
        command.env("INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET", &client_secret);
    };
    // Only an identity may ask for its details, which `access` does not need: a person's own permissions differ.
    let explain = ["access", "explain", "read", "role", "--who", "00000000-0000-4000-8000-000000000000"];
    let code = |token: &str, with_credentials: bool| {
        let mut command = world.command(&explain);
        command.env("VOUCHSAFE_TOKEN", token);
        if with_credentials {
            credentials(&mut command);
        }
        command.output().expect("runs").status.code()
    };
    // Who administers may ask and finds nobody of this id; who does not is refused.
    let (unknown, forbidden) = (Some(5), Some(4));
    assert_eq!(code("", false), unknown, "the administrator, as stored");
    assert_eq!(code("", true), forbidden, "the identity, by its credentials");
    assert_eq!(code(&world.admin, true), unknown, "the token");
    assert_eq!(code("wrong", true), Some(3));
}

#[test]
fn an_identity_can_be_stored_too() {
    let world = World::new();
    let (client_id, client_secret) = universal(&world);
    let login = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.env("VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_ID", &client_id);
        command.env("VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_SECRET", &client_secret).output().expect("runs")
    };
    // Without a method, credentials that are there decide.
    let output = login(&["login", "--save"]);
    assert!(ended(&output, 0).contains("build is logged in at") && output.stdout.is_empty());
    let session = &stored(&world)["sessions"][0];
    assert_eq!((&session["name"], &session["kind"]), (&"build".into(), &"identity".into()));
    let token = field(&session["token"]);
    let status = world.command(&["login", "status"]).output().expect("runs");
    ended(&status, 0);
    assert!(text(&status.stdout).contains("build") && !text(&status.stdout).contains(&token));
    assert!(!std::fs::read_to_string(file(&world)).expect("reads").contains(&client_secret));

    ended(&world.command(&["token", "renew"]).output().expect("runs"), 0);
    let inspected = world.command(&["token", "inspect"]).output().expect("runs");
    assert!(ended(&inspected, 0).contains("nobody has checked it"));
    let shown = text(&inspected.stdout);
    assert!(shown.contains("access token of an identity") && shown.contains("universal-auth"), "{shown}");
    assert!(shown.contains("(in 30 days)") || shown.contains("(in 29 days)"), "{shown}");

    ended(&world.command(&["token", "revoke"]).output().expect("runs"), 0);
    assert_eq!(stored(&world)["sessions"], json!([]));
    assert!(ended(&world.output_as(&token, &["login", "status"]), 3).contains("does not accept build"));
    // Nothing is stored unless it is asked for.
    let printed = text(&login(&["login", "--method", "universal-auth", "--plain"]).stdout);
    assert!(printed.starts_with("ey"));
    assert_eq!(stored(&world)["sessions"], json!([]));
}

#[test]
fn a_file_that_others_can_read_is_not_used() {
    let world = World::new();
    log_in(&world);
    let set = |mode| {
        std::fs::set_permissions(file(&world), std::fs::Permissions::from_mode(mode)).expect("set");
    };
    set(0o644);
    for arguments in
        [&["secrets", "list", "--project-id", &*world.project][..], &["login", "status"], &["logout"]]
    {
        let said = ended(&world.command(arguments).output().expect("runs"), 1);
        assert!(said.contains("by others (mode 0644)") && said.contains("hint: `chmod 600"), "{said}");
    }
    let mut login = world.command(&["login", "--email", EMAIL]);
    ended(&login.env("VOUCHSAFE_PASSWORD", "not even asked").output().expect("runs"), 1);
    // Who needs no stored login does not look at the file.
    ended(&world.output_as(&world.admin, &["access", "denial"]), 0);
    set(0o600);
    ended(&world.command(&["login", "status"]).output().expect("runs"), 0);
}

#[test]
fn status_and_logout_know_servers_that_do_not_answer() {
    let mut world = World::new();
    log_in(&world);
    let status = |world: &World, arguments: &[&str]| {
        let output = world.command(&[&["login", "status"], arguments].concat()).output().expect("runs");
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, shown, _) = status(&world, &[]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains(EMAIL) && shown.contains("Acme") && shown.contains("accepted"), "{shown}");
    let (_, shown, _) = status(&world, &["-o", "json"]);
    let rows: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(
        (&rows[0]["accepted"], &rows[0]["used"], &rows[0]["kind"]),
        (&true.into(), &true.into(), &"person".into())
    );

    world.server.signal("-TERM");
    let (code, shown, said) = status(&world, &[]);
    assert_eq!(code, Some(6), "{said}");
    assert!(shown.contains("not known: cannot reach"), "{shown}");
    let said = ended(&world.command(&["logout", "--all"]).output().expect("runs"), 6);
    assert!(said.contains("forgotten here, but not ended on the server"), "{said}");
    assert_eq!(stored(&world)["sessions"], json!([]));
    let (code, shown, said) = status(&world, &[]);
    assert_eq!((code, shown.as_str()), (Some(3), ""), "{said}");
}

#[test]
fn exit_codes_tell_scripts_what_happened() {
    let world = World::new();
    let project = ["--project-id", &*world.project];
    let as_admin = |arguments: &[&str]| world.output_as(&world.admin, &[arguments, &project].concat());
    ended(&as_admin(&["secrets", "list"]), 0);
    ended(&as_admin(&["secrets", "list", "--nonsense"]), 2);
    ended(&world.output_as("", &[&["secrets", "list"], &project[..]].concat()), 3);
    ended(&world.output_as("nonsense", &[&["secrets", "list"], &project[..]].concat()), 3);
    log_in(&world);
    ended(&world.output_as("", &[&["secrets", "list"], &project[..]].concat()), 4);
    ended(&as_admin(&["secrets", "get", "NOT_HERE"]), 5);
    ended(&as_admin(&["secrets", "list", "--api-url", "http://127.0.0.1:1"]), 6);
    ended(&as_admin(&["run", "--", "./not-here"]), 2);
    let run = |program: &str| world.output_as(&world.admin, &["run", project[0], project[1], "--", program]);
    ended(&run("./not-here"), 127);
    ended(&run("/"), 126);
}
