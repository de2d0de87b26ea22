//! What the pages of a project have in common: its name and its tabs.

use vouchsafe_api::projects::{Project, ProjectReply};
use vouchsafe_domain::id::ProjectId;
use vouchsafe_policy::{Need, Object, project};

use crate::api::path;
use crate::errors::Trouble;
use crate::page::{Chrome, Place};
use crate::visit::{Held, Visit};

/// A tab of a project.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Tab {
    Secrets,
    Members,
    Identities,
    Environments,
    Tags,
    Settings,
}

/// A link of the tabs.
pub(super) struct TabLink {
    pub(super) name: &'static str,
    pub(super) url: String,
    pub(super) is_here: bool,
}

/// A project, and what the person holds in it.
pub(super) struct Frame {
    pub(super) project: Project,
    pub(super) held: Held,
    pub(super) tabs: Vec<TabLink>,
}

impl Frame {
    /// The project with this id, which stands in the address; `tab` is the one that is shown.
    pub(super) async fn open(visit: &Visit, id: &str, tab: Tab) -> Result<Self, Trouble> {
        let id: ProjectId = id.parse().map_err(|_| Trouble::not_found())?;
        let text = id.to_string();
        let reply: ProjectReply = visit.get(&path(&["api", "v1", "projects", &text])).await?;
        let held = visit.permissions_in(id).await?;
        let tabs = tabs(&text, &held, tab);
        Ok(Self { project: reply.project, held, tabs })
    }

    /// The project's id.
    pub(super) fn id(&self) -> ProjectId {
        self.project.id
    }

    /// The address of a page of this project; `parts` come after the id.
    pub(super) fn url(&self, parts: &[&str]) -> String {
        path(&[&["projects", &self.id().to_string()], parts].concat())
    }

    /// The path of a route of the API about this project; `parts` come after the id.
    pub(super) fn api(&self, parts: &[&str]) -> String {
        path(&[&["api", "v1", "projects", &self.id().to_string()], parts].concat())
    }

    /// The frame of a page; the title names the project too.
    pub(super) fn chrome(&self, visit: &Visit, title: &str) -> Chrome {
        visit.chrome(&format!("{title} – {}", self.project.name), Place::Projects)
    }

    /// Whether the project has an environment with this slug.
    pub(super) fn has_environment(&self, slug: &str) -> bool {
        self.project.environments.iter().any(|one| one.slug == slug)
    }

    /// Whether the person may do this somewhere in the project: lists are then answered.
    pub(super) fn may_somewhere(&self, need: Need) -> bool {
        self.held.may_on(need, &Object::any())
    }
}

fn tabs(id: &str, held: &Held, here: Tab) -> Vec<TabLink> {
    let any = |needs: &[Need]| needs.iter().any(|need| held.may_on(*need, &Object::any()));
    let members = any(&[project::IDENTITY_READ, project::MEMBER_READ, project::GROUP_READ]);
    let all = [
        (Some(Tab::Secrets), "Secrets", "", true),
        (Some(Tab::Members), "Members", "members", members),
        (None, "Roles", "roles", held.may(project::ROLE_READ)),
        (Some(Tab::Identities), "Own identities", "identities", any(&[project::IDENTITY_READ])),
        (Some(Tab::Environments), "Environments", "environments", true),
        (Some(Tab::Tags), "Tags", "tags", held.may(project::TAG_READ)),
        (Some(Tab::Settings), "Settings", "settings", true),
    ];
    let seen = all.into_iter().filter(|(.., is_seen)| *is_seen);
    seen.map(|(tab, name, part, _)| {
        let parts: &[&str] = if part.is_empty() { &[] } else { &[part] };
        TabLink { name, url: path(&[&["projects", id], parts].concat()), is_here: tab == Some(here) }
    })
    .collect()
}
