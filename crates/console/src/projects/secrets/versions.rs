//! The versions of a secret, and going back to one.

use askama::Template;
use axum::extract::Query;
use http::StatusCode;
use vouchsafe_api::secrets::{Secret, UpdateSecret};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::project;

use super::edit::{send, update_of};
use super::reading::{self, Wanted};
use super::spot::{Asked, Parts, Spot};
use crate::errors::{Shown, Trouble};
use crate::page::{self, Chrome};
use crate::projects::place::Crumb;
use crate::projects::who::{self, Who};
use crate::time::{TimeElement, ago};
use crate::visit::{Posted, Visit};

/// Versions on a page.
const PAGE: i64 = 20;

struct Row {
    secret: Secret,
    who: Who,
    is_newest: bool,
    /// Where its value is shown; none if the person may not read it.
    value: Option<String>,
}

#[derive(Template)]
#[template(path = "projects/secrets/versions.html")]
struct Page {
    chrome: Chrome,
    spot: Spot,
    name: String,
    crumbs: Vec<Crumb>,
    rows: Vec<Row>,
    older: Option<String>,
    may_restore: bool,
    now: Timestamp,
}

impl Page {
    fn at(&self, row: &Row) -> TimeElement {
        TimeElement(ago(row.secret.updated_at, self.now))
    }
}

pub(super) async fn show(visit: Visit, parts: Parts, Query(asked): Query<Asked>) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let newest = reading::secret(&visit, &spot, &asked.name, Wanted::default()).await?;
    let (name, last) = (newest.secret_key.as_str(), newest.version);
    let tags = reading::tags(&newest);
    let may_read = spot.may_on(project::SECRET_READ_VALUE, name, &tags);
    let may_restore = may_read && spot.may_on(project::SECRET_EDIT, name, &tags);
    let from = asked.version.unwrap_or(last).clamp(1, last);
    // Older ones than the project keeps are gone.
    let kept = spot.frame.project.pit_version_limit.max(1);
    let oldest = (last - kept).max(1);
    let mut rows = Vec::new();
    for version in (oldest..=from).rev().take(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
        if let Some(secret) = version_of(&visit, &spot, name, version).await? {
            let value = may_read.then(|| spot.version_url("value", name, version));
            let who = who::of(&visit, &spot.frame, secret.actor.as_ref()).await;
            rows.push(Row { who, is_newest: version == last, value, secret });
        }
    }
    let older = (from - PAGE >= oldest).then(|| spot.version_url("versions", name, from - PAGE));
    Ok(visit.show(&Page {
        chrome: spot.chrome(&visit, &format!("Versions of {name}")),
        crumbs: spot.crumbs(),
        name: name.to_owned(),
        rows,
        older,
        may_restore,
        now: visit.now,
        spot,
    }))
}

/// A version without its value; none if it is no longer kept.
async fn version_of(visit: &Visit, spot: &Spot, name: &str, version: i64) -> Result<Option<Secret>, Trouble> {
    let wanted = Wanted { version: Some(version), ..Wanted::default() };
    match reading::secret(visit, spot, name, wanted).await {
        Ok(secret) => Ok(Some(secret)),
        Err(refused) if refused.status == StatusCode::NOT_FOUND => Ok(None),
        Err(refused) => Err(refused.into()),
    }
}

/// Writes the value of an earlier version as a new one.
pub(super) async fn restore(
    parts: Parts,
    Query(asked): Query<Asked>,
    Posted { visit, .. }: Posted<Visit>,
) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let version = asked.version.ok_or_else(Trouble::not_found)?;
    let wanted = Wanted { version: Some(version), value: true, expanded: false };
    let earlier = reading::secret(&visit, &spot, &asked.name, wanted).await?;
    let input = UpdateSecret { secret_value: Some(earlier.secret_value), ..update_of(&spot, &asked.name) };
    send(&visit, &input).await?;
    let notice = format!("The value of version {version} is the newest one now.");
    Ok(page::done(&visit.console.app, &spot.secret_url("versions", &asked.name), &notice))
}
