//! Secrets.

use vouchsafe_api::secrets::{CreateSecret, GetSecret, ListSecrets, Secret, SecretList, SecretReply};

use crate::{Client, Error};

/// Secrets.
impl Client {
    /// Makes a secret.
    pub async fn create_secret(&self, input: &CreateSecret) -> Result<Secret, Error> {
        let reply: SecretReply = self.post(&["api", "v4", "secrets", &input.secret_name], input).await?;
        Ok(reply.secret)
    }

    /// Lists the secrets of a folder, and those that it imports.
    pub async fn list_secrets(&self, input: &ListSecrets) -> Result<SecretList, Error> {
        self.get(&["api", "v4", "secrets"], input).await
    }

    /// Reads a secret.
    pub async fn secret(&self, input: &GetSecret) -> Result<Secret, Error> {
        let reply: SecretReply = self.get(&["api", "v4", "secrets", &input.secret_name], input).await?;
        Ok(reply.secret)
    }
}
