//! A server, an identity and its secret, and an agent that reads it through the proxy.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tempfile::TempDir;
use vouchsafe_agent::{Agent, Around, ManualTicker, Moment, Ticker, config};
use vouchsafe_client::platform::Surroundings;
use vouchsafe_testkit::{Engine, START, TestServer};

use crate::disk::Disk;
use crate::proxy::{Fault, Proxy};
use crate::{POLL, TIME_LIMIT};

/// Life and longest life of a token, in seconds.
const TTL: u64 = 600;
const MAX_TTL: u64 = 3600;

pub(crate) struct World {
    pub(crate) server: TestServer,
    pub(crate) proxy: Proxy,
    pub(crate) disk: Disk,
    pub(crate) agent: Agent,
    pub(crate) ticker: Arc<ManualTicker>,
    pub(crate) chance: StdRng,
    project: String,
    identity: String,
    credentials: TempDir,
    client_secret_id: String,
    /// How far the server's clock is from the right time, in milliseconds.
    pub(crate) skew: i64,
    /// Values of the secret, with when they were set.
    values: VecDeque<(Moment, u64)>,
    reader: Reader,
    last_auth: Option<Moment>,
    last_failure: Option<Moment>,
    pub(crate) requests: u64,
}

impl World {
    pub(crate) async fn new(seed: u64) -> Self {
        let server = TestServer::start(Engine::Sqlite).await;
        let ticker = Arc::new(ManualTicker::default());
        let proxy = Proxy::before(&server.url, Arc::clone(&ticker)).await;
        let (disk, credentials) = (Disk::new(), TempDir::new().unwrap());
        let project = server.project("p").await["id"].as_str().unwrap().to_owned();
        let identity = server.project_member(&project, "viewer").await.id;
        let settings = json!({ "accessTokenTTL": TTL, "accessTokenMaxTTL": MAX_TTL });
        let (client_id, client_secret) = server.universal_auth(&identity, settings).await;
        std::fs::write(credentials.path().join("id"), client_id).unwrap();
        std::fs::write(credentials.path().join("secret"), client_secret).unwrap();
        let body =
            json!({ "projectId": project, "environment": "dev", "secretPath": "/", "secretValue": value(0) });
        server.admin.post("/api/v4/secrets/COUNTER", body).await.ok();
        let config = Self::config(&proxy.url(), &project, &disk.path(), credentials.path());
        let agent = Agent::new(config, around(&ticker, seed)).unwrap();
        let reader = Reader::of(disk.path().join("file"));
        let mut world = Self {
            server,
            proxy,
            disk,
            agent,
            ticker,
            chance: StdRng::seed_from_u64(seed),
            project,
            identity,
            credentials,
            client_secret_id: String::new(),
            skew: 0,
            values: VecDeque::from([(Moment::default(), 0)]),
            reader,
            last_auth: None,
            last_failure: None,
            requests: 0,
        };
        world.client_secret_id = world.client_secrets().await.remove(0);
        world
    }

    fn config(url: &str, project: &str, disk: &Path, credentials: &Path) -> config::Config {
        let (disk, credentials) = (disk.display(), credentials.display());
        let text = format!(
            r#"
infisical: {{ address: "{url}", timeout: {}ms }}
auth:
  type: universal-auth
  config: {{ client-id: "{credentials}/id", client-secret: "{credentials}/secret" }}
sinks:
  - type: file
    config: {{ path: "{disk}/token" }}
templates:
  - template-content: '{{{{ range listSecrets "{project}" "dev" "/" }}}}begin {{{{ .Value }}}} end{{{{ end }}}}'
    destination-path: "{disk}/file"
    config: {{ polling-interval: {}s }}
  - template-content: '{{{{ with getSecretByName "{project}" "dev" "/" "COUNTER" }}}}begin {{{{ .Value }}}} end{{{{ end }}}}'
    destination-path: "{disk}/slow-file"
    config: {{ polling-interval: 10m }}
"#,
            TIME_LIMIT.as_millis(),
            POLL.as_secs(),
        );
        config::parse(&text).unwrap().0
    }

    pub(crate) fn now(&self) -> Moment {
        self.ticker.now()
    }

    fn seconds(&self) -> u64 {
        Moment::default().until(self.now()).as_secs()
    }

    /// Lets the agent work until then, and looks at everything after each of its steps.
    pub(crate) async fn pass(&mut self, duration: Duration) {
        let end = self.now().plus(duration);
        let mut steps_at_once = 0;
        loop {
            let wake = self.agent.step().await;
            self.look();
            let now = self.now();
            steps_at_once = if wake <= now { steps_at_once + 1 } else { 0 };
            assert!(steps_at_once < 20, "a hot loop at {} s", self.seconds());
            if now >= end {
                return;
            }
            // At least a little, as a real loop does.
            let pause = now.until(wake.min(end)).max(Duration::from_millis(1));
            self.ticker.advance(pause);
            self.settle_clock();
        }
    }

    /// The server's clock goes as the agent's does, but for its skew.
    pub(crate) fn settle_clock(&self) {
        let elapsed = i64::try_from(Moment::default().until(self.now()).as_millis()).unwrap();
        self.server.clock.set(START.plus_millis(elapsed + self.skew));
    }

