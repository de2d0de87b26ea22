//! Groups as members of projects.

use reqwest::Method;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::groups::{
    AddProjectGroup, GroupMembership, GroupMembershipList, GroupMembershipReply, ProjectGroupPath,
    UpdateProjectGroup,
};
use vouchsafe_domain::id::ProjectId;

use crate::{Client, Error};

/// Groups as members of projects. A group is named by its id or its slug.
impl Client {
    /// Makes a group a member of a project.
    pub async fn add_project_group(&self, input: &AddProjectGroup) -> Result<(), Error> {
        let project = input.project_id.to_string();
        let path = ["api", "v1", "projects", &project, "memberships", "groups", &input.group_id];
        self.post::<_, serde_json::Value>(&path, input).await.map(|_| ())
    }

    /// Lists the groups of a project.
    pub async fn project_groups(&self, project: ProjectId) -> Result<Vec<GroupMembership>, Error> {
        let path = ["api", "v1", "projects", &project.to_string(), "memberships", "groups"];
        Ok(self.get::<_, GroupMembershipList>(&path, &Nothing {}).await?.group_memberships)
    }

    /// Reads the membership of a group in a project.
    pub async fn project_group(&self, which: &ProjectGroupPath) -> Result<GroupMembership, Error> {
        let project = which.project_id.to_string();
        let path = ["api", "v1", "projects", &project, "memberships", "groups", &which.group_id];
        Ok(self.get::<_, GroupMembershipReply>(&path, &Nothing {}).await?.group_membership)
    }

    /// Replaces the roles of a group in a project.
    pub async fn update_project_group(&self, input: &UpdateProjectGroup) -> Result<(), Error> {
        let project = input.project_id.to_string();
        let path = ["api", "v1", "projects", &project, "memberships", "groups", &input.group_id];
        self.call::<_, serde_json::Value>(Method::PATCH, &path, input).await.map(|_| ())
    }

    /// Ends the membership of a group in a project.
    pub async fn remove_project_group(&self, which: &ProjectGroupPath) -> Result<(), Error> {
        let project = which.project_id.to_string();
        let path = ["api", "v1", "projects", &project, "memberships", "groups", &which.group_id];
        self.call::<_, serde_json::Value>(Method::DELETE, &path, &Nothing {}).await.map(|_| ())
    }
}
