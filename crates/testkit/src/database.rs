//! A database of a test's own.

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_store::{Database, Store};

use crate::proxy::Wire;

/// Which database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Engine {
    /// The embedded one.
    Sqlite,
    /// The one for several replicas.
    Postgres,
}

/// A fresh database; a folder goes with it.
pub struct TestDatabase {
    /// How to open it.
    pub database: Database,
    _folder: Option<TempDir>,
    /// The wire to the server, where a test wants to cut it.
    pub wire: Option<Wire>,
}

/// The server that tests make their `PostgreSQL` databases in.
pub fn postgres_admin_url() -> String {
    std::env::var("VOUCHSAFE_TEST_POSTGRES").expect(
        "VOUCHSAFE_TEST_POSTGRES must name a PostgreSQL server; `cargo xtask test` starts one and sets it",
    )
}

impl TestDatabase {
    /// A fresh database.
    pub async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                Self {
                    database: Database::Sqlite(folder.path().join("vouchsafe.db")),
                    _folder: Some(folder),
                    wire: None,
                }
            }
            Engine::Postgres => {
                let name = format!("test_{}", Uuid::new_v4().simple());
                create(&name, Some(template().await)).await;
                Self { database: Database::Postgres(url_of(&name)), _folder: None, wire: None }
            }
        }
    }
}

impl TestDatabase {
    /// A fresh `PostgreSQL` database behind a wire that can be cut.
    pub async fn behind_a_wire() -> Self {
        let mut fresh = Self::new(Engine::Postgres).await;
        let wire = Wire::to(&postgres_admin_url()).await;
        if let Database::Postgres(url) = &fresh.database {
            fresh.database = Database::Postgres(wire.through(url));
        }
        fresh.wire = Some(wire);
        fresh
    }
}

impl TestDatabase {
    /// How many connections there are to this `PostgreSQL` database.
    pub async fn connections(&self) -> i64 {
        let Database::Postgres(url) = &self.database else { panic!("only PostgreSQL has connections") };
        let (_, name) = url.rsplit_once('/').expect("the URL names a database");
        let mut connection = PgConnection::connect(&postgres_admin_url()).await.unwrap();
        let count = connections(&mut connection, name).await;
        connection.close().await.unwrap();
        count
    }
}

async fn connections(admin: &mut PgConnection, database: &str) -> i64 {
    let sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = $1";
    sqlx::query_scalar(sql).bind(database).fetch_one(admin).await.unwrap()
}

/// The one number that a query answers, past the store: for what the store would not show.
pub async fn count(database: &Database, sql: &str) -> i64 {
    let sql = AssertSqlSafe(sql.to_owned());
    match database {
        Database::Sqlite(path) => {
            let url = format!("sqlite:{}", path.display());
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
        }
        Database::Postgres(url) => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
        }
    }
}

/// Runs a statement past the store: for what the store would not do.
pub async fn execute(database: &Database, sql: &str) {
    // Raw: several statements in one text.
    let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    match database {
        Database::Sqlite(path) => {
            let url = format!("sqlite:{}", path.display());
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            sql.execute(&mut connection).await.unwrap();
        }
        Database::Postgres(url) => {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sql.execute(&mut connection).await.unwrap();
        }
    }
}

fn url_of(database: &str) -> String {
    let admin = postgres_admin_url();
    let (server, _) = admin.rsplit_once('/').expect("the URL names a database");
    format!("{server}/{database}")
}

async fn create(name: &str, template: Option<&str>) {
    let mut connection = PgConnection::connect(&postgres_admin_url()).await.unwrap();
    let suffix = template.map(|template| format!(" TEMPLATE {template}")).unwrap_or_default();
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}{suffix}")))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// A migrated database that others are copied from: much faster than migrating each.
async fn template() -> &'static str {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    TEMPLATE
        .get_or_init(|| async {
            let name = format!("template_{}", Uuid::new_v4().simple());
            create(&name, None).await;
            let store =
                Store::open(&Database::Postgres(url_of(&name)), Timestamp::from_millis(0)).await.unwrap();
            store.close().await;
            wait_until_unused(&name).await;
            name
        })
        .await
}

async fn wait_until_unused(name: &str) {
    let mut connection = PgConnection::connect(&postgres_admin_url()).await.unwrap();
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    sqlx::query(sql).bind(name).execute(&mut connection).await.unwrap();
    for _ in 0..200 {
        if connections(&mut connection, name).await == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the template database is still in use");
}
