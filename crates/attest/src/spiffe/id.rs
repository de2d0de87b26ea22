//! Names of workloads and trust domains (SPIFFE-ID section 2).

use std::fmt;

/// Longest SPIFFE id, in bytes (SPIFFE-ID section 2.3).
const LONGEST_ID: usize = 2048;
/// Longest name of a trust domain, in bytes (SPIFFE-ID section 2.3).
const LONGEST_DOMAIN: usize = 255;

/// The name of a trust domain: lower-case letters, digits, dots, hyphens and underscores.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrustDomain(String);

impl TrustDomain {
    /// Reads a name; `spiffe://` in front of it is passed over.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.strip_prefix("spiffe://").unwrap_or(text);
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
        let is_name = !name.is_empty() && name.len() <= LONGEST_DOMAIN && name.bytes().all(fits);
        is_name.then(|| Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The id of a workload.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SpiffeId {
    text: String,
    domain: TrustDomain,
}

impl SpiffeId {
    /// Reads an id strictly: no port, user, query or fragment, no empty, `.` or `..` segments, no slash at the end.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST_ID {
            return None;
        }
        let rest = text.strip_prefix("spiffe://")?;
        let (domain, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(fits);
        if !path.is_empty() && !path[1..].split('/').all(is_segment) {
            return None;
        }
        // A trust domain in front of which a scheme is passed over would let a doubled one through.
        let domain = if domain.contains(':') { None } else { TrustDomain::parse(domain) }?;
        Some(Self { text: text.to_owned(), domain })
    }

    /// The whole id.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it names something in the trust domain, and not the trust domain itself.
    pub fn has_path(&self) -> bool {
        self.text.len() > "spiffe://".len() + self.domain.0.len()
    }

    /// The trust domain that it belongs to.
    pub fn domain(&self) -> &TrustDomain {
        &self.domain
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_strictly() {
        for good in ["spiffe://acme.example/web", "spiffe://a/b/c.d-e_F", "spiffe://acme.example"] {
            assert!(SpiffeId::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "spiffe://",
            "spiffe:///web",
            "http://acme.example/web",
            "SPIFFE://acme.example/web",
            "spiffe://Acme.example/web",
            "spiffe://acme.example:8080/web",
            "spiffe://user@acme.example/web",
            "spiffe://acme.example/web/",
            "spiffe://acme.example//web",
            "spiffe://acme.example/./web",
            "spiffe://acme.example/../web",
            "spiffe://acme.example/web?x=1",
            "spiffe://acme.example/web#f",
            "spiffe://acme.example/w%65b",
            "spiffe://spiffe://acme/web",
            "spiffe://acme.example/wéb",
        ] {
            assert!(SpiffeId::parse(bad).is_none(), "{bad}");
        }
        assert!(SpiffeId::parse(&format!("spiffe://a/{}", "x".repeat(LONGEST_ID))).is_none());
    }

    #[test]
    fn trust_domains_are_lower_case_names() {
        assert_eq!(TrustDomain::parse("spiffe://acme.example"), TrustDomain::parse("acme.example"));
        for bad in ["", "Acme", "a b", "a/b", &"x".repeat(256)] {
            assert!(TrustDomain::parse(bad).is_none(), "{bad}");
        }
    }
}
