//! `/activity/figures`: logins in charts, and what deserves a look.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Query;
use serde::Deserialize;
use vouchsafe_api::activity::{
    Activity, CredentialKind, ExpiringCredential, ExpiringList, LoginCount, ReadActivity,
};
use vouchsafe_api::common::Direction;
use vouchsafe_api::identities::{
    IdentityMembership, IdentityMembershipList, IdentityOrder, IdentityState, SearchIdentities,
};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::org;

use super::chart::{Bar, Bars, Chart, Svg};
use crate::api::Refused;
use crate::errors::Shown;
use crate::page::{Chrome, Place};
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

const DAY: i64 = 86_400;
/// Spans with their name and length in days; the first one is the usual one.
const SPANS: [(&str, &str, i64); 4] =
    [("day", "A day", 1), ("week", "A week", 7), ("month", "30 days", 30), ("quarter", "90 days", 90)];
/// Rows of a list, and bars of a ranking.
const TOP: usize = 10;

/// The address of the page.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    span: String,
}

#[derive(Template)]
#[template(path = "activity/figures.html")]
struct Page {
    chrome: Chrome,
    span: &'static str,
    activity: Activity,
    course: Option<Svg>,
    by_method: Ranking,
    by_reason: Ranking,
    granted: i64,
    refused: i64,
    /// Nothing for those who may not see identities.
    idle: Option<Vec<IdentityMembership>>,
    expiring: Vec<ExpiringCredential>,
    may_open_identities: bool,
    now: Timestamp,
}

/// A chart and its figures.
struct Ranking {
    svg: Option<Svg>,
    bars: Vec<Bar>,
}

impl Page {
    fn when(&self, at: Timestamp) -> TimeElement {
        TimeElement(ago(at, self.now))
    }

    fn step(&self, count: &LoginCount) -> String {
        let text = count.starts_at.to_string();
        if self.activity.step_seconds < DAY {
            text.replace('T', " ")[..16].to_owned()
        } else {
            text[..10].to_owned()
        }
    }

    fn kind(one: &ExpiringCredential) -> &'static str {
        match one.kind {
            CredentialKind::ClientSecret => "client secret",
            CredentialKind::Token => "token",
        }
    }
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Shown {
    let (span, _, days) = SPANS.into_iter().find(|(name, _, _)| *name == asked.span).unwrap_or(SPANS[0]);
    let input =
        ReadActivity { start_date: Some(visit.now.plus_seconds(-days * DAY)), end_date: Some(visit.now) };
    let may_open_identities = visit.may(org::IDENTITY_READ);
    let ends_soon = format!("/api/v1/organization/activity/expiring-credentials?limit={TOP}");
    let (activity, expiring, idle) = tokio::try_join!(
        visit.find::<Activity>("/api/v1/organization/activity", &input),
        visit.get::<ExpiringList>(&ends_soon),
        async { if may_open_identities { idle(&visit).await.map(Some) } else { Ok(None) } }
    )?;
    Ok(visit.show(&Page {
        chrome: visit.chrome("Activity", Place::Activity),
        span,
        course: course(&activity),
        by_method: by_method(&activity),
        by_reason: by_reason(&activity),
        granted: activity.logins.iter().map(|one| one.granted).sum(),
        refused: activity.logins.iter().map(|one| one.refused).sum(),
        activity,
        idle,
        expiring: expiring.credentials,
        may_open_identities,
        now: visit.now,
    }))
}

/// The identities whose last login is the longest ago, and long enough.
async fn idle(visit: &Visit) -> Result<Vec<IdentityMembership>, Refused> {
    let input = SearchIdentities {
        order_by: IdentityOrder::LastLogin,
        order_direction: Direction::Asc,
        limit: i64::try_from(TOP).ok(),
        state: Some(IdentityState::Idle),
        ..SearchIdentities::default()
    };
    let found: IdentityMembershipList = visit.post("/api/v1/identities/search", &input).await?;
    Ok(found.identities)
}

