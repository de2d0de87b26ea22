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
