//! The audit log in figures: `/api/v1/organization/activity`.

use std::collections::BTreeMap;

use vouchsafe_api::activity::{
    Activity, CredentialKind, ExpiringCredential, ExpiringList, ListExpiring, LoginCount, ReadActivity,
    RefusalCount,
};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::org;
use vouchsafe_store::{self as store, EventCount, Steps};

use super::cx::Cx;
use super::error::{ApiError, ApiResult};
use super::identities::within;
use super::reply::ok;
use super::route::{Access, Outcome, Routes};

const READ: Access = Access::Org(org::AUDIT_LOGS_READ);
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// Longest span in seconds that is counted by the hour.
const BY_HOUR: i64 = 3 * DAY;
/// Longest span in seconds.
const LONGEST: i64 = 92 * DAY;

pub(super) fn routes() -> Routes {
    Routes::new("Audit log")
        .get(
            ["/api/v1/organization/activity"],
            READ,
            "Count logins of identities by time, method and result",
            activity,
        )
        .get(
            ["/api/v1/organization/activity/expiring-credentials"],
            READ,
            "List client secrets and tokens that end soon, without the secrets",
            expiring,
        )
}

async fn activity(cx: Cx, input: ReadActivity) -> Outcome<Activity> {
    let steps = steps(&input, cx.now())?;
    let found = cx.app.store.login_counts(cx.org()?, &steps).await?;
    let refusals = found.reasons.into_iter().filter_map(|(event, reason, count)| {
        method(&event).map(|(method, _)| RefusalCount { method: method.to_owned(), reason, count })
    });
    ok(Activity {
        start_date: steps.from,
        end_date: steps.until,
        step_seconds: steps.seconds,
        logins: logins(&steps, &found.counts),
        refusals: refusals.collect(),
        is_complete: found.is_complete,
    })
}

/// The steps that cover the span which was asked for.
fn steps(input: &ReadActivity, now: Timestamp) -> ApiResult<Steps> {
    let end = input.end_date.unwrap_or(now);
    let start = input.start_date.unwrap_or_else(|| end.plus_seconds(-DAY));
    let span = end.seconds_since(start);
    if !(0..=LONGEST).contains(&span) || start < Timestamp::EPOCH {
        return Err(ApiError::invalid(
            "startDate",
            "Expected a time before the end, and at most 92 days before",
        ));
    }
    let seconds = if span <= BY_HOUR { HOUR } else { DAY };
    let from = start.as_seconds().div_euclid(seconds) * seconds;
    let until = (end.as_seconds().div_euclid(seconds) + 1) * seconds;
    Ok(Steps { from: Timestamp::from_seconds(from), until: Timestamp::from_seconds(until), seconds })
}

/// The method of an event of a login, and whether it was granted.
fn method(event: &str) -> Option<(&str, bool)> {
    let name = event.strip_prefix("login-identity-")?;
    Some(name.strip_suffix("-failed").map_or((name, true), |method| (method, false)))
}

fn logins(steps: &Steps, counts: &[EventCount]) -> Vec<LoginCount> {
    let mut by_method: BTreeMap<(i64, &str), (i64, i64)> = BTreeMap::new();
    for one in counts {
        let Some((method, is_granted)) = method(&one.event) else { continue };
        let (granted, refused) = by_method.entry((one.step, method)).or_default();
        *(if is_granted { granted } else { refused }) += one.count;
    }
    let shown = |((step, method), (granted, refused)): ((i64, &str), _)| LoginCount {
        starts_at: steps.from.plus_seconds(step.saturating_mul(steps.seconds)),
        method: method.to_owned(),
        granted,
        refused,
    };
    by_method.into_iter().map(shown).collect()
}

async fn expiring(cx: Cx, input: ListExpiring) -> Outcome<ExpiringList> {
    let days = within("days", input.days, 30, 1..=366)?;
    let limit = within("limit", input.limit, 20, 1..=100)?;
    let (from, until) = (cx.now(), cx.now().plus_seconds(days * DAY));
    let found = cx.app.store.expiring_credentials(cx.org()?, from, until, limit).await?;
    ok(ExpiringList { credentials: found.into_iter().map(shown).collect() })
}

fn shown(found: store::ExpiringCredential) -> ExpiringCredential {
    ExpiringCredential {
        id: found.id,
        kind: if found.is_token { CredentialKind::Token } else { CredentialKind::ClientSecret },
        identity_id: found.identity_id,
        identity_name: found.identity_name,
        expires_at: found.expires_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_cover_what_was_asked_for() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let asked = |from: Option<&str>, until: &str| {
            let input = ReadActivity { start_date: from.map(at), end_date: Some(at(until)) };
            steps(&input, at("2026-06-01T00:00:00Z")).map(|steps| (steps.from, steps.until, steps.seconds))
        };
        assert_eq!(
            asked(None, "2026-01-02T10:20:30Z").unwrap(),
            (at("2026-01-01T10:00:00Z"), at("2026-01-02T11:00:00Z"), HOUR)
        );
        assert_eq!(
            asked(Some("2026-01-01T10:20:30Z"), "2026-01-31T00:00:00Z").unwrap(),
            (at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z"), DAY)
        );
        assert!(asked(Some("2026-01-01T00:00:00Z"), "2026-04-04T00:00:00Z").is_err());
        assert!(asked(Some("2026-01-02T00:00:00Z"), "2026-01-01T00:00:00Z").is_err());
    }
}
