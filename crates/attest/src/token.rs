//! Token Auth: tokens that an administrator makes and hands over. There is no login.

use serde::{Deserialize, Serialize};
use vouchsafe_api::auth_methods::TokenAuthInput;

use crate::{Issue, Method};

/// Token Auth.
pub struct TokenAuth;

/// Token Auth has no configuration of its own.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct TokenConfig {}

impl Method for TokenAuth {
    const ID: &'static str = "token-auth";
    const NAME: &'static str = "Token Auth";
    const RESPONSE_KEY: &'static str = "identityTokenAuth";
    type Input = TokenAuthInput;
    type Config = TokenConfig;

    fn configure(_: Option<TokenConfig>, _: TokenAuthInput) -> Result<TokenConfig, Issue> {
        Ok(TokenConfig {})
    }
}
