//! The one way out to the network.
//!
//! Whatever a check asks of an issuer, a cluster, a cloud or a directory goes through [`Outbound`]: HTTPS with
//! verified certificates, no redirects, no proxies from the environment, addresses checked when they are resolved and used
//! as they were checked, [`TIME_LIMIT`] and [`SIZE_LIMIT`]. A target in a network that the operator allowed may be private, and
//! may be spoken to without TLS.
#![allow(clippy::disallowed_methods, reason = "this is the one way out")]

mod address;
mod svid;
mod tls;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method};
use ipnet::IpNet;
use quick_cache::sync::Cache;
use reqwest::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::{Host, Url};

pub use address::is_public;
pub use svid::Peer;
pub use tls::Trust;

use crate::reason::{Reason, Refusal};

/// How long an outbound call may take from its first to its last byte.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);
/// How long connecting may take, of that.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How large an answer may be, in bytes.
pub const SIZE_LIMIT: usize = 1024 * 1024;
/// How many clients, one for each trust, are kept.
const CLIENTS: usize = 256;

/// Why an outbound call brought no answer. No message names more than the host.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NetError {
    /// The target may not be called.
    #[error(
        "{0} may not be called from here; an operator can allow its network with --allow-private-targets"
    )]
    Blocked(String),
    /// The target is to be called without TLS and is in no network that the operator allowed.
    #[error("{0} is to be called without TLS, which only targets in --allow-private-targets may be")]
    Plain(String),
    /// The name does not resolve.
    #[error("the name {0} could not be resolved")]
    Unresolved(String),
    /// Nothing answers there.
    #[error("{0} could not be reached: {1}")]
    Unreachable(String, String),
    /// The certificate of the target is not to be trusted, or TLS failed otherwise.
    #[error("no trusted TLS connection to {0}: {1}")]
    Tls(String, String),
    /// The answer was not complete in time.
    #[error("{0} did not answer within {limit} s", limit = TIME_LIMIT.as_secs())]
    Timeout(String),
    /// The answer is too large.
    #[error("the answer of {0} is larger than {SIZE_LIMIT} bytes")]
    TooLarge(String),
    /// The URL cannot be called.
    #[error("expected an http or https URL with a host and without credentials")]
    Url,
    /// A target that is known by its SVID shows one in TLS only.
    #[error("{0} has to be called by https: without TLS it shows no SVID")]
    NoSvid(String),
    /// The certificates to trust cannot be read.
    #[error("expected certificates in PEM that can be trusted as authorities")]
    Trust,
}

impl From<NetError> for Refusal {
    fn from(error: NetError) -> Self {
        let reason = match error {
            NetError::Blocked(_) | NetError::Plain(_) => Reason::Blocked,
            NetError::TooLarge(_) => Reason::ProviderAnswer,
            NetError::Url | NetError::NoSvid(_) | NetError::Trust => Reason::Configuration,
            _ => Reason::Unreachable,
        };
        Self::new(reason, error.to_string())
    }
}

/// A call to make.
#[derive(Clone, Debug)]
pub struct Call {
    /// HTTP method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Headers; may hold secrets, so they are never shown.
    pub headers: HeaderMap,
    /// Body; may hold secrets, so it is never shown.
    pub body: Vec<u8>,
    /// Which authorities vouch for the target.
    pub trust: Trust,
}

impl Call {
    /// A GET.
    pub fn get(url: Url, trust: Trust) -> Self {
        Self { method: Method::GET, url, headers: HeaderMap::new(), body: Vec::new(), trust }
    }
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Whether a connection of one's own will be encrypted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wire {
    /// By TLS, before anything secret is sent.
    Encrypted,
    /// Not at all.
    Plain,
}

/// The one way out. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    rules: Arc<Rules>,
    clients: Arc<Cache<(Trust, bool), Client>>,
}

/// Which addresses may be called.
#[derive(Debug)]
struct Rules {
    allowed: Vec<IpNet>,
}

impl Rules {
    /// Whether the operator allowed the network of this address.
    fn lists(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.allowed.iter().any(|network| network.contains(&address))
    }

