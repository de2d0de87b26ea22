//! How people sign in (`human-login.md` §3).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::OrgId;

use crate::concealed::Concealed;

/// Signs a person in.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct SignIn {
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: Concealed,
}

/// What a sign-in answers; the refresh token is in the cookie `jid`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignInReply {
    /// Access token without an organization.
    pub access_token: Concealed,
}

/// Chooses the organization to act in.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SelectOrganization {
    /// Which organization.
    pub organization_id: OrgId,
}

/// The access token for the chosen organization.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SelectOrganizationReply {
    /// Access token.
    pub token: Concealed,
    /// Always false: the token is good as it is.
    pub is_mfa_enabled: bool,
}

/// A fresh access token, for a refresh token.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefreshReply {
    /// Access token.
    pub token: Concealed,
    /// The organization that it acts in, if one was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrgId>,
}
