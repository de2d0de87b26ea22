//! What a token says of itself. Nobody has checked its signature here; the server does.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use vouchsafe_domain::time::Timestamp;

/// Longest token that is looked into, in bytes.
const LONGEST: usize = 64 * 1024;

/// What a JWT says of itself, unverified.
#[derive(Clone, Debug)]
pub(crate) struct Unverified {
    /// How it is signed (RFC 7515, section 4).
    pub(crate) header: Map<String, Value>,
    /// What it claims (RFC 7519, section 4).
    pub(crate) claims: Map<String, Value>,
}

/// Where the life of a token stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Life {
    /// Nothing to do yet, or it does not say how long it lives.
    Good,
    /// Two thirds are over.
    Due,
    /// All of it is over.
    Over,
}

impl Unverified {
    /// Looks into a token; `None` if it is no JWT.
    pub(crate) fn read(token: &str) -> Option<Self> {
        let parts: Vec<&str> = token.trim().split('.').collect();
        let [header, claims, _] = parts[..] else { return None };
        if token.len() > LONGEST {
            return None;
        }
        Some(Self { header: object(header)?, claims: object(claims)? })
    }

    /// A claim that is text and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// A claim that is a number of seconds since 1970.
    pub(crate) fn time(&self, name: &str) -> Option<Timestamp> {
        let number = self.claims.get(name)?;
        // RFC 7519 section 2 allows fractions.
        #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second does not matter")]
        let seconds = number.as_i64().or_else(|| number.as_f64().map(|seconds| seconds as i64))?;
        Some(Timestamp::from_seconds(seconds))
    }

    /// When it was issued, if it says so.
    pub(crate) fn issued_at(&self) -> Option<Timestamp> {
        self.time("iat")
    }

    /// When it expires, if it says so.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        self.time("exp")
    }

    /// Where its life stands. Without a beginning, only its end is known.
    pub(crate) fn life(&self, now: Timestamp) -> Life {
        let Some(end) = self.expires_at() else { return Life::Good };
        if end <= now {
            return Life::Over;
        }
        let Some(start) = self.issued_at().filter(|start| *start < end) else { return Life::Good };
        if now.seconds_since(start) >= end.seconds_since(start) / 3 * 2 { Life::Due } else { Life::Good }
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// A token with these claims and no good signature.
    pub(crate) fn token(claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.AA", part(&json!({ "alg": "EdDSA" })), part(claims))
    }

    #[test]
    fn tokens_are_looked_into_and_other_text_is_not() {
        let read = Unverified::read(&token(&json!({ "identityId": "x", "empty": "", "exp": 1.5 }))).unwrap();
        assert_eq!((read.text("identityId"), read.text("empty"), read.text("exp")), (Some("x"), None, None));
        assert_eq!(read.expires_at(), Some(Timestamp::from_seconds(1)));
        assert_eq!(read.header["alg"], "EdDSA");
        for text in ["", "st.id.secret", "a.b", "e30.e30", "e30.W10.AA", "e30.e30.AA.AA"] {
            assert!(Unverified::read(text).is_none(), "{text}");
        }
        assert!(Unverified::read(&format!("e30.e30.{}", "A".repeat(LONGEST))).is_none());
    }

    #[test]
    fn a_token_is_due_at_two_thirds_of_its_life() {
        let life = |claims: Value, now| {
            Unverified::read(&token(&claims)).unwrap().life(Timestamp::from_seconds(now))
        };
        for (now, want) in
            [(0, Life::Good), (1599, Life::Good), (1600, Life::Due), (1899, Life::Due), (1900, Life::Over)]
        {
            assert_eq!(life(json!({ "iat": 1000, "exp": 1900 }), now), want, "{now}");
        }
        assert_eq!(life(json!({ "iat": 1000 }), 1 << 40), Life::Good);
        assert_eq!(life(json!({ "exp": 1900 }), 1899), Life::Good);
        assert_eq!(life(json!({ "iat": 5000, "exp": 1900 }), 100), Life::Good);
    }
}
