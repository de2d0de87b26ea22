//! Identities that projects manage.

use reqwest::Method;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::identities::{Identity, IdentityReply};
use vouchsafe_api::identity_members::IdentityList;
use vouchsafe_api::managed_identities::{
    CreateProjectIdentity, ListProjectIdentities, ProjectIdentityPath, UpdateProjectIdentity,
};

use crate::{Client, Error};

/// Identities that projects manage.
impl Client {
    /// Makes an identity that a project manages, and a member of it.
    pub async fn create_project_identity(&self, input: &CreateProjectIdentity) -> Result<Identity, Error> {
        let path = ["api", "v1", "projects", &input.project_id.to_string(), "identities"];
        Ok(self.post::<_, IdentityReply>(&path, input).await?.identity)
    }

    /// A page of the identities that a project manages.
    pub async fn project_identities(&self, input: &ListProjectIdentities) -> Result<IdentityList, Error> {
        self.get(&["api", "v1", "projects", &input.project_id.to_string(), "identities"], input).await
    }

    /// Changes an identity that a project manages.
    pub async fn update_project_identity(&self, input: &UpdateProjectIdentity) -> Result<Identity, Error> {
        let (project, id) = (input.project_id.to_string(), input.identity_id.to_string());
        let path = ["api", "v1", "projects", &project, "identities", &id];
        Ok(self.call::<_, IdentityReply>(Method::PATCH, &path, input).await?.identity)
    }

    /// Deletes an identity that a project manages.
    pub async fn delete_project_identity(&self, which: ProjectIdentityPath) -> Result<Identity, Error> {
        let (project, id) = (which.project_id.to_string(), which.identity_id.to_string());
        let path = ["api", "v1", "projects", &project, "identities", &id];
        Ok(self.call::<_, IdentityReply>(Method::DELETE, &path, &Nothing {}).await?.identity)
    }
}
