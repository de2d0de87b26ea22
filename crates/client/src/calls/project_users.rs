//! Users as members of projects.

use reqwest::Method;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::project_users::{
    AddProjectUsers, ProjectMembership, ProjectMembershipDetails, ProjectMembershipList,
    ProjectMembershipPath, ProjectMembershipReply, ProjectRolesReply, UpdateProjectMembership,
};
use vouchsafe_api::roles::MemberRole;
use vouchsafe_domain::id::ProjectId;

use crate::{Client, Error};

/// Users as members of projects.
impl Client {
    /// Makes users of the organization members of a project.
    pub async fn add_project_users(&self, input: &AddProjectUsers) -> Result<Vec<ProjectMembership>, Error> {
        let path = ["api", "v1", "projects", &input.project_id.to_string(), "memberships"];
        Ok(self.post::<_, ProjectMembershipList>(&path, input).await?.memberships)
    }

    /// Lists the users of a project.
    pub async fn project_users(&self, project: ProjectId) -> Result<Vec<ProjectMembership>, Error> {
        let path = ["api", "v1", "projects", &project.to_string(), "memberships"];
        Ok(self.get::<_, ProjectMembershipList>(&path, &Nothing {}).await?.memberships)
    }

    /// Reads the membership of a user by its user name.
    pub async fn project_user(&self, which: &ProjectMembershipDetails) -> Result<ProjectMembership, Error> {
        let path = ["api", "v1", "projects", &which.project_id.to_string(), "memberships", "details"];
        Ok(self.post::<_, ProjectMembershipReply>(&path, which).await?.membership)
    }

    /// Replaces the roles of a user in a project.
    pub async fn update_project_user(
        &self,
        input: &UpdateProjectMembership,
    ) -> Result<Vec<MemberRole>, Error> {
        let (project, id) = (input.project_id.to_string(), input.membership_id.to_string());
        let path = ["api", "v1", "projects", &project, "memberships", &id];
        Ok(self.call::<_, ProjectRolesReply>(Method::PATCH, &path, input).await?.roles)
    }

    /// Ends the membership of a user in a project.
    pub async fn remove_project_user(&self, which: ProjectMembershipPath) -> Result<(), Error> {
        let (project, id) = (which.project_id.to_string(), which.membership_id.to_string());
        let path = ["api", "v1", "projects", &project, "memberships", &id];
        self.call::<_, serde_json::Value>(Method::DELETE, &path, &Nothing {}).await.map(|_| ())
    }
}
