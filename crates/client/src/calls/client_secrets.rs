//! Client secrets of Universal Auth.

use vouchsafe_api::auth_methods::{
    ClientSecretData, ClientSecretList, ClientSecretPath, ClientSecretReply, CreateClientSecret,
    NewClientSecretReply,
};
use vouchsafe_api::common::Nothing;
use vouchsafe_domain::id::IdentityId;

use crate::{Client, Error};

/// Client secrets of Universal Auth.
impl Client {
    /// Makes a client secret; it is shown this once.
    pub async fn create_client_secret(
        &self,
        input: &CreateClientSecret,
    ) -> Result<NewClientSecretReply, Error> {
        let id = input.identity_id.to_string();
        let path = ["api", "v1", "auth", "universal-auth", "identities", &id, "client-secrets"];
        self.post(&path, input).await
    }

    /// Lists the client secrets that are not revoked.
    pub async fn client_secrets(&self, identity: IdentityId) -> Result<Vec<ClientSecretData>, Error> {
        let id = identity.to_string();
        let path = ["api", "v1", "auth", "universal-auth", "identities", &id, "client-secrets"];
        Ok(self.get::<_, ClientSecretList>(&path, &Nothing {}).await?.client_secret_data)
    }

    /// Reads what is known of a client secret.
    pub async fn client_secret(&self, which: ClientSecretPath) -> Result<ClientSecretData, Error> {
        let (identity, id) = (which.identity_id.to_string(), which.client_secret_id.to_string());
        let path = ["api", "v1", "auth", "universal-auth", "identities", &identity, "client-secrets", &id];
        Ok(self.get::<_, ClientSecretReply>(&path, &Nothing {}).await?.client_secret_data)
    }

    /// Revokes a client secret and the tokens that it was exchanged for.
    pub async fn revoke_client_secret(&self, which: ClientSecretPath) -> Result<ClientSecretData, Error> {
        let (identity, id) = (which.identity_id.to_string(), which.client_secret_id.to_string());
        let path =
            ["api", "v1", "auth", "universal-auth", "identities", &identity, "client-secrets", &id, "revoke"];
        Ok(self.post::<_, ClientSecretReply>(&path, &Nothing {}).await?.client_secret_data)
    }
}
