//! Opening the database.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use vouchsafe_domain::time::Timestamp;

use crate::engine::Pools;
use crate::error::{StoreError, StoreResult};
use crate::logins::{Known, Logins};
use crate::migrate::migrate;
use crate::replicas::Replicas;
use crate::topics::Generations;
use crate::writer::Writer;

/// Which database to open.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Database {
    /// A file; made if missing. Only one process may have it open.
    Sqlite(PathBuf),
    /// A `postgres://` URL, version 15 or later. Several replicas may share it.
    Postgres(String),
}

impl FromStr for Database {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() {
                Err("expected a path after `sqlite:`".to_owned())
            } else {
                Ok(Self::Sqlite(path.into()))
            };
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err("expected `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`".to_owned())
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the file open.
    #[error(
        "another vouchsafe server is using {0}; stop it first, or use PostgreSQL to run several replicas"
    )]
    InUse(PathBuf),
    /// The file cannot be made or locked.
    #[error("cannot open {0}: {1}")]
    File(PathBuf, std::io::Error),
    /// Anything the database itself answered.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The open database, cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    pools: Pools,
    generations: Arc<Generations>,
    replicas: Replicas,
    logins: Logins,
    /// Held as long as the store lives; the lock goes with it.
    _lock: Option<File>,
}

/// Readers of `SQLite`. Cached reads need none, so a few are enough.
const SQLITE_READERS: u32 = 4;
/// Connections to `PostgreSQL` per replica.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a request waits for a connection before it is told to come back later.
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

impl Store {
    /// Opens the database, makes it if it is a missing file, and migrates it to this version.
    pub async fn open(database: &Database, now: Timestamp) -> Result<Self, OpenError> {
        let (pools, lock) = match database {
            Database::Sqlite(path) => {
                let lock = lock_beside(path)?;
                (open_sqlite(path).await?, Some(lock))
            }
            Database::Postgres(url) => (open_postgres(url).await?, None),
        };
        migrate(&pools, now).await?;
        let generations = Arc::new(Generations::default());
        let replicas = Replicas::start(&pools, Arc::clone(&generations)).await?;
        let logins = Logins::start(pools.clone(), Known::new(Arc::clone(&generations), replicas.clone()));
        Ok(Self { inner: Arc::new(Inner { pools, generations, replicas, logins, _lock: lock }) })
    }

    /// The generations that cached knowledge is stamped with.
    pub fn generations(&self) -> &Generations {
        &self.inner.generations
    }

    /// Whether cached knowledge may be served now. False on `PostgreSQL` while this replica cannot
    /// be sure to hear of the changes of others; then everything is read from the database.
    pub fn may_serve_cached(&self) -> bool {
        self.inner.replicas.lease_valid()
    }

    /// Answers when the database does.
    pub async fn ping(&self) -> StoreResult<()> {
        self.pools().one::<i64>("SELECT CAST(1 AS BIGINT) AS n", vec![]).await.map(|_| ())
    }

    /// `sqlite` or `postgres`.
    pub fn engine(&self) -> &'static str {
        match self.pools() {
            Pools::Sqlite { .. } => "sqlite",
            Pools::Postgres(_) => "postgres",
        }
    }

    /// Whether [`Store::close`] was called.
    pub fn is_closed(&self) -> bool {
        match self.pools() {
            Pools::Sqlite { write, .. } => write.is_closed(),
            Pools::Postgres(pool) => pool.is_closed(),
        }
    }

    /// Writes what is pending and closes all connections; the store answers `Unavailable` from then on.
    pub async fn close(&self) {
        self.settle_logins().await;
        self.pools().close().await;
    }

    pub(crate) fn pools(&self) -> &Pools {
        &self.inner.pools
    }

    pub(crate) fn logins(&self) -> &Logins {
        &self.inner.logins
    }

    pub(crate) fn replicas(&self) -> &Replicas {
        &self.inner.replicas
    }
}

/// Takes the lock file beside the database, so that a second server on it is refused.
fn lock_beside(path: &Path) -> Result<File, OpenError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(|error| OpenError::File(lock_path.clone(), error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(OpenError::File(lock_path, error)),
    }
}

async fn open_sqlite(path: &Path) -> StoreResult<Pools> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(256)
        .pragma("cache_size", "-8000")
        .pragma("temp_store", "memory");
    let write = Writer::open(options.clone()).await?;
    let read = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .connect_lazy_with(options.read_only(true).create_if_missing(false));
    Ok(Pools::Sqlite { write, read })
}

/// Settings of each session on `PostgreSQL`, whatever the server's own are.
const SESSION: [(&str, &str); 4] = [
    // In milliseconds; a query that runs longer, or waits longer for a lock, is stopped.
    ("statement_timeout", "10000"),
    ("lock_timeout", "5000"),
    // A page out of order costs hardly more than the next one, on solid state disks and in memory: lists come from an
    // index in their order, also when somebody turns to a late page.
    ("random_page_cost", "1.1"),
    // Compiling a query would take longer than running it.
    ("jit", "off"),
];

async fn open_postgres(url: &str) -> StoreResult<Pools> {
    let options: PgConnectOptions = url
        .parse::<PgConnectOptions>()?
        .application_name("vouchsafe")
        .options(SESSION)
        .statement_cache_capacity(256);
    // One plain attempt first: a pool tries until its time is up, and then only says that it is.
    let first = tokio::time::timeout(ACQUIRE_TIMEOUT, options.connect()).await;
    first.map_err(|_| StoreError::Unavailable("no answer in time".to_owned()))??.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await?;
    Ok(Pools::Postgres(pool))
}
