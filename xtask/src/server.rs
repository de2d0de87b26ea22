//! A real `vouchsafe server` on a free port.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::Signal;

use crate::http::Http;
use crate::postgres::Postgres;
use crate::proc::{Running, Scratch, free_address};

/// Which database a server runs on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// Its name in output.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A server with its own data; dropping it ends it and removes the data folder.
pub(crate) struct Server {
    binary: PathBuf,
    database: Option<Database>,
    address: SocketAddr,
    arguments: Vec<String>,
    log: PathBuf,
    running: Option<Running>,
    folder: Scratch,
}

/// A PostgreSQL database of the server's own.
struct Database {
    url: String,
    root_key: String,
}

impl Server {
    /// Starts a server with an empty database and waits until it is ready.
    pub(crate) fn start(binary: &Path, engine: Engine, postgres: &Postgres, database: &str) -> Result<Self> {
        Self::start_with(binary, engine, postgres, database, &[])
    }

    /// The same with further arguments.
    pub(crate) fn start_with(
        binary: &Path,
        engine: Engine,
        postgres: &Postgres,
        database: &str,
        arguments: &[String],
    ) -> Result<Self> {
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => {
                Some(Database { url: postgres.create_database(database)?, root_key: root_key()? })
            }
        };
        let folder = Scratch::new()?;
        let log = folder.path().join("log");
        let address = free_address()?;
        let mut server = Self {
            binary: binary.to_owned(),
            database,
            address,
            arguments: arguments.to_vec(),
            log,
            running: None,
            folder,
        };
        server.launch()?;
        Ok(server)
    }

    /// Ends the server and starts it again on the same data; answers how long it took from start to ready.
    pub(crate) fn restart(&mut self) -> Result<Duration> {
        if let Some(mut running) = self.running.take() {
            running.stop(Signal::TERM, Duration::from_secs(30))?;
        }
        self.launch()
    }

    fn launch(&mut self) -> Result<Duration> {
        let log = std::fs::File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.binary);
        // Nothing that a developer has set may reach the server under test.
        for (name, _) in std::env::vars_os() {
            if name
                .to_str()
                .is_some_and(|name| name.starts_with("VOUCHSAFE_") || name.starts_with("INFISICAL_"))
            {
                command.env_remove(name);
            }
        }
        command.current_dir(self.folder.path());
        command.arg("server").arg("--listen").arg(self.address.to_string());
        command.arg("--data-dir").arg(self.folder.path().join("data"));
        // Issuers of the benchmark and counterparts of the SDKs are on loopback.
        command.arg("--allow-private-targets").arg("127.0.0.0/8").args(&self.arguments);
        if let Some(database) = &self.database {
            command.arg("--database-url").arg(&database.url).env("VOUCHSAFE_ROOT_KEY", &database.root_key);
        }
        command.stdout(log.try_clone()?).stderr(log);

        let http = Http::new(&self.url());
        let start = Instant::now();
        let mut running = Running::start("vouchsafe server", &mut command)?;
        while http.status("/readyz") != Some(200) {
            let ended = running.ended()?;
            if ended.is_some() || start.elapsed() > Duration::from_mins(1) {
                bail!("the server did not get ready ({ended:?}):\n{}", self.log_tail());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let ready = start.elapsed();
        self.running = Some(running);
        Ok(ready)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The process id.
    pub(crate) fn id(&self) -> Result<u32> {
        Ok(self.running.as_ref().context("the server is not running")?.id())
    }

    /// The last lines it wrote.
    pub(crate) fn log_tail(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

/// 32 random bytes in base64.
fn root_key() -> Result<String> {
    use std::io::Read;
    let mut key = [0; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut key)?;
    Ok(STANDARD.encode(key))
}
