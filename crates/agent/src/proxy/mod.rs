//! A door to the server for programs on this machine that hold no token: it adds the agent's, keeps answers about
//! secrets, and gives them again while the server is away.
//!
//! - `guard` decides who may come in, `headers` what goes along, `cache` what is kept; they do no I/O.
//! - `flow` takes a request through them, `link` asks the server, `listen` opens the door.
//!
//! Nothing is answered from memory without asking, unless it is fresh by the settings, or the server cannot be asked.

mod cache;
mod flow;
mod guard;
mod headers;
mod link;
mod listen;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use vouchsafe_api::concealed::Concealed;
use vouchsafe_client::Client;

use crate::moment::Ticker;

/// Where programs find the proxy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Place {
    /// A Unix socket, with the permissions of its file.
    Socket {
        /// Path of the file. Its folder is there already.
        path: PathBuf,
        /// Mode, such as `0o600`.
        mode: u32,
    },
    /// A TCP port. Anybody who reaches it acts as the agent's identity.
    Port {
        /// The address; port 0 takes a free one.
        address: SocketAddr,
        /// Whether other machines may come in, if the address lets them.
        is_exposed: bool,
    },
}

/// How the proxy behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens.
    pub place: Place,
    /// How long an answer is given again without asking the server.
    pub fresh_for: Duration,
    /// How old an answer may be that is given while the server is away.
    pub stale_for: Duration,
    /// Most answers that are kept.
    pub entries: usize,
    /// Most bytes of answers that are kept.
    pub bytes: usize,
}

impl Settings {
    /// Listening there, asking the server every time, giving answers for 5 minutes while it is away; 1000 answers and
    /// 64 MiB are kept.
    pub fn at(place: Place) -> Self {
        Self {
            place,
            fresh_for: Duration::ZERO,
            stale_for: Duration::from_mins(5),
            entries: 1000,
            bytes: 64 * 1024 * 1024,
        }
    }
}

/// What stands behind the proxy.
#[derive(Clone)]
pub struct Behind {
    /// A client of the server; its token is not used.
    pub client: Client,
    /// The agent's token, now and later.
    pub token: watch::Receiver<Option<Concealed>>,
    /// Told when the server does not accept this token, so that the agent logs in again.
    pub rejected: Arc<dyn Fn(&Concealed) + Send + Sync>,
    /// The time.
    pub ticker: Arc<dyn Ticker>,
}

/// Why the proxy cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// The address is not of this machine alone.
    #[error(
        "the proxy would listen on {0}, where other machines can reach it and act as the agent's identity; \
         use an address such as 127.0.0.1:8081 or a Unix socket, or allow it explicitly"
    )]
    Exposed(SocketAddr),
    /// There is something else at the path of the socket.
    #[error("{} is there already and is no socket; remove it, or give the proxy another path", .0.display())]
    Occupied(PathBuf),
    /// Somebody serves the socket.
    #[error("another program listens on {}; stop it, or give the proxy another path", .0.display())]
    Busy(PathBuf),
    /// The system refuses.
    #[error("the proxy cannot listen on {place}: {source}")]
    Listen {
        /// The address or path.
        place: String,
        /// Why.
        source: io::Error,
    },
}

/// A proxy that runs until this is dropped.
#[derive(Debug)]
pub struct Proxy {
    place: Place,
    serving: JoinHandle<()>,
}

impl Proxy {
    /// Listens and serves from now on.
    pub async fn start(settings: Settings, behind: Behind) -> Result<Self, ProxyError> {
        let door = listen::open(&settings.place).await?;
        let place = door.place().clone();
        let flow = Arc::new(flow::Flow::new(&settings, behind));
        tracing::info!(place = %Shown(&place), "the proxy listens");
        Ok(Self { place, serving: tokio::spawn(door.serve(flow)) })
    }

    /// Where it listens, with the port that it took.
    pub fn place(&self) -> &Place {
        &self.place
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
        if let Place::Socket { path, .. } = &self.place {
            // Somebody may have cleaned up.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A place in words.
struct Shown<'a>(&'a Place);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Place::Socket { path, .. } => path.display().fmt(f),
            Place::Port { address, .. } => address.fmt(f),
        }
    }
}
