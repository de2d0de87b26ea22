//! Projects.

use vouchsafe_api::projects::{CreateProject, ListProjects, Project, ProjectReply, WorkspaceList};

use vouchsafe_api::common::Nothing;
use vouchsafe_domain::id::ProjectId;

use crate::{Client, Error};

/// Projects.
impl Client {
    /// Lists the projects that the caller is a member of.
    pub async fn my_projects(&self) -> Result<Vec<Project>, Error> {
        let reply: WorkspaceList = self.get(&["api", "v1", "workspace"], &ListProjects::default()).await?;
        Ok(reply.workspaces)
    }

    /// Reads a project.
    pub async fn project(&self, id: ProjectId) -> Result<Project, Error> {
        let reply: ProjectReply = self.get(&["api", "v1", "projects", &id.to_string()], &Nothing {}).await?;
        Ok(reply.project)
    }

    /// Makes a project.
    pub async fn create_project(&self, input: &CreateProject) -> Result<Project, Error> {
        let reply: ProjectReply = self.post(&["api", "v1", "projects"], input).await?;
        Ok(reply.project)
    }

    /// A project by its slug.
    pub async fn project_by_slug(&self, slug: &str) -> Result<Project, Error> {
        self.get(&["api", "v1", "projects", "slug", slug], &Nothing {}).await
    }
}