    fn permit(&self, address: IpAddr, wire: Wire) -> bool {
        self.lists(address) || (wire == Wire::Encrypted && is_public(address))
    }

    /// All addresses of a name, if every one of them may be called: a name with a mixture is a trick.
    async fn resolve(&self, host: &str, port: u16, wire: Wire) -> Result<Vec<SocketAddr>, NetError> {
        let found = timeout(CONNECT_LIMIT, tokio::net::lookup_host((host, port)))
            .await
            .map_err(|_| NetError::Timeout(host.to_owned()))?
            .map_err(|_| NetError::Unresolved(host.to_owned()))?;
        let found: Vec<SocketAddr> = found.take(64).collect();
        self.check(host, &found, wire)?;
        Ok(found)
    }

    fn check(&self, host: &str, addresses: &[SocketAddr], wire: Wire) -> Result<(), NetError> {
        if addresses.is_empty() {
            return Err(NetError::Unresolved(host.to_owned()));
        }
        if addresses.iter().all(|address| self.permit(address.ip(), wire)) {
            return Ok(());
        }
        let is_public = addresses.iter().all(|address| is_public(address.ip()));
        Err(if wire == Wire::Plain && is_public {
            NetError::Plain(host.to_owned())
        } else {
            NetError::Blocked(host.to_owned())
        })
    }
}

/// Resolves names for the HTTP client: what it answers was checked, and is what the client connects to.
struct Checked {
    rules: Arc<Rules>,
    wire: Wire,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (rules, wire) = (Arc::clone(&self.rules), self.wire);
        Box::pin(async move {
            let found = rules.resolve(name.as_str(), 0, wire).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

impl Outbound {
    /// A way out to public addresses, and to those in `allowed`.
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self { rules: Arc::new(Rules { allowed }), clients: Arc::new(Cache::new(CLIENTS)) }
    }

    /// Whether a URL could be called at all: scheme, host, no credentials, and no literal address that is refused.
    pub fn check_url(&self, url: &Url) -> Result<(), NetError> {
        self.wire_of(url).map(|_| ())
    }

    fn wire_of(&self, url: &Url) -> Result<Wire, NetError> {
        let wire = match url.scheme() {
            "https" => Wire::Encrypted,
            "http" => Wire::Plain,
            _ => return Err(NetError::Url),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NetError::Url);
        }
        // The HTTP client resolves no literal addresses, so they are checked here.
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(NetError::Url),
        };
        if let Some(address) = literal {
            self.rules.check(&host_of(url), &[SocketAddr::new(address, 0)], wire)?;
        }
        Ok(wire)
    }

