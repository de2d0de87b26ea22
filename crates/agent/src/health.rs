//! Health checks and metrics over HTTP.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

use crate::moment::Ticker;
use crate::status::Status;

/// Serves `/healthz`, `/readyz` and `/metrics` on this address until the runtime ends; answers where it listens.
pub async fn serve(
    address: SocketAddr,
    status: Arc<Status>,
    ticker: Arc<dyn Ticker>,
) -> io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, routes(status, ticker)).await {
            tracing::error!(%error, "health checks are no longer answered");
        }
    });
    Ok(bound)
}

fn routes(status: Arc<Status>, ticker: Arc<dyn Ticker>) -> Router {
    let (ready, alive, clock) = (Arc::clone(&status), Arc::clone(&status), Arc::clone(&ticker));
    Router::new()
        .route("/healthz", get(move || async move { answer(alive.is_alive(clock.now()), "ok", "stuck") }))
        .route("/readyz", get(move || async move { answer(ready.is_ready(), "ready", "not ready") }))
        .route(
            "/metrics",
            get(move || async move {
                ([(CONTENT_TYPE, "text/plain; version=0.0.4")], status.metrics(ticker.now()))
            }),
        )
}

fn answer(is_good: bool, good: &'static str, bad: &'static str) -> (StatusCode, &'static str) {
    if is_good { (StatusCode::OK, good) } else { (StatusCode::SERVICE_UNAVAILABLE, bad) }
}
