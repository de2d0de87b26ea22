//! Identities as members of projects.

use reqwest::Method;
use serde_json::Value;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::identity_members::{
    AddIdentityMember, IdentityMember, IdentityMemberList, IdentityMemberPath, IdentityMemberReply,
    ListIdentityMembers, UpdateIdentityMember,
};

use crate::{Client, Error};

/// Identities as members of projects.
impl Client {
    /// Makes an identity a member of a project.
    pub async fn add_identity_member(&self, input: &AddIdentityMember) -> Result<(), Error> {
        let (project, identity) = (input.project_id.to_string(), input.identity_id.to_string());
        let path = ["api", "v1", "projects", &project, "memberships", "identities", &identity];
        self.post::<_, Value>(&path, input).await.map(|_| ())
    }

    /// Replaces the roles of an identity in a project.
    pub async fn update_identity_member(&self, input: &UpdateIdentityMember) -> Result<(), Error> {
        let (project, identity) = (input.project_id.to_string(), input.identity_id.to_string());
        let path = ["api", "v1", "projects", &project, "memberships", "identities", &identity];
        self.call::<_, Value>(Method::PATCH, &path, input).await.map(|_| ())
    }

    /// Ends the membership of an identity in a project.
    pub async fn remove_identity_member(&self, which: IdentityMemberPath) -> Result<(), Error> {
        let (project, identity) = (which.project_id.to_string(), which.identity_id.to_string());
        let path = ["api", "v1", "projects", &project, "memberships", "identities", &identity];
        self.call::<_, Value>(Method::DELETE, &path, &Nothing {}).await.map(|_| ())
    }

    /// Reads the membership of an identity in a project.
    pub async fn identity_member(&self, which: IdentityMemberPath) -> Result<IdentityMember, Error> {
        let (project, identity) = (which.project_id.to_string(), which.identity_id.to_string());
        let path = ["api", "v1", "projects", &project, "memberships", "identities", &identity];
        Ok(self.get::<_, IdentityMemberReply>(&path, &Nothing {}).await?.identity_membership)
    }

    /// A page of the identities that are members of a project.
    pub async fn identity_members(&self, input: &ListIdentityMembers) -> Result<IdentityMemberList, Error> {
        let project = input.project_id.to_string();
        self.get(&["api", "v1", "projects", &project, "memberships", "identities"], input).await
    }
}
