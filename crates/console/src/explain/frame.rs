//! What the pages have in common: where one asks, and how rules are told.

use vouchsafe_api::access::{FoundRule, RuleSource};
use vouchsafe_api::projects::WorkspaceList;
use vouchsafe_domain::id::ProjectId;
use vouchsafe_policy::{Level, org, project};

use crate::api::path;
use crate::errors::Trouble;
use crate::form::Form;
use crate::rules::RuleWords;
use crate::visit::Visit;

/// Where one asks: in the organization or in a project.
pub(super) struct Where {
    pub(super) project: Option<ProjectId>,
    /// Whether the person may ask about everything in the organization.
    pub(super) everywhere: bool,
    /// The places in which the person may ask: value and name.
    pub(super) places: Vec<(String, String)>,
}

impl Where {
    /// The place that a form names, if the person may ask there.
    pub(super) async fn of(visit: &Visit, form: &Form) -> Result<Self, Trouble> {
        let project =
            form.given("project").map(|id| id.parse().map_err(|_| Trouble::not_found())).transpose()?;
        let everywhere = visit.may(org::ACCESS_EXPLAIN);
        let mut places = Vec::new();
        if everywhere {
            places.push((String::new(), "The organization".to_owned()));
        }
        let own: WorkspaceList = visit.get("/api/v1/workspace").await?;
        for one in own.workspaces {
            if everywhere || visit.permissions_in(one.id).await?.may(project::ACCESS_EXPLAIN) {
                places.push((one.id.to_string(), one.name));
            }
        }
        let mut found = Self { project, everywhere, places };
        let named = found.value();
        if !found.places.iter().any(|(value, _)| *value == named) {
            // Who may ask everywhere may ask in projects of others, by their id.
            if !everywhere {
                return found.elsewhere();
            }
            found.places.push((named.clone(), format!("Project {named}")));
        }
        Ok(found)
    }

    /// Without a place in the address, one asks where one may.
    fn elsewhere(mut self) -> Result<Self, Trouble> {
        let first = self.places.first().filter(|_| self.project.is_none());
        self.project = first.and_then(|(value, _)| value.parse().ok());
        if self.project.is_some() { Ok(self) } else { Err(Trouble::forbidden()) }
    }

    /// As the address says it.
    pub(super) fn value(&self) -> String {
        self.project.map(|id| id.to_string()).unwrap_or_default()
    }

    pub(super) fn level(&self) -> Level {
        if self.project.is_some() { Level::Project } else { Level::Organization }
    }

    /// A rule that was found, in words, with where it stands.
    pub(super) fn told(&self, found: &FoundRule) -> Told {
        let RuleSource { kind, slug, group } = &found.source;
        let is_role = kind != "privilege";
        let roles = match self.project {
            Some(project) => path(&["projects", &project.to_string(), "roles"]),
            None => "/roles".to_owned(),
        };
        Told {
            words: RuleWords::from(&found.rule),
            kind: if is_role { "role" } else { "additional privilege" },
            slug: slug.clone(),
            url: is_role.then(|| format!("{roles}{}", path(&[slug]))),
            group: group.clone(),
            number: found.index + 1,
        }
    }
}

/// A rule in words, with where it stands.
pub(super) struct Told {
    pub(super) words: RuleWords,
    pub(super) kind: &'static str,
    pub(super) slug: String,
    /// Page of the role.
    pub(super) url: Option<String>,
    /// The group through which it is held.
    pub(super) group: Option<String>,
    /// Which rule of it, from 1.
    pub(super) number: usize,
}

/// Page of somebody, if there is one.
pub(super) fn page_of(kind: &str, id: &str) -> Option<String> {
    match kind {
        "identity" => Some(path(&["identities", id])),
        "group" => Some(path(&["groups", id])),
        _ => None,
    }
}
