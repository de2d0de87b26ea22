//! The folder, and perhaps the secret, that a page is about.

use serde::Deserialize;
use vouchsafe_api::projects::EnvironmentSummary;
use vouchsafe_domain::path::SecretPath;
use vouchsafe_policy::{Need, Object, project};

use crate::errors::Trouble;
use crate::page::Chrome;
use crate::projects::frame::{Frame, Tab};
use crate::projects::place::{self, Crumb};
use crate::visit::Visit;

/// Project and environment, as they stand in the address.
pub(super) type Parts = axum::extract::Path<(String, String)>;

/// What the query of a page names.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub(super) path: String,
    /// Name of the secret, if the page is about one.
    pub(super) name: String,
    /// Which version of it; the newest if none.
    pub(super) version: Option<i64>,
    pub(super) search: String,
    pub(super) page: u64,
}

/// A folder of an environment.
pub(super) struct Spot {
    pub(super) frame: Frame,
    pub(super) environment: EnvironmentSummary,
    pub(super) path: SecretPath,
}

impl Spot {
    /// The folder that the address names; it need not be there, but its environment must.
    pub(super) async fn open(
        visit: &Visit,
        axum::extract::Path((id, environment)): &Parts,
        asked: &Asked,
    ) -> Result<Self, Trouble> {
        let frame = Frame::open(visit, id, Tab::Secrets).await?;
        let found = frame.project.environments.iter().find(|one| one.slug == *environment);
        let environment = found.cloned().ok_or_else(Trouble::not_found)?;
        Ok(Self { frame, environment, path: place::read(&asked.path)? })
    }

    /// Slug of the environment.
    pub(super) fn slug(&self) -> &str {
        &self.environment.slug
    }

    /// A page about this folder.
    pub(super) fn url(&self, parts: &[&str]) -> String {
        place::inside(&self.frame, self.slug(), parts, &self.path, &[])
    }

    /// A page about a secret in it.
    pub(super) fn secret_url(&self, part: &str, name: &str) -> String {
        place::inside(&self.frame, self.slug(), &[part], &self.path, &[("name", name)])
    }

    /// A page about a version of a secret in it.
    pub(super) fn version_url(&self, part: &str, name: &str, version: i64) -> String {
        let version = version.to_string();
        let more = [("name", name), ("version", version.as_str())];
        place::inside(&self.frame, self.slug(), &[part], &self.path, &more)
    }

    /// The page of another folder of the environment.
    pub(super) fn folder_url(&self, parts: &[&str], path: &SecretPath) -> String {
        place::inside(&self.frame, self.slug(), parts, path, &[])
    }

    /// The folders from the root to this one.
    pub(super) fn crumbs(&self) -> Vec<Crumb> {
        place::crumbs(&self.path, |path| self.folder_url(&[], path))
    }

    /// A command that reads a secret of this folder.
    pub(super) fn command(&self, name: &str) -> String {
        let quoted = name.replace('\'', r"'\''");
        let (project, environment) = (self.frame.id(), self.slug());
        format!(
            "vouchsafe secrets get '{quoted}' --project-id {project} --env {environment} --path {} --plain",
            self.path
        )
    }

    /// The environments with the pages of this folder in them.
    pub(super) fn siblings(&self) -> Vec<Crumb> {
        let one = |environment: &EnvironmentSummary| Crumb {
            name: environment.name.clone(),
            url: place::inside(&self.frame, &environment.slug, &[], &self.path, &[]),
            is_last: environment.slug == self.environment.slug,
        };
        self.frame.project.environments.iter().map(one).collect()
    }

    /// The frame of a page about this folder.
    pub(super) fn chrome(&self, visit: &Visit, title: &str) -> Chrome {
        self.frame.chrome(visit, &format!("{title} – {}", self.environment.name))
    }

    /// Whether the person may do this to the folder.
    pub(super) fn may(&self, need: Need) -> bool {
        self.frame.held.may_on(need, &Object::folder(self.slug(), self.path.as_str()))
    }

    /// Whether the person may do this to a secret in it that has these tags.
    pub(super) fn may_on(&self, need: Need, name: &str, tags: &[&str]) -> bool {
        self.frame.held.may_on(need, &Object::secret(self.slug(), self.path.as_str(), name, tags))
    }

    /// Whether the person may make secrets here. Which ones may depend on the name and the tags, which are not known
    /// yet: rules that allow only certain names do not count, rules that forbid certain names neither.
    pub(super) fn may_create(&self) -> bool {
        self.may_on(project::SECRET_CREATE, "NEW_SECRET", &[])
    }
}
