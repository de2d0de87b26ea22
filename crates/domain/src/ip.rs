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

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn nets(texts: &[&str]) -> Vec<IpNet> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn the_stored_form_of_the_contract() {
        for (text, stored) in [
            ("0.0.0.0/0", json!({"ipAddress": "0.0.0.0", "type": "ipv4", "prefix": 0})),
            ("::/0", json!({"ipAddress": "::", "type": "ipv6", "prefix": 0})),
            (" 10.1.0.0/16 ", json!({"ipAddress": "10.1.0.0", "type": "ipv4", "prefix": 16})),
            ("10.1.2.3", json!({"ipAddress": "10.1.2.3", "type": "ipv4"})),
            ("10.1.2.3/16", json!({"ipAddress": "10.1.2.3", "type": "ipv4", "prefix": 16})),
            ("2001:DB8::1", json!({"ipAddress": "2001:DB8::1", "type": "ipv6"})),
        ] {
            let parsed = TrustedIp::parse(text).unwrap();
            assert_eq!(serde_json::to_value(&parsed).unwrap(), stored);
            assert_eq!(serde_json::from_value::<TrustedIp>(stored).unwrap(), parsed);
        }
        for stored in [
            json!({"ipAddress": "10.0.0.1", "type": "ipv6"}),
            json!({"ipAddress": "10.0.0.1", "type": "ipv4", "prefix": 33}),
            json!({"ipAddress": "10.0.0.1/8", "type": "ipv4"}),
        ] {
            assert!(serde_json::from_value::<TrustedIp>(stored.clone()).is_err(), "{stored}");
        }
        assert!(serde_json::from_value::<TrustedIps>(json!([])).is_err());
        assert_eq!(TrustedIps::any(), TrustedIps::parse(["0.0.0.0/0", "::/0"]).unwrap());
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "x",
            "10.0.0",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.0/8/8",
            "::/129",
            "010.0.0.1",
            "fe80::1%eth0",
            "10.0.0.0 /8",
        ] {
            let error = TrustedIps::parse([text]).unwrap_err();
            assert_eq!(error.to_string(), "The IP is not a valid IPv4, IPv6, or CIDR block", "{text}");
        }
        assert_eq!(TrustedIps::parse([]), Err(InvalidTrustedIps::Empty));
        assert!(TrustedIps::parse(vec!["::1"; 100]).is_ok());
        assert_eq!(TrustedIps::parse(vec!["::1"; 101]), Err(InvalidTrustedIps::TooMany));
    }

    #[test]
    fn addresses_match_by_network_and_family() {
        for (network, address, expected) in [
            ("10.1.2.3/16", "10.1.255.255", true),
            ("10.1.2.3/16", "10.2.0.0", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("10.1.2.3", "::ffff:10.1.2.3", true),
            ("::ffff:10.1.0.0/112", "10.1.2.3", true),
            ("::ffff:10.1.0.0/112", "10.2.2.3", false),
            ("::/0", "10.1.2.3", false),
            ("::/0", "::ffff:10.1.2.3", false),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("2001:db8::/32", "2001:db8:1::1", true),
        ] {
            assert_eq!(
                TrustedIp::parse(network).unwrap().contains(ip(address)),
                expected,
                "{network} {address}"
            );
        }
    }

    #[test]
    fn any_needs_both_wildcards() {
        assert!(TrustedIps::any().is_any());
        assert!(TrustedIps::parse(["10.0.0.1", "::1/0", "1.2.3.4/0"]).unwrap().is_any());
        assert!(!TrustedIps::parse(["0.0.0.0/0"]).unwrap().is_any());
        assert!(!TrustedIps::parse(["::/0", "0.0.0.0/1", "128.0.0.0/1"]).unwrap().is_any());
    }

    #[test]
    fn the_client_is_the_first_address_from_the_right_that_is_no_proxy() {
        let proxies = nets(&["10.0.0.0/8", "fd00::/8"]);
        for (peer, headers, client) in [
            ("1.1.1.1", vec!["2.2.2.2"], "1.1.1.1"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec!["2.2.2.2"], "2.2.2.2"),
            ("::ffff:10.0.0.1", vec!["::ffff:2.2.2.2"], "2.2.2.2"),
            ("10.0.0.1", vec!["6.6.6.6, 2.2.2.2, 10.0.0.2"], "2.2.2.2"),
            ("10.0.0.1", vec!["6.6.6.6", "2.2.2.2", "10.0.0.2"], "2.2.2.2"),
            ("10.0.0.1", vec!["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            ("10.0.0.1", vec!["2.2.2.2, unknown, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", vec![""], "10.0.0.1"),
            ("10.0.0.1", vec!["2.2.2.2:8080"], "2.2.2.2"),
            ("fd00::1", vec!["2001:db8::1, [fd00::2]:443, [fd00::3]"], "2001:db8::1"),
        ] {
            assert_eq!(client_ip(ip(peer), &headers, &proxies), ip(client), "{peer} {headers:?}");
        }
    }

    #[test]
    fn the_source_network() {
        assert_eq!(source_network(ip("10.1.2.3")), "10.1.2.0/24");
        assert_eq!(source_network(ip("::ffff:10.1.2.3")), "10.1.2.0/24");
        assert_eq!(source_network(ip("2001:db8:1:2:3::4")), "2001:db8:1:2::/64");
    }

    fn any_ip() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            any::<u32>().prop_map(|bits| Ipv4Addr::from(bits).into()),
            any::<u128>().prop_map(|bits| Ipv6Addr::from(bits).into()),
            any::<u32>().prop_map(|bits| Ipv4Addr::from(bits).to_ipv6_mapped().into()),
        ]
    }

    proptest! {
        #[test]
        fn a_network_contains_what_shares_its_prefix(net: u32, other: u32, prefix in 0_u8..=32) {
            let trusted = TrustedIp::parse(&format!("{}/{prefix}", Ipv4Addr::from(net))).unwrap();
            let shared = u8::try_from((net ^ other).leading_zeros()).unwrap() >= prefix;
            prop_assert_eq!(trusted.contains(Ipv4Addr::from(other).into()), shared);
            prop_assert_eq!(trusted.contains(Ipv4Addr::from(other).to_ipv6_mapped().into()), shared);
        }

        #[test]
        fn any_contains_everything(address in any_ip()) {
            prop_assert!(TrustedIps::any().contains(address));
            prop_assert!(TrustedIps::parse([address.to_string().as_str()]).unwrap().contains(address));
            prop_assert!(TrustedIp::parse(&source_network(address)).unwrap().contains(address));
        }

        #[test]
        fn lists_survive_storing(entries in prop::collection::vec((any_ip(), prop::option::of(0_u8..=32)), 1..=100)) {
            let texts: Vec<String> = entries
                .iter()
                .map(|(ip, prefix)| prefix.map_or(ip.to_string(), |prefix| format!("{ip}/{prefix}")))
                .collect();
            let ips = TrustedIps::parse(texts.iter().map(String::as_str)).unwrap();
            let stored = serde_json::to_string(&ips).unwrap();
            prop_assert_eq!(serde_json::from_str::<TrustedIps>(&stored).unwrap(), ips);
        }

        #[test]
        fn parsing_never_panics(text in "[0-9a-f.:/]{0,30}|\\PC{0,30}") {
            let _ = TrustedIp::parse(&text);
            let _ = client_ip(Ipv4Addr::LOCALHOST.into(), &[&text], &nets(&["127.0.0.0/8"]));
        }

        /// What a client writes itself stands left of what the proxies add, and changes nothing.
        #[test]
        fn a_client_cannot_choose_its_address(
            client in any_ip(),
            forged in "[0-9a-f.:, ]{0,60}",
            hops in prop::collection::vec(any::<u8>(), 0..4),
        ) {
            let proxies = nets(&["10.9.8.0/24"]);
            prop_assume!(!proxies[0].contains(&client.to_canonical()));
            let mut header = format!("{forged},{client}");
            for hop in hops {
                header.push_str(", ");
                header.push_str(&Ipv4Addr::new(10, 9, 8, hop).to_string());
            }
            let peer = Ipv4Addr::new(10, 9, 8, 7).into();
            prop_assert_eq!(client_ip(peer, &[&header], &proxies), client.to_canonical());
            prop_assert_eq!(client_ip(client, &[&header], &proxies), client.to_canonical());
        }
    }
}
