//! The privileges of a member.

use askama::Template;
use axum::extract::{Path, Query};
use serde::Deserialize;
use vouchsafe_api::privileges::Privilege;

use super::holder::{Address, Holder};
use super::time::{self, State};
use crate::errors::Shown;
use crate::list::Pager;
use crate::page::Chrome;
use crate::projects::frame::Frame;
use crate::projects::members::roles::{Held, held};
use crate::rules::About;
use crate::visit::Visit;

/// Privileges on a page: the rules of each are read.
const PAGE: u64 = 25;

/// The address of the list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    page: u64,
}

struct Row {
    slug: String,
    url: String,
    state: Option<State>,
    about: About,
}

#[derive(Template)]
#[template(path = "projects/privileges/list.html")]
struct Page<'a> {
    chrome: Chrome,
    frame: &'a Frame,
    holder: &'a Holder,
    roles: Vec<Held>,
    rows: Vec<Row>,
    pager: Pager,
    may_give: bool,
}

pub(super) async fn show(visit: Visit, Path(address): Path<Address>, Query(asked): Query<Asked>) -> Shown {
    let holder = Holder::open(&visit, &address).await?;
    let all = holder.all(&visit).await?;
    let pager = Pager::new(holder.url(&[]), &[], asked.page, PAGE).of(all.len() as u64);
    let mut rows = Vec::new();
    for one in pager.cut(all) {
        rows.push(row(&visit, &holder, holder.one(&visit, one.id).await?));
    }
    Ok(visit.show(&Page {
        chrome: holder.chrome(&visit, "Additional privileges"),
        frame: &holder.frame,
        roles: held(&holder.member.roles, visit.now),
        rows,
        pager,
        may_give: holder.may_give(),
        holder: &holder,
    }))
}

fn row(visit: &Visit, holder: &Holder, privilege: Privilege) -> Row {
    Row {
        url: holder.url(&[&privilege.id.to_string()]),
        state: time::state(&privilege, visit.now),
        about: About::of(privilege.permissions.as_deref().unwrap_or_default()),
        slug: privilege.slug,
    }
}
