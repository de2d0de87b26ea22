//! Secrets.

use reqwest::Method;
use vouchsafe_api::secrets::{
    CreateSecret, CreateSecrets, DeleteSecrets, GetSecret, ListSecrets, Secret, SecretList, SecretReply,
    SecretsReply, UpdateSecret, UpdateSecrets,
};

use crate::transport::{LIST, USUAL};
use crate::{Client, Error, Fetched};

/// Secrets.
impl Client {
    /// Makes a secret.
    pub async fn create_secret(&self, input: &CreateSecret) -> Result<Secret, Error> {
        let reply: SecretReply = self.post(&["api", "v4", "secrets", &input.secret_name], input).await?;
        Ok(reply.secret)
    }

    /// Lists the secrets of a folder, and those that it imports.
    pub async fn list_secrets(&self, input: &ListSecrets) -> Result<SecretList, Error> {
        self.get_within(LIST, &["api", "v4", "secrets"], input).await
    }

    /// The same, if it is no longer what had the entity tag `known`.
    pub async fn list_secrets_unless(
        &self,
        input: &ListSecrets,
        known: Option<&str>,
    ) -> Result<Fetched<SecretList>, Error> {
        self.get_unless(LIST, &["api", "v4", "secrets"], input, known).await
    }

    /// Reads a secret.
    pub async fn secret(&self, input: &GetSecret) -> Result<Secret, Error> {
        let reply: SecretReply = self.get(&["api", "v4", "secrets", &input.secret_name], input).await?;
        Ok(reply.secret)
    }

    /// The same, if it is no longer what had the entity tag `known`.
    pub async fn secret_unless(
        &self,
        input: &GetSecret,
        known: Option<&str>,
    ) -> Result<Fetched<Secret>, Error> {
        let path = ["api", "v4", "secrets", &input.secret_name];
        Ok(match self.get_unless::<_, SecretReply>(USUAL, &path, input, known).await? {
            Fetched::Unchanged => Fetched::Unchanged,
            Fetched::New { value, etag } => Fetched::New { value: value.secret, etag },
        })
    }

    /// Changes a secret.
    pub async fn update_secret(&self, input: &UpdateSecret) -> Result<Secret, Error> {
        let path = ["api", "v4", "secrets", &input.secret_name];
        Ok(self.call::<_, SecretReply>(Method::PATCH, &path, input).await?.secret)
    }

    /// Makes several secrets of one folder, all or none. A request holds at most 1 MiB.
    pub async fn create_secrets(&self, input: &CreateSecrets) -> Result<Vec<Secret>, Error> {
        self.batch(Method::POST, input).await
    }

    /// Changes several secrets, all or none, and with [`UpdateMode::Upsert`] makes those that are missing. A request
    /// holds at most 1 MiB.
    ///
    /// [`UpdateMode::Upsert`]: vouchsafe_api::secrets::UpdateMode::Upsert
    pub async fn update_secrets(&self, input: &UpdateSecrets) -> Result<Vec<Secret>, Error> {
        self.batch(Method::PATCH, input).await
    }

    /// Deletes several secrets of one folder, all or none.
    pub async fn delete_secrets(&self, input: &DeleteSecrets) -> Result<Vec<Secret>, Error> {
        self.batch(Method::DELETE, input).await
    }

    async fn batch<I: serde::Serialize>(&self, method: Method, input: &I) -> Result<Vec<Secret>, Error> {
        let path = ["api", "v4", "secrets", "batch"];
        Ok(self.call_within::<_, SecretsReply>(LIST, method, &path, input).await?.secrets)
    }
}
