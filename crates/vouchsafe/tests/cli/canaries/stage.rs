//! Where commands are run: a server that logs everything, and secrets wherever they can be.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::cases::{Case, Prints};
use crate::harness::{PASSWORD, Serving, World, ended, field, text, vouchsafe};
use crate::login::stored;

/// What every canary that is made up begins with.
const MARK: &str = "canary-sweep";
/// A value of a secret.
pub(super) const VALUE: &str = "canary-sweep-value";
/// The root key of a server that does not start; 32 bytes in base64.
const ROOT_KEY: &str = "Y2FuYXJ5LXN3ZWVwLXJvb3Qta2V5LTMyLWJ5dGVzISE=";
/// Files that may hold secrets: those that the test writes itself, and those whose job it is.
const MAY_HOLD: [&str; 11] = [
    "in.env",
    "reviewer.yaml",
    "job.jwt",
    "client-secret",
    "broken.toml",
    "mistake",
    "stdin",
    "rendered",
    "access-token",
    "sessions.json",
    "filled.conf",
];

/// A server and its surroundings.
pub(super) struct Stage {
    pub(super) world: World,
    /// An instance that has no administrator yet.
    bare: Serving,
    identity: String,
    client_id: String,
    client_secret: String,
    /// Tokens, client secrets and passwords that were seen so far.
    known: RefCell<Vec<String>>,
    /// What went wrong so far.
    pub(super) problems: RefCell<Vec<String>>,
    number: Cell<usize>,
    /// How often a command showed all processes.
    looks: Cell<usize>,
}

impl Stage {
    pub(super) fn new() -> Self {
        let world = World::logging();
        let place = world.folder.path().join("bare");
        std::fs::create_dir(&place).expect("folder");
        let bare =
            Serving::logging(vouchsafe(&place, &["server", "--listen", "127.0.0.1:0"]), &place.join("log"));
        let mut stage = Self {
            world,
            bare,
            identity: String::new(),
            client_id: String::new(),
            client_secret: String::new(),
            known: RefCell::default(),
            problems: RefCell::default(),
            number: Cell::default(),
            looks: Cell::default(),
        };
        stage.files();
        stage.identity = field(&stage.world.told_json(&["identity", "create", "app"])["id"]);
        for method in [
            &["universal", "--set", "lockoutEnabled=false"][..],
            &["token"],
            &["kubernetes", "--file", "reviewer.yaml"],
        ] {
            stage.world.told(&[&["identity", "auth", "attach", "--identity", "app"], method].concat());
        }
        stage.world.told(&["member", "add", "app", "--project-id", "p", "--role", "admin"]);
        let method = stage.world.told_json(&["identity", "auth", "show", "universal", "--identity", "app"]);
        stage.client_id = field(&method["clientId"]);
        stage.client_secret = stage.new_client_secret().0;
        stage.write("client-id", &stage.client_id);
        stage.write("client-secret", &stage.client_secret);
        stage.learn([&stage.world.admin, PASSWORD, ROOT_KEY].map(str::to_owned));
        for environment in ["dev", "staging"] {
            let set = ["secrets", "set", "--file", "in.env", "--env", environment, "--project-id"];
            stage.world.told(&[&set[..], &[&stage.world.project]].concat());
        }
        stage
    }

