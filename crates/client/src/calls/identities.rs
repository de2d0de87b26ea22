//! Identities.

use serde::Serialize;
use serde_json::Value;
use vouchsafe_api::auth_methods::{
    CreateClientSecret, MethodReply, MethodSettings, NewClientSecretReply, UniversalAuthInput,
};
use vouchsafe_api::common::Nothing;
use vouchsafe_api::identities::{
    CreateIdentity, Identity, IdentityDetails, IdentityDetailsReply, IdentityReply,
};
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

    /// Makes a client secret.
    pub async fn create_client_secret(
        &self,
        input: &CreateClientSecret,
    ) -> Result<NewClientSecretReply, Error> {
        let id = input.identity_id.to_string();
        let path = ["api", "v1", "auth", "universal-auth", "identities", &id, "client-secrets"];
        self.post(&path, input).await
    }
}
