//! Identities.

use reqwest::Method;
use serde::Serialize;
use serde_json::Value;
use vouchsafe_api::auth_methods::{MethodReply, MethodSettings, UniversalAuthInput};
use vouchsafe_api::common::Nothing;
use vouchsafe_api::identities::{
    CreateIdentity, Identity, IdentityDetails, IdentityDetailsReply, IdentityMembership,
    IdentityMembershipList, IdentityMembershipReply, IdentityReply, SearchIdentities, UpdateIdentity,
};
use vouchsafe_api::identity_members::{IdentityMember, MembershipsOfIdentity};
use vouchsafe_api::identity_search::{FoundIdentityList, SearchScopes};
use vouchsafe_domain::id::IdentityId;

use crate::{Client, Error};

/// Identities.
impl Client {
    /// Makes an identity.
    pub async fn create_identity(&self, input: &CreateIdentity) -> Result<Identity, Error> {
        let reply: IdentityReply = self.post(&["api", "v1", "identities"], input).await?;
        Ok(reply.identity)
    }

    /// What the identity that calls may know of itself.
    pub async fn identity_details(&self) -> Result<IdentityDetails, Error> {
        let reply: IdentityDetailsReply =
            self.get(&["api", "v1", "identities", "details"], &Nothing {}).await?;
        Ok(reply.identity_details)
    }

    /// Attaches Universal Auth; answers with the client id.
    pub async fn attach_universal_auth(
        &self,
        identity: IdentityId,
        settings: &MethodSettings,
        own: &UniversalAuthInput,
    ) -> Result<String, Error> {
        #[derive(Serialize)]
        struct Both<'a> {
            #[serde(flatten)]
            settings: &'a MethodSettings,
            #[serde(flatten)]
            own: &'a UniversalAuthInput,
        }
        let id = identity.to_string();
        let path = ["api", "v1", "auth", "universal-auth", "identities", &id];
        let reply: MethodReply = self.post(&path, &Both { settings, own }).await?;
        let client_id = reply.get("identityUniversalAuth").and_then(|method| method.get("clientId"));
        client_id.and_then(Value::as_str).map(str::to_owned).ok_or_else(|| Error::Unreadable {
            url: self.address().to_owned(),
            status: 200,
            what: "no client id".to_owned(),
        })
    }

    /// A page of the identities of the organization.
    pub async fn search_identities(&self, input: &SearchIdentities) -> Result<IdentityMembershipList, Error> {
        self.post(&["api", "v1", "identities", "search"], input).await
    }

    /// A page of the identities of the organization and of projects, as far as the caller may read them.
    pub async fn find_identities(&self, input: &SearchScopes) -> Result<FoundIdentityList, Error> {
        self.post(&["api", "v2", "identities", "search"], input).await
    }

    /// Reads an identity as a member of the organization, whoever manages it.
    pub async fn identity(&self, id: IdentityId) -> Result<IdentityMembership, Error> {
        let path = ["api", "v1", "identities", &id.to_string()];
        Ok(self.get::<_, IdentityMembershipReply>(&path, &Nothing {}).await?.identity)
    }

    /// Changes an identity that the organization manages.
    pub async fn update_identity(&self, input: &UpdateIdentity) -> Result<Identity, Error> {
        let path = ["api", "v1", "identities", &input.identity_id.to_string()];
        Ok(self.call::<_, IdentityReply>(Method::PATCH, &path, input).await?.identity)
    }

    /// Deletes an identity that the organization manages; its tokens are worth nothing from then on.
    pub async fn delete_identity(&self, id: IdentityId) -> Result<Identity, Error> {
        let path = ["api", "v1", "identities", &id.to_string()];
        Ok(self.call::<_, IdentityReply>(Method::DELETE, &path, &Nothing {}).await?.identity)
    }

    /// The projects that an identity is a member of.
    pub async fn projects_of_identity(&self, id: IdentityId) -> Result<Vec<IdentityMember>, Error> {
        let path = ["api", "v1", "identities", &id.to_string(), "identity-memberships"];
        Ok(self.get::<_, MembershipsOfIdentity>(&path, &Nothing {}).await?.identity_memberships)
    }
}