/// A bar for each step, also where nothing happened.
fn steps(activity: &Activity) -> Vec<Bar> {
    let step = activity.step_seconds.max(1);
    let count = activity.end_date.seconds_since(activity.start_date).div_euclid(step).clamp(0, 100);
    let mut bars: Vec<Bar> = (0..count)
        .map(|number| Bar {
            label: label(activity.start_date.plus_seconds(number * step), step),
            ..Bar::default()
        })
        .collect();
    for one in &activity.logins {
        let number = one.starts_at.seconds_since(activity.start_date).div_euclid(step);
        if let Some(bar) = usize::try_from(number).ok().and_then(|number| bars.get_mut(number)) {
            bar.granted += one.granted;
            bar.refused += one.refused;
        }
    }
    bars
}

/// The hour, or month and day.
fn label(at: Timestamp, step: i64) -> String {
    let text = at.to_string();
    if step < DAY { text[11..16].to_owned() } else { text[5..10].to_owned() }
}

fn course(activity: &Activity) -> Option<Svg> {
    let by = if activity.step_seconds < DAY { "hour" } else { "day" };
    let description = format!("Bars for each {by} (UTC): logins granted, and on top of them logins refused.");
    Chart {
        id: "course",
        title: "Logins over time",
        description: &description,
        bars: &steps(activity),
        way: Bars::Up,
    }
    .draw()
}

fn by_method(activity: &Activity) -> Ranking {
    let mut methods: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for one in &activity.logins {
        let (granted, refused) = methods.entry(&one.method).or_default();
        *granted += one.granted;
        *refused += one.refused;
    }
    let bars = methods.into_iter().map(|(method, (granted, refused))| {
        let label = method.to_owned();
        Bar { label, granted, refused }
    });
    let description = "A bar for each auth method: logins granted, and beside them logins refused.";
    ranking("methods", "Logins by auth method", description, bars.collect())
}

fn by_reason(activity: &Activity) -> Ranking {
    let mut reasons: BTreeMap<&str, i64> = BTreeMap::new();
    for one in &activity.refusals {
        *reasons.entry(&one.reason).or_default() += one.count;
    }
    let bars = reasons.into_iter().map(|(reason, refused)| {
        let label = reason.to_owned();
        Bar { label, granted: 0, refused }
    });
    let description = "A bar for each reason, as long as how often logins were refused for it.";
    ranking("reasons", "Why logins were refused", description, bars.collect())
}

/// The longest bars first; the chart has the first ones only.
fn ranking(id: &str, title: &str, description: &str, mut bars: Vec<Bar>) -> Ranking {
    bars.sort_by_key(|bar| std::cmp::Reverse(bar.granted + bar.refused));
    let first = &bars[..bars.len().min(TOP)];
    let svg = Chart { id, title, description, bars: first, way: Bars::Across }.draw();
    Ranking { svg, bars }
}

#[cfg(test)]
mod tests {
    use vouchsafe_api::activity::RefusalCount;

    use super::*;

    fn activity() -> Activity {
        let start: Timestamp = "2026-01-31T22:00:00Z".parse().unwrap();
        let login = |hours: i64, method: &str, granted, refused| LoginCount {
            starts_at: start.plus_seconds(hours * 3_600),
            method: method.to_owned(),
            granted,
            refused,
        };
        let refusal = |method: &str, reason: &str, count| RefusalCount {
            method: method.to_owned(),
            reason: reason.to_owned(),
            count,
        };
        Activity {
            start_date: start,
            end_date: start.plus_seconds(4 * 3_600),
            step_seconds: 3_600,
            logins: vec![login(0, "jwt-auth", 1, 0), login(0, "oidc-auth", 2, 3), login(2, "jwt-auth", 4, 0)],
            refusals: vec![refusal("oidc-auth", "expired", 2), refusal("jwt-auth", "expired", 1)],
            is_complete: true,
        }
    }

    fn bar(label: &str, granted: i64, refused: i64) -> Bar {
        Bar { label: label.to_owned(), granted, refused }
    }

    #[test]
    fn every_step_has_a_bar() {
        let wanted = [bar("22:00", 3, 3), bar("23:00", 0, 0), bar("00:00", 4, 0), bar("01:00", 0, 0)];
        assert_eq!(steps(&activity()), wanted);
    }

    #[test]
    fn methods_and_reasons_are_summed_up() {
        assert_eq!(by_method(&activity()).bars, [bar("jwt-auth", 5, 0), bar("oidc-auth", 2, 3)]);
        assert_eq!(by_reason(&activity()).bars, [bar("expired", 0, 3)]);
    }
}
