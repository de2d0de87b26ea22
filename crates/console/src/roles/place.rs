//! Where roles are: in the organization or in a project. The pages are the same.

use http::Method;
use serde::Deserialize;
use serde_json::Value;
use vouchsafe_api::org_roles::{OrgRole, OrgRoleList, OrgRoleReply};
use vouchsafe_api::projects::ProjectReply;
use vouchsafe_api::roles::{
    NewRoleInput, ProjectRole, ProjectRoleList, ProjectRoleReply, ProjectRoleSummary, RoleChangeInput,
};
use vouchsafe_domain::id::ProjectId;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_policy::builtin::is_reserved;
use vouchsafe_policy::{Level, Need, org, project};

use crate::api::{Refused, path};
use crate::errors::Trouble;
use crate::page;
use crate::visit::{Held, Visit};

/// What the address says: the project, if the roles are those of one, and the id or slug of a role.
#[derive(Deserialize)]
pub(super) struct Address {
    #[serde(default)]
    project: Option<String>,
    #[serde(default)]
    role: Option<String>,
}

/// What is done with roles.
#[derive(Clone, Copy)]
pub(super) enum Verb {
    Create,
    Edit,
    Delete,
    Explain,
}

/// A place that has roles.
pub(super) struct Place {
    project: Option<InProject>,
}

struct InProject {
    id: ProjectId,
    name: String,
    held: Held,
}

/// A role, wherever it is.
pub(super) struct Role {
    pub(super) id: String,
    pub(super) slug: String,
    pub(super) name: String,
    pub(super) description: String,
    /// The rules; in lists there are none.
    pub(super) permissions: Vec<Value>,
    pub(super) updated_at: Timestamp,
    /// Built in: nobody can change it.
    pub(super) is_built_in: bool,
}

impl Role {
    fn of_organization(role: OrgRole) -> Self {
        Self {
            is_built_in: is_reserved(Level::Organization, &role.slug),
            id: role.id,
            slug: role.slug,
            name: role.name,
            description: role.description.unwrap_or_default(),
            permissions: role.permissions.unwrap_or_default(),
            updated_at: role.updated_at,
        }
    }

    fn of_project(role: ProjectRoleSummary, permissions: Vec<Value>) -> Self {
        Self {
            is_built_in: is_reserved(Level::Project, &role.slug),
            id: role.id.to_string(),
            slug: role.slug,
            name: role.name,
            description: role.description.unwrap_or_default(),
            permissions,
            updated_at: role.updated_at,
        }
    }
}

impl From<ProjectRole> for Role {
    fn from(role: ProjectRole) -> Self {
        Self::of_project(role.summary, role.permissions)
    }
}

impl Place {
    /// The place that an address names.
    pub(super) async fn of(visit: &Visit, address: &Address) -> Result<Self, Trouble> {
        let Some(id) = &address.project else { return Ok(Self { project: None }) };
        let id: ProjectId = id.parse().map_err(|_| Trouble::not_found())?;
        let reply: ProjectReply = visit.get(&path(&["api", "v1", "projects", &id.to_string()])).await?;
        let held = visit.permissions_in(id).await?;
        Ok(Self { project: Some(InProject { id, name: reply.project.name, held }) })
    }

    /// The place and the role that an address names.
    pub(super) async fn with_role(visit: &Visit, address: &Address) -> Result<(Self, Role), Trouble> {
        let place = Self::of(visit, address).await?;
        let role = place.role(visit, address.role.as_deref().unwrap_or_default()).await?;
        Ok((place, role))
    }

    pub(super) fn level(&self) -> Level {
        if self.project.is_some() { Level::Project } else { Level::Organization }
    }

    pub(super) fn project_id(&self) -> Option<ProjectId> {
        self.project.as_ref().map(|project| project.id)
    }

    /// Name of the project, if it is one.
    pub(super) fn project_name(&self) -> Option<&str> {
        self.project.as_ref().map(|project| project.name.as_str())
    }

    /// Address of the list of roles.
    pub(super) fn url(&self) -> String {
        match &self.project {
            Some(project) => path(&["projects", &project.id.to_string(), "roles"]),
            None => "/roles".to_owned(),
        }
    }

