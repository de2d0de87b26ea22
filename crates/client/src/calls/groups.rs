//! Groups, and who is in them.

use reqwest::Method;
use vouchsafe_api::common::Nothing;
use vouchsafe_api::groups::{
    CreateGroup, Group, GroupIdentityPath, GroupMemberList, GroupProject, GroupProjectList, GroupUserPath,
    JoinedGroup, JoinedGroupList, ListGroup, ListGroupsOfIdentity, UpdateGroup,
};
use vouchsafe_domain::id::{GroupId, IdentityId};

use crate::{Client, Error};

/// Groups, and who is in them.
impl Client {
    /// Lists the groups of the organization.
    pub async fn groups(&self) -> Result<Vec<Group>, Error> {
        self.get(&["api", "v1", "groups"], &Nothing {}).await
    }

    /// Reads a group.
    pub async fn group(&self, id: GroupId) -> Result<Group, Error> {
        self.get(&["api", "v1", "groups", &id.to_string()], &Nothing {}).await
    }

    /// Makes a group.
    pub async fn create_group(&self, input: &CreateGroup) -> Result<Group, Error> {
        self.post(&["api", "v1", "groups"], input).await
    }

    /// Changes a group.
    pub async fn update_group(&self, input: &UpdateGroup) -> Result<Group, Error> {
        self.call(Method::PATCH, &["api", "v1", "groups", &input.group_id.to_string()], input).await
    }

    /// Deletes a group; its members lose what it gave them.
    pub async fn delete_group(&self, id: GroupId) -> Result<Group, Error> {
        self.call(Method::DELETE, &["api", "v1", "groups", &id.to_string()], &Nothing {}).await
    }

    /// A page of those who are in a group.
    pub async fn group_members(&self, input: &ListGroup) -> Result<GroupMemberList, Error> {
        self.get(&["api", "v1", "groups", &input.group_id.to_string(), "members"], input).await
    }

    /// A page of the projects of a group.
    pub async fn group_projects(&self, input: &ListGroup) -> Result<Vec<GroupProject>, Error> {
        let path = ["api", "v1", "groups", &input.group_id.to_string(), "projects"];
        Ok(self.get::<_, GroupProjectList>(&path, input).await?.projects)
    }

    /// The groups that an identity is in: at most 1000, and nobody is in more.
    pub async fn groups_of_identity(&self, identity_id: IdentityId) -> Result<Vec<JoinedGroup>, Error> {
        let input = ListGroupsOfIdentity { identity_id, offset: None, limit: Some(1000) };
        let path = ["api", "v1", "identities", &identity_id.to_string(), "groups"];
        Ok(self.get::<_, JoinedGroupList>(&path, &input).await?.groups)
    }

    /// Puts a user into a group.
    pub async fn add_group_user(&self, which: &GroupUserPath) -> Result<(), Error> {
        self.group_user(Method::POST, which).await
    }

    /// Takes a user out of a group.
    pub async fn remove_group_user(&self, which: &GroupUserPath) -> Result<(), Error> {
        self.group_user(Method::DELETE, which).await
    }

    /// Puts an identity into a group.
    pub async fn add_group_identity(&self, which: GroupIdentityPath) -> Result<(), Error> {
        self.group_identity(Method::POST, which).await
    }

    /// Takes an identity out of a group.
    pub async fn remove_group_identity(&self, which: GroupIdentityPath) -> Result<(), Error> {
        self.group_identity(Method::DELETE, which).await
    }

    async fn group_user(&self, verb: Method, which: &GroupUserPath) -> Result<(), Error> {
        let path = ["api", "v1", "groups", &which.group_id.to_string(), "users", &which.username];
        self.call::<_, serde_json::Value>(verb, &path, &Nothing {}).await.map(|_| ())
    }

    async fn group_identity(&self, verb: Method, which: GroupIdentityPath) -> Result<(), Error> {
        let (group, identity) = (which.group_id.to_string(), which.identity_id.to_string());
        let path = ["api", "v1", "groups", &group, "machine-identities", &identity];
        self.call::<_, serde_json::Value>(verb, &path, &Nothing {}).await.map(|_| ())
    }
}