    fn files(&self) {
        let reviewer = format!(
            "kubernetesHost: https://kubernetes.example.com\ntokenReviewerJwt: {MARK}-reviewer\nallowedNames: a\nallowedNamespaces: a\nallowedAudience: ''\n"
        );
        self.write("in.env", &format!("KEY={VALUE}\nOTHER=plain\n"));
        self.write("reviewer.yaml", &reviewer);
        self.write(
            "job.jwt",
            &format!("eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJ4Iiwic3ViIjoieSJ9.{MARK}-signatureAA"),
        );
        self.write("broken.toml", &format!("database-url = \"postgres://u:{MARK}-toml@h/d\n"));
        self.write("rules.yaml", "- subject: secrets\n  action: [readValue]\n");
        self.write("org-rules.yaml", "- subject: role\n  action: [read]\n");
        self.write("app.tpl", "{{range .}}{{.Key}}={{.Value}}\n{{end}}");
        // Every argument of every process, as far as they can be seen.
        self.write(
            "look",
            "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline; echo; done > seen 2> /dev/null\n",
        );
        let agent = format!(
            "infisical: {{ address: '{}' }}\nauth:\n  type: universal-auth\n  config: {{ client-id: client-id, client-secret: \
             client-secret }}\nsinks:\n  - type: file\n    config: {{ path: access-token }}\ntemplates:\n  - template-content: \
             '{{{{range listSecrets \"{}\" \"dev\" \"/\"}}}}{{{{.Value}}}}{{{{end}}}}'\n    destination-path: rendered\n    \
             config: {{ execute: {{ command: [sh, look] }} }}\n",
            self.world.server.address, self.world.project
        );
        self.write("agent.yaml", &agent);
        self.write("apply.yaml", "kind: identity\nname: applied\nauth:\n  kubernetes-auth:\n    kubernetesHost: https://kubernetes.example.com\n    tokenReviewerJwt: { fromEnv: REVIEWER }\n    allowedNames: [a]\n",
        );
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.world.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).expect("written");
    }

    /// From now on these are secrets that may not come out.
    fn learn(&self, secrets: impl IntoIterator<Item = String>) {
        let mut known = self.known.borrow_mut();
        for secret in secrets {
            if !known.contains(&secret) {
                known.push(secret);
            }
        }
    }

    /// A client secret and its id.
    fn new_client_secret(&self) -> (String, String) {
        let path = format!("/api/v1/auth/universal-auth/identities/{}/client-secrets", self.identity);
        let made = self.world.post(&path, "{}");
        let secret = field(&made["clientSecret"]);
        self.learn([secret.clone()]);
        (secret, field(&made["clientSecretData"]["id"]))
    }

    /// An access token of the identity, with its id.
    fn new_token(&self) -> (String, String) {
        let path = format!("/api/v1/auth/token-auth/identities/{}/tokens", self.identity);
        let made = self.world.post(&path, "{}");
        let token = field(&made["accessToken"]);
        self.learn([token.clone()]);
        (token, field(&made["tokenData"]["id"]))
    }

    /// An access token that can be renewed.
    fn log_in(&self) -> String {
        let body = format!(r#"{{"clientId":"{}","clientSecret":"{}"}}"#, self.client_id, self.client_secret);
        let reply = self.world.post("/api/v1/auth/universal-auth/login", &body);
        assert!(reply["accessToken"].is_string(), "{reply}");
        let token = field(&reply["accessToken"]);
        self.learn([token.clone()]);
        token
    }

    /// The words of a line, with what this stage has in place of names in braces.
    fn words(&self, line: &str) -> Vec<String> {
        let fill = |word: &str| {
            let (start, end) = (word.find('{')?, word.find('}')?);
            let named = match &word[start + 1..end] {
                "n" => self.number.get().to_string(),
                "project" => self.world.project.clone(),
                "identity" => self.identity.clone(),
                "client-id" => self.client_id.clone(),
                "client-secret-id" => self.new_client_secret().1,
                "token-id" => self.new_token().1,
                "login" => self.log_in(),
                "bare" => self.bare.address.clone(),
                other => panic!("{other}"),
            };
            Some(format!("{}{named}{}", &word[..start], &word[end + 1..]))
        };
        line.split_whitespace().map(|word| fill(word).unwrap_or_else(|| word.to_owned())).collect()
    }

    /// A command with secrets in every variable that may hold one.
    fn command(&self, words: &[String]) -> Command {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = self.world.command(&words);
        command.env("VOUCHSAFE_TOKEN", &self.world.admin);
        for name in ["VOUCHSAFE_LOG", "RUST_LOG"] {
            command.env(name, "trace");
        }
        for name in [
            "VOUCHSAFE_PASSWORD",
            "VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_SECRET",
            "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "REVIEWER",
        ] {
            command.env(name, format!("{MARK}-{}", name.to_lowercase()));
        }
        command.env("RUST_BACKTRACE", "1");
        command
    }

    /// The variables that a case needs.
    fn variables(&self, case: &Case) -> Vec<(String, String)> {
        let words = self.words(case.variables);
        let pairs = words.iter().map(|word| word.split_once('=').expect("NAME=value"));
        let value = |value: &str| match value {
            "PASSWORD" => PASSWORD.to_owned(),
            "CLIENT_SECRET" => self.client_secret.clone(),
            "ROOT_KEY" => ROOT_KEY.to_owned(),
            other => other.to_owned(),
        };
        pairs.map(|(name, text)| (name.to_owned(), value(text))).collect()
    }

    /// Does what the case says, with more flags and variables; fails if a secret comes out.
    pub(super) fn run(&self, case: &Case, more: &[&str], variables: &[(&str, &str)]) -> Output {
        self.number.set(self.number.get() + 1);
        for line in case.before {
            let words = self.words(line);
            let mut before = self.command(&words);
            if words[0] == "login" {
                before.env("VOUCHSAFE_PASSWORD", PASSWORD);
            }
            ended(&before.output().expect("runs"), 0);
            self.learn_stored();
        }
        self.checked(case, more, variables)
    }

    /// The same without preparation, for what fails before it is needed.
    pub(super) fn fail(&self, case: &Case, more: &[&str], variables: &[(&str, &str)]) -> Output {
        self.checked(case, more, variables)
    }

    fn checked(&self, case: &Case, more: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut words = self.words(&format!("{} {}", case.command, case.arguments));
        let at = words.iter().position(|word| word == "--").unwrap_or(words.len());
        words.splice(at..at, more.iter().map(|word| (*word).to_owned()));
        let mut command = self.command(&words);
        command.envs(self.variables(case)).envs(variables.iter().copied());
        let output = command.output().expect("runs");
        let what = words.join(" ");
        if let Some(leak) = self.leak(case.prints, &output, &words) {
            self.problem(format!("{what}: {leak}"));
        }
        self.learn_stored();
        self.no_process_showed_a_secret(&what);
        if case.prints == Prints::New {
            let printed = text(&output.stdout);
            let words = printed.split(|c: char| c.is_whitespace() || "\",='&?`()".contains(c));
            // Ids have 36 characters.
            self.learn(words.filter(|word| word.len() > 40 && !word.contains("/api/")).map(str::to_owned));
        }
        output
    }

    /// A command line that makes no sense or fails, with this on stdin and in the file `mistake`.
    pub(super) fn mistake(&self, line: &str, input: &str) -> Output {
        self.write("mistake", input);
        self.write("stdin", input);
        let mut command = self.command(&self.words(line));
        command.stdin(File::open(self.path("stdin")).expect("opens"));
        let output = command.output().expect("runs");
        if let Some(leak) = self.leak(Prints::Nothing, &output, &[]) {
            self.problem(format!("{line}: {leak}"));
        }
        output
    }

    /// Something is not as it should be.
    pub(super) fn problem(&self, what: String) {
        self.problems.borrow_mut().push(what);
    }

    /// Which secret came out where it should not, of a command with these arguments.
    pub(super) fn leak(&self, prints: Prints, output: &Output, given: &[String]) -> Option<String> {
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        if err.contains("panicked at") {
            return Some("it panicked".to_owned());
        }
        let out = match prints {
            Prints::Nothing => out,
            Prints::Values => out.replace(VALUE, ""),
            // What is renewed within the same second stays the same.
            Prints::New => {
                given.iter().filter(|word| token_in(word)).fold(out, |out, word| out.replace(word, ""))
            }
        };
        let lines = out.lines().map(|line| ("stdout", line)).chain(err.lines().map(|line| ("stderr", line)));
        lines.into_iter().find_map(|(stream, line)| {
            let is_new = token_in(line) && (stream == "stderr" || prints != Prints::New);
            let secret = self.secret_in(line).or_else(|| is_new.then(|| "a token".to_owned()))?;
            Some(format!("{stream} has {secret}: {line}"))
        })
    }

    fn secret_in(&self, text: &str) -> Option<String> {
        if text.contains(MARK) {
            return text
                .split_inclusive(MARK)
                .nth(1)
                .map(|after| {
                    let rest: String =
                        after.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
                    format!("{MARK}{rest}")
                })
                .or_else(|| Some(MARK.to_owned()));
        }
        self.known.borrow().iter().find(|secret| text.contains(secret.as_str())).cloned()
    }

    /// Tokens of stored logins are secrets too.
    fn learn_stored(&self) {
        let stored = stored(&self.world);
        let sessions = stored["sessions"].as_array().into_iter().flatten();
        let tokens = sessions.flat_map(|session| [&session["token"], &session["refreshToken"]]);
        self.learn(tokens.filter_map(Value::as_str).map(str::to_owned));
    }

    /// Looks at what the script `look` saw, if the command ran it.
    fn no_process_showed_a_secret(&self, what: &str) {
        let Ok(seen) = std::fs::read(self.path("seen")) else { return };
        std::fs::remove_file(self.path("seen")).expect("removed");
        let seen = text(&seen);
        assert!(seen.contains("sh look"), "{what}: no process is seen: {seen}");
        self.looks.set(self.looks.get() + 1);
        // Other tests bootstrap with the same password.
        let seen = seen.replace(PASSWORD, "");
        if let Some(secret) = self.secret_in(&seen) {
            self.problem(format!("{what}: an argument of a process is {secret}"));
        }
    }

    /// Processes were looked at while `run` and the agent ran.
    pub(super) fn processes_were_seen(&self) {
        assert!(self.looks.get() >= 2, "{}", self.looks.get());
    }

    /// Neither server wrote a secret into its log, and both wrote what there was.
    pub(super) fn the_logs_are_clean(&self) {
        for name in ["log", "bare/log"] {
            let log = std::fs::read_to_string(self.path(name)).expect("a log");
            assert!(log.contains(" DEBUG "), "{name} says little");
            for line in log.lines() {
                if let Some(secret) = self.secret_in(line) {
                    self.problem(format!("{name} has {secret}: {line}"));
                } else if token_in(line) {
                    self.problem(format!("{name} has a token: {line}"));
                }
            }
        }
    }

    /// No other file of the folder holds a secret, the database and what a command wrote among them.
    pub(super) fn only_these_files_hold_secrets(&self) {
        let mut open = vec![self.world.folder.path().to_owned()];
        let mut looked_at = 0;
        while let Some(folder) = open.pop() {
            for path in std::fs::read_dir(folder).expect("reads").map(|entry| entry.expect("entry").path()) {
                let name =
                    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                if path.is_dir() {
                    open.push(path);
                } else if !MAY_HOLD.contains(&&*name) {
                    looked_at += 1;
                    self.file_is_clean(&path);
                }
            }
        }
        assert!(looked_at > 10, "{looked_at}");
    }

    fn file_is_clean(&self, path: &Path) {
        let content = text(&std::fs::read(path).expect("reads"));
        if let Some(secret) = self.secret_in(&content) {
            self.problem(format!("{} holds {secret}", path.display()));
        }
    }
}

/// Whether there is something in the form of a signed token.
fn token_in(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c)).any(|word| {
        let parts: Vec<&str> = word.split('.').collect();
        parts.len() == 3 && parts[0].starts_with("eyJ") && parts[1].starts_with("eyJ") && !parts[2].is_empty()
    })
}
