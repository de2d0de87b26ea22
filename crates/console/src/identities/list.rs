//! `/identities`: search, sort, page.

use askama::Template;
use axum::extract::Query;
use http::StatusCode;
use serde::Deserialize;
use vouchsafe_api::common::Direction;
use vouchsafe_api::identities::{
    IdentityMembership, IdentityMembershipList, IdentityOrder, SearchFilter, SearchIdentities, TextFilter,
    TextOperators,
};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::org;

use super::subject::{method_name, usual_states};
use crate::errors::Shown;
use crate::form::Form;
use crate::list::Pager;
use crate::page::{Chrome, Place};
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

/// Identities on a page.
const PAGE: u64 = 50;

/// The address of a list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    sort: String,
    page: u64,
}

#[derive(Template)]
#[template(path = "identities/list.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    rows: Vec<IdentityMembership>,
    pager: Pager,
    may_create: bool,
    is_searched: bool,
    now: Timestamp,
}

impl Page {
    fn last_login(&self, row: &IdentityMembership) -> Option<TimeElement> {
        row.last_login_time.map(|at| TimeElement(ago(at, self.now)))
    }
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Shown {
    let search = asked.search.trim();
    let pager = Pager::new("/identities", &[("search", search), ("sort", &asked.sort)], asked.page, PAGE);
    let by_name = TextOperators { contains: Some(search.to_owned()), ..TextOperators::default() };
    let filter = SearchFilter { name: Some(TextFilter::Operators(by_name)), ..SearchFilter::default() };
    let (order_by, order_direction) = match asked.sort.as_str() {
        "-name" => (IdentityOrder::Name, Direction::Desc),
        "role" => (IdentityOrder::Role, Direction::Asc),
        "-role" => (IdentityOrder::Role, Direction::Desc),
        "login" => (IdentityOrder::LastLogin, Direction::Asc),
        "-login" => (IdentityOrder::LastLogin, Direction::Desc),
        _ => (IdentityOrder::Name, Direction::Asc),
    };
    let input = SearchIdentities {
        order_by,
        order_direction,
        limit: i64::try_from(pager.size()).ok(),
        offset: i64::try_from(pager.offset()).ok(),
        search: (!search.is_empty()).then_some(filter),
    };
    let mut form = Form::default().with("search", search).with("sort", asked.sort.as_str());
    let found = match visit.post::<IdentityMembershipList>("/api/v1/identities/search", &input).await {
        // Some characters cannot be searched for.
        Err(refused) if refused.status == StatusCode::UNPROCESSABLE_ENTITY && !search.is_empty() => {
            form.refuse("search", refused.issues.first().map_or(refused.message.as_str(), |(_, text)| text));
            IdentityMembershipList { identities: Vec::new(), total_count: 0 }
        }
        found => found?,
    };
    Ok(visit.show(&Page {
        chrome: visit.chrome("Machine identities", Place::Identities),
        form,
        rows: found.identities,
        pager: pager.of(u64::try_from(found.total_count).unwrap_or(0)),
        may_create: visit.may(org::IDENTITY_CREATE),
        is_searched: !search.is_empty(),
        now: visit.now,
    }))
}