    /// Address of a page of a role.
    pub(super) fn role_url(&self, role: &Role) -> String {
        format!("{}{}", self.url(), path(&[&role.id]))
    }

    /// Part of the console.
    pub(super) fn part(&self) -> page::Place {
        if self.project.is_some() { page::Place::Projects } else { page::Place::Roles }
    }

    /// Whether the person may do this here.
    pub(super) fn may(&self, visit: &Visit, verb: Verb) -> bool {
        let (in_org, in_project): (Need, Need) = match verb {
            Verb::Create => (org::ROLE_CREATE, project::ROLE_CREATE),
            Verb::Edit => (org::ROLE_EDIT, project::ROLE_EDIT),
            Verb::Delete => (org::ROLE_DELETE, project::ROLE_DELETE),
            // Who may ask in the organization may ask in its projects.
            Verb::Explain if visit.may(org::ACCESS_EXPLAIN) => return true,
            Verb::Explain => (org::ACCESS_EXPLAIN, project::ACCESS_EXPLAIN),
        };
        match &self.project {
            Some(project) => project.held.may(in_project),
            None => visit.may(in_org),
        }
    }

    fn api(&self, parts: &[&str]) -> String {
        match &self.project {
            Some(project) => {
                path(&[&["api", "v1", "projects", &project.id.to_string(), "roles"], parts].concat())
            }
            None => path(&[&["api", "v1", "organization", "roles"], parts].concat()),
        }
    }

    /// The roles, the built-in ones first.
    pub(super) async fn roles(&self, visit: &Visit) -> Result<Vec<Role>, Refused> {
        let path = self.api(&[]);
        if self.project.is_none() {
            let list: OrgRoleList = visit.get(&path).await?;
            return Ok(list.roles.into_iter().map(Role::of_organization).collect());
        }
        let list: ProjectRoleList = visit.get(&path).await?;
        Ok(list.roles.into_iter().map(|role| Role::of_project(role, Vec::new())).collect())
    }

    /// A role with its rules, by its slug.
    pub(super) async fn by_slug(&self, visit: &Visit, slug: &str) -> Result<Role, Refused> {
        let path = self.api(&["slug", slug]);
        if self.project.is_none() {
            return Ok(Role::of_organization(visit.get::<OrgRoleReply>(&path).await?.role));
        }
        Ok(visit.get::<ProjectRoleReply>(&path).await?.role.into())
    }

    /// The role with this id or slug.
    async fn role(&self, visit: &Visit, name: &str) -> Result<Role, Trouble> {
        let roles = self.roles(visit).await?;
        let found = roles.iter().find(|role| role.id == name);
        let found = found.or_else(|| roles.iter().find(|role| role.slug == name));
        let slug = found.map(|role| role.slug.as_str()).ok_or_else(Trouble::not_found)?;
        Ok(self.by_slug(visit, slug).await?)
    }

    /// Makes a role.
    pub(super) async fn create(&self, visit: &Visit, input: &NewRoleInput) -> Result<Role, Refused> {
        self.change(visit, Method::POST, &[], input).await
    }

    /// Changes a role.
    pub(super) async fn update(
        &self,
        visit: &Visit,
        role: &Role,
        input: &RoleChangeInput,
    ) -> Result<Role, Refused> {
        self.change(visit, Method::PATCH, &[&role.id], input).await
    }

    async fn change(
        &self,
        visit: &Visit,
        method: Method,
        parts: &[&str],
        input: &impl serde::Serialize,
    ) -> Result<Role, Refused> {
        let path = self.api(parts);
        if self.project.is_none() {
            return Ok(Role::of_organization(visit.send::<OrgRoleReply>(method, &path, input).await?.role));
        }
        Ok(visit.send::<ProjectRoleReply>(method, &path, input).await?.role.into())
    }

    /// Deletes a role.
    pub(super) async fn delete(&self, visit: &Visit, role: &Role) -> Result<(), Refused> {
        visit.delete(&self.api(&[&role.id])).await
    }
}
