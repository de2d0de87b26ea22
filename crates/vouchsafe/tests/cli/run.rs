//! Running commands with secrets.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{Serving, World, ended, text, vouchsafe};
use crate::secrets::in_project;

/// How long something may take that has to happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until it is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A command that runs beside the test, with what it said in files.
struct Beside {
    child: Child,
    said: PathBuf,
    printed: PathBuf,
}

impl Beside {
    /// `vouchsafe run --watch` looks every second; `script` is run by `sh`.
    fn watching(world: &World, name: &str, more: &[&str], script: &str) -> Self {
        let arguments =
            [&["run", "--watch", "--watch-interval", "1"], more, &["--", "sh", "-c", script]].concat();
        let mut command = world.command(&arguments);
        command.env("VOUCHSAFE_TOKEN", &world.admin);
        Self::start(command, name)
    }

    fn start(mut command: Command, name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("vouchsafe-run-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("folder");
        let (said, printed) = (folder.join("said"), folder.join("printed"));
        let file = |path: &Path| std::fs::File::create(path).expect("file");
        let child = command.stdout(file(&printed)).stderr(file(&said)).spawn().expect("starts");
        Self { child, said, printed }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.said).expect("reads")
    }

    fn printed(&self) -> String {
        std::fs::read_to_string(&self.printed).expect("reads")
    }

