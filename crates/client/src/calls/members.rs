//! Members of projects.

use serde_json::Value;
use vouchsafe_api::identity_members::AddIdentityMember;

use crate::{Client, Error};

/// Members of projects.
impl Client {
    /// Makes an identity a member of a project.
    pub async fn add_identity_member(&self, input: &AddIdentityMember) -> Result<(), Error> {
        let (project, identity) = (input.project_id.to_string(), input.identity_id.to_string());
        let path = ["api", "v1", "projects", &project, "memberships", "identities", &identity];
        self.post::<_, Value>(&path, input).await.map(|_| ())
    }
}
