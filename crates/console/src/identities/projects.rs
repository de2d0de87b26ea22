//! `/identities/{id}/projects`: where an identity is a member, and with which roles. They are changed on the pages of the
//! project's members.

use askama::Template;
use axum::extract::{Path, Query};
use serde::Deserialize;
use vouchsafe_api::identity_members::{IdentityMember, MembershipsOfIdentity};
use vouchsafe_api::projects::{ListProjects, Project, ProjectList};
use vouchsafe_api::roles::MemberRole;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::{Object, project};

use super::subject::{Subject, Tab, TabLink};
use crate::api::{path, query};
use crate::errors::{Shown, Trouble};
use crate::list::Pager;
use crate::page::Chrome;
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

/// A membership, and what the person may do with it.
struct Row {
    member: IdentityMember,
    may_see: bool,
    may_edit: bool,
    /// Whether the person may see the additional privileges.
    may_see_privileges: bool,
}

/// A project to which the person may add the identity, with the address of that page.
struct Choice {
    name: String,
    path: String,
}

/// Memberships on a page.
const PAGE: u64 = 50;
/// Projects that are offered at once.
const OFFERED: usize = 20;

/// The address of the page.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    search: String,
    page: u64,
}

#[derive(Template)]
#[template(path = "identities/projects.html")]
struct Page {
    chrome: Chrome,
    subject: Subject,
    tabs: Vec<TabLink>,
    rows: Vec<Row>,
    pager: Pager,
    choices: Vec<Choice>,
    search: String,
    now: Timestamp,
}

impl Page {
    /// Until when a role holds, if not for good.
    fn until(&self, role: &MemberRole) -> Option<TimeElement> {
        role.temporary_access_end_time.map(|end| TimeElement(ago(end, self.now)))
    }
}

/// The name of a role for people.
fn role_name(role: &MemberRole) -> &str {
    role.custom_role_name.as_deref().unwrap_or(&role.role)
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>, Query(asked): Query<Asked>) -> Shown {
    let subject = Subject::of(&visit, &id).await?;
    let of = path(&["api", "v1", "identities", &subject.id.to_string(), "identity-memberships"]);
    let mut members = visit.get::<MembershipsOfIdentity>(&of).await?.identity_memberships;
    let search = asked.search.trim();
    let choices = choices(&visit, &subject, search, &members).await?;
    let here = format!("{}/projects", subject.path());
    let pager = Pager::new(here, &[("search", search)], asked.page, PAGE).of(members.len() as u64);
    members = pager.cut(members);
    let rows = rows(&visit, &subject, members).await?;
    Ok(visit.show(&Page {
        chrome: subject.chrome(&visit, "Projects"),
        tabs: subject.tabs(Tab::Projects),
        subject,
        rows,
        pager,
        choices,
        search: search.to_owned(),
        now: visit.now,
    }))
}

/// What the person may do with each of these memberships.
async fn rows(visit: &Visit, subject: &Subject, members: Vec<IdentityMember>) -> Result<Vec<Row>, Trouble> {
    let id = subject.id.to_string();
    let mut rows = Vec::with_capacity(members.len());
    for member in members {
        let held = visit.permissions_in(member.project_id).await?;
        let may_edit = subject.reach.is_within && held.may_on(project::IDENTITY_EDIT, &Object::identity(&id));
        let may_see_privileges = held.may_on(project::IDENTITY_READ, &Object::identity(&id));
        rows.push(Row { member, may_see: held.is_member(), may_edit, may_see_privileges });
    }
    Ok(rows)
}

/// The first projects with such a name to which the person may add the identity. A project's own identity stays there.
async fn choices(
    visit: &Visit,
    subject: &Subject,
    search: &str,
    members: &[IdentityMember],
) -> Result<Vec<Choice>, Trouble> {
    if subject.reach.project.is_some() {
        return Ok(Vec::new());
    }
    let (id, wanted) = (subject.id.to_string(), search.to_lowercase());
    let all: ProjectList = visit.find("/api/v1/projects", &ListProjects::default()).await?;
    let is_offered = |one: &Project| {
        one.name.to_lowercase().contains(&wanted) && !members.iter().any(|member| member.project_id == one.id)
    };
    let mut choices = Vec::new();
    for one in all.projects.into_iter().filter(is_offered).take(OFFERED) {
        let held = visit.permissions_in(one.id).await?;
        if held.may_on(project::IDENTITY_CREATE, &Object::identity(&id)) {
            let to = path(&["projects", &one.id.to_string(), "members", "identities", "new"]);
            let search = query([("search", subject.name())]);
            choices.push(Choice { name: one.name, path: format!("{to}{search}") });
        }
    }
    Ok(choices)
}
