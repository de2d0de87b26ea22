//! `/roles`: what there is, and what each allows.

use askama::Template;
use axum::extract::{Path, Query};
use serde::Deserialize;

use super::place::{Address, Place, Role, Verb};
use crate::errors::{Shown, Trouble};
use crate::list::Pager;
use crate::page::Chrome;
use crate::rules::About;
use crate::visit::Visit;

/// Roles on a page.
const PAGE: u64 = 50;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    page: u64,
}

struct Row {
    role: Role,
    url: String,
    about: About,
}

#[derive(Template)]
#[template(path = "roles/list.html")]
struct Page {
    chrome: Chrome,
    place: Place,
    rows: Vec<Row>,
    pager: Pager,
    may_create: bool,
}

pub(super) async fn show(visit: Visit, Path(address): Path<Address>, Query(asked): Query<Asked>) -> Shown {
    let place = Place::of(&visit, &address).await?;
    let roles = place.roles(&visit).await?;
    let pager = Pager::new(place.url(), &[], asked.page, PAGE).of(roles.len() as u64);
    let skip = usize::try_from(pager.offset()).unwrap_or(usize::MAX);
    let size = usize::try_from(pager.size()).unwrap_or(usize::MAX);
    let mut rows = Vec::new();
    for role in roles.into_iter().skip(skip).take(size) {
        rows.push(row(&visit, &place, role).await?);
    }
    Ok(visit.show(&Page {
        chrome: visit.chrome("Roles", place.part()),
        rows,
        pager,
        may_create: place.may(&visit, Verb::Create),
        place,
    }))
}

async fn row(visit: &Visit, place: &Place, role: Role) -> Result<Row, Trouble> {
    let role = place.by_slug(visit, &role.slug).await?;
    Ok(Row { url: place.role_url(&role), about: About::of(&role.permissions), role })
}
