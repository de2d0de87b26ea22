//! Work beside the requests: rows that nobody can need any more are removed in small batches, and refused
//! requests are written down.

use std::time::Duration;

use crate::app::App;

/// How often expired rows are looked for.
const EVERY: Duration = Duration::from_mins(1);

/// How long refusals gather before they are written, so that a crowd of them costs few transactions.
const GATHER: Duration = Duration::from_millis(500);

/// Writes refused requests down until the store is closed.
pub async fn write_denials(app: App) {
    loop {
        app.denials.wait().await;
        match app.denials.flush(&app.store).await {
            Ok(()) => {}
            Err(_) if app.store.is_closed() => return,
            Err(error) => tracing::warn!(%error, "refused requests could not be written; trying again"),
        }
        tokio::time::sleep(GATHER).await;
    }
}

/// Removes expired rows until the store is closed.
pub async fn purge_expired(app: App) {
    loop {
        tokio::time::sleep(EVERY).await;
        match app.store.purge_expired(app.now()).await {
            Ok(0) => {}
            Ok(removed) => tracing::debug!(removed, "expired rows removed"),
            Err(vouchsafe_store::StoreError::Unavailable(_)) if app.store.is_closed() => return,
            Err(error) => {
                tracing::warn!(%error, "expired rows could not be removed; trying again in a minute");
            }
        }
    }
}
