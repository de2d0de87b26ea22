//! The one connection that writes to `SQLite`.
//!
//! Whoever writes takes it, and the next one has it as soon as it is put down. A pool of one connection would ask it for
//! a sign of life each time before it gives it on, which takes as long as a small commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard};

use crate::error::{StoreError, StoreResult};
use crate::open::ACQUIRE_TIMEOUT;

/// The connection; those who wait for it get it in the order in which they came.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    open: Arc<Mutex<Option<Open>>>,
    is_closed: Arc<AtomicBool>,
}

#[derive(Debug)]
struct Open {
    options: SqliteConnectOptions,
    conn: SqliteConnection,
    /// Something was begun on it, and is not known to have ended well.
    in_doubt: bool,
}

/// The connection in somebody's hand.
#[derive(Debug)]
pub(crate) struct Writing(OwnedMappedMutexGuard<Option<Open>, Open>);

impl Writer {
    pub(crate) async fn open(options: SqliteConnectOptions) -> StoreResult<Self> {
        let open = Open { conn: options.connect().await?, options, in_doubt: false };
        Ok(Self { open: Arc::new(Mutex::new(Some(open))), is_closed: Arc::default() })
    }

    /// Waits for the connection. What somebody began and neither committed nor could take back is taken back here; a
    /// connection that does not do that any more is replaced.
    pub(crate) async fn take(&self) -> StoreResult<Writing> {
        let open = tokio::time::timeout(ACQUIRE_TIMEOUT, Arc::clone(&self.open).lock_owned()).await;
        let open = open.map_err(|_| sqlx::Error::PoolTimedOut)?;
        let mut open = OwnedMutexGuard::try_map(open, Option::as_mut).map_err(|_| sqlx::Error::PoolClosed)?;
        if open.in_doubt {
            match sqlx::query("ROLLBACK").execute(&mut open.conn).await {
                // No transaction had begun yet, or it was over.
                Ok(_) | Err(sqlx::Error::Database(_)) => {}
                Err(_) => open.conn = open.options.connect().await?,
            }
            open.in_doubt = false;
        }
        Ok(Writing(open))
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Waits for the connection and closes it.
    pub(crate) async fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        if let Some(open) = self.open.lock().await.take()
            && let Err(error) = open.conn.close().await
        {
            tracing::warn!(error = %StoreError::from(error), "the database was not closed in order");
        }
    }
}

impl Writing {
    pub(crate) fn conn(&mut self) -> &mut SqliteConnection {
        &mut self.0.conn
    }

    /// One statement in a transaction of its own.
    pub(crate) async fn once<T>(
        &mut self,
        statement: impl AsyncFnOnce(&mut SqliteConnection) -> StoreResult<T>,
    ) -> StoreResult<T> {
        // First, as this may be dropped while it waits.
        self.0.in_doubt = true;
        let result = statement(self.conn()).await?;
        self.0.in_doubt = false;
        Ok(result)
    }

    /// Begins a transaction. Put down before [`Writing::commit`], nothing of it happened.
    pub(crate) async fn begin(&mut self) -> StoreResult<()> {
        self.0.in_doubt = true;
        sqlx::query("BEGIN IMMEDIATE").execute(self.conn()).await?;
        Ok(())
    }

    pub(crate) async fn commit(mut self) -> StoreResult<()> {
        sqlx::query("COMMIT").execute(self.conn()).await?;
        self.0.in_doubt = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn writer(folder: &tempfile::TempDir) -> Writer {
        let file = folder.path().join("test.db");
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let writer = Writer::open(options).await.unwrap();
        run(&mut writer.take().await.unwrap(), "CREATE TABLE t (n INTEGER NOT NULL)").await;
        writer
    }

    async fn run(writing: &mut Writing, sql: &'static str) {
        sqlx::query(sql).execute(writing.conn()).await.unwrap();
    }

    async fn rows(writer: &Writer) -> i64 {
        let mut writing = writer.take().await.unwrap();
        sqlx::query_scalar("SELECT COUNT(*) FROM t").fetch_one(writing.conn()).await.unwrap()
    }

    #[tokio::test]
    async fn what_was_not_committed_did_not_happen() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder).await;
        let mut writing = writer.take().await.unwrap();
        writing.begin().await.unwrap();
        run(&mut writing, "INSERT INTO t VALUES (1)").await;
        drop(writing);
        assert_eq!(rows(&writer).await, 0);
        let mut writing = writer.take().await.unwrap();
        writing.begin().await.unwrap();
        run(&mut writing, "INSERT INTO t VALUES (2)").await;
        writing.commit().await.unwrap();
        assert_eq!(rows(&writer).await, 1);
    }

    #[tokio::test]
    async fn whoever_is_dropped_while_waiting_leaves_the_connection_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder).await;
        for polls in 0..40 {
            let change = async {
                let mut writing = writer.take().await?;
                writing.begin().await?;
                sqlx::query("INSERT INTO t VALUES (3)").execute(writing.conn()).await?;
                writing.commit().await
            };
            let before = rows(&writer).await;
            let finished = give_up_after(polls, change).await.is_some();
            let after = rows(&writer).await - before;
            // Given up while it commits, it may have happened; finished, it has.
            assert!(after == 1 || (after == 0 && !finished), "{polls} polls: {after} rows");
        }
        assert!(rows(&writer).await > 0);
    }

    /// What the future answers, unless it was polled so often before.
    async fn give_up_after<F: Future>(mut polls: usize, future: F) -> Option<F::Output> {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|cx| {
            if polls == 0 {
                return std::task::Poll::Ready(None);
            }
            polls -= 1;
            future.as_mut().poll(cx).map(Some)
        })
        .await
    }

    #[tokio::test]
    async fn a_connection_that_broke_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder).await;
        let insert = || async {
            let insert = async |conn: &mut SqliteConnection| {
                Ok(sqlx::query("INSERT INTO t VALUES (4)").execute(conn).await?)
            };
            writer.take().await?.once(insert).await
        };
        insert().await.unwrap();
        let mut writing = writer.take().await.unwrap();
        // The thread behind a connection ends when nobody hears that a transaction cannot begin within another one.
        loop {
            std::mem::forget(writing.conn().begin().await.unwrap());
            if give_up_after(1, writing.conn().begin_with("BEGIN IMMEDIATE")).await.is_none() {
                break;
            }
        }
        drop(writing);
        // Asked before the thread has ended, it would answer never instead of an error.
        let broken = tokio::time::timeout(Duration::from_millis(200), insert()).await;
        assert!(matches!(broken, Err(_) | Ok(Err(StoreError::Unavailable(_)))), "{broken:?}");
        insert().await.unwrap();
        assert_eq!(rows(&writer).await, 2);
    }

    #[tokio::test]
    async fn a_closed_one_answers_that_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let writer = writer(&folder).await;
        assert!(!writer.is_closed());
        writer.close().await;
        writer.close().await;
        assert!(writer.is_closed());
        assert!(matches!(writer.take().await, Err(StoreError::Unavailable(_))));
    }
}