    /// Makes a call and reads the whole answer. A status of any kind is an answer; redirects are not followed.
    pub async fn call(&self, call: Call) -> Result<Reply, NetError> {
        let wire = self.wire_of(&call.url)?;
        let host = host_of(&call.url);
        if wire == Wire::Plain && matches!(call.trust, Trust::Svid(_)) {
            return Err(NetError::NoSvid(host));
        }
        let client = self.client(&call.trust, wire)?;
        let request = client.request(call.method, call.url).headers(call.headers).body(call.body);
        let exchange = async {
            let mut response = request.send().await.map_err(|error| explain(&host, &error))?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(|error| explain(&host, &error))? {
                if body.len() + chunk.len() > SIZE_LIMIT {
                    return Err(NetError::TooLarge(host.clone()));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Reply { status, headers, body })
        };
        timeout(TIME_LIMIT, exchange).await.map_err(|_| NetError::Timeout(host.clone()))?
    }

    /// Opens a connection for another protocol than HTTP.
    pub async fn connect(&self, host: &str, port: u16, wire: Wire) -> Result<TcpStream, NetError> {
        let addresses = self.rules.resolve(host, port, wire).await?;
        let mut last = "no address".to_owned();
        for address in addresses {
            match timeout(CONNECT_LIMIT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => last = error.kind().to_string(),
                Err(_) => return Err(NetError::Timeout(host.to_owned())),
            }
        }
        Err(NetError::Unreachable(host.to_owned(), last))
    }

    /// TLS for another protocol than HTTP.
    pub fn tls(&self, trust: &Trust) -> Result<Arc<ClientConfig>, NetError> {
        trust.config().map(Arc::new)
    }

    fn client(&self, trust: &Trust, wire: Wire) -> Result<Client, NetError> {
        let key = (trust.clone(), wire == Wire::Plain);
        if let Some(client) = self.clients.get(&key) {
            return Ok(client);
        }
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .timeout(TIME_LIMIT)
            .connect_timeout(CONNECT_LIMIT)
            .pool_max_idle_per_host(4)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("vouchsafe/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Checked { rules: Arc::clone(&self.rules), wire })
            .tls_backend_preconfigured(trust.config()?)
            .build()
            .map_err(|_| NetError::Trust)?;
        self.clients.insert(key, client.clone());
        Ok(client)
    }
}

fn host_of(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => String::new(),
    }
}

/// What went wrong, without the URL: its path or query may hold something secret.
fn explain(host: &str, error: &reqwest::Error) -> NetError {
    let mut source = std::error::Error::source(error);
    let mut last = String::new();
    while let Some(cause) = source {
        if let Some(ours) = cause.downcast_ref::<NetError>() {
            return ours.clone();
        }
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            return NetError::Tls(host.to_owned(), tls.to_string());
        }
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            if let Some(tls) = tls_in(io) {
                return NetError::Tls(host.to_owned(), tls.to_string());
            }
            last = io.kind().to_string();
        }
        source = cause.source();
    }
    if error.is_timeout() {
        return NetError::Timeout(host.to_owned());
    }
    let last = if last.is_empty() { "the connection broke off".to_owned() } else { last };
    NetError::Unreachable(host.to_owned(), last)
}

/// The error of TLS in an error of a connection, however often it was wrapped.
fn tls_in(io: &std::io::Error) -> Option<&rustls::Error> {
    let inner = io.get_ref()?;
    inner.downcast_ref().or_else(|| tls_in(inner.downcast_ref()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbound(allowed: &[&str]) -> Outbound {
        Outbound::new(allowed.iter().map(|network| network.parse().unwrap()).collect())
    }

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn literal_addresses_in_every_spelling_are_checked() {
        let strict = outbound(&[]);
        for target in [
            "https://127.0.0.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://10.0.0.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.100.100.200/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://[fd00:ec2::254]/",
            "https://[fe80::1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://0.0.0.0/",
            "https://[::]/",
        ] {
            assert!(matches!(strict.check_url(&url(target)), Err(NetError::Blocked(_))), "{target}");
        }
        assert_eq!(strict.check_url(&url("https://8.8.8.8/")), Ok(()));
        assert_eq!(strict.check_url(&url("http://8.8.8.8/")), Err(NetError::Plain("8.8.8.8".to_owned())));
        assert_eq!(strict.check_url(&url("ftp://8.8.8.8/")), Err(NetError::Url));
        assert_eq!(strict.check_url(&url("https://user:pass@8.8.8.8/")), Err(NetError::Url));
    }

    #[test]
    fn an_allowed_network_may_be_private_and_plain() {
        let open = outbound(&["127.0.0.0/8"]);
        assert_eq!(open.check_url(&url("http://127.0.0.1:8080/")), Ok(()));
        assert_eq!(open.check_url(&url("http://[::ffff:127.0.0.1]/")), Ok(()));
        assert!(open.check_url(&url("https://10.0.0.1/")).is_err());
    }

    #[tokio::test]
    async fn names_are_checked_by_what_they_resolve_to() {
        let strict = outbound(&[]);
        let refused = strict.call(Call::get(url("https://localhost:1/"), Trust::Public)).await.unwrap_err();
        assert_eq!(refused, NetError::Blocked("localhost".to_owned()));
        let refused = strict.connect("localhost", 389, Wire::Encrypted).await.unwrap_err();
        assert_eq!(refused, NetError::Blocked("localhost".to_owned()));
    }
}