    fn prints(&self, wanted: &str) {
        let what = || format!("{wanted:?} is not in {:?}; {}", self.printed(), self.said());
        let start = Instant::now();
        while !self.printed().contains(wanted) {
            assert!(start.elapsed() < PATIENCE, "{}", what());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn send(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
    }

    /// The exit code once it has ended.
    fn code(&mut self) -> Option<i32> {
        let mut status = None;
        until("it does not end", || {
            status = self.child.try_wait().expect("waits");
            status.is_some()
        });
        status.and_then(|status| status.code())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(folder) = self.said.parent() {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Every file below, with its content.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("reads").map(|entry| entry.expect("reads").path()) {
        if entry.is_dir() {
            found.append(&mut files(&entry));
        } else {
            found.insert(entry.clone(), std::fs::read(&entry).expect("reads"));
        }
    }
    found
}

/// The arguments and the environment of a process.
fn visible(id: u32) -> String {
    ["cmdline", "environ"]
        .iter()
        .map(|file| text(&std::fs::read(format!("/proc/{id}/{file}")).unwrap_or_default()))
        .collect()
}

#[test]
fn a_command_gets_the_secrets_and_gives_its_exit_code() {
    let world = in_project();
    world.told(&["secrets", "set", "A=one two", "B=${A}!", "PATH=/canary", "with-dash=canary"]);
    let output =
        world.output_as(&world.admin, &["run", "--", "sh", "-c", "printf '%s|%s' \"$A\" \"$B\"; exit 7"]);
    let said = ended(&output, 7);
    assert_eq!(text(&output.stdout), "one two|one two!");
    assert!(said.contains("`PATH` is left out") && said.contains("`with-dash` is left out"), "{said}");
    assert!(!said.contains("canary"), "{said}");
    let told = world.told(&["run", "--expand=false", "-c", "printf '%s' \"$B\" && true; echo"]);
    assert_eq!(told, "${A}!\n");
    let mut own_shell = world.command(&["run", "--command", "line"]);
    own_shell.env("VOUCHSAFE_TOKEN", &world.admin).env("SHELL", "/bin/echo");
    assert_eq!(text(&own_shell.output().expect("runs").stdout), "-c line\n");

    // It becomes the command, so that a signal ends it as it would end the command.
    let killed = world.output_as(&world.admin, &["run", "--", "sh", "-c", "kill -9 $$"]);
    assert_eq!(killed.status.signal(), Some(9));
    assert!(world.refused(127, &["run", "--", "no-such-program"]).contains("cannot run"));
    world.refused(126, &["run", "--", "/"]);
    world.refused(2, &["run"]);
    world.refused(2, &["run", "-c", "x", "--", "y"]);
    world.refused(2, &["run", "--watch", "--watch-interval", "0", "--", "true"]);
}

#[test]
fn nothing_is_written_and_nothing_can_be_seen() {
    let world = in_project();
    world.told(&["secrets", "set", "--file", {
        std::fs::write(world.folder.path().join("given.env"), "TOKEN=canary-7f3a\n").expect("written");
        "given.env"
    }]);
    std::fs::remove_file(world.folder.path().join("given.env")).expect("removed");
    let home = tempfile::TempDir::new().expect("folder");
    let mut command = vouchsafe(
        home.path(),
        &[
            "run",
            "--watch",
            "--watch-interval",
            "1",
            "--project-id",
            &world.project,
            "--",
            "sh",
            "-c",
            "echo $TOKEN; sleep 100 & wait",
        ],
    );
    command.env("VOUCHSAFE_API_URL", &world.server.address).env("VOUCHSAFE_TOKEN", &world.admin);
    command.env("TMPDIR", home.path()).env("XDG_CACHE_HOME", home.path());
    let mut running = Beside::start(command, "nothing");
    running.prints("canary-7f3a\n");
    assert!(!visible(running.child.id()).contains("canary"), "arguments or environment of ours");
    running.send("-TERM");
    assert_eq!(running.code(), Some(128 + 15));
    assert!(!running.said().contains("canary"));
    assert_eq!(files(home.path()), BTreeMap::new());
}

#[test]
fn a_change_restarts_the_command_and_nothing_else_does() {
    let world = in_project();
    world.told(&["secrets", "set", "LEVEL=one"]);
    let script = "trap 'echo asked; exit 0' TERM; echo \"start $LEVEL.\"; while :; do sleep 0.05; done";
    let mut running = Beside::watching(&world, "change", &[], script);
    running.prints("start one.\n");
    // A comment is no change of the variables; the tag that comes with it is none either.
    world.told(&["secrets", "set", "LEVEL=one", "--comment", "new", "--tag", "t"]);
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(running.printed(), "start one.\n");
    world.told(&["secrets", "set", "LEVEL=two"]);
    running.prints("start two.\n");
    assert_eq!(
        running.printed(),
        "start one.\nasked\nstart two.\n",
        "the old one ended before the new one began"
    );
    world.told(&["secrets", "delete", "LEVEL"]);
    running.prints("start .\n");
    running.send("-TERM");
    assert_eq!(running.code(), Some(0), "the command's own code");
}

#[test]
fn a_command_that_does_not_end_is_killed_with_all_that_it_started() {
    let world = in_project();
    world.told(&["secrets", "set", "LEVEL=one"]);
    let script = "trap '' TERM; echo start $LEVEL; sleep 1000 & echo child $!; while :; do sleep 0.05; done";
    let running = Beside::watching(&world, "stubborn", &["--stop-timeout", "1"], script);
    running.prints("child ");
    let printed = running.printed();
    let child: u32 = printed.split_whitespace().last().expect("id").parse().expect("id");
    world.told(&["secrets", "set", "LEVEL=two"]);
    running.prints("start two\n");
    // Killed, though perhaps not yet waited for by anybody.
    let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
    assert!(stat.is_empty() || stat.contains(") Z "), "{stat}");
}

#[test]
fn the_command_runs_on_while_the_server_is_away() {
    let mut world = in_project();
    world.told(&["secrets", "set", "LEVEL=one"]);
    let script = "trap 'exit 0' TERM; echo start $LEVEL; while :; do sleep 0.05; done";
    let mut running = Beside::watching(&world, "away", &[], script);
    running.prints("start one\n");
    let address = world.server.address.trim_start_matches("http://").to_owned();
    assert_eq!(world.server.signal("-TERM"), Some(0));
    until("it does not notice", || running.said().contains("the command runs on with what it has"));
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(running.said().matches("runs on").count(), 1, "said once: {}", running.said());
    assert!(running.child.try_wait().expect("waits").is_none());

    world.server = Serving::start(vouchsafe(world.folder.path(), &["server", "--listen", &address]));
    until("it does not notice", || running.said().contains("can be read again"));
    assert_eq!(running.printed(), "start one\n", "nothing has changed");
    world.told(&["secrets", "set", "LEVEL=two"]);
    running.prints("start two\n");
    running.send("-TERM");
    assert_eq!(running.code(), Some(0));
}

#[test]
fn signals_are_passed_on() {
    let world = in_project();
    world.told(&["secrets", "set", "A=1"]);
    let script = "for s in HUP INT QUIT USR1 USR2 WINCH; do trap \"echo got $s\" $s; done
        trap 'exit 42' TERM; echo ready; while :; do sleep 0.05; done";
    let mut running = Beside::watching(&world, "signals", &[], script);
    running.prints("ready\n");
    for signal in ["HUP", "INT", "QUIT", "USR1", "USR2", "WINCH"] {
        running.send(&format!("-{signal}"));
        running.prints(&format!("got {signal}\n"));
        assert_eq!(running.printed().matches(signal).count(), 1, "{signal} once");
    }
    running.send("-TERM");
    assert_eq!(running.code(), Some(42));

    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let mut running = Beside::watching(&world, "ended", &[], "echo ready; exec sleep 100");
        running.prints("ready\n");
        running.send(signal);
        assert_eq!(running.code(), Some(code));
    }
}

#[test]
fn with_watch_the_command_ends_it_all() {
    let world = in_project();
    world.told(&["secrets", "set", "A=1"]);
    for (script, code) in [("exit 3", 3), ("kill -9 $$", 137), ("exit 0", 0)] {
        let arguments = ["run", "--watch", "--", "sh", "-c", script];
        ended(&world.output_as(&world.admin, &arguments), code);
    }
    ended(&world.output_as(&world.admin, &["run", "--watch", "--", "no-such-program"]), 127);
    ended(&world.output_as("wrong", &["run", "--watch", "--", "true"]), 3);
}

#[test]
fn an_identity_logs_in_again_when_its_token_has_ended() {
    let world = in_project();
    world.told(&["secrets", "set", "LEVEL=one"]);
    let (client_id, secret) = short_lived(&world);
    let script = "trap 'exit 0' TERM; echo start $LEVEL; while :; do sleep 0.05; done";
    let mut command = world.command(&["run", "--watch", "--watch-interval", "1", "--", "sh", "-c", script]);
    command.env("VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_ID", client_id);
    command.env("VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_SECRET", secret).stdin(Stdio::null());
    let running = Beside::start(command, "again");
    running.prints("start one\n");
    until("its token does not end", || running.said().contains("the command runs on with what it has"));
    until("it does not log in again", || running.said().contains("can be read again"));
    world.told(&["secrets", "set", "LEVEL=two"]);
    running.prints("start two\n");
}

/// An identity that reads the project with tokens that live for two seconds: client id and client secret.
fn short_lived(world: &World) -> (String, String) {
    use crate::harness::field;
    let body = format!(r#"{{"name":"short","organizationId":"{}","role":"no-access"}}"#, world.organization);
    let id = field(&world.post("/api/v1/identities", &body)["identity"]["id"]);
    let path = format!("/api/v1/auth/universal-auth/identities/{id}");
    let made = world.post(&path, r#"{"accessTokenTTL":2,"accessTokenMaxTTL":2}"#);
    let client_id = field(&made["identityUniversalAuth"]["clientId"]);
    let secret = field(&world.post(&format!("{path}/client-secrets"), "{}")["clientSecret"]);
    let path = format!("/api/v1/projects/{}/memberships/identities/{id}", world.project);
    world.post(&path, r#"{"role":"viewer"}"#);
    (client_id, secret)
}

#[test]
fn a_terminal_is_not_needed_and_stdin_goes_to_the_command() {
    use std::io::Write;
    let world = in_project();
    world.told(&["secrets", "set", "A=1"]);
    for watch in [&[][..], &["--watch"]] {
        let mut command = world.command(&[&["run"], watch, &["--", "cat"]].concat());
        command.env("VOUCHSAFE_TOKEN", &world.admin).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        child.stdin.take().expect("stdin").write_all(b"through").expect("writes");
        assert_eq!(text(&child.wait_with_output().expect("ends").stdout), "through");
    }
}
