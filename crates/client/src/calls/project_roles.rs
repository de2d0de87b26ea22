//! Roles of projects.

use reqwest::Method;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::roles::{
    CreateProjectRole, ProjectRole, ProjectRoleIdPath, ProjectRoleList, ProjectRolePath, ProjectRoleReply,
    ProjectRoleSummary, UpdateProjectRole,
};
use vouchsafe_domain::id::ProjectId;

use crate::{Client, Error};

/// Roles of projects.
impl Client {
    /// Lists the roles that a project offers, the built-in ones too.
    pub async fn project_roles(&self, project: ProjectId) -> Result<Vec<ProjectRoleSummary>, Error> {
        let path = ["api", "v1", "projects", &project.to_string(), "roles"];
        Ok(self.get::<_, ProjectRoleList>(&path, &Nothing {}).await?.roles)
    }

    /// Reads a role of a project with its rules.
    pub async fn project_role(&self, which: &ProjectRolePath) -> Result<ProjectRole, Error> {
        let path = ["api", "v1", "projects", &which.project_id.to_string(), "roles", "slug", &which.slug];
        Ok(self.get::<_, ProjectRoleReply>(&path, &Nothing {}).await?.role)
    }

    /// Makes a role of a project.
    pub async fn create_project_role(&self, input: &CreateProjectRole) -> Result<ProjectRole, Error> {
        let path = ["api", "v1", "projects", &input.project_id.to_string(), "roles"];
        Ok(self.post::<_, ProjectRoleReply>(&path, input).await?.role)
    }

    /// Changes a role of a project; its members keep it.
    pub async fn update_project_role(&self, input: &UpdateProjectRole) -> Result<ProjectRole, Error> {
        let (project, id) = (input.project_id.to_string(), input.role_id.to_string());
        let path = ["api", "v1", "projects", &project, "roles", &id];
        Ok(self.call::<_, ProjectRoleReply>(Method::PATCH, &path, input).await?.role)
    }

    /// Deletes a role of a project that nobody has.
    pub async fn delete_project_role(&self, which: ProjectRoleIdPath) -> Result<ProjectRole, Error> {
        let (project, id) = (which.project_id.to_string(), which.role_id.to_string());
        let path = ["api", "v1", "projects", &project, "roles", &id];
        Ok(self.call::<_, ProjectRoleReply>(Method::DELETE, &path, &Nothing {}).await?.role)
    }
}
