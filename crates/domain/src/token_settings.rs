//! What every auth method says about the access tokens it issues, and how long a token lives.

use crate::{ip::TrustedIps, time::Timestamp};

/// The greatest TTL, max TTL and period: ten years, in seconds.
pub const MAX_SECONDS: i64 = 315_360_000;
/// TTL and max TTL where nothing is said: 30 days, in seconds.
pub const DEFAULT_TTL: i64 = 2_592_000;
/// How long a token lives at most unless the server is told otherwise: 90 days, in seconds.
pub const TOKEN_AGE_CEILING: i64 = 7_776_000;
/// What a login reports as max TTL of a periodic token, in seconds.
pub const PERIODIC_MAX_TTL: i64 = 1_000_000_000;

/// The token settings of an auth method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSettings {
    ttl: i64,
    max_ttl: i64,
    uses_limit: i64,
    period: i64,
    trusted_ips: TrustedIps,
}

/// The numbers do not make token settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTokenSettings {
    /// TTL above max TTL.
    #[error("Access token TTL cannot be greater than max TTL")]
    TtlAboveMax,
    /// A number of seconds below 0 or above [`MAX_SECONDS`].
    #[error("{field} must be 0 to {MAX_SECONDS} seconds")]
    Seconds {
        /// The field as it is called on the wire.
        field: &'static str,
    },
    /// A negative number of uses.
    #[error("accessTokenNumUsesLimit must not be negative")]
    UsesLimit,
}

impl TokenSettings {
    /// Checks the numbers. `ttl`, `max_ttl` and `period` are seconds, 0 to [`MAX_SECONDS`], 0 meaning no bound or not
    /// periodic; `uses_limit` 0 means no limit.
    pub fn new(
        ttl: i64,
        max_ttl: i64,
        uses_limit: i64,
        period: i64,
        trusted_ips: TrustedIps,
    ) -> Result<Self, InvalidTokenSettings> {
        for (field, seconds) in
            [("accessTokenTTL", ttl), ("accessTokenMaxTTL", max_ttl), ("accessTokenPeriod", period)]
        {
            if !(0..=MAX_SECONDS).contains(&seconds) {
                return Err(InvalidTokenSettings::Seconds { field });
            }
        }
        if uses_limit < 0 {
            return Err(InvalidTokenSettings::UsesLimit);
        }
        if max_ttl > 0 && ttl > max_ttl {
            return Err(InvalidTokenSettings::TtlAboveMax);
        }
        Ok(Self { ttl, max_ttl, uses_limit, period, trusted_ips })
    }

    /// How long a token lives, in seconds; 0 for as long as the other bounds allow.
    pub fn ttl(&self) -> i64 {
        self.ttl
    }

    /// How long a token can be renewed, in seconds from its creation; 0 for ever.
    pub fn max_ttl(&self) -> i64 {
        self.max_ttl
    }

    /// How many requests a token is good for; 0 for any number.
    pub fn uses_limit(&self) -> i64 {
        self.uses_limit
    }

    /// Above 0 the token is periodic: each renewal gives it this many seconds, without end.
    pub fn period(&self) -> i64 {
        self.period
    }

    /// Where requests with the token may come from.
    pub fn trusted_ips(&self) -> &TrustedIps {
        &self.trusted_ips
    }

    /// The part that decides how long a token lives.
    pub fn terms(&self) -> TokenTerms {
        TokenTerms { ttl: self.ttl, max_ttl: self.max_ttl, period: self.period }
    }
}

impl Default for TokenSettings {
    fn default() -> Self {
        Self {
            ttl: DEFAULT_TTL,
            max_ttl: DEFAULT_TTL,
            uses_limit: 0,
            period: 0,
            trusted_ips: TrustedIps::any(),
        }
    }
}

/// What decides how long a token lives; a token carries its own, all in seconds. See [`TokenSettings`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenTerms {
    /// Requested lifetime; 0 for no bound.
    pub ttl: i64,
    /// Bound on the age through renewals; 0 for none. Not looked at when periodic.
    pub max_ttl: i64,
    /// Above 0: periodic, and this is the requested lifetime.
    pub period: i64,
}

/// How many seconds a token issued or renewed `now` lives, having been first issued at `creation`: the least of
/// the requested lifetime, what is left of the max TTL, and `ceiling_s`. None when nothing is left.
pub fn lifetime(terms: &TokenTerms, creation: Timestamp, now: Timestamp, ceiling_s: i64) -> Option<i64> {
    let periodic = terms.period > 0;
    let requested = if periodic { terms.period } else { terms.ttl };
    let mut seconds = ceiling_s;
    if requested > 0 {
        seconds = seconds.min(requested);
    }
    if !periodic && terms.max_ttl > 0 {
        // A clock that went back must not make the token live longer.
        let age = now.as_seconds().saturating_sub(creation.as_seconds()).max(0);
        seconds = seconds.min(terms.max_ttl - age);
    }
    (seconds > 0).then_some(seconds)
}

