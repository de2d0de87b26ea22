//! Opening a database: migrations, the lock, and what the first start writes.

use futures_util::future::join_all;
use vouchsafe_store::{Database, InstanceKey, OpenError, Store};
use vouchsafe_testkit::{Engine, START, TestDatabase, execute};

use crate::fixture::{Fixture, both};

both!(
    a_database_is_migrated_once,
    an_edited_migration_is_refused,
    a_newer_database_is_refused,
    of_first_starts_at_the_same_time_one_wins,
);

impl Fixture {
    async fn execute(&self, sql: &str) {
        execute(&self.database.database, sql).await;
    }
}

async fn refusal(database: &Database) -> String {
    match Store::open(database, START).await {
        Ok(_) => panic!("the database opens"),
        Err(error) => error.to_string(),
    }
}

async fn a_database_is_migrated_once(here: Fixture) {
    let migrations = here.count("migrations").await;
    assert!(migrations > 0);
    let here = here.reopened().await;
    assert_eq!(here.count("migrations").await, migrations);
    let late = format!("migrations WHERE applied_at > {}", START.as_millis());
    assert_eq!(here.count(&late).await, 0);
    assert!(here.store.organization(here.org).await.unwrap().is_some());
}

async fn an_edited_migration_is_refused(here: Fixture) {
    here.store.close().await;
    let database = &here.database.database;
    drop(here.store);
    execute(database, "UPDATE migrations SET checksum = checksum || 'x' WHERE number = 1").await;
    for _ in 0..2 {
        let said = refusal(database).await;
        assert!(said.contains("migration 1 of this database differs"), "{said}");
    }
    // The refusals changed nothing and let go of the file.
    execute(database, "UPDATE migrations SET checksum = REPLACE(checksum, 'x', '')").await;
    Store::open(database, START).await.unwrap();
}

async fn a_newer_database_is_refused(here: Fixture) {
    let next = here.count("migrations").await + 1;
    here.execute(&format!("INSERT INTO migrations VALUES ({next}, 'of tomorrow', 0)")).await;
    here.store.close().await;
    let database = &here.database.database;
    drop(here.store);
    let said = refusal(database).await;
    assert!(said.contains("made by a newer version of vouchsafe"), "{said}");
    assert!(said.contains(&format!("migration {next} is unknown here")), "{said}");
    execute(database, &format!("DELETE FROM migrations WHERE number = {next}")).await;
    Store::open(database, START).await.unwrap();
}

async fn of_first_starts_at_the_same_time_one_wins(here: Fixture) {
    assert_eq!(here.store.root_key_check().await.unwrap(), None);
    assert!(!here.store.is_initialized().await.unwrap());
    let starts = (0..8_u8).map(|n| {
        let (store, mark) = (&here.store, vec![n]);
        let key = |purpose: &str| InstanceKey {
            id: format!("{purpose}-{n}"),
            purpose: purpose.to_owned(),
            sealed: mark.clone(),
        };
        let keys = [key("sign"), key("hash")];
        let check = mark.clone();
        async move { store.init_instance(&check, &keys, START).await.unwrap() }
    });
    join_all(starts).await;
    // The check and the keys are those of the same start.
    let check = here.store.root_key_check().await.unwrap().unwrap();
    let keys = here.store.instance_keys().await.unwrap();
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|key| key.sealed == check), "{keys:?} of {check:?}");
    // And there is one first administrator.
    let mut change = here.change().await;
    assert!(change.mark_initialized().await.unwrap());
    assert!(!change.mark_initialized().await.unwrap());
    change.commit().await.unwrap();
    assert!(here.store.is_initialized().await.unwrap());
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused() {
    let here = Fixture::new(Engine::Sqlite).await;
    let Database::Sqlite(path) = &here.database.database else { unreachable!() };
    match Store::open(&here.database.database, START).await {
        Err(OpenError::InUse(file)) => assert_eq!(file, *path),
        other => panic!("{:?}", other.err()),
    }
    let said = refusal(&here.database.database).await;
    let expected = format!(
        "another vouchsafe server is using {}; stop it first, or use PostgreSQL to run several replicas",
        path.display()
    );
    assert_eq!(said, expected);
    // The first one serves on; when it is gone, the next may come.
    here.store.ping().await.unwrap();
    here.store.close().await;
    assert!(here.store.is_closed());
    drop(here.store);
    Store::open(&here.database.database, START).await.unwrap();
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("holiday.jpg");
    let picture = b"not a database, but a picture of one".repeat(100);
    std::fs::write(&path, &picture).unwrap();
    let said = refusal(&Database::Sqlite(path.clone())).await;
    assert!(said.contains("not a database"), "{said}");
    assert_eq!(std::fs::read(&path).unwrap(), picture);
    let said = refusal(&Database::Sqlite(folder.path().join("nowhere/vouchsafe.db"))).await;
    assert!(said.starts_with("cannot open "), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_start_together_migrate_an_empty_database_once() {
    let database = TestDatabase::new(Engine::Postgres).await.database;
    execute(&database, "DROP SCHEMA public CASCADE; CREATE SCHEMA public").await;
    let starts = join_all((0..4).map(|_| Store::open(&database, START))).await;
    let stores: Vec<Store> = starts.into_iter().map(Result::unwrap).collect();
    for store in &stores {
        assert!(!store.is_initialized().await.unwrap());
        store.close().await;
    }
}
