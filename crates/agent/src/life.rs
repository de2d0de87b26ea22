//! How long a token lives, and what to do about it when.
//!
//! Everything is counted from when the token was issued, by what its own claims say of each other (`exp` less `iat`),
//! so neither the clock of this machine nor its distance from the server's matters. The claims are not verified
//! here: they only plan, and the server decides.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::moment::Moment;
use crate::pace::SHORTEST;

/// When neither the token nor the reply says how long it lives.
const UNSAID: Duration = Duration::from_hours(24);
/// A larger token is none; more is not decoded.
const LARGEST_TOKEN: usize = 64 * 1024;

/// What a token says of itself; the names are those of the API.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Claims {
    iat: Option<i64>,
    exp: Option<i64>,
    creation_epoch: Option<i64>,
    #[serde(rename = "accessTokenMaxTTL")]
    max_ttl: Option<i64>,
}

/// How long a token lives, from when it was issued.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Life {
    /// Until it expires.
    pub(crate) lasts: Duration,
    /// Until no renewal helps any more; `None` if it can be renewed for ever.
    pub(crate) budget: Option<Duration>,
}

impl Life {
    /// Of this token; what its claims leave open is as the reply says (seconds, 0 for no limit).
    pub(crate) fn of(token: &str, expires_in: i64, max_ttl: i64) -> Self {
        let claims = claims(token).unwrap_or_default();
        let lasts = match (claims.iat, claims.exp) {
            (Some(issued), Some(expires)) => seconds(expires.saturating_sub(issued)),
            _ => seconds(expires_in),
        };
        let budget = match (claims.iat, claims.creation_epoch, claims.max_ttl) {
            (Some(_), Some(_), Some(0)) => None,
            (Some(issued), Some(first), Some(max)) => {
                Some(seconds(first.saturating_add(max).saturating_sub(issued)).unwrap_or_default())
            }
            _ => seconds(max_ttl),
        };
        Self { lasts: lasts.or(budget).unwrap_or(UNSAID), budget }
    }

    /// Whether a renewal would not live longer than this token does.
    fn is_last(self) -> bool {
        self.budget.is_some_and(|budget| budget <= self.lasts)
    }

    /// What to do with a token that was issued then. It happens at two thirds of the life.
    pub(crate) fn plan(self, issued: Moment) -> Plan {
        let at = issued.plus((self.lasts * 2 / 3).max(SHORTEST));
        Plan { at, log_in: self.is_last(), ends: issued.plus(self.lasts) }
    }
}

/// What to do about a token's end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Plan {
    /// When.
    pub(crate) at: Moment,
    /// Log in afresh, since renewing gains nothing; otherwise renew.
    pub(crate) log_in: bool,
    /// When the token expires.
    pub(crate) ends: Moment,
}

fn seconds(count: i64) -> Option<Duration> {
    u64::try_from(count).ok().filter(|count| *count > 0).map(Duration::from_secs)
}

fn claims(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1).filter(|_| token.len() <= LARGEST_TOKEN)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn token(claims: &serde_json::Value) -> String {
        format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn a_token_is_renewed_at_two_thirds_of_its_life() {
        // The reply has the configured life; the token was capped at 600 s.
        let text =
            token(&json!({ "iat": 1000, "exp": 1600, "creationEpoch": 1000, "accessTokenMaxTTL": 86_400 }));
        let life = Life::of(&text, 3600, 86_400);
        assert_eq!(life.lasts.as_secs(), 600);
        assert_eq!(life.plan(at(50)), Plan { at: at(450), log_in: false, ends: at(650) });
    }

    #[test]
    fn the_last_token_is_followed_by_a_login() {
        let text =
            token(&json!({ "iat": 5000, "exp": 5300, "creationEpoch": 1000, "accessTokenMaxTTL": 4300 }));
        let life = Life::of(&text, 600, 4300);
        assert_eq!(life.plan(at(0)), Plan { at: at(200), log_in: true, ends: at(300) });
    }

    #[test]
    fn tokens_that_say_nothing_live_as_the_reply_says() {
        for (text, expires_in, max, lasts, log_in) in [
            ("opaque", 300, 900, 300, false),
            ("opaque", 900, 900, 900, true),
            ("a.!!.c", 0, 0, UNSAID.as_secs(), false),
            ("", 0, 600, 600, true),
            ("", -5, -5, UNSAID.as_secs(), false),
        ] {
            let life = Life::of(text, expires_in, max);
            assert_eq!((life.lasts.as_secs(), life.is_last()), (lasts, log_in), "{text} {expires_in} {max}");
        }
        // Periodic tokens have no end, whatever the reply says.
        let text = token(&json!({ "iat": 1, "exp": 61, "creationEpoch": 1, "accessTokenMaxTTL": 0 }));
        assert_eq!(Life::of(&text, 60, 1_000_000_000).budget, None);
    }

    proptest! {
        #[test]
        fn whatever_a_token_says_the_plan_comes_before_its_end(
            iat: i64, exp: i64, first: i64, max: i64, expires_in: i64, reply_max: i64,
        ) {
            let claims = json!({ "iat": iat, "exp": exp, "creationEpoch": first, "accessTokenMaxTTL": max });
            let plan = Life::of(&token(&claims), expires_in, reply_max).plan(at(7));
            prop_assert!(plan.at >= at(8), "no sooner than a second");
            prop_assert!(plan.at <= plan.ends || plan.ends < at(9));
        }

        #[test]
        fn any_text_is_read(text in "\\PC{0,60}") {
            let _ = Life::of(&text, 1, 1);
        }
    }
}
