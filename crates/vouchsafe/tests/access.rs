//! `vouchsafe access` from outside: what is asked, what is printed, and that refusals survive a normal stop.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_vouchsafe");

fn vouchsafe(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A server that runs until it is dropped.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(folder: &Path) -> Self {
        let mut command = vouchsafe(folder, &["server", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut line).expect("reads");
        let address = line.trim().strip_prefix("listening on ").expect(&line).to_owned();
        Self { child, address }
    }

    /// Asks it to stop, and waits until it has.
    fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
        let start = Instant::now();
        while self.child.try_wait().expect("waits").is_none() {
            assert!(start.elapsed() < Duration::from_secs(20), "the server does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The quickstart's instance: an identity that may read, and an administrator of the organization.
struct World {
    folder: TempDir,
    saved: Value,
    admin: String,
}

impl World {
    fn make() -> Self {
        let folder = TempDir::new().expect("folder");
        let server = Serving::start(folder.path());
        let arguments = [
            "bootstrap",
            "--email",
            "ann@example.com",
            "--password",
            "correct horse",
            "--organization",
            "Acme",
        ];
        let made = Self::call(&folder, &server, "", &arguments);
        let reply: Value = serde_json::from_slice(&made.stdout).expect("JSON");
        let admin = reply["identity"]["credentials"]["token"].as_str().expect("a token").to_owned();
        let post = |path: &str, body: &str| -> Value {
            let url = format!("{}{path}", server.address);
            let bearer = format!("Authorization: Bearer {admin}");
            let curl = [
                "-sS",
                "-X",
                "POST",
                &url,
                "-H",
                &bearer,
                "-H",
                "Content-Type: application/json",
                "-d",
                body,
            ];
            let answer = Command::new("curl").args(curl).output().expect("curl");
            serde_json::from_slice(&answer.stdout)
                .unwrap_or_else(|_| panic!("{path}: {}", text(&answer.stdout)))
        };
        let project = post("/api/v1/projects", r#"{"projectName":"p"}"#)["project"]["id"].clone();
        let project = project.as_str().expect("an id").to_owned();
        let rules = r#"{"slug":"dev","name":"dev","permissions":[{"subject":"secrets","action":["readValue","describeSecret"],"conditions":{"environment":"dev"}}]}"#;
        post(&format!("/api/v1/projects/{project}/roles"), rules);
        let org = &reply["organization"]["id"];
        let identity = post(
            "/api/v1/identities",
            &format!(r#"{{"name":"deployer","organizationId":{org},"role":"no-access"}}"#),
        );
        let identity = identity["identity"]["id"].as_str().expect("an id").to_owned();
        post(&format!("/api/v2/workspace/{project}/identity-memberships/{identity}"), r#"{"role":"dev"}"#);
        post(&format!("/api/v1/auth/token-auth/identities/{identity}"), "{}");
        post(&format!("/api/v1/auth/jwt-auth/identities/{identity}"), JWT_AUTH);
        let token = post(&format!("/api/v1/auth/token-auth/identities/{identity}/tokens"), "{}");
        let saved =
            serde_json::json!({ "project": project, "identity": identity, "token": token["accessToken"] });
        server.stop();
        Self { folder, saved, admin }
    }

    fn value(&self, name: &str) -> &str {
        self.saved[name].as_str().expect("text")
    }

    fn call(folder: &TempDir, server: &Serving, token: &str, arguments: &[&str]) -> Output {
        let mut command = vouchsafe(folder.path(), arguments);
        command
            .env("VOUCHSAFE_API_URL", &server.address)
            .env("VOUCHSAFE_TOKEN", token)
            .output()
            .expect("runs")
    }

    /// What the administrator is told.
    fn told(&self, server: &Serving, arguments: &[&str]) -> String {
        let output = Self::call(&self.folder, server, &self.admin, arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    fn told_json(&self, server: &Serving, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["-o", "json"]].concat();
        serde_json::from_str(&self.told(server, &arguments)).expect("JSON")
    }
}

/// JWT Auth of the identity: jobs of one issuer.
const JWT_AUTH: &str = r#"{"configurationType":"static","boundIssuer":"https://issuer.example","boundSubject":"job:*",
    "boundClaims":{},"publicKeys":["-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA8fIAhWnJsRYkvlOQjpOIPaN0OpIpNyNwGF6cANSKmhw=\n-----END PUBLIC KEY-----\n"]}"#;
/// `{"iss":"https://issuer.example","sub":"job:a"}`, and the same of somebody else; nobody signed them.
const JOB: &str = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoiam9iOmEifQ.AA";
const OTHER: &str = "eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoicGVyc29uIn0.AA";

const PROD: [&str; 6] = ["--on", "environment=prod", "--on", "secretPath=/", "--on", "secretName=KEY"];

#[test]
fn access_is_explained_listed_and_compared() {
    let world = World::make();
    let server = Serving::start(world.folder.path());
    let (project, identity) = (world.value("project"), world.value("identity"));
    let explain = ["access", "explain", "readValue", "secrets", "--who", identity, "--project-id", project];
    let shown = world.told(&server, &[&explain[..], &PROD].concat());
    assert!(
        shown.starts_with("no\ndeployer may not readValue on secrets where environment is 'prod'"),
        "{shown}"
    );
    assert!(
        shown.contains("OUTCOME") && shown.contains("does-not-apply (environment)  role dev, rule 0"),
        "{shown}"
    );
    let dev = ["--on", "environment=dev", "--on", "secretPath=/", "--on", "secretTags=a,b"];
    let shown = world.told_json(&server, &[&explain[..], &dev].concat());
    assert_eq!((&shown["allowed"], &shown["decidedBy"]["source"]["slug"]), (&true.into(), &"dev".into()));
    assert!(world.told(&server, &explain).starts_with("yes\n"), "somewhere");

    let who = ["access", "who-can", "readValue", "secrets", "--project-id", project];
    let shown = world.told(&server, &[&who[..], &dev].concat());
    assert!(
        shown.starts_with("KIND") && shown.contains("deployer") && shown.contains("role dev, rule 0"),
        "{shown}"
    );
    let shown = world.told_json(&server, &[&who[..], &PROD].concat());
    assert!(
        shown.as_array().is_some_and(|all| all.iter().all(|one| one["member"]["name"] != "deployer")),
        "{shown}"
    );
    let one = world.told_json(&server, &[&who[..], &dev, &["--limit", "1"]].concat());
    assert_eq!(one.as_array().map(Vec::len), Some(1));

    let rules = r#"[{"subject":"secrets","action":"readValue","conditions":{"environment":"prod"}}]"#;
    std::fs::write(world.folder.path().join("rules.json"), rules).expect("written");
    let diff = ["access", "diff", "--role", "dev", "--rules", "rules.json", "--project-id", project];
    let shown = world.told(&server, &diff);
    let gained = "deployer then may readValue on secrets where environment is 'prod'";
    assert!(shown.contains("identity deployer") && shown.contains(gained), "{shown}");
    let shown = world.told_json(&server, &diff);
    assert_eq!(shown["members"][0]["gained"][0]["example"]["environment"], "prod");
    let same = ["access", "diff", "--from", identity, "--to", identity, "--project-id", project];
    assert_eq!(world.told(&server, &same), "no difference\n");

    for (arguments, message) in [
        (&["access", "explain", "readValue", "secrets", "--who", "nobody"][..], "`nobody` names nobody"),
        (&["access", "diff"], "give --role and --rules"),
        (&["access", "who-can", "read", "role", "--on", "x"], "expected a name and a value"),
    ] {
        let output = World::call(&world.folder, &server, &world.admin, arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(message), "{}", text(&output.stderr));
    }
    for command in ["explain", "who-can", "diff", "denial"] {
        assert!(world.told(&server, &["access", command, "--help"]).contains("Examples:"), "{command}");
    }
}

#[test]
fn a_refusal_can_be_looked_up_after_a_normal_stop() {
    let world = World::make();
    let server = Serving::start(world.folder.path());
    let (project, identity) = (world.value("project"), world.value("identity"));
    let read = ["secrets", "get", "KEY", "--env", "prod", "--project-id", project];
    let refused = World::call(&world.folder, &server, world.value("token"), &read);
    // At once, before anything else can have written it down.
    server.stop();
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    let id = said.split("`vouchsafe access denial ").nth(1).and_then(|rest| rest.split('`').next());
    let id = id.unwrap_or_else(|| panic!("no id of the request: {said}"));

    let server = Serving::start(world.folder.path());
    let shown = world.told(&server, &["access", "denial", id]);
    assert!(shown.contains("allows describeSecret") || shown.contains("allows readValue"), "{shown}");
    assert!(
        shown.contains(&format!("identity {identity}")) && shown.contains("GET /api/v4/secrets/KEY"),
        "{shown}"
    );
    let shown = world.told_json(&server, &["access", "denial", id]);
    assert_eq!((&shown["requestId"], &shown["projectId"]), (&id.into(), &project.into()));
    let list = world.told(&server, &["access", "denial", "--of", identity]);
    assert!(list.starts_with("AT") && list.contains(id), "{list}");
    assert_eq!(world.told_json(&server, &["access", "denial"]).as_array().map(Vec::len), Some(1));
    // Who was refused may not look.
    let output = World::call(&world.folder, &server, world.value("token"), &["access", "denial", id]);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn auth_methods_are_tried_out_and_samples_say_whom_they_would_become() {
    let world = World::make();
    let server = Serving::start(world.folder.path());
    let identity = world.value("identity");
    let test = ["identity", "auth", "test", "--identity-id", identity, "--method", "jwt-auth"];
    assert_eq!(world.told(&server, &test), "source default\n  ok      read the keys\n");
    assert_eq!(world.told_json(&server, &test)["ok"], true);

    let file = world.folder.path().join("sample.jwt");
    let what_if = ["identity", "what-if", "--jwt-file", "sample.jwt"];
    std::fs::write(&file, JOB).expect("written");
    let shown = world.told(&server, &what_if);
    assert!(shown.starts_with(&format!("would become deployer ({identity}) by jwt-auth")), "{shown}");
    assert_eq!(world.told_json(&server, &what_if)["matches"][0]["identityId"], identity);
    std::fs::write(&file, OTHER).expect("written");
    let output = World::call(&world.folder, &server, &world.admin, &what_if);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{shown}");
    assert!(shown.starts_with("misses deployer") && shown.contains("(subject-mismatch)"), "{shown}");
    let output = World::call(&world.folder, &server, &world.admin, &["identity", "what-if"]);
    assert_eq!(output.status.code(), Some(2));
}
