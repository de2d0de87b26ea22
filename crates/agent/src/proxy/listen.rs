//! The door: a Unix socket that nobody else can open, or a port of this machine.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use super::flow::Flow;
use super::{Place, ProxyError};

enum Listener {
    Port(TcpListener),
    #[cfg(unix)]
    Socket(UnixListener),
}

/// Where callers come in.
pub(super) struct Door {
    listener: Listener,
    place: Place,
    /// Whether only names of this machine are good.
    is_local: bool,
}

impl Door {
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Serves until it is dropped.
    pub(super) async fn serve(self, flow: Arc<Flow>) {
        let is_local = self.is_local;
        let routes = Router::new().fallback(move |request: Request| {
            let flow = Arc::clone(&flow);
            async move { flow.handle(request, is_local).await }
        });
        let served = match self.listener {
            Listener::Port(listener) => axum::serve(listener, routes).await,
            #[cfg(unix)]
            Listener::Socket(listener) => axum::serve(listener, routes).await,
        };
        if let Err(error) = served {
            tracing::error!(%error, "the proxy no longer answers");
        }
    }
}

/// Listens.
pub(super) async fn open(place: &Place) -> Result<Door, ProxyError> {
    match place {
        Place::Port { address, is_exposed } => port(*address, *is_exposed).await,
        Place::Socket { path, mode } => {
            let listener = socket(path, *mode)?;
            // A web page cannot reach a socket, and callers put any name before the path.
            Ok(Door { listener, place: place.clone(), is_local: false })
        }
    }
}

async fn port(address: SocketAddr, is_exposed: bool) -> Result<Door, ProxyError> {
    let is_local = address.ip().is_loopback();
    if !is_local && !is_exposed {
        return Err(ProxyError::Exposed(address));
    }
    let failed = |source| ProxyError::Listen { place: address.to_string(), source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Door { listener: Listener::Port(listener), place: Place::Port { address, is_exposed }, is_local })
}

#[cfg(unix)]
fn socket(path: &Path, mode: u32) -> Result<Listener, ProxyError> {
    check_free(path)?;
    let failed = |source| ProxyError::Listen { place: path.display().to_string(), source };
    bind(path, mode).map(Listener::Socket).map_err(failed)
}

#[cfg(not(unix))]
fn socket(path: &Path, _: u32) -> Result<Listener, ProxyError> {
    let source = io::Error::new(io::ErrorKind::Unsupported, "this system has no Unix sockets; use a port");
    Err(ProxyError::Listen { place: path.display().to_string(), source })
}

/// Binds in a folder that only we can enter, and moves the socket to its place when its mode is set.
#[cfg(unix)]
fn bind(path: &Path, mode: u32) -> io::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = tempfile::Builder::new().prefix(".v").rand_bytes(6).tempdir_in(parent)?;
    let inner = folder.path().join("s");
    let listener = UnixListener::bind(&inner)?;
    std::fs::set_permissions(&inner, std::fs::Permissions::from_mode(mode))?;
    std::fs::rename(&inner, path)?;
    Ok(listener)
}

/// Whether nothing is there but perhaps a socket that its program left behind.
#[cfg(unix)]
fn check_free(path: &Path) -> Result<(), ProxyError> {
    use std::os::unix::fs::FileTypeExt;
    let failed = |source| ProxyError::Listen { place: path.display().to_string(), source };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
        Ok(found) if !found.file_type().is_socket() => return Err(ProxyError::Occupied(path.to_owned())),
        Ok(_) => {}
    }
    #[allow(clippy::disallowed_methods, reason = "asks whether somebody of this machine serves our socket")]
    match std::os::unix::net::UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(error)),
        Ok(_) => Err(ProxyError::Busy(path.to_owned())),
    }
}
