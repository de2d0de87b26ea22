//! `/groups/{id}`: who is in it, and in which projects it is.

use askama::Template;
use axum::extract::{Path, Query};
use serde::Deserialize;
use vouchsafe_api::groups::{Group, GroupMember, GroupMemberList, GroupProject, GroupProjectList};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::org;

use super::reading::{self, api, asked, url};
use crate::api::{Refused, query};
use crate::errors::{Shown, Trouble};
use crate::form::Form;
use crate::list::Pager;
use crate::page::{Chrome, Place};
use crate::rules::Beyond;
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

/// Members on a page.
const PAGE: u64 = 50;
/// Projects that are listed.
const PROJECTS: u64 = 100;

/// The address of the page.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    page: u64,
}

#[derive(Template)]
#[template(path = "groups/show.html")]
struct Page {
    chrome: Chrome,
    form: Form,
    group: Group,
    role: String,
    url: String,
    rows: Vec<Row>,
    pager: Pager,
    is_searched: bool,
    projects: Vec<GroupProject>,
    /// Projects that are not listed.
    more_projects: i64,
    may_see_role: bool,
    may_edit: bool,
    may_delete: bool,
    may_add: bool,
    /// Who may be asked, explained.
    explain: Option<String>,
    beyond: Option<Beyond>,
}

/// A member.
struct Row {
    kind: &'static str,
    name: String,
    /// Page of the member.
    url: Option<String>,
    since: Option<TimeElement>,
    /// Value of the button that takes the member out, if the person may.
    remove: Option<String>,
}

fn row(visit: &Visit, member: GroupMember, now: Timestamp) -> Row {
    let since = member.joined_group_at.map(|at| TimeElement(ago(at, now)));
    if let Some(identity) = member.machine_identity {
        let remove = visit.may(org::GROUP_REMOVE_IDENTITIES).then(|| format!("identity:{}", identity.id));
        let url = Some(crate::api::path(&["identities", &identity.id]));
        return Row { kind: "identity", name: identity.name, url, since, remove };
    }
    let name = member.user.map_or(member.id, |user| user.username);
    let remove = visit.may(org::GROUP_REMOVE_MEMBERS).then(|| format!("user:{name}"));
    Row { kind: "user", name, url: None, since, remove }
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>, Query(wanted): Query<Asked>) -> Shown {
    let group = reading::group(&visit, &id).await?;
    let form = Form::default().with("search", wanted.search.trim()).with("page", wanted.page.to_string());
    Ok(visit.show(&page(&visit, group, form, None).await?))
}

/// The page again, with why somebody was not taken out.
pub(super) async fn again(visit: &Visit, group: Group, form: Form, refused: &Refused) -> Shown {
    let beyond = reading::beyond(visit, refused).await;
    Ok(visit.show_as(refused.status, &page(visit, group, form.refused(refused), beyond).await?))
}

async fn page(visit: &Visit, group: Group, form: Form, beyond: Option<Beyond>) -> Result<Page, Trouble> {
    let (search, url) = (form.text("search"), url(group.id, &[]));
    let at = form.text("page").parse().unwrap_or_default();
    let pager = Pager::new(url.as_str(), &[("search", search)], at, PAGE);
    let input = asked(group.id, search, pager.offset(), PAGE);
    let members: GroupMemberList = visit.find(&api(group.id, &["members"]), &input).await?;
    let input = asked(group.id, "", 0, PROJECTS);
    let projects: GroupProjectList = visit.find(&api(group.id, &["projects"]), &input).await?;
    let listed = i64::try_from(projects.projects.len()).unwrap_or(i64::MAX);
    let who = format!("group:{}", group.id);
    Ok(Page {
        chrome: visit.chrome(&group.name, Place::Groups),
        role: reading::role(&group).to_owned(),
        rows: members.members.into_iter().map(|member| row(visit, member, visit.now)).collect(),
        pager: pager.of(u64::try_from(members.total_count).unwrap_or(0)),
        is_searched: !search.is_empty(),
        form,
        more_projects: projects.total_count - listed,
        projects: projects.projects,
        may_see_role: visit.may(org::ROLE_READ),
        may_edit: visit.may(org::GROUP_EDIT),
        may_delete: visit.may(org::GROUP_DELETE),
        may_add: visit.may(org::GROUP_ADD_IDENTITIES) || visit.may(org::GROUP_ADD_MEMBERS),
        explain: visit
            .may(org::ACCESS_EXPLAIN)
            .then(|| format!("/explain{}", query([("who", who.as_str())]))),
        group,
        url,
        beyond,
    })
}
