//! A secret without its value.

use askama::Template;
use axum::extract::Query;
use vouchsafe_api::secrets::Secret;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::project;

use super::reading::{self, Wanted};
use super::spot::{Asked, Parts, Spot};
use crate::errors::Shown;
use crate::page::Chrome;
use crate::projects::place::Crumb;
use crate::projects::who::{self, Who};
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "projects/secrets/secret.html")]
struct Page {
    chrome: Chrome,
    spot: Spot,
    secret: Secret,
    crumbs: Vec<Crumb>,
    who: Who,
    may_read: bool,
    may_edit: bool,
    may_delete: bool,
    now: Timestamp,
}

impl Page {
    fn at(&self, at: Timestamp) -> TimeElement {
        TimeElement(ago(at, self.now))
    }

    fn url(&self, part: &str) -> String {
        self.spot.secret_url(part, &self.secret.secret_key)
    }
}

pub(super) async fn show(visit: Visit, parts: Parts, Query(asked): Query<Asked>) -> Shown {
    let spot = Spot::open(&visit, &parts, &asked).await?;
    let secret = reading::secret(&visit, &spot, &asked.name, Wanted::default()).await?;
    let may = |need| spot.may_on(need, &secret.secret_key, &reading::tags(&secret));
    let (may_read, may_edit) = (may(project::SECRET_READ_VALUE), may(project::SECRET_EDIT));
    let may_delete = may(project::SECRET_DELETE);
    let who = who::of(&visit, &spot.frame, secret.actor.as_ref()).await;
    Ok(visit.show(&Page {
        chrome: spot.chrome(&visit, &secret.secret_key),
        crumbs: spot.crumbs(),
        who,
        may_read,
        may_edit,
        may_delete,
        now: visit.now,
        secret,
        spot,
    }))
}
