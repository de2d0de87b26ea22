//! `vouchsafe login` of people, at a terminal and without one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use vouchsafe_testkit::{Engine, Person, TestServer};

use crate::harness::{EMAIL, PASSWORD, World, ended, field, text, vouchsafe};
use crate::terminal::Terminal;

/// What the file of stored logins holds.
pub(crate) fn stored(world: &World) -> Value {
    let path = world.folder.path().join(".config/vouchsafe/sessions.json");
    std::fs::read(path).map_or(Value::Null, |text| serde_json::from_slice(&text).expect("JSON"))
}

/// Logs the administrator in without a terminal.
pub(crate) fn log_in(world: &World) -> String {
    let mut command = world.command(&["login", "--email", EMAIL]);
    let output = command.env("VOUCHSAFE_PASSWORD", PASSWORD).output().expect("runs");
    assert_eq!(text(&output.stdout), "", "nothing is data");
    ended(&output, 0)
}

/// Fails if a file below this folder holds the text, but for the named one.
fn is_nowhere(folder: &Path, text: &str, but: &Path) {
    for entry in std::fs::read_dir(folder).expect("reads").map(|entry| entry.expect("entry").path()) {
        if entry.is_dir() {
            is_nowhere(&entry, text, but);
        } else if entry != but {
            let bytes = std::fs::read(&entry).expect("reads");
            let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!found, "{}", entry.display());
        }
    }
}

/// Fails if the arguments of any process that can be seen hold the text.
fn no_process_shows(text: &str) {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let lines: Vec<_> =
        processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok()).collect();
    assert!(lines.iter().any(|line| !line.is_empty()), "no process is seen");
    assert!(!lines.iter().any(|line| String::from_utf8_lossy(line).contains(text)), "an argument holds it");
}

#[test]
fn a_person_at_a_terminal_is_asked_and_may_mistype() {
    let world = World::new();
    let mut terminal = Terminal::start(&vouchsafe(world.folder.path(), &["login"]));
    terminal.answer("Address of the server [http://127.0.0.1:8080]: ", &world.server.address);
    terminal.answer("E-mail address: ", "nobody@example.com").answer("Password: ", "canary wrong");
    terminal.see("Tries left: 4");
    no_process_shows("canary wrong");
    terminal.answer("E-mail address [nobody@example.com]: ", EMAIL);
    let (code, seen) = {
        terminal.answer("Password: ", PASSWORD);
        terminal.end()
    };
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("Invalid username or email"), "{seen}");
    assert!(seen.contains(&format!("{EMAIL} is logged in at {}", world.server.address)), "{seen}");
    assert!(seen.contains("acts in Acme") && seen.contains("vouchsafe logout"), "{seen}");
    assert!(!seen.contains("canary") && !seen.contains(PASSWORD), "a password was shown: {seen}");

    let sessions = stored(&world);
    let session = &sessions["sessions"][0];
    assert_eq!((&session["name"], &session["kind"]), (&EMAIL.into(), &"person".into()));
    for secret in ["token", "refreshToken"] {
        let secret = field(&session[secret]);
        assert!(secret.starts_with("ey") && !seen.contains(&secret));
        is_nowhere(
            world.folder.path(),
            &secret,
            &world.folder.path().join(".config/vouchsafe/sessions.json"),
        );
    }
    is_nowhere(&world.folder.path().join(".config"), PASSWORD, Path::new("/"));

    // Neither address nor token are needed any more.
    let list = ["secrets", "list", "--project-id", &world.project];
    let output = vouchsafe(world.folder.path(), &list).output().expect("runs");
    let said = ended(&output, 4);
    assert!(said.contains("is not a member of") || said.contains("caused by"), "{said}");

    // The address is known now, and so is the person.
    let mut again = Terminal::start(&vouchsafe(world.folder.path(), &["login"]));
    let (code, seen) = {
        again.answer(&format!("E-mail address [{EMAIL}]: "), "").answer("Password: ", PASSWORD);
        again.end()
    };
    assert_eq!(code, Some(0), "{seen}");
    assert!(!seen.contains("Address of the server"), "{seen}");
}

#[test]
fn five_tries_and_no_more() {
    let world = World::new();
    let mut terminal = Terminal::start(&world.command(&["login", "--email", EMAIL]));
    for left in (1..5).rev() {
        terminal.answer("Password: ", "wrong").see(&format!("Tries left: {left}"));
    }
    let (code, seen) = {
        terminal.answer("Password: ", "wrong");
        terminal.end()
    };
    assert_eq!(code, Some(3), "{seen}");
    assert_eq!(seen.matches("Password: ").count(), 5, "{seen}");
    assert!(seen.contains("are e-mail address and password right?"), "{seen}");
    assert_eq!(stored(&world), Value::Null);
}

