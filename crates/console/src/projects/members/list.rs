//! The members of one kind.

use askama::Template;
use axum::extract::{Path, Query};
use serde::Deserialize;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::{org, project};

use super::kind::Kind;
use super::reading::{self, Member};
use super::roles::{Held, held};
use crate::errors::{Shown, Trouble};
use crate::list::Pager;
use crate::page::Chrome;
use crate::projects::frame::{Frame, Tab, TabLink};
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

/// Members on a page.
const PAGE: u64 = 50;

/// The address of the list.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    kind: String,
    search: String,
    page: u64,
}

struct Row {
    member: Member,
    roles: Vec<Held>,
    /// Where its additional privileges are, if the person may see them.
    privileges: Option<String>,
    /// Where its roles are changed, if the person may do that.
    edit: Option<String>,
    /// Where it is removed, if the person may do that.
    remove: Option<String>,
}

#[derive(Template)]
#[template(path = "projects/members/list.html")]
struct Page {
    chrome: Chrome,
    frame: Frame,
    kind: Kind,
    kinds: Vec<TabLink>,
    search: String,
    rows: Vec<Row>,
    pager: Pager,
    /// Where one is added.
    new: Option<String>,
    has_roles: bool,
    /// Whether the pages of groups can be seen.
    has_groups: bool,
    now: Timestamp,
}

impl Page {
    fn has_actions(&self) -> bool {
        self.rows.iter().any(|row| row.privileges.is_some() || row.edit.is_some() || row.remove.is_some())
    }

    fn last_login(&self, row: &Row) -> Option<TimeElement> {
        row.member.last_login.map(|at| TimeElement(ago(at, self.now)))
    }

    fn link<'r>(&self, row: &'r Row) -> Option<&'r String> {
        row.member.url.as_ref().filter(|_| self.kind != Kind::Groups || self.has_groups)
    }
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>, Query(asked): Query<Asked>) -> Shown {
    let frame = Frame::open(&visit, &id, Tab::Members).await?;
    let seen: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.is_seen(&frame)).collect();
    let kind = if asked.kind.is_empty() {
        seen.first().copied().unwrap_or(Kind::People)
    } else {
        Kind::read(&asked.kind)?
    };
    let search = asked.search.trim();
    let others = [("kind", kind.slug()), ("search", search)];
    let pager = Pager::new(frame.url(&["members"]), &others, asked.page, PAGE);
    let (members, pager) = reading::list(&visit, &frame, kind, search, pager).await.map_err(Trouble::from)?;
    let tab = |one: Kind| TabLink { name: one.title(), url: one.url(&frame), is_here: one == kind };
    Ok(visit.show(&Page {
        chrome: frame.chrome(&visit, "Members"),
        kinds: seen.into_iter().map(tab).collect(),
        kind,
        search: search.to_owned(),
        rows: members.into_iter().map(|member| row(&frame, kind, member, visit.now)).collect(),
        pager,
        new: kind.may_add(&frame).then(|| frame.url(&["members", kind.slug(), "new"])),
        has_roles: frame.held.may(project::ROLE_READ),
        has_groups: visit.may(org::GROUP_READ),
        now: visit.now,
        frame,
    }))
}

fn row(frame: &Frame, kind: Kind, member: Member, now: Timestamp) -> Row {
    let may_remove = !member.is_managed && !member.is_self && kind.may_remove(frame, &member.fact);
    let may_change = !member.is_self && kind.may_change(frame, &member.fact);
    let at = |part: &str| frame.url(&["members", kind.slug(), part, &member.id]);
    Row {
        privileges: kind.may_see_privileges(frame, &member.fact).then(|| at("privileges")),
        edit: may_change.then(|| at("edit")),
        remove: may_remove.then(|| at("remove")),
        roles: held(&member.roles, now),
        member,
    }
}
