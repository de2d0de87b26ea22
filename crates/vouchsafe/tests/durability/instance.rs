//! The server as a process of its own.

use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};
use vouchsafe_keys::RootKey;
use vouchsafe_store::Database;
use vouchsafe_testkit::{Engine, TestDatabase};

use crate::wire::Client;

const START: Duration = Duration::from_secs(20);

/// Where a server lies: its folder, its database and its root key.
pub(crate) struct Place {
    folder: TempDir,
    /// `SQLite` lies in the folder, as it does by default.
    postgres: Option<TestDatabase>,
    root_key: String,
}

impl Place {
    /// A fresh place.
    pub(crate) async fn new(engine: Engine) -> Self {
        let postgres = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(TestDatabase::new(engine).await),
        };
        let folder = tempfile::tempdir().unwrap();
        Self { folder, postgres, root_key: RootKey::generate().to_base64().to_string() }
    }

    /// Starts the server and waits until it is ready.
    pub(crate) async fn start(&self) -> Instance {
        let log = self.folder.path().join("server.log");
        let stderr = File::options().create(true).append(true).open(&log).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_vouchsafe"));
        command.args(["server", "--listen", "127.0.0.1:0", "--data-dir"]).arg(self.folder.path());
        command.env_clear().env("VOUCHSAFE_LOG", "warn").current_dir(self.folder.path());
        if let Database::Postgres(url) = self.database() {
            command.args(["--database-url", &url]).env("VOUCHSAFE_ROOT_KEY", &self.root_key);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut instance = Instance { child, url: String::new(), log };
        let line = timeout(START, lines.next_line()).await.expect("the server starts in time").unwrap();
        let line = line.expect("the server says where it listens");
        line.strip_prefix("listening on ").unwrap().clone_into(&mut instance.url);
        instance.ready().await;
        instance
    }

    /// `PostgreSQL` may still be committing what a dead client had sent. Waits until it is done with that, so that
    /// nothing changes any more but by the next server.
    pub(crate) async fn wait_until_unused(&self) {
        let Some(postgres) = &self.postgres else { return };
        for _ in 0..500 {
            if postgres.connections().await == 0 {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("PostgreSQL does not notice that its client is dead");
    }

    /// Looks at the rows behind the API, which it might not show, while nothing changes them.
    pub(crate) async fn check_rows(&self) {
        let database = self.database();
        for (what, rows) in HALVES {
            let count = vouchsafe_testkit::count(&database, &format!("SELECT COUNT(*) FROM {rows}")).await;
            assert_eq!(count, 0, "{what}");
        }
    }

    fn database(&self) -> Database {
        match &self.postgres {
            Some(postgres) => postgres.database.clone(),
            None => Database::Sqlite(self.folder.path().join("vouchsafe.db")),
        }
    }
}

/// What only half of a change would leave behind.
const HALVES: [(&str, &str); 4] = [
    (
        "identities without a membership",
        "identities i WHERE NOT EXISTS (SELECT 1 FROM org_memberships m WHERE m.identity_id = i.id)",
    ),
    (
        "identities without their metadata",
        "identities i WHERE i.name LIKE 'workload-%' AND \
         3 <> (SELECT COUNT(*) FROM identity_metadata m WHERE m.identity_id = i.id)",
    ),
    (
        "secrets whose current version is not kept",
        "secrets s WHERE NOT EXISTS (SELECT 1 FROM secret_versions v WHERE v.secret_id = s.id AND \
         v.version = s.version AND v.value = s.value)",
    ),
    (
        "revoked client secrets whose tokens are not revoked",
        "client_secrets c WHERE c.is_revoked = 1 AND NOT EXISTS (SELECT 1 FROM revocations r WHERE r.id = c.id)",
    ),
];

/// A running server. It is killed when dropped.
pub(crate) struct Instance {
    child: Child,
    url: String,
    log: PathBuf,
}

impl Instance {
    /// Somebody who talks to this server.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// SIGKILL: the process gets no chance to do anything more.
    pub(crate) fn kill(&mut self) {
        self.child.start_kill().unwrap();
    }

    /// Waits until a killed process is gone.
    pub(crate) async fn gone(mut self) {
        timeout(START, self.child.wait()).await.expect("SIGKILL ends a process").unwrap();
    }

    async fn ready(&self) {
        let client = self.client();
        let wait = async {
            while !client.is_ready().await {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(START, wait).await.expect("the server gets ready in time");
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            eprintln!("the server's log:\n{log}");
        }
    }
}
