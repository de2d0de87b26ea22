//! Signing people in and out. The refresh token of a session travels in a cookie.

use vouchsafe_api::common::{MessageReply, Nothing};
use vouchsafe_api::concealed::Concealed;
use vouchsafe_api::sign_in::{
    RefreshReply, SelectOrganization, SelectOrganizationReply, SignIn, SignInReply,
};

use crate::{Client, Error};

/// The cookie with the refresh token.
const COOKIE: &str = "jid";

/// Signing people in and out.
impl Client {
    /// Signs a person in; the access token that is answered has no organization yet.
    pub async fn sign_in(&self, input: &SignIn) -> Result<(SignInReply, Option<Concealed>), Error> {
        self.post_with_cookie(&["api", "v3", "auth", "login"], input, COOKIE, None).await
    }

    /// Chooses the organization that the person who calls acts in.
    pub async fn select_organization(
        &self,
        input: &SelectOrganization,
    ) -> Result<(SelectOrganizationReply, Option<Concealed>), Error> {
        self.post_with_cookie(&["api", "v3", "auth", "select-organization"], input, COOKIE, None).await
    }

    /// Asks for a fresh access token. The refresh token is used up by that; the next one is answered.
    pub async fn refresh_session(
        &self,
        refresh_token: &Concealed,
    ) -> Result<(RefreshReply, Option<Concealed>), Error> {
        let path = ["api", "v1", "auth", "token"];
        self.post_with_cookie(&path, &Nothing {}, COOKIE, Some(refresh_token)).await
    }

    /// Ends a person's session, which the refresh token or else the bearer token names.
    pub async fn sign_out(&self, refresh_token: Option<&Concealed>) -> Result<MessageReply, Error> {
        let path = ["api", "v1", "auth", "logout"];
        Ok(self.post_with_cookie(&path, &Nothing {}, COOKIE, refresh_token).await?.0)
    }

    /// Asks whether a person's access token is accepted.
    pub async fn check_sign_in(&self) -> Result<MessageReply, Error> {
        self.post(&["api", "v1", "auth", "checkAuth"], &Nothing {}).await
    }
}
