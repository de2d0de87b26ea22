//! Networks: where requests may come from, and where they do come from.

use std::net::{IpAddr, SocketAddr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An address or a network, kept as it was written and matched as a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "StoredIp", into = "StoredIp")]
#[schemars(inline)]
pub struct TrustedIp {
    stored: StoredIp,
    /// What matches; an IPv4 network where an IPv4-mapped IPv6 one was written.
    network: IpNet,
}

/// The form that is stored and returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct StoredIp {
    /// The address without prefix.
    ip_address: String,
    #[serde(rename = "type")]
    family: Family,
    /// The prefix length; left out for a single address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prefix: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Family {
    Ipv4,
    Ipv6,
}

/// The text is not an address or a network, or the list is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTrustedIps {
    /// An entry is not an address or a network.
    #[error("The IP is not a valid IPv4, IPv6, or CIDR block")]
    Entry,
    /// No entry.
    #[error("expected at least one trusted IP")]
    Empty,
    /// Too many entries.
    #[error("expected at most 100 trusted IPs")]
    TooMany,
}

impl TrustedIp {
    /// Reads an address or a network in CIDR form.
    pub fn parse(text: &str) -> Result<Self, InvalidTrustedIps> {
        let text = text.trim();
        match text.split_once('/') {
            None => Self::build(text, None),
            Some((address, prefix)) => Self::build(address, Some(parse_prefix(prefix)?)),
        }
    }

    fn build(text: &str, prefix: Option<u8>) -> Result<Self, InvalidTrustedIps> {
        let address: IpAddr = text.parse().map_err(|_| InvalidTrustedIps::Entry)?;
        let (family, bits) = match address {
            IpAddr::V4(_) => (Family::Ipv4, 32),
            IpAddr::V6(_) => (Family::Ipv6, 128),
        };
        let network = network(address, prefix.unwrap_or(bits)).ok_or(InvalidTrustedIps::Entry)?;
        Ok(Self { stored: StoredIp { ip_address: text.to_owned(), family, prefix }, network })
    }

    /// The address as it was written, without prefix.
    pub fn address(&self) -> &str {
        &self.stored.ip_address
    }

    /// The prefix length, if one was written.
    pub fn prefix(&self) -> Option<u8> {
        self.stored.prefix
    }

    /// Whether the address lies in this network. An IPv4-mapped IPv6 address counts as IPv4; a network of the
    /// other family never contains it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.network.contains(&address.to_canonical())
    }

    fn is_any_of(&self, family: Family) -> bool {
        let own = if matches!(self.network, IpNet::V4(_)) { Family::Ipv4 } else { Family::Ipv6 };
        own == family && self.network.prefix_len() == 0
    }
}

impl TryFrom<StoredIp> for TrustedIp {
    type Error = InvalidTrustedIps;

    fn try_from(stored: StoredIp) -> Result<Self, Self::Error> {
        let ip = Self::build(&stored.ip_address, stored.prefix)?;
        if ip.stored.family == stored.family { Ok(ip) } else { Err(InvalidTrustedIps::Entry) }
    }
}

impl From<TrustedIp> for StoredIp {
    fn from(ip: TrustedIp) -> Self {
        ip.stored
    }
}

/// One to three digits without a leading zero.
fn parse_prefix(text: &str) -> Result<u8, InvalidTrustedIps> {
    let canonical = text == "0" || !text.starts_with('0');
    if !canonical || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(InvalidTrustedIps::Entry);
    }
    text.parse().map_err(|_| InvalidTrustedIps::Entry)
}

/// The network of the address, host bits cleared; an IPv4-mapped one as IPv4.
fn network(address: IpAddr, prefix: u8) -> Option<IpNet> {
    let net = match (address, address.to_canonical()) {
        (IpAddr::V6(v6), IpAddr::V4(v4)) => match prefix.checked_sub(96) {
            Some(prefix) => IpNet::V4(Ipv4Net::new(v4, prefix).ok()?),
            None => IpNet::V6(Ipv6Net::new(v6, prefix).ok()?),
        },
        _ => IpNet::new(address, prefix).ok()?,
    };
    Some(net.trunc())
}

/// Where requests may come from: 1 to 100 addresses and networks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<TrustedIp>", into = "Vec<TrustedIp>")]
#[schemars(inline)]
pub struct TrustedIps(Vec<TrustedIp>);

impl TrustedIps {
    /// The greatest number of entries.
    pub const MAX_ENTRIES: usize = 100;

    /// Reads a list of addresses and networks.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidTrustedIps> {
        let bounded = entries.into_iter().take(Self::MAX_ENTRIES + 1);
        bounded.map(TrustedIp::parse).collect::<Result<Vec<_>, _>>()?.try_into()
    }

    /// Everywhere: both wildcards.
    pub fn any() -> Self {
        let wildcard = |address: &str, family, network| TrustedIp {
            stored: StoredIp { ip_address: address.to_owned(), family, prefix: Some(0) },
            network,
        };
        Self(vec![
            wildcard("0.0.0.0", Family::Ipv4, IpNet::V4(Ipv4Net::default())),
            wildcard("::", Family::Ipv6, IpNet::V6(Ipv6Net::default())),
        ])
    }

    /// Whether every address of both families is trusted by a wildcard.
    pub fn is_any(&self) -> bool {
        [Family::Ipv4, Family::Ipv6].into_iter().all(|family| self.0.iter().any(|ip| ip.is_any_of(family)))
    }

    /// Whether an entry contains the address.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|ip| ip.contains(address))
    }

    /// The entries, in the order they were given.
    pub fn as_slice(&self) -> &[TrustedIp] {
        &self.0
    }
}

impl Default for TrustedIps {
    fn default() -> Self {
        Self::any()
    }
}

impl TryFrom<Vec<TrustedIp>> for TrustedIps {
    type Error = InvalidTrustedIps;

    fn try_from(entries: Vec<TrustedIp>) -> Result<Self, Self::Error> {
        match entries.len() {
            0 => Err(InvalidTrustedIps::Empty),
            n if n > Self::MAX_ENTRIES => Err(InvalidTrustedIps::TooMany),
            _ => Ok(Self(entries)),
        }
    }
}

impl From<TrustedIps> for Vec<TrustedIp> {
    fn from(ips: TrustedIps) -> Self {
        ips.0
    }
}

/// The address that a request came from, IPv4-mapped ones as IPv4.
///
/// `forwarded_for` are the `X-Forwarded-For` header values in order. They are believed only if the `peer` is a
/// listed proxy, and then from the right as far as listed proxies go: the first address that is not one is the
/// client. At an entry that is not an address the walk stops, and the last believed address counts.
pub fn client_ip(peer: IpAddr, forwarded_for: &[&str], trusted_proxies: &[IpNet]) -> IpAddr {
    let is_proxy = |address: &IpAddr| trusted_proxies.iter().any(|net| net.contains(address));
    let mut client = peer.to_canonical();
    let hops = forwarded_for.iter().rev().flat_map(|value| value.rsplit(','));
    for hop in hops {
        if !is_proxy(&client) {
            break;
        }
        match parse_hop(hop) {
            Some(address) => client = address.to_canonical(),
            None => break,
        }
    }
    client
}

/// An address, with or without a port, an IPv6 one with or without brackets.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()))
}

/// The network that a source belongs to when failures are counted by source: /24 for IPv4, /64 for IPv6.
pub fn source_network(address: IpAddr) -> String {
    let address = address.to_canonical();
    let prefix = if address.is_ipv4() { 24 } else { 64 };
    IpNet::new(address, prefix).map_or_else(|_| address.to_string(), |net| net.trunc().to_string())
}
