//! Tokens of Token Auth.

use reqwest::Method;
use vouchsafe_api::auth_methods::{
    CreateToken, ListTokens, NewTokenReply, TokenData, TokenList, TokenReply, UpdateToken,
};
use vouchsafe_api::common::{MessageReply, Nothing};
use vouchsafe_domain::id::TokenId;

use crate::{Client, Error};

/// Tokens of Token Auth.
impl Client {
    /// Makes a token; it is shown this once.
    pub async fn create_token(&self, input: &CreateToken) -> Result<NewTokenReply, Error> {
        let id = input.identity_id.to_string();
        self.post(&["api", "v1", "auth", "token-auth", "identities", &id, "tokens"], input).await
    }

    /// A page of the tokens of an identity.
    pub async fn tokens(&self, input: ListTokens) -> Result<Vec<TokenData>, Error> {
        let id = input.identity_id.to_string();
        let path = ["api", "v1", "auth", "token-auth", "identities", &id, "tokens"];
        Ok(self.get::<_, TokenList>(&path, &input).await?.tokens)
    }

    /// Renames a token.
    pub async fn update_token(&self, input: &UpdateToken) -> Result<TokenData, Error> {
        let path = ["api", "v1", "auth", "token-auth", "tokens", &input.token_id.to_string()];
        Ok(self.call::<_, TokenReply>(Method::PATCH, &path, input).await?.token)
    }

    /// Revokes a token; answers with what the server says about it.
    pub async fn revoke_token(&self, id: TokenId) -> Result<MessageReply, Error> {
        self.post(&["api", "v1", "auth", "token-auth", "tokens", &id.to_string(), "revoke"], &Nothing {})
            .await
    }
}