#[test]
fn scripts_log_in_without_questions() {
    let world = World::new();
    let folder = world.folder.path();
    std::fs::write(folder.join("password"), format!("{PASSWORD}\n")).expect("written");
    let all =
        ["login", "--email", EMAIL, "--password-file", "password", "--organization-id", &world.organization];
    let output = world.command(&all).output().expect("runs");
    let said = ended(&output, 0);
    assert!(said.contains("is logged in") && output.stdout.is_empty(), "{said}");

    // The official client's names; the token is printed only if it is asked for.
    let mut command = vouchsafe(folder, &["login", "--method", "user", "--plain"]);
    command.env("INFISICAL_DOMAIN", &world.server.address).env("INFISICAL_EMAIL", EMAIL);
    command.env("INFISICAL_PASSWORD", PASSWORD).env("INFISICAL_ORGANIZATION_ID", &world.organization);
    let output = command.output().expect("runs");
    assert_eq!(ended(&output, 0), "");
    assert_eq!(text(&output.stdout).trim(), field(&stored(&world)["sessions"][0]["token"]));
    let hidden = world.output_as("token", &all);
    assert!(ended(&hidden, 0).contains("warning: other commands use the token in the environment"));
    let output = world.command(&[&all[..], &["-o", "json"]].concat()).output().expect("runs");
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&told["name"], &told["organization"]), (&EMAIL.into(), &world.organization.as_str().into()));
    assert!(told["expiresAt"].is_string() && told["token"].is_null());

    for (arguments, code, message) in [
        (&["login"][..], 2, "`--email` (VOUCHSAFE_EMAIL): not given"),
        (&["login", "--email", EMAIL], 2, "no password was given"),
        (&["login", "--email", EMAIL, "--password", "canary"], 3, "Invalid username or email"),
        (&["login", "--email", EMAIL, "--password-file", "none"], 1, "cannot read the password from none"),
        (&["login", "--email", EMAIL, "--organization-id", "acme"], 2, "expected the id of an organization"),
        (
            &["login", "--email", EMAIL, "--api-url", "http://127.0.0.1:1", "--password", "canary"],
            6,
            "cannot reach",
        ),
    ] {
        let said = ended(&world.command(arguments).output().expect("runs"), code);
        assert!(said.contains(message) && !said.contains("canary"), "{said}");
    }
    let other = "00000000-0000-4000-8000-000000000000";
    let arguments = ["login", "--email", EMAIL, "--password-file", "password", "--organization-id", other];
    let said = ended(&world.command(&arguments).output().expect("runs"), 4);
    assert!(said.contains("cannot act in the organization"), "{said}");
}

/// Makes a person a member of the organization that this identity administers.
async fn invited(admin: &Person, email: &str, password: &str) {
    let details = admin.get("/api/v1/identities/details").await.ok();
    let organization = &details["identityDetails"]["organization"]["id"];
    let body =
        json!({ "inviteeEmails": [email], "organizationId": organization, "organizationRoleSlug": "member" });
    let reply = admin.post("/api/v1/invite-org/signup", body).await.ok();
    // Who has an account already is in at once.
    let Some(link) = reply["completeInviteLinks"][0]["link"].as_str() else { return };
    let code = link.split("token=").nth(1).and_then(|rest| rest.split('&').next()).expect("a code");
    let account = json!({ "email": email, "firstName": "Ann", "password": password, "code": code });
    admin.post("/api/v3/signup/complete-account/invite", account).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_in_several_organizations_chooses() {
    let server = TestServer::start(Engine::Sqlite).await;
    let password = "correct horse battery staple";
    invited(&server.admin, EMAIL, password).await;
    invited(&server.stranger().await, EMAIL, password).await;
    let folder = tempfile::TempDir::new().expect("folder");
    let command = |arguments: &[&str]| {
        let mut command = vouchsafe(folder.path(), arguments);
        command.env("VOUCHSAFE_API_URL", &server.url).env("VOUCHSAFE_PASSWORD", password);
        command
    };
    let said = ended(&command(&["login", "--email", EMAIL]).output().expect("runs"), 2);
    assert!(said.contains("--organization-id") && said.contains("acme") && said.contains("other"), "{said}");

    // Questions are asked though remarks are not wanted.
    let mut terminal = Terminal::start(&command(&["login", "--silent", "--email", EMAIL]));
    terminal.answer("Number (1 to 2): ", "3").see("That is no number of the list.");
    let (code, seen) = {
        terminal.answer("Number (1 to 2): ", "2");
        terminal.end()
    };
    assert_eq!(code, Some(0), "{seen}");
    assert!(seen.contains("  1  acme") && seen.contains("  2  other"), "{seen}");
    assert!(!seen.contains("acts in"), "{seen}");
    let status = command(&["login", "status"]).output().expect("runs");
    ended(&status, 0);
    assert!(text(&status.stdout).contains("other"), "{}", text(&status.stdout));
}

/// Sends a login to a command that waits for one, as a page of this origin would; answers the status.
#[allow(clippy::disallowed_methods, reason = "a connection of the test itself")]
fn hand_over(port: &str, origin: &str, body: &Value) -> String {
    let body = body.to_string();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("it listens");
    let head = format!(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {origin}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer.split(' ').nth(1).expect("a status").to_owned()
}

#[test]
fn a_person_logs_in_by_a_browser() {
    let world = World::new();
    log_in(&world);
    let file = stored(&world);
    let session = &file["sessions"][0];
    let login = json!({
        "email": EMAIL, "privateKey": "", "JTWToken": session["token"], "RefreshToken": session["refreshToken"],
    });
    std::fs::remove_file(world.folder.path().join(".config/vouchsafe/sessions.json")).expect("removed");
    let mut command = world.command(&["login", "--browser"]);
    command.env("BROWSER", "true").stdin(Stdio::null()).stderr(Stdio::piped());
    let mut waiting = command.spawn().expect("starts");
    let mut told = BufReader::new(waiting.stderr.take().expect("stderr")).lines().map_while(Result::ok);
    let page = told.find(|line| line.contains("/login?callback_port=")).expect("the page");
    let port = page.rsplit('=').next().expect("a port").to_owned();
    let address = &world.server.address;
    assert_eq!(hand_over(&port, "https://evil.example", &login), "403");
    assert_eq!(hand_over(&port, address, &json!({ "email": EMAIL })), "400");
    assert_eq!(hand_over(&port, address, &login), "200");
    let rest = told.collect::<Vec<_>>().join("\n");
    assert_eq!(waiting.wait().expect("ends").code(), Some(0), "{rest}");
    assert!(rest.contains(&format!("{EMAIL} is logged in at {address}")), "{rest}");
    assert_eq!(stored(&world)["sessions"][0]["token"], session["token"]);
}
