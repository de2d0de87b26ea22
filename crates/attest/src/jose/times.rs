//! Times in claims (RFC 7519 section 4.1.4 to 4.1.6).

use serde_json::Value;
use vouchsafe_domain::time::Timestamp;

use super::Claims;
use crate::reason::{Reason, Refusal};

/// How times in claims are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeRules {
    /// How far clocks may differ, seconds.
    pub skew: i64,
    /// The longest time since `iat` that is accepted, seconds. None: any, and `iat` may be missing.
    pub max_age: Option<i64>,
}

impl Default for TimeRules {
    /// A skew of 60 seconds, no maximum age.
    fn default() -> Self {
        Self { skew: 60, max_age: None }
    }
}

/// Checks `exp` (which has to be there), `nbf` and `iat`. Answers when the proof expires.
pub fn check_times(claims: &Claims, rules: TimeRules, now: Timestamp) -> Result<Timestamp, Refusal> {
    let exp = time(claims, "exp")?.ok_or_else(|| {
        Refusal::new(Reason::ClaimMissing, "the claim exp is missing; only proofs that expire are accepted")
    })?;
    let end = exp.plus_seconds(rules.skew);
    if end <= now {
        return Err(Refusal::new(Reason::Expired, format!("exp is {exp}, which has passed")));
    }
    let latest = now.plus_seconds(rules.skew);
    if let Some(nbf) = time(claims, "nbf")?.filter(|nbf| *nbf > latest) {
        return Err(Refusal::new(Reason::NotYetValid, format!("nbf is {nbf}, which is still to come")));
    }
    let iat = time(claims, "iat")?;
    if let Some(iat) = iat.filter(|iat| *iat > latest) {
        return Err(Refusal::new(Reason::NotYetValid, format!("iat is {iat}, which is still to come")));
    }
    let Some(max_age) = rules.max_age else { return Ok(end) };
    let iat = iat.ok_or_else(|| {
        Refusal::new(Reason::ClaimMissing, "the claim iat is missing, and the source sets a maximum age")
    })?;
    let oldest = iat.plus_seconds(max_age.saturating_add(rules.skew));
    if oldest <= now {
        return Err(Refusal::new(Reason::TooOld, format!("iat is {iat}, more than {max_age} s ago")));
    }
    Ok(end.min(oldest))
}

/// A `NumericDate` (RFC 7519 section 2): seconds, perhaps with a fraction.
fn time(claims: &Claims, name: &str) -> Result<Option<Timestamp>, Refusal> {
    let odd = || Refusal::new(Reason::Malformed, format!("the claim {name} is no time in seconds"));
    match claims.get(name) {
        None => Ok(None),
        Some(Value::Number(number)) => {
            let millis = match number.as_i64() {
                Some(seconds) => seconds.checked_mul(1000),
                #[allow(clippy::cast_possible_truncation, reason = "checked to be within the range")]
                None => number.as_f64().map(|s| s * 1000.0).filter(|ms| ms.abs() < 9e15).map(|ms| ms as i64),
            };
            // The year 9999: nothing later is meant as a time.
            let millis = millis.filter(|ms| (0..253_402_300_800_000).contains(ms)).ok_or_else(odd)?;
            Ok(Some(Timestamp::from_millis(millis)))
        }
        Some(_) => Err(odd()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_700_000_000;

    fn check(claims: Value, rules: TimeRules) -> Result<i64, Reason> {
        let claims: Claims = serde_json::from_value(claims).unwrap();
        check_times(&claims, rules, Timestamp::from_millis(NOW * 1000))
            .map(Timestamp::as_seconds)
            .map_err(|refusal| refusal.reason)
    }

    #[test]
    fn times_count_with_the_skew_on_either_side() {
        let rules = TimeRules { skew: 10, max_age: None };
        assert_eq!(check(json!({ "exp": NOW + 1 }), rules), Ok(NOW + 11));
        assert_eq!(check(json!({ "exp": NOW - 9 }), rules), Ok(NOW + 1));
        assert_eq!(check(json!({ "exp": NOW - 10 }), rules), Err(Reason::Expired));
        assert_eq!(check(json!({ "exp": NOW + 1, "nbf": NOW + 10 }), rules), Ok(NOW + 11));
        assert_eq!(check(json!({ "exp": NOW + 1, "nbf": NOW + 11 }), rules), Err(Reason::NotYetValid));
        assert_eq!(check(json!({ "exp": NOW + 1, "iat": NOW + 11 }), rules), Err(Reason::NotYetValid));
    }

    #[test]
    fn a_maximum_age_needs_iat_and_ends_the_proof_early() {
        let rules = TimeRules { skew: 10, max_age: Some(100) };
        assert_eq!(check(json!({ "exp": NOW + 1000, "iat": NOW - 50 }), rules), Ok(NOW + 60));
        assert_eq!(check(json!({ "exp": NOW + 1000, "iat": NOW - 110 }), rules), Err(Reason::TooOld));
        assert_eq!(check(json!({ "exp": NOW + 1000 }), rules), Err(Reason::ClaimMissing));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let rules = TimeRules::default();
        assert_eq!(check(json!({}), rules), Err(Reason::ClaimMissing));
        for odd in [json!("1700000100"), json!(null), json!(-1), json!(1e300), json!([1]), json!(9e15)] {
            assert_eq!(check(json!({ "exp": odd }), rules), Err(Reason::Malformed), "{odd}");
        }
        assert_eq!(check(json!({ "exp": 1_700_000_100.5 }), rules), Ok(NOW + 160));
    }
}
