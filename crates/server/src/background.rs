//! Work beside the requests: rows that nobody can need any more are removed in small batches.

use std::time::Duration;

use crate::app::App;

/// How often expired rows are looked for.
const EVERY: Duration = Duration::from_mins(1);

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
