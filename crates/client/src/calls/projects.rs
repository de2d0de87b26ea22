//! Projects.

use reqwest::Method;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::projects::{
    CreateProject, ListProjects, Project, ProjectList, ProjectReply, UpdateProject, WorkspaceList,
};
use vouchsafe_domain::id::ProjectId;

use crate::{Client, Error};

/// Projects.
impl Client {
    /// Lists the projects that the caller is a member of.
    pub async fn my_projects(&self) -> Result<Vec<Project>, Error> {
        let reply: WorkspaceList = self.get(&["api", "v1", "workspace"], &ListProjects::default()).await?;
        Ok(reply.workspaces)
    }

    /// Lists the projects that the caller may see: those of its memberships, with their roles if asked for.
    pub async fn projects(&self, input: &ListProjects) -> Result<Vec<Project>, Error> {
        Ok(self.get::<_, ProjectList>(&["api", "v1", "projects"], input).await?.projects)
    }

    /// Reads a project.
    pub async fn project(&self, id: ProjectId) -> Result<Project, Error> {
        let reply: ProjectReply = self.get(&["api", "v1", "projects", &id.to_string()], &Nothing {}).await?;
        Ok(reply.project)
    }

    /// Reads a project by its slug.
    pub async fn project_by_slug(&self, slug: &str) -> Result<Project, Error> {
        self.get(&["api", "v1", "projects", "slug", slug], &Nothing {}).await
    }

    /// Makes a project.
    pub async fn create_project(&self, input: &CreateProject) -> Result<Project, Error> {
        let reply: ProjectReply = self.post(&["api", "v1", "projects"], input).await?;
        Ok(reply.project)
    }

    /// Changes a project.
    pub async fn update_project(&self, input: &UpdateProject) -> Result<Project, Error> {
        let path = ["api", "v1", "projects", &input.project_id.to_string()];
        Ok(self.call::<_, ProjectReply>(Method::PATCH, &path, input).await?.project)
    }

    /// Deletes a project with all that is in it.
    pub async fn delete_project(&self, id: ProjectId) -> Result<Project, Error> {
        let path = ["api", "v1", "projects", &id.to_string()];
        Ok(self.call::<_, ProjectReply>(Method::DELETE, &path, &Nothing {}).await?.project)
    }
}
