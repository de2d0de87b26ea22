//! `/identities/{id}/groups`: which groups an identity is in. What a group gives is changed on the group's own pages.

use askama::Template;
use axum::extract::{Path, Query};
use http::Method;
use serde::Deserialize;
use serde_json::Value;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::groups::{Group, JoinedGroup, JoinedGroupList, ListGroupsOfIdentity};
use vouchsafe_domain::id::GroupId;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::org;

use super::subject::{Subject, Tab, TabLink};
use crate::api::{path, query};
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::groups::{self, role};
use crate::list::Pager;
use crate::page::{Chrome, done};
use crate::rules::Beyond;
use crate::time::{TimeElement, ago};
use crate::visit::{Posted, Visit};

/// Groups on a page.
const PAGE: u64 = 50;
/// Nobody is in more groups.
const ALL: i64 = 1000;
/// Groups that are offered at once.
const OFFERED: usize = 20;

/// The address of the page.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    page: u64,
}

#[derive(Template)]
#[template(path = "identities/groups.html")]
struct Page {
    chrome: Chrome,
    subject: Subject,
    tabs: Vec<TabLink>,
    form: Form,
    beyond: Option<Beyond>,
    rows: Vec<JoinedGroup>,
    pager: Pager,
    /// Groups that the identity can be put into.
    choices: Vec<Group>,
    /// How many more there are.
    more: usize,
    may_add: bool,
    may_remove: bool,
    may_see_role: bool,
    now: Timestamp,
}

impl Page {
    fn since(&self, row: &JoinedGroup) -> TimeElement {
        TimeElement(ago(row.joined_group_at, self.now))
    }
}

fn here(subject: &Subject) -> String {
    format!("{}/groups", subject.path())
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>, Query(asked): Query<Asked>) -> Shown {
    let subject = Subject::of(&visit, &id).await?;
    let form = Form::default().with("search", asked.search.trim()).with("page", asked.page.to_string());
    Ok(visit.show(&page(&visit, subject, form, None).await?))
}

async fn page(visit: &Visit, subject: Subject, form: Form, beyond: Option<Beyond>) -> Result<Page, Trouble> {
    let of = path(&["api", "v1", "identities", &subject.id.to_string(), "groups"]);
    let input = ListGroupsOfIdentity { identity_id: subject.id, offset: None, limit: Some(ALL) };
    let joined = visit.find::<JoinedGroupList>(&of, &input).await?.groups;
    let may_add = subject.reach.project.is_none() && visit.may(org::GROUP_ADD_IDENTITIES);
    let search = form.text("search");
    let (choices, more) = if may_add { choices(visit, search, &joined).await? } else { (Vec::new(), 0) };
    let at = form.text("page").parse().unwrap_or_default();
    let pager = Pager::new(here(&subject), &[("search", search)], at, PAGE).of(joined.len() as u64);
    Ok(Page {
        chrome: subject.chrome(visit, "Groups"),
        tabs: subject.tabs(Tab::Groups),
        subject,
        form,
        beyond,
        rows: pager.cut(joined),
        pager,
        choices,
        more,
        may_add,
        may_remove: visit.may(org::GROUP_REMOVE_IDENTITIES),
        may_see_role: visit.may(org::ROLE_READ),
        now: visit.now,
    })
}

/// The first groups with such a name that the identity is not in, and how many more there are.
async fn choices(
    visit: &Visit,
    search: &str,
    joined: &[JoinedGroup],
) -> Result<(Vec<Group>, usize), Trouble> {
    let mut all: Vec<Group> = visit.get("/api/v1/groups").await?;
    let wanted = search.to_lowercase();
    all.retain(|one| {
        let is_in = joined.iter().any(|joined| joined.group.group.id == one.id);
        !is_in && (one.name.to_lowercase().contains(&wanted) || one.slug.contains(&wanted))
    });
    let more = all.len().saturating_sub(OFFERED);
    all.truncate(OFFERED);
    Ok((all, more))
}

/// Puts the identity into a group, or takes it out.
pub(super) async fn change(Path(id): Path<String>, Posted { visit, form }: Posted<Visit>) -> Shown {
    let subject = Subject::of(&visit, &id).await?;
    let group: GroupId = form.text("group").parse().map_err(|_| Trouble::not_found())?;
    let (method, is) = match form.text("do") {
        "add" => (Method::POST, "is in the group"),
        "remove" => (Method::DELETE, "is no longer in the group"),
        _ => return Err(Trouble::not_found()),
    };
    let member = groups::api(group, &["machine-identities", &subject.id.to_string()]);
    match visit.send::<Value>(method, &member, &Nothing {}).await {
        Ok(_) => {
            let there = [("search", form.text("search")), ("page", form.text("page"))];
            let notice = format!("It {is} {}", form.text("name"));
            Ok(done(&visit.console.app, &format!("{}{}", here(&subject), query(there)), &notice))
        }
        Err(refused) if refused.is_signed_out() => Err(refused.into()),
        Err(refused) => {
            let beyond = groups::beyond(&visit, &refused).await;
            let page = page(&visit, subject, form.refused(&refused), beyond).await?;
            Ok(visit.show_as(refused.status, &page))
        }
    }
}
