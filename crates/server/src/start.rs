//! From settings to a running service: opens the keys, builds the application, serves.

use std::convert::Infallible;
use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::ServiceExt;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum_server::{Handle, Server};
use hyper::body::Incoming;
use vouchsafe_domain::time::Clock;
use vouchsafe_keys::token::{Signer, SigningKey, Verifier};
use vouchsafe_keys::{Aad, OpenError, RootKey, SecretHasher, random};
use vouchsafe_store::{InstanceKey, Store};

use crate::app::{App, Keys};
use crate::background;
use crate::settings::Settings;
use crate::timer::SpareTimers;
use crate::tls::Tls;

const SIGNING: &str = "token-signing";
const HASHING: &str = "secret-hashing";

/// Opens the instance's keys, making them on the first start, and puts the application together.
pub async fn assemble(
    store: Store,
    root: RootKey,
    clock: Arc<dyn Clock>,
    settings: Settings,
) -> anyhow::Result<App> {
    if store.root_key_check().await?.is_none() {
        let check = root.seal(&check_aad(), b"vouchsafe").into_bytes();
        store.init_instance(&check, &fresh_keys(&root), clock.now()).await?;
    }
    let check = store.root_key_check().await?.context("the instance was not set up")?;
    match root.open(&check_aad(), &check) {
        Ok(_) => {}
        Err(OpenError::WrongKey) => bail!(
            "this root key is not the one that the database was set up with; give the right one with \
             --root-key-file or VOUCHSAFE_ROOT_KEY"
        ),
        Err(error) => bail!("the database's check of the root key cannot be opened: {error}"),
    }
    let keys = open_keys(root, &store.instance_keys().await?)?;
    Ok(App::new(store, clock, keys, settings))
}

fn check_aad() -> Aad {
    Aad::new(&["instance", "root-key-check"])
}

fn key_aad(purpose: &str, id: &str) -> Aad {
    Aad::new(&["instance-key", purpose, id])
}

fn fresh_keys(root: &RootKey) -> Vec<InstanceKey> {
    let signing = SigningKey::generate();
    let seal = |purpose: &str, id: &str, key: &[u8]| InstanceKey {
        id: id.to_owned(),
        purpose: purpose.to_owned(),
        sealed: root.seal(&key_aad(purpose, id), key).into_bytes(),
    };
    vec![seal(SIGNING, signing.kid(), &signing.to_pkcs8()), seal(HASHING, "hash-1", &random::bytes::<32>())]
}

fn open_keys(root: RootKey, sealed: &[InstanceKey]) -> anyhow::Result<Keys> {
    let (mut signing, mut hasher) = (Vec::new(), None);
    for key in sealed {
        let open = root
            .open(&key_aad(&key.purpose, &key.id), &key.sealed)
            .with_context(|| format!("the instance key {} cannot be opened", key.id))?;
        match key.purpose.as_str() {
            SIGNING => signing.push(SigningKey::from_pkcs8(&key.id, &open)?),
            HASHING => hasher = Some(SecretHasher::try_from(open.as_slice())?),
            _ => {}
        }
    }
    let verifier = Verifier::new(signing.iter().map(|key| key.public_key().clone()));
    // The newest key signs; older ones still verify.
    let newest = signing.pop().context("the instance has no signing key")?;
    let hasher = hasher.context("the instance has no hashing key")?;
    Ok(Keys { root, signer: Signer::new(newest), verifier, hasher })
}

/// How long clients may take.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For the TLS handshake.
    pub handshake: Duration,
    /// For the first request of a connection, and for the headers of any.
    pub headers: Duration,
}

impl Timeouts {
    /// 10 seconds for a handshake, 15 seconds for headers.
    pub const USUAL: Self = Self { handshake: Duration::from_secs(10), headers: Duration::from_secs(15) };
}

/// How long requests under way may take after the stop signal.
const DRAIN: Duration = Duration::from_secs(20);

/// A listener that serves until it is told to stop.
#[derive(Clone)]
pub struct Running {
    handle: Handle<SocketAddr>,
}

impl Running {
    /// Not serving yet.
    pub fn new() -> Self {
        Self { handle: Handle::new() }
    }

    /// Stops taking connections and lets requests under way end.
    pub fn stop(&self) {
        self.handle.graceful_shutdown(Some(DRAIN));
    }

    /// Ends at once.
    pub fn stop_now(&self) {
        self.handle.shutdown();
    }
}

impl Default for Running {
    fn default() -> Self {
        Self::new()
    }
}

/// Where and how to listen.
pub struct Listening {
    /// The bound listener.
    pub listener: TcpListener,
    /// Speaks TLS on it; plain HTTP if none.
    pub tls: Option<Tls>,
    /// How long clients may take.
    pub timeouts: Timeouts,
}

impl Listening {
    /// Plain HTTP.
    pub fn plain(listener: TcpListener) -> Self {
        Self { listener, tls: None, timeouts: Timeouts::USUAL }
    }
}

/// What answers requests: the API ([`crate::http::service`]), or that with pages in front.
pub trait Answers: Clone + Send + Sync + 'static {
    /// Answers a request.
    fn answer(&self, request: Request) -> impl Future<Output = Response> + Send;
}

/// Serves the application on a bound listener until `running` is stopped.
pub async fn serve(
    app: App,
    answers: impl Answers,
    listening: Listening,
    running: Running,
) -> anyhow::Result<()> {
    let Listening { listener, tls, timeouts } = listening;
    listener.set_nonblocking(true)?;
    let purge = tokio::spawn(background::purge_expired(app.clone()));
    let denials = tokio::spawn(background::write_denials(app.clone()));
    let server = limited(axum_server::from_tcp(listener)?, timeouts).handle(running.handle);
    let service = tower::service_fn(move |request: http::Request<Incoming>| {
        let answers = answers.clone();
        async move { Ok::<_, Infallible>(answers.answer(request.map(Body::new)).await) }
    });
    let service = service.into_make_service_with_connect_info::<SocketAddr>();
    let ended = match tls {
        None => server.serve(service).await,
        Some(tls) => {
            let server = server.acceptor(tls.acceptor(timeouts.handshake));
            tokio::select! {
                ended = server.serve(service) => ended,
                () = tls.watch() => Ok(()),
            }
        }
    };
    purge.abort();
    denials.abort();
    // Ended, it has put back what it was about to write.
    let _ = denials.await;
    if let Err(error) = app.denials.flush(&app.store).await
        && !app.store.is_closed()
    {
        tracing::warn!(%error, "the last refused requests could not be written");
    }
    ended.context("the HTTP server stopped")
}

/// A server that waits for no client longer than it may.
pub(crate) fn limited(server: Server<SocketAddr>, timeouts: Timeouts) -> Server<SocketAddr> {
    let mut server = server.first_request_timeout(timeouts.headers);
    server.http_builder().http1().timer(SpareTimers::default()).header_read_timeout(timeouts.headers);
    server
}
