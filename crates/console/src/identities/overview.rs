//! `/identities/{id}`: what there is to know of an identity.

use askama::Template;
use axum::extract::Path;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::org;

use super::subject::{Subject, Tab, TabLink, method_name};
use crate::errors::Shown;
use crate::page::Chrome;
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "identities/overview.html")]
struct Page {
    chrome: Chrome,
    subject: Subject,
    tabs: Vec<TabLink>,
    may_see_activity: bool,
    now: Timestamp,
}

impl Page {
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn when(&self, at: &Timestamp) -> TimeElement {
        TimeElement(ago(*at, self.now))
    }
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Shown {
    let subject = Subject::of(&visit, &id).await?;
    let (chrome, tabs) = (subject.chrome(&visit, "Overview"), subject.tabs(Tab::Overview));
    let may_see_activity = visit.may(org::AUDIT_LOGS_READ);
    Ok(visit.show(&Page { chrome, subject, tabs, may_see_activity, now: visit.now }))
}
