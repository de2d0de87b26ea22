//! `vouchsafe agent`: the official agent's file as it is, and what we add to it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{World, ended, field, text};

/// An instance with an identity that may read the project, and the credential of that identity in files.
struct Place {
    world: World,
    identity: String,
}

impl Place {
    fn new() -> Self {
        let world = World::new();
        let body =
            format!(r#"{{"name":"app","organizationId":"{}","role":"no-access"}}"#, world.organization);
        let identity = field(&world.post("/api/v1/identities", &body)["identity"]["id"]);
        let path = format!("/api/v1/auth/universal-auth/identities/{identity}");
        let attached = world.post(&path, r#"{"accessTokenTTL":3600,"accessTokenMaxTTL":86400}"#);
        let membership = format!("/api/v2/workspace/{}/identity-memberships/{identity}", world.project);
        world.post(&membership, r#"{"role":"viewer"}"#);
        let place = Self { world, identity };
        place.write("client-id", &field(&attached["identityUniversalAuth"]["clientId"]));
        place.write("client-secret", &place.new_client_secret());
        place
    }

    fn new_client_secret(&self) -> String {
        let path = format!("/api/v1/auth/universal-auth/identities/{}/client-secrets", self.identity);
        field(&self.world.post(&path, "{}")["clientSecret"])
    }

    fn path(&self, name: &str) -> PathBuf {
        self.world.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).expect("written");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn secret(&self, name: &str, value: &str) {
        let body = format!(
            r#"{{"projectId":"{}","environment":"dev","secretPath":"/","secretValue":"{value}"}}"#,
            self.world.project
        );
        let path = format!("/api/v4/secrets/{name}");
        if self.world.post(&path, &body).get("secret").is_none() {
            assert!(self.world.call("PATCH", &path, &body).get("secret").is_some());
        }
    }

    /// Writes the agent's file: the official one's head, and more.
    fn config(&self, more: &str) {
        let address = &self.world.server.address;
        self.write(
            "agent.yaml",
            &format!(
                "infisical:\n  address: \"{address}\"\nauth:\n  type: \"universal-auth\"\n  config:\n    \
                 client-id: \"./client-id\"\n    client-secret: \"./client-secret\"\n{more}"
            ),
        );
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = self.world.command(&[&["agent", "--config", "agent.yaml"], more].concat());
        command.env_remove("VOUCHSAFE_API_URL");
        command
    }

    fn run(&self, more: &[&str]) -> Output {
        self.command(more).output().expect("runs")
    }

    fn start(&self) -> Running {
        let log = std::fs::File::create(self.path("log")).expect("log");
        let child = self.command(&[]).stdout(Stdio::null()).stderr(log).spawn().expect("starts");
        Running { child }
    }

    /// Waits until something is so.
    fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < Duration::from_secs(30), "{what} does not come: {}", self.read("log"));
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// An agent that is killed with the test.
struct Running {
    child: Child,
}

impl Running {
    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().expect("kill").success());
    }

    fn code(&mut self) -> Option<i32> {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(30) {
            if let Some(status) = self.child.try_wait().expect("waits") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the agent does not end");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).expect("is there").permissions().mode() & 0o777
}

const SINKS: &str = "sinks:\n  - type: \"file\"\n    config:\n      path: \"access-token\"\n  - type: file\n    \
                     config: { path: token.json, format: json, permission: \"0640\" }\n";

#[test]
fn tokens_go_into_sinks_and_are_renewed_at_the_next_start() {
    let place = Place::new();
    place.config(SINKS);
    ended(&place.run(&["--exit-after-auth"]), 0);
    let token = place.read("access-token");
    assert_eq!((mode(&place.path("access-token")), mode(&place.path("token.json"))), (0o600, 0o640));
    let json: serde_json::Value = serde_json::from_str(&place.read("token.json")).expect("JSON");
    assert_eq!(json["accessToken"], token);
    let secrets = ["secrets", "list", "--project-id", &place.world.project];
    ended(&place.world.output_as(&token, &secrets), 0);

    // The second start needs no credential: it renews what it finds.
    std::fs::remove_file(place.path("client-secret")).expect("removed");
    let said = ended(&place.run(&["--once"]), 0);
    assert!(said.contains("renewed the token"), "{said}");

    // A token that is none is no way in.
    place.write("access-token", "nonsense");
    let said = ended(&place.run(&["--once"]), 1);
    assert!(said.contains("client-secret"), "{said}");
    assert_eq!(place.read("access-token"), "nonsense");
}

#[test]
fn a_client_secret_can_be_removed_once_it_was_read() {
    let place = Place::new();
    let address = &place.world.server.address;
    place.write(
        "agent.yaml",
        &format!(
            "infisical: {{ address: '{address}' }}\nauth:\n  type: universal-auth\n  config:\n    client-id: client-id\n    \
             client-secret: client-secret\n    remove_client_secret_on_read: true\n{SINKS}"
        ),
    );
    ended(&place.run(&["--once"]), 0);
    assert!(!place.path("client-secret").exists());
}

#[test]
fn the_configuration_comes_from_a_variable_too() {
    use std::fmt::Write as _;
    let place = Place::new();
    place.config(SINKS);
    let mut base64 = Command::new("base64");
    let encoded =
        base64.args(["-w0", "agent.yaml"]).current_dir(place.world.folder.path()).output().expect("runs");
    std::fs::remove_file(place.path("agent.yaml")).expect("removed");
    let mut said = String::new();
    for name in ["VOUCHSAFE_AGENT_CONFIG_BASE64", "INFISICAL_AGENT_CONFIG_BASE64"] {
        let mut command = place.world.command(&["agent", "--once"]);
        let _ =
            writeln!(said, "{}", ended(&command.env(name, text(&encoded.stdout)).output().expect("runs"), 0));
    }
    assert!(said.contains("logged in") && said.contains("renewed"), "{said}");
}

#[test]
fn mistakes_are_told_with_their_lines() {
    let place = Place::new();
    place.config("sinks:\n  - type: file\n    config: { path: x, permision: \"0644\" }\n");
    let said = ended(&place.run(&["--check"]), 0);
    assert!(said.contains("line 10: `sinks.0.config.permision`") && said.contains("makes sense"), "{said}");
    let said = ended(&place.run(&["--check", "--strict"]), 2);
    assert!(said.contains("agent.yaml, line 10"), "{said}");
    place.config("sinks:\n  - type: file\n    config: { path: x, permission: rw }\n");
    let said = ended(&place.run(&[]), 2);
    assert!(said.contains("agent.yaml, line 10: `sinks.0.config.permission`"), "{said}");
    let said = ended(&place.world.output_as("", &["agent", "--config", "none.yaml"]), 2);
    assert!(said.contains("none.yaml") && said.contains("hint"), "{said}");
}

#[test]
fn a_stop_revokes_the_token_if_asked() {
    let place = Place::new();
    place.config(SINKS);
    let config = place.read("agent.yaml").replace("auth:", "  revoke-credentials-on-shutdown: true\nauth:");
    place.write("agent.yaml", &config);
    let mut agent = place.start();
    place.until("a token", || place.path("token.json").exists());
    let token = place.read("access-token");
    agent.signal("-TERM");
    assert_eq!(agent.code(), Some(0));
    let secrets = ["secrets", "list", "--project-id", &place.world.project];
    ended(&place.world.output_as(&token, &secrets), 3);
}

#[test]
fn a_reload_takes_a_new_configuration_and_keeps_the_old_one_if_it_is_bad() {
    let place = Place::new();
    place.config("sinks: [{ config: { path: one } }]\n");
    let mut agent = place.start();
    place.until("the first sink", || !place.read("one").is_empty());
    place.config("sinks: [{ config: { path: two, permission: rw } }]\n");
    agent.signal("-HUP");
    place.until("the refusal", || place.read("log").contains("the old one stays"));
    assert!(!place.path("two").exists());
    place.config("sinks: [{ config: { path: two } }]\n");
    agent.signal("-HUP");
    place.until("the second sink", || !place.read("two").is_empty());
    assert_eq!(place.read("one"), place.read("two"), "the token stays");
    agent.signal("-INT");
    assert_eq!(agent.code(), Some(0));
}

#[test]
fn health_says_when_it_is_ready() {
    let place = Place::new();
    place.config(&format!("{SINKS}health: {{ listen: \"127.0.0.1:0\" }}\n"));
    let mut agent = place.start();
    place.until("the address", || place.read("log").contains("health checks"));
    let log = place.read("log");
    let at = log
        .split("address=")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next())
        .expect("address")
        .to_owned();
    let get = |path: &str| {
        let answer =
            Command::new("curl").args(["-sS", "-w", " %{http_code}", &format!("http://{at}{path}")]).output();
        text(&answer.expect("curl").stdout)
    };
    place.until("readiness", || get("/readyz") == "ready 200");
    assert_eq!(get("/healthz"), "ok 200");
    let metrics = get("/metrics");
    assert!(metrics.contains("vouchsafe_agent_logins_total{outcome=\"ok\"} 1"), "{metrics}");
    assert!(metrics.contains("vouchsafe_agent_ready 1"), "{metrics}");
    agent.signal("-TERM");
    assert_eq!(agent.code(), Some(0));
}

#[test]
fn a_program_gets_secrets_and_is_restarted_when_they_change() {
    let place = Place::new();
    place.secret("GREETING", "hello-1");
    let project = &place.world.project;
    place.write(
        "program",
        "trap 'exit 5' TERM\ntrap 'echo usr1 >> said' USR1\necho \"$GREETING ${TOKEN%%.*} ${SECRET-none}\" >> said\n\
         while :; do sleep 0.01; done\n",
    );
    place.config(&format!(
        "exec:\n  command: [sh, program]\n  token-variable: TOKEN\n  environment: {{ project-id: {project}, env: dev, \
         polling-interval: 1s }}\n"
    ));
    let mut agent = place.start();
    place.until("the program", || place.read("said").starts_with("hello-1 ey"));
    agent.signal("-USR1");
    place.until("the signal", || place.read("said").contains("usr1"));
    place.secret("GREETING", "hello-2");
    place.until("the restart", || place.read("said").contains("\nhello-2 ey"));
    agent.signal("-TERM");
    assert_eq!(agent.code(), Some(5), "the program's own code");
    assert!(!place.read("log").contains("hello-"), "{}", place.read("log"));
}

#[test]
fn the_programs_end_is_the_agents_end() {
    let place = Place::new();
    place.config("exec: { command: \"exit 42\" }\n");
    ended(&place.run(&[]), 42);
    place.config("exec: { command: [/no/such/program] }\n");
    let said = ended(&place.run(&[]), 1);
    assert!(said.contains("cannot run /no/such/program"), "{said}");
}

#[test]
fn nothing_secret_is_said() {
    let place = Place::new();
    place.config(SINKS);
    let said = ended(&place.command(&["--once"]).env("VOUCHSAFE_LOG", "trace").output().expect("runs"), 0);
    let token = place.read("access-token");
    let signature = token.rsplit('.').next().expect("a signature");
    for secret in [place.read("client-secret").as_str(), signature] {
        assert!(!secret.is_empty() && !said.contains(secret), "{said}");
    }
}

const OFFICIAL_TEMPLATE: &str = r#"{{- with listSecrets "PROJECT" "dev" "/" `{"recursive": false, "expandSecretReferences": true}` }}
{{- range . }}
{{ .Key }}={{ .Value }}
{{- end }}
{{- end }}"#;

#[test]
fn the_official_agents_file_renders_templates_and_runs_its_command_on_change() {
    let place = Place::new();
    place.secret("GREETING", "hello-1");
    place.write("my-dot-ev-secret-template", &OFFICIAL_TEMPLATE.replace("PROJECT", &place.world.project));
    place.config(
        "sinks:\n  - type: \"file\"\n    config:\n      path: \"access-token\"\ntemplates:\n  - source-path: \
         my-dot-ev-secret-template\n    destination-path: .env\n    config:\n      polling-interval: 1s\n      execute:\n        \
         command: echo changed >> ran\n        timeout: 30\n",
    );
    let mut agent = place.start();
    place.until("the file", || place.read(".env") == "\nGREETING=hello-1");
    assert_eq!(mode(&place.path(".env")), 0o600);
    place.until("the command", || place.read("ran") == "changed\n");
    place.secret("GREETING", "hello-2");
    place.until("the change", || place.read(".env") == "\nGREETING=hello-2");
    place.until("the command", || place.read("ran") == "changed\nchanged\n");
    agent.signal("-TERM");
    assert_eq!(agent.code(), Some(0));
    assert!(!place.read("log").contains("hello-"), "{}", place.read("log"));

    // Nothing changed since: nothing is written, and nothing runs.
    let said = ended(&place.run(&["--exit-after-auth"]), 0);
    assert_eq!(place.read("ran"), "changed\nchanged\n", "{said}");
    place.secret("GREETING", "hello-3");
    ended(&place.run(&["--exit-after-auth"]), 0);
    assert_eq!((place.read(".env").as_str(), place.read("ran").lines().count()), ("\nGREETING=hello-3", 3));
}

#[test]
fn a_template_that_fails_leaves_what_was_there() {
    let place = Place::new();
    let template = |text: &str| {
        place.config(&format!("templates: [{{ template-content: '{text}', destination-path: out }}]\n"));
    };
    template("one");
    ended(&place.run(&["--once"]), 0);
    template(&format!(
        r#"{{{{ with getSecretByName "{}" "dev" "/" "NONE" }}}}{{{{ .Value }}}}{{{{ end }}}}"#,
        place.world.project
    ));
    let said = ended(&place.run(&["--once"]), 1);
    assert!(said.contains("secret NONE of / in dev"), "{said}");
    assert_eq!(place.read("out"), "one");
    template("{{");
    let said = ended(&place.run(&["--check"]), 2);
    assert!(said.contains("templates.0"), "{said}");
}
