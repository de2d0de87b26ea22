//! Filling an instance with identities, through its API.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::wire::{Connection, render};
use crate::http::string;
use crate::proc::step;

/// How many of the new identities' credentials to keep; more would only make the load generator bigger.
const KEPT: u64 = 1000;

/// What every connection works on.
struct Job {
    address: SocketAddr,
    token: String,
    organization: String,
    first: u64,
    count: u64,
    next: AtomicU64,
    /// Client id and client secret of some, spread over all.
    kept: Mutex<Vec<(String, String)>>,
}

/// Makes `count` identities, numbered from `first`, each with universal auth and a client secret, over 16 connections.
///
/// Answers client id and client secret of some of them, spread over all.
pub(crate) fn identities(
    address: SocketAddr,
    token: &str,
    organization: &str,
    first: u64,
    count: u64,
) -> Result<Vec<(String, String)>> {
    let job = Arc::new(Job {
        address,
        token: token.to_owned(),
        organization: organization.to_owned(),
        first,
        count,
        next: AtomicU64::new(0),
        kept: Mutex::default(),
    });
    let start = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let tasks: Vec<_> = (0..16).map(|_| tokio::spawn(Arc::clone(&job).work())).collect();
        for task in tasks {
            task.await??;
        }
        Ok::<_, anyhow::Error>(())
    })?;
    step(format!("Made {count} identities in {:.1} s", start.elapsed().as_secs_f64()));
    Ok(std::mem::take(&mut *job.kept.lock().unwrap_or_else(PoisonError::into_inner)))
}

impl Job {
    async fn work(self: Arc<Self>) -> Result<()> {
        let mut connection = Connection::open(self.address).await?;
        let spread = self.count.div_ceil(KEPT);
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.count {
                return Ok(());
            }
            let credentials = self.identity(&mut connection, number).await?;
            if number.is_multiple_of(spread) {
                self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(credentials);
            }
            if (number + 1).is_multiple_of(10_000) {
                step(format!("{} of {} identities", number + 1, self.count));
            }
        }
    }

    async fn identity(&self, connection: &mut Connection, number: u64) -> Result<(String, String)> {
        let body = json!({
            "name": format!("flat-{}", self.first + number),
            "organizationId": self.organization,
            "role": "no-access",
        });
        let reply = self.post(connection, "/api/v1/identities", &body).await?;
        let universal = format!("/api/v1/auth/universal-auth/identities/{}", string(&reply, "/identity/id")?);
        let reply = self.post(connection, &universal, &json!({})).await?;
        let client_id = string(&reply, "/identityUniversalAuth/clientId")?;
        let reply = self.post(connection, &format!("{universal}/client-secrets"), &json!({})).await?;
        Ok((client_id, string(&reply, "/clientSecret")?))
    }

    async fn post(&self, connection: &mut Connection, path: &str, body: &Value) -> Result<Value> {
        let request = render(self.address, "POST", path, Some(&self.token), Some(&body.to_string()));
        let (status, reply) = connection.exchange(request.as_bytes()).await?;
        if status != 200 {
            bail!("POST {path} answered {status}: {}", String::from_utf8_lossy(reply));
        }
        serde_json::from_slice(reply).with_context(|| format!("POST {path} answered no JSON"))
    }
}