/// What a login answers as `(expiresIn, accessTokenMaxTTL)`: the settings, not the lifetime.
pub fn reported(terms: &TokenTerms) -> (i64, i64) {
    if terms.period > 0 { (terms.period, PERIODIC_MAX_TTL) } else { (terms.ttl, terms.max_ttl) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const YEAR: i64 = 31_536_000;

    fn settings(ttl: i64, max: i64, uses: i64, period: i64) -> Result<TokenSettings, InvalidTokenSettings> {
        TokenSettings::new(ttl, max, uses, period, TrustedIps::any())
    }

    #[test]
    fn settings_are_checked() {
        assert_eq!(settings(DEFAULT_TTL, DEFAULT_TTL, 0, 0).unwrap(), TokenSettings::default());
        assert!(settings(60, 0, 0, 0).is_ok());
        assert_eq!(
            settings(61, 60, 0, 0).unwrap_err().to_string(),
            "Access token TTL cannot be greater than max TTL"
        );
        assert_eq!(settings(-1, 0, 0, 0), Err(InvalidTokenSettings::Seconds { field: "accessTokenTTL" }));
        assert_eq!(
            settings(0, MAX_SECONDS + 1, 0, 0).unwrap_err().to_string(),
            "accessTokenMaxTTL must be 0 to 315360000 seconds"
        );
        assert_eq!(settings(0, 0, -1, 0), Err(InvalidTokenSettings::UsesLimit));
    }

    #[test]
    fn the_examples_of_the_contract() {
        for (ttl, max_ttl, period, issued, answer) in [
            (3600, 86_400, 0, 3600, (3600, 86_400)),
            (0, 0, 0, TOKEN_AGE_CEILING, (0, 0)),
            (YEAR, YEAR, 0, TOKEN_AGE_CEILING, (YEAR, YEAR)),
            (0, 600, 0, 600, (0, 600)),
            (7, 9, 1800, 1800, (1800, 1_000_000_000)),
        ] {
            let terms = TokenTerms { ttl, max_ttl, period };
            let now = Timestamp::from_seconds(1_000_000);
            assert_eq!(lifetime(&terms, now, now, TOKEN_AGE_CEILING), Some(issued), "{terms:?}");
            assert_eq!(reported(&terms), answer, "{terms:?}");
        }
    }

    #[test]
    fn the_last_renewal_is_shortened_and_the_next_refused() {
        let terms = TokenTerms { ttl: 100, max_ttl: 250, period: 0 };
        let creation = Timestamp::from_millis(5_999);
        let at = |s| lifetime(&terms, creation, creation.plus_seconds(s), TOKEN_AGE_CEILING);
        assert_eq!(
            [at(0), at(150), at(200), at(249), at(250), at(9999)],
            [Some(100), Some(100), Some(50), Some(1), None, None]
        );
    }

    proptest! {
        /// A token that is renewed again and again: its end never moves back and never passes the bounds.
        #[test]
        fn renewals_stay_within_the_bounds(
            ttl in 0..=MAX_SECONDS,
            max_extra in prop::option::of(0..=MAX_SECONDS),
            period in prop_oneof![Just(0), 1..=MAX_SECONDS],
            created in 0_i64..4_000_000_000_000,
            waits in prop::collection::vec(0_i64..20_000_000_000, 0..30),
        ) {
            let max_ttl = max_extra.map_or(0, |extra| (ttl + extra).min(MAX_SECONDS));
            let terms = settings(ttl, max_ttl, 0, period).unwrap().terms();
            let creation = Timestamp::from_millis(created);
            let (mut now, mut last_exp, mut refused) = (creation, 0, false);
            for wait in std::iter::once(0).chain(waits) {
                now = now.plus_millis(wait);
                let Some(seconds) = lifetime(&terms, creation, now, TOKEN_AGE_CEILING) else {
                    prop_assert!(period == 0 && max_ttl > 0 && now.seconds_since(creation) >= max_ttl - 1);
                    refused = true;
                    continue;
                };
                prop_assert!(!refused, "nothing comes back after the maximum");
                prop_assert!((1..=TOKEN_AGE_CEILING).contains(&seconds));
                let exp = now.as_seconds() + seconds;
                prop_assert!(exp >= last_exp);
                last_exp = exp;
                if period > 0 {
                    prop_assert_eq!(seconds, period.min(TOKEN_AGE_CEILING));
                } else {
                    prop_assert!(ttl == 0 || seconds <= ttl);
                    prop_assert!(max_ttl == 0 || exp <= creation.as_seconds() + max_ttl);
                }
            }
        }

        #[test]
        fn any_terms_and_times_are_safe(ttl: i64, max_ttl: i64, period: i64, creation: i64, now: i64, ceiling: i64) {
            let terms = TokenTerms { ttl, max_ttl, period };
            let (creation, now) = (Timestamp::from_millis(creation), Timestamp::from_millis(now));
            if let Some(seconds) = lifetime(&terms, creation, now, ceiling) {
                prop_assert!((1..=ceiling).contains(&seconds));
            }
        }
    }
}
