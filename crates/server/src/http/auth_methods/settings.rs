//! Token and lockout settings, from what was sent and what is stored.

use vouchsafe_api::auth_methods::MethodSettings;
use vouchsafe_attest::trusted_ips;
use vouchsafe_domain::lockout::LockoutSettings;
use vouchsafe_domain::token_settings::{DEFAULT_TTL, MAX_SECONDS, TokenSettings};

use super::kind::Kind;
use crate::http::error::{ApiError, ApiResult};
use crate::http::identities::within;

const TTL_RULE: &str = "Access Token TTL cannot be greater than Access Token Max TTL.";

/// Settings of tokens. What is missing comes from `stored`, or from the defaults.
pub(super) fn tokens(
    kind: &Kind,
    stored: Option<&TokenSettings>,
    sent: &MethodSettings,
) -> ApiResult<TokenSettings> {
    let seconds = |field, sent, stored: Option<i64>, default| {
        within(field, sent, stored.unwrap_or(default), 0..=MAX_SECONDS)
    };
    let ttl = seconds("accessTokenTTL", sent.access_token_ttl, stored.map(TokenSettings::ttl), DEFAULT_TTL)?;
    let max_ttl = seconds(
        "accessTokenMaxTTL",
        sent.access_token_max_ttl,
        stored.map(TokenSettings::max_ttl),
        DEFAULT_TTL,
    )?;
    let period = if kind.periodic {
        seconds("accessTokenPeriod", sent.access_token_period, stored.map(TokenSettings::period), 0)?
    } else {
        0
    };
    let uses = stored.map_or(0, TokenSettings::uses_limit);
    let uses =
        within("accessTokenNumUsesLimit", sent.access_token_num_uses_limit, uses, 0..=i64::from(i32::MAX))?;
    // By number, as the contract has it: on attach a maximum of 0 beside a TTL above 0 is refused.
    let both_sent = sent.access_token_ttl.unwrap_or(0) > 0 && sent.access_token_max_ttl.unwrap_or(0) > 0;
    if ttl > max_ttl && (stored.is_none() || both_sent) {
        return Err(ApiError::invalid("", TTL_RULE));
    }
    let ips = trusted_ips(stored.map(|s| s.trusted_ips().clone()), sent.access_token_trusted_ips.clone())
        .map_err(ApiError::bad_request)?;
    TokenSettings::new(ttl, max_ttl, uses, period, ips)
        .map_err(|error| ApiError::bad_request(error.to_string()))
}

/// Settings of the lockout. What is missing comes from `stored`, or from the defaults.
pub(super) fn lockout(stored: Option<&LockoutSettings>, sent: &MethodSettings) -> ApiResult<LockoutSettings> {
    let stored = stored.copied().unwrap_or_default();
    let threshold = within("lockoutThreshold", sent.lockout_threshold, stored.threshold(), 1..=30)?;
    let duration = within(
        "lockoutDurationSeconds",
        sent.lockout_duration_seconds,
        stored.duration_seconds(),
        30..=86_400,
    )?;
    let reset = within(
        "lockoutCounterResetSeconds",
        sent.lockout_counter_reset_seconds,
        stored.counter_reset_seconds(),
        5..=3_600,
    )?;
    let enabled = sent.lockout_enabled.unwrap_or_else(|| stored.enabled());
    let scope = sent.lockout_scope.unwrap_or_else(|| stored.scope());
    LockoutSettings::new(enabled, threshold, duration, reset, scope)
        .map_err(|error| ApiError::invalid("", error.to_string()))
}
