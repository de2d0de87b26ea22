//! The instance.

use vouchsafe_api::admin::{Bootstrap, BootstrapReply, ConfigReply, InstanceConfig};
use vouchsafe_api::common::Nothing;
use vouchsafe_api::status::Status;

use crate::{Client, Error};

/// The instance.
impl Client {
    /// What clients ask before anything else.
    pub async fn status(&self) -> Result<Status, Error> {
        self.get(&["api", "status"], &Nothing {}).await
    }

    /// How the instance is set up.
    pub async fn config(&self) -> Result<InstanceConfig, Error> {
        let reply: ConfigReply = self.get(&["api", "v1", "admin", "config"], &Nothing {}).await?;
        Ok(reply.config)
    }

    /// Makes the first administrator, organization and identity.
    pub async fn bootstrap(&self, input: &Bootstrap) -> Result<BootstrapReply, Error> {
        self.post(&["api", "v1", "admin", "bootstrap"], input).await
    }
}
