//! Projects.

use vouchsafe_api::projects::{CreateProject, Project, ProjectReply};

use crate::{Client, Error};

/// Projects.
impl Client {
    /// Makes a project.
    pub async fn create_project(&self, input: &CreateProject) -> Result<Project, Error> {
        let reply: ProjectReply = self.post(&["api", "v1", "projects"], input).await?;
        Ok(reply.project)
    }
}
