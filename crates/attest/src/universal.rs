//! Universal Auth: a client id and one of several client secrets. The secrets are looked up by
//! keyed hash inside of the login's transaction (`vouchsafe_store`).

use serde::{Deserialize, Serialize};
use vouchsafe_api::auth_methods::UniversalAuthInput;
use vouchsafe_domain::ip::TrustedIps;

use crate::{Issue, Method, trusted_ips};

/// Universal Auth.
pub struct UniversalAuth;

/// Configuration of Universal Auth.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UniversalConfig {
    /// From where logins are accepted.
    pub client_secret_trusted_ips: TrustedIps,
}

impl Method for UniversalAuth {
    const ID: &'static str = "universal-auth";
    const NAME: &'static str = "Universal Auth";
    const RESPONSE_KEY: &'static str = "identityUniversalAuth";
    const LOCKOUT: bool = true;
    const PERIODIC: bool = true;
    const CLIENT_ID: bool = true;
    type Input = UniversalAuthInput;
    type Config = UniversalConfig;

    fn configure(
        stored: Option<UniversalConfig>,
        input: UniversalAuthInput,
    ) -> Result<UniversalConfig, Issue> {
        let stored = stored.map(|config| config.client_secret_trusted_ips);
        let client_secret_trusted_ips = trusted_ips(stored, input.client_secret_trusted_ips)
            .map_err(|message| Issue::new("clientSecretTrustedIps", message))?;
        Ok(UniversalConfig { client_secret_trusted_ips })
    }
}
