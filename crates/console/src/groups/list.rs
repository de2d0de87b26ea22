//! `/groups`.

use askama::Template;
use axum::extract::Query;
use serde::Deserialize;
use vouchsafe_api::groups::Group;
use vouchsafe_policy::org;

use crate::errors::Shown;
use crate::form::Form;
use crate::list::Pager;
use crate::page::{Chrome, Place};
use crate::visit::Visit;

/// Groups on a page.
const PAGE: u64 = 50;

/// The address of the list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    page: u64,
}

#[derive(Template)]
#[template(path = "groups/list.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    rows: Vec<Group>,
    pager: Pager,
    may_create: bool,
    is_searched: bool,
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Shown {
    let search = asked.search.trim();
    // At most 1,000, so all of them are read.
    let mut groups: Vec<Group> = visit.get("/api/v1/groups").await?;
    let wanted = search.to_lowercase();
    groups.retain(|group| group.name.to_lowercase().contains(&wanted) || group.slug.contains(&wanted));
    let pager = Pager::new("/groups", &[("search", search)], asked.page, PAGE).of(groups.len() as u64);
    Ok(visit.show(&Page {
        chrome: visit.chrome("Groups", Place::Groups),
        form: Form::default().with("search", search),
        rows: pager.cut(groups),
        pager,
        may_create: visit.may(org::GROUP_CREATE),
        is_searched: !search.is_empty(),
    }))
}
