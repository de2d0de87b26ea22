//! `/identities/{id}/projects`: where an identity is a member, and with which roles. They are changed on the pages of the
//! project's members.

use askama::Template;
use axum::extract::Path;
use vouchsafe_api::identity_members::{IdentityMember, MembershipsOfIdentity};
use vouchsafe_api::projects::{ListProjects, ProjectList};
use vouchsafe_api::roles::MemberRole;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::{Object, project};

use super::subject::{Subject, Tab, TabLink};
use crate::api::{path, query};
use crate::errors::Shown;
use crate::page::Chrome;
use crate::time::{TimeElement, ago};
use crate::visit::Visit;

/// A membership, and what the person may do with it.
struct Row {
    member: IdentityMember,
    may_see: bool,
    may_edit: bool,
}

/// A project to which the person may add the identity, with the address of that page.
struct Choice {
    name: String,
    path: String,
}

#[derive(Template)]
#[template(path = "identities/projects.html")]
struct Page {
    chrome: Chrome,
    subject: Subject,
    tabs: Vec<TabLink>,
    rows: Vec<Row>,
    choices: Vec<Choice>,
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

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Shown {
    let subject = Subject::of(&visit, &id).await?;
    let of = path(&["api", "v1", "identities", &subject.id.to_string(), "identity-memberships"]);
    let found: MembershipsOfIdentity = visit.get(&of).await?;
    let name = subject.id.to_string();
    let object = Object::identity(&name);
    let mut rows = Vec::new();
    for member in found.identity_memberships {
        let held = visit.permissions_in(member.project_id).await?;
        let may_edit = subject.reach.is_within && held.may_on(project::IDENTITY_EDIT, &object);
        rows.push(Row { member, may_see: held.is_member(), may_edit });
    }
    let mut choices = Vec::new();
    let all: ProjectList = visit.find("/api/v1/projects", &ListProjects::default()).await?;
    let is_member = |id| rows.iter().any(|row| row.member.project_id == id);
    for one in all.projects.into_iter().filter(|one| !is_member(one.id)) {
        let held = visit.permissions_in(one.id).await?;
        if subject.reach.project.is_none() && held.may_on(project::IDENTITY_CREATE, &object) {
            let members = path(&["projects", &one.id.to_string(), "members", "identities", "new"]);
            let search = query([("search", subject.name())]);
            choices.push(Choice { name: one.name, path: format!("{members}{search}") });
        }
    }
    let (chrome, tabs) = (subject.chrome(&visit, "Projects"), subject.tabs(Tab::Projects));
    Ok(visit.show(&Page { chrome, subject, tabs, rows, choices, now: visit.now }))
}
