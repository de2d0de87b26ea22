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
    conn: SqliteConnection,
    /// A transaction may be open.
    in_transaction: bool,
}

/// The connection in somebody's hand.
#[derive(Debug)]
pub(crate) struct Writing(OwnedMappedMutexGuard<Option<Open>, Open>);

impl Writer {
    pub(crate) async fn open(options: &SqliteConnectOptions) -> StoreResult<Self> {
        let open = Open { conn: options.connect().await?, in_transaction: false };
        Ok(Self { open: Arc::new(Mutex::new(Some(open))), is_closed: Arc::default() })
    }

    /// Waits for the connection. What somebody began and neither committed nor could take back is taken back here.
    pub(crate) async fn take(&self) -> StoreResult<Writing> {
        let open = tokio::time::timeout(ACQUIRE_TIMEOUT, Arc::clone(&self.open).lock_owned()).await;
        let open = open.map_err(|_| sqlx::Error::PoolTimedOut)?;
        let mut open =
            OwnedMutexGuard::try_map(open, Option::as_mut).map_err(|_| sqlx::Error::PoolClosed)?;
        if open.in_transaction {
            match sqlx::query("ROLLBACK").execute(&mut open.conn).await {
                // The transaction had not begun yet, or was over.
                Ok(_) | Err(sqlx::Error::Database(_)) => open.in_transaction = false,
                Err(error) => return Err(error.into()),
            }
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

    /// Begins a transaction. Put down before [`Writing::commit`], nothing of it happened.
    pub(crate) async fn begin(&mut self) -> StoreResult<()> {
        // First, as this may be dropped while it waits.
        self.0.in_transaction = true;
        sqlx::query("BEGIN IMMEDIATE").execute(self.conn()).await?;
        Ok(())
    }

    pub(crate) async fn commit(mut self) -> StoreResult<()> {
        sqlx::query("COMMIT").execute(self.conn()).await?;
        self.0.in_transaction = false;
        Ok(())
    }
}
