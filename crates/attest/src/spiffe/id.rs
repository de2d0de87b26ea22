//! Names of workloads and trust domains (SPIFFE-ID section 2).

/// Longest SPIFFE ID, in bytes (SPIFFE-ID section 2.3).
const LONGEST_ID: usize = 2048;
/// Longest trust domain, in bytes (SPIFFE-ID section 2.1).
const LONGEST_DOMAIN: usize = 255;

/// A SPIFFE ID that is well formed.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct SpiffeId {
    text: String,
    domain_end: usize,
}

impl SpiffeId {
    const SCHEME: &'static str = "spiffe://";

    /// Reads an ID (SPIFFE-ID section 2): a trust domain, and a path without empty, `.` and `..` segments.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > LONGEST_ID {
            return Err("is longer than 2048 bytes");
        }
        let rest = text.strip_prefix(Self::SCHEME).ok_or("does not begin with spiffe://")?;
        let (domain, path) = rest.split_once('/').map_or((rest, None), |(domain, path)| (domain, Some(path)));
        if !is_trust_domain(domain) {
            return Err("names no valid trust domain");
        }
        if path.is_some_and(|path| !path.split('/').all(is_segment)) {
            return Err("has a path that is not valid");
        }
        Ok(Self { text: text.to_owned(), domain_end: Self::SCHEME.len() + domain.len() })
    }

    /// The whole ID.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its trust domain.
    pub fn trust_domain(&self) -> &str {
        &self.text[Self::SCHEME.len()..self.domain_end]
    }

    /// Its path with the slash in front; empty for the ID of the trust domain itself.
    pub fn path(&self) -> &str {
        &self.text[self.domain_end..]
    }
}

/// Whether a text is the name of a trust domain (SPIFFE-ID section 2.1).
pub fn is_trust_domain(text: &str) -> bool {
    let is_allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'.' | b'-' | b'_');
    !text.is_empty() && text.len() <= LONGEST_DOMAIN && text.bytes().all(is_allowed)
}

fn is_segment(text: &str) -> bool {
    let is_allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_');
    !matches!(text, "" | "." | "..") && text.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_strictly() {
        for good in ["spiffe://acme.example/web", "spiffe://a/b/c.d-e_F", "spiffe://acme.example"] {
            assert!(SpiffeId::parse(good).is_ok(), "{good}");
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
            assert!(SpiffeId::parse(bad).is_err(), "{bad}");
        }
        assert!(SpiffeId::parse(&format!("spiffe://a/{}", "x".repeat(LONGEST_ID))).is_err());
    }

    #[test]
    fn trust_domains_are_lower_case_names() {
        assert!(is_trust_domain("acme.example"));
        for bad in ["", "Acme", "a b", "a/b", &"x".repeat(256)] {
            assert!(!is_trust_domain(bad), "{bad}");
        }
    }
}
