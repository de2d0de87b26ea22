//! What a privilege allows, and when.

use askama::Template;
use axum::extract::Path;
use vouchsafe_api::privileges::Privilege;
use vouchsafe_domain::time::Timestamp;

use super::holder::{Address, Holder};
use super::time::{self, State};
use crate::errors::Shown;
use crate::page::Chrome;
use crate::projects::frame::Frame;
use crate::rules::{RuleWords, in_words, pretty};
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "projects/privileges/show.html")]
struct Page<'a> {
    chrome: Chrome,
    frame: &'a Frame,
    holder: &'a Holder,
    url: String,
    state: Option<State>,
    time: String,
    rules: Vec<RuleWords>,
    json: String,
    now: Timestamp,
    privilege: Privilege,
}

impl Page<'_> {
    fn changed(&self) -> TimeElement {
        TimeElement(ago(self.privilege.updated_at, self.now))
    }
}

pub(super) async fn show(visit: Visit, Path(address): Path<Address>) -> Shown {
    let (holder, privilege) = Holder::with_privilege(&visit, &address).await?;
    let rules = privilege.permissions.as_deref().unwrap_or_default();
    Ok(visit.show(&Page {
        chrome: holder.chrome(&visit, &privilege.slug),
        frame: &holder.frame,
        holder: &holder,
        url: holder.url(&[&privilege.id.to_string()]),
        state: time::state(&privilege, visit.now),
        time: time::stored_in_words(&privilege),
        rules: in_words(rules),
        json: pretty(rules),
        now: visit.now,
        privilege,
    }))
}
