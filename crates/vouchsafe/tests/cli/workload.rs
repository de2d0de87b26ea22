//! A workload that logs in by the binary with what its platform gives, and reads a secret.

use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::harness::{World, ended, field, text};

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs()
}

/// A world whose server may call counterparts on loopback, with these further arguments.
pub(crate) fn calling_here(arguments: &[&str]) -> World {
    let all = ["--allow-private-targets", "127.0.0.0/8"].into_iter().chain(arguments.iter().copied());
    let all = all.map(str::to_owned).collect();
    World::serving(|_| all)
}

/// An identity that may read the project and logs in by one method.
pub(crate) struct Workload {
    pub(crate) world: World,
    pub(crate) identity: String,
    /// How the command line calls the way to log in.
    way: &'static str,
    /// What the platform sets.
    around: Vec<(String, String)>,
}

impl Workload {
    pub(crate) fn new(method: &'static str, settings: &Value) -> Self {
        Self::of(World::new(), method, settings)
    }

    /// In this world.
    pub(crate) fn of(world: World, method: &'static str, settings: &Value) -> Self {
        let identity = field(&world.told_json(&["identity", "create", "app"])["id"]);
        let workload = Self { world, identity, way: method, around: Vec::new() };
        workload.write("settings.json", &settings.to_string());
        workload.world.told(&[
            "identity",
            "auth",
            "attach",
            method,
            "--identity",
            "app",
            "--file",
            "settings.json",
        ]);
        workload.world.told(&["member", "add", "app", "--project-id", "p", "--role", "viewer"]);
        workload.world.told(&["secrets", "set", "KEY=the value", "--project-id", &workload.world.project]);
        workload
    }

    /// The same on a platform that sets these variables, and logging in by this way.
    pub(crate) fn on(mut self, way: &'static str, variables: &[(&str, &str)]) -> Self {
        self.way = way;
        self.around =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.world.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, content).expect("written");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.world.command(arguments);
        command.envs(self.around.iter().map(|(name, value)| (name, value)));
        command
    }

    fn log_in(&self, more: &[&str]) -> Output {
        let usual = ["login", "--method", self.way, "--machine-identity-id", &self.identity, "--plain"];
        self.command(&[&usual[..], more].concat()).output().expect("runs")
    }

    /// Logs in with a good proof, and reads the secret with the token; then as a command that logs in by itself.
    pub(crate) fn reads(&self, flags: &[&str], variables: &[(&str, &str)]) {
        let output = self.log_in(flags);
        ended(&output, 0);
        let token = text(&output.stdout);
        let get = ["secrets", "get", "KEY", "--project-id", &self.world.project];
        let read = self.world.output_as(token.trim(), &get);
        ended(&read, 0);
        assert_eq!(text(&read.stdout), "the value\n");

        let mut alone = self.command(&get);
        alone.env("VOUCHSAFE_AUTH_METHOD", self.way).env("VOUCHSAFE_MACHINE_IDENTITY_ID", &self.identity);
        let read = alone.envs(variables.iter().copied()).output().expect("runs");
        ended(&read, 0);
        assert_eq!(text(&read.stdout), "the value\n", "without a login before");
    }

    /// A proof that is no good is refused, and not repeated.
    pub(crate) fn is_refused(&self, flags: &[&str], proof: &str) {
        let output = self.log_in(flags);
        let said = ended(&output, 3);
        assert!(said.contains("Invalid credentials"), "{said}");
        assert!(!said.contains(proof) && output.stdout.is_empty(), "{said}");
    }
}
