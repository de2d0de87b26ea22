//! What every test needs: the binary, a server that ends with the test, an instance with an administrator.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// In a folder with this file, its authorities are the only ones that are trusted.
pub(crate) const AUTHORITY: &str = "authority.pem";

const BINARY: &str = env!("CARGO_BIN_EXE_vouchsafe");

/// The binary, to be run in this folder; its home is there too.
pub(crate) fn vouchsafe(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).current_dir(folder).env_clear().stdin(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", folder);
    // The authority of a server that speaks TLS.
    if folder.join(AUTHORITY).exists() {
        command.env("SSL_CERT_FILE", folder.join(AUTHORITY));
    }
    command
}

/// Runs to the end.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    vouchsafe(folder, arguments).output().expect("runs")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Ended with this code; answers what it said to stderr.
pub(crate) fn ended(output: &Output, code: i32) -> String {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "stdout: {}\nstderr: {said}", text(&output.stdout));
    said
}

/// A server that runs until it is dropped.
pub(crate) struct Serving {
    pub(crate) child: Child,
    pub(crate) address: String,
}

impl Serving {
    /// Starts a command that says where it listens.
    pub(crate) fn start(mut command: Command) -> Self {
        command.stderr(Stdio::null());
        Self::started(command)
    }

    /// The same, and everything that there is to log goes into a file.
    pub(crate) fn logging(mut command: Command, log: &Path) -> Self {
        command.env("VOUCHSAFE_LOG", "trace").stderr(std::fs::File::create(log).expect("log"));
        Self::started(command)
    }

    fn started(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("starts");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("stdout"));
        out.read_line(&mut line).expect("reads");
        let address = line.trim().strip_prefix("listening on ").expect(&line).to_owned();
        Self { child, address }
    }

    /// A server on a free port, with its data in the folder.
    pub(crate) fn server(folder: &Path) -> Self {
        Self::start(vouchsafe(folder, &["server", "--listen", "127.0.0.1:0"]))
    }

    /// Sends a signal and answers the exit code.
    pub(crate) fn signal(&mut self, name: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().expect("kill").success());
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("waits") {
                return status.code();
            }
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

/// The e-mail address of the administrator.
pub(crate) const EMAIL: &str = "ann@example.com";
/// The password of the administrator.
pub(crate) const PASSWORD: &str = "correct horse";

/// An instance with an administrator, an organization and a project.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) server: Serving,
    /// Token of an identity that administers the organization.
    pub(crate) admin: String,
    /// Id of the organization.
    pub(crate) organization: String,
    /// Id of the project `p`.
    pub(crate) project: String,
}

impl World {
    /// Starts a server and sets it up.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("folder");
        let server = Serving::server(folder.path());
        Self::of(folder, server)
    }

    /// The same with a server that logs everything into the file `log`.
    pub(crate) fn logging() -> Self {
        let folder = TempDir::new().expect("folder");
        let command = vouchsafe(folder.path(), &["server", "--listen", "127.0.0.1:0"]);
        let server = Serving::logging(command, &folder.path().join("log"));
        Self::of(folder, server)
    }

    /// The same with these arguments of the server.
    pub(crate) fn serving(arguments: impl FnOnce(&Path) -> Vec<String>) -> Self {
        let folder = TempDir::new().expect("folder");
        let given = arguments(folder.path());
        let usual = ["server", "--listen", "127.0.0.1:0"].into_iter();
        let all: Vec<&str> = usual.chain(given.iter().map(String::as_str)).collect();
        let server = Serving::start(vouchsafe(folder.path(), &all));
        Self::of(folder, server)
    }

    fn of(folder: TempDir, server: Serving) -> Self {
        let arguments = ["bootstrap", "--email", EMAIL, "--password", PASSWORD, "--organization", "Acme"];
        let mut command = vouchsafe(folder.path(), &arguments);
        let made = command.env("VOUCHSAFE_API_URL", &server.address).output().expect("runs");
        ended(&made, 0);
        let reply: Value = serde_json::from_slice(&made.stdout).expect("JSON");
        let admin = field(&reply["identity"]["credentials"]["token"]);
        let organization = field(&reply["organization"]["id"]);
        let mut world = Self { folder, server, admin, organization, project: String::new() };
        world.project = field(&world.post("/api/v1/projects", r#"{"projectName":"p"}"#)["project"]["id"]);
        world
    }

    /// A command that knows the server, and nobody to act as.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = vouchsafe(self.folder.path(), arguments);
        command.env("VOUCHSAFE_API_URL", &self.server.address);
        command
    }

    /// Runs a command with this token, or without one if it is empty.
    pub(crate) fn output_as(&self, token: &str, arguments: &[&str]) -> Output {
        self.command(arguments).env("VOUCHSAFE_TOKEN", token).output().expect("runs")
    }

    /// What the administrator is told by a command that succeeds.
    pub(crate) fn told(&self, arguments: &[&str]) -> String {
        let output = self.output_as(&self.admin, arguments);
        ended(&output, 0);
        text(&output.stdout)
    }

    /// The same as JSON.
    pub(crate) fn told_json(&self, arguments: &[&str]) -> Value {
        let at = arguments.iter().position(|argument| *argument == "--").unwrap_or(arguments.len());
        let arguments = [&arguments[..at], &["-o", "json"], &arguments[at..]].concat();
        serde_json::from_str(&self.told(&arguments)).expect("JSON")
    }

    /// What the administrator reads on stderr when a command ends with this code.
    pub(crate) fn refused(&self, code: i32, arguments: &[&str]) -> String {
        ended(&self.output_as(&self.admin, arguments), code)
    }

    /// Calls the API as the administrator.
    pub(crate) fn call(&self, method: &str, path: &str, body: &str) -> Value {
        let url = format!("{}{path}", self.server.address);
        let bearer = format!("Authorization: Bearer {}", self.admin);
        let mut curl = Command::new("curl");
        curl.args(["-sS", "-X", method, &url, "-H", &bearer, "-H", "Content-Type: application/json"]);
        if self.folder.path().join(AUTHORITY).exists() {
            curl.arg("--cacert").arg(self.folder.path().join(AUTHORITY));
        }
        let answer = curl.args(["-d", body]).output().expect("curl");
        serde_json::from_slice(&answer.stdout).unwrap_or_else(|_| panic!("{path}: {}", text(&answer.stdout)))
    }

    /// Calls the API as the administrator.
    pub(crate) fn post(&self, path: &str, body: &str) -> Value {
        self.call("POST", path, body)
    }

    /// Stops the server as an operator does, and starts it again.
    pub(crate) fn restart(&mut self) {
        assert_eq!(self.server.signal("-TERM"), Some(0));
        self.server = Serving::server(self.folder.path());
    }
}

/// The text of a field.
pub(crate) fn field(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
