//! A server inside this process: opened, bound, served and stopped.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use vouchsafe_domain::time::Clock;
use vouchsafe_server::metrics;
use vouchsafe_server::start::{Listening, Running, Timeouts, assemble, serve};
use vouchsafe_server::tls::Tls;
use vouchsafe_server::{App, Settings, SystemClock};
use vouchsafe_store::{Database, OpenError, Store, StoreError};

use crate::failure::{Failure, Outcome};
use crate::printer::Printer;
use crate::rootkey;
use crate::settings::server::ServerSettings;

/// A server that is ready to answer.
pub(crate) struct Instance {
    app: App,
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<Tls>,
    metrics: Option<TcpListener>,
    has_new_root_key: bool,
}

impl Instance {
    /// Opens the data folder, the root key and the database, and takes the port.
    pub(crate) async fn open(settings: &ServerSettings, printer: &Printer) -> Outcome<Self> {
        if let Database::Sqlite(file) = &settings.database {
            make_folder(&settings.place.data_dir)?;
            if let Some(parent) = file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                make_folder(parent)?;
            }
        }
        let tls = settings.tls.files.clone().map(Tls::load).transpose()?;
        let rootkey::Opened { key: root, is_new } =
            rootkey::open(&settings.root_key, &settings.database, printer)?;
        if let Database::Sqlite(file) = &settings.database {
            make_private(file).with_context(|| format!("cannot make {}", file.display()))?;
        }
        let clock = Arc::new(SystemClock);
        let store =
            Store::open(&settings.database, clock.now()).await.map_err(|error| opening(error, settings))?;
        let (listener, address) = bind(settings.place.listen)?;
        let metrics = match settings.metrics_listen {
            Some(address) => {
                let (listener, address) = bind(address)?;
                tracing::info!(%address, "metrics");
                Some(listener)
            }
            None => None,
        };
        let mut served = Settings::local(reachable(address));
        if let Some(url) = &settings.site_url {
            served.site_url.clone_from(url);
        } else if tls.is_some() {
            served.site_url = format!("https://{}", reachable(address));
        }
        served.client_certificate_header.clone_from(&settings.tls.client_certificate_header);
        served.trusted_proxies.clone_from(&settings.trusted_proxies);
        served.token_age_ceiling = settings.max_token_age;
        served.allowed_targets.clone_from(&settings.outbound.allowed);
        served.endpoints = settings.outbound.endpoints.clone();
        let app = assemble(store, root, clock, served).await?;
        Ok(Self { app, listener, address, tls, metrics, has_new_root_key: is_new })
    }

    /// The address that was bound.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL at which this machine reaches the server.
    pub(crate) fn local_url(&self) -> String {
        format!("{}://{}", self.scheme(), reachable(self.address))
    }

    /// `https` if it speaks TLS, else `http`.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Whether this start made the root key.
    pub(crate) fn has_new_root_key(&self) -> bool {
        self.has_new_root_key
    }

    /// The application.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// Serves until `running` is stopped, and closes the database.
    pub(crate) async fn serve(self, running: Running) -> Outcome {
        let store = self.app.store.clone();
        let metrics = self.metrics.map(|listener| tokio::spawn(metrics::serve(self.app.clone(), listener)));
        let listening = Listening { listener: self.listener, tls: self.tls, timeouts: Timeouts::USUAL };
        let service = vouchsafe_console::service(self.app.clone());
        let served = serve(self.app, service, listening, running).await;
        if let Some(metrics) = metrics {
            metrics.abort();
        }
        store.close().await;
        Ok(served?)
    }
}

/// Where a client on this machine finds a server that listens on all addresses.
fn reachable(bound: SocketAddr) -> SocketAddr {
    match bound {
        SocketAddr::V4(address) if address.ip().is_unspecified() => ([127, 0, 0, 1], bound.port()).into(),
        SocketAddr::V6(address) if address.ip().is_unspecified() => {
            (std::net::Ipv6Addr::LOCALHOST, bound.port()).into()
        }
        _ => bound,
    }
}

fn bind(address: SocketAddr) -> Outcome<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).map_err(|error| {
        let failure = Failure::message(format!("cannot listen on {address}: {error}"));
        if error.kind() == std::io::ErrorKind::AddrInUse {
            failure.hint("choose another address with --listen; port 0 takes a free one")
        } else {
            failure
        }
    })?;
    let bound = listener.local_addr()?;
    Ok((listener, bound))
}

fn opening(error: OpenError, settings: &ServerSettings) -> Failure {
    match (&settings.database, error) {
        (Database::Postgres(_), OpenError::Store(StoreError::Unavailable(why))) => Failure::message(format!(
            "cannot reach PostgreSQL: {why}"
        ))
        .hint("check the address, the user and the database in --database-url (VOUCHSAFE_DATABASE_URL)"),
        (_, error) => error.into(),
    }
}

/// Makes a folder that only its owner can enter; one that exists stays as it is.
fn make_folder(path: &Path) -> Outcome {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(path).with_context(|| format!("cannot make the folder {}", path.display()))?)
}

/// Makes an empty file that only its owner can read, as the database would not; one that exists
/// stays as it is. Files that `SQLite` puts beside it take over its mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}