    /// What has to be true at any time.
    fn look(&mut self) {
        assert!(self.reader.is_content(), "a reader beside the agent saw a torn file");
        for name in self.disk.names() {
            assert!(["token", "file", "slow-file"].contains(&name.as_str()), "left behind: {name}");
        }
        for name in ["file", "slow-file"] {
            if let Some(text) = self.disk.read(name) {
                self.value_of(&text);
            }
        }
        if let Some(token) = self.disk.read("token") {
            assert_eq!(token.split('.').count(), 3, "no whole token");
        }
        for one in self.proxy.take_tries() {
            self.requests += 1;
            let gap =
                |last: Option<Moment>| last.is_none_or(|last| last.until(one.at) >= Duration::from_secs(1));
            if one.is_auth {
                assert!(
                    gap(self.last_auth),
                    "two logins or renewals within a second at {} s",
                    self.seconds()
                );
                self.last_auth = Some(one.at);
            }
            if one.has_failed {
                assert!(gap(self.last_failure), "two failing tries within a second at {} s", self.seconds());
                self.last_failure = Some(one.at);
            }
        }
    }

    /// The number in a whole file; one that the secret has had.
    fn value_of(&self, text: &str) -> u64 {
        let number = whole(text).unwrap_or_else(|| panic!("torn: a file of {} bytes", text.len()));
        assert!(number <= self.values.back().unwrap().1, "a value that never was: {number}");
        number
    }

    /// The file holds what the secret has been for longer than a look takes.
    pub(crate) fn is_fresh(&self) -> bool {
        let seen = self.disk.read("file").map(|text| self.value_of(&text));
        let settled =
            self.values.iter().rev().find(|(at, _)| at.until(self.now()) > POLL + Duration::from_secs(1));
        settled.is_none_or(|(_, value)| seen.is_some_and(|seen| seen >= *value))
    }

    /// Somebody changes the secret.
    pub(crate) async fn change_secret(&mut self) {
        let number = self.values.back().unwrap().1 + 1;
        let body = json!({
            "projectId": self.project, "environment": "dev", "secretPath": "/", "secretValue": value(number),
        });
        self.server.admin.patch("/api/v4/secrets/COUNTER", body).await.ok();
        self.values.push_back((self.now(), number));
        while self.values.len() > 50 {
            self.values.pop_front();
        }
    }

    async fn client_secrets(&self) -> Vec<String> {
        let path = format!("/api/v1/auth/universal-auth/identities/{}/client-secrets", self.identity);
        let list = self.server.admin.get(&path).await.ok();
        let ids = list["clientSecretData"].as_array().unwrap().iter();
        ids.map(|secret| secret["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The client secret is revoked, and with it its tokens; the new one comes into the file after this time.
    pub(crate) async fn rotate(&mut self, late: Duration) {
        let path = format!("/api/v1/auth/universal-auth/identities/{}/client-secrets", self.identity);
        let made = self.server.admin.post(&path, json!({})).await.ok();
        let revoke = format!("{path}/{}/revoke", self.client_secret_id);
        self.server.admin.post(&revoke, json!({})).await.ok();
        made["clientSecretData"]["id"].as_str().unwrap().clone_into(&mut self.client_secret_id);
        self.pass(late).await;
        std::fs::write(self.credentials.path().join("secret"), made["clientSecret"].as_str().unwrap())
            .unwrap();
    }

    /// Somebody revokes the token that is in the sink.
    pub(crate) async fn revoke(&self) {
        if let Some(token) = self.disk.read("token") {
            let body = json!({ "accessToken": token });
            self.server.anonymous().post("/api/v1/auth/token/revoke", body).await;
        }
    }

    /// A reload, with a configuration that makes sense or not.
    pub(crate) fn reload(&mut self, is_good: bool) {
        let mut config = self.agent.config().clone();
        if !is_good {
            config.templates[0].source = config::TemplateSource::Text("{{".to_owned());
        }
        assert_eq!(self.agent.reload(config).is_ok(), is_good);
    }

    /// A number below this.
    pub(crate) fn pick(&mut self, below: u64) -> u64 {
        self.chance.random_range(0..below)
    }

    pub(crate) async fn fault(&mut self, fault: Fault, duration: Duration) {
        self.proxy.set(fault).await;
        self.pass(duration).await;
        self.proxy.set(Fault::None).await;
    }
}

/// A value of the secret: a number, and a filling whose length changes a lot from one to the next.
fn value(number: u64) -> String {
    format!("{number} x{}", "x".repeat(usize::try_from(number * 7919 % 20_000).unwrap()))
}

/// The number in a file, if it is whole.
fn whole(text: &str) -> Option<u64> {
    let inner = text.strip_prefix("begin ")?.strip_suffix(" end")?;
    let number = inner.split(' ').next()?.parse().ok()?;
    (inner == value(number)).then_some(number)
}

/// Reads a file again and again, as a workload might, until it is dropped.
struct Reader {
    is_over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Reader {
    fn of(path: PathBuf) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                if let Ok(text) = std::fs::read_to_string(&path) {
                    assert!(whole(&text).is_some(), "a reader saw a torn file of {} bytes", text.len());
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        Self { is_over, thread: Some(thread) }
    }

    fn is_content(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

fn around(ticker: &Arc<ManualTicker>, seed: u64) -> Around {
    let chance = std::sync::Mutex::new(StdRng::seed_from_u64(seed ^ 1));
    Around {
        surroundings: Surroundings::with_variables([]),
        ticker: Arc::clone(ticker) as _,
        chance: Arc::new(move || chance.lock().unwrap().random()),
    }
}
