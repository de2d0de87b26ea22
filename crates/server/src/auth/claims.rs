//! What our access tokens say. Claim names are the contract's (`access-tokens.md` §1,
//! `human-login.md` §6); `authMethodId` and `tokenEpoch` are our own.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use vouchsafe_domain::id::{AuthMethodId, IdentityId, OrgId, SessionId, TokenId, UserId};
use vouchsafe_domain::time::Timestamp;
use vouchsafe_domain::token_settings::TokenTerms;

/// The claims of any token that we sign.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "authTokenType")]
pub enum Claims {
    /// An identity's access token.
    #[serde(rename = "identityAccessToken")]
    Identity(IdentityClaims),
    /// A user's access token.
    #[serde(rename = "accessToken")]
    User(UserClaims),
    /// A user's refresh token (the cookie `jid`).
    #[serde(rename = "refreshToken")]
    Refresh(RefreshClaims),
}

/// The claims of an identity's access token.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityClaims {
    /// Who.
    pub identity_id: IdentityId,
    /// The token; renewals keep it.
    pub identity_access_token_id: TokenId,
    /// The same again, under its registered name.
    pub jti: TokenId,
    /// The client secret that was used to log in, or empty.
    pub client_secret_id: String,
    /// Name of the identity when the token was issued.
    pub identity_name: String,
    /// Auth method that issued the token, such as `universal-auth`.
    pub auth_method: String,
    /// The attached method itself; detached and attached again, it has another id.
    pub auth_method_id: AuthMethodId,
    /// Organization the token acts in.
    pub org_id: OrgId,
    /// The same; there are no organizations inside of others.
    pub root_org_id: OrgId,
    /// The same; there are no organizations inside of others.
    pub parent_org_id: OrgId,
    /// Whether the method named trusted addresses when the token was issued.
    pub ip_restriction_enabled: bool,
    /// Requested life, seconds; 0: as long as allowed.
    #[serde(rename = "accessTokenTTL")]
    pub access_token_ttl: i64,
    /// Longest life over all renewals, seconds; 0: no limit.
    #[serde(rename = "accessTokenMaxTTL")]
    pub access_token_max_ttl: i64,
    /// Period of a periodic token, seconds; 0: not periodic.
    pub access_token_period: i64,
    /// When the first token of this id was issued, seconds.
    pub creation_epoch: i64,
    /// How many requests the token may make; absent: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub num_uses_limit: Option<i64>,
    /// The identity's epoch when the token was issued; tokens of earlier epochs are revoked.
    pub token_epoch: i64,
    /// What the login proved, below the kind of proof (`kubernetes`, `aws`, `oidc`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_auth: Option<Box<Map<String, Value>>>,
    /// The certificate that the token is bound to, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Box<Confirmation>>,
    /// When this token was issued, seconds.
    pub iat: i64,
    /// When it expires, seconds.
    pub exp: i64,
}

/// What a token is bound to (RFC 7800 section 3.1).
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Confirmation {
    /// SHA-256 of the client certificate, base64url (RFC 8705 section 3.1).
    #[serde(rename = "x5t#S256")]
    pub certificate: String,
}

impl IdentityClaims {
    /// The terms that renewals follow.
    pub fn terms(&self) -> TokenTerms {
        TokenTerms {
            ttl: self.access_token_ttl,
            max_ttl: self.access_token_max_ttl,
            period: self.access_token_period,
        }
    }

    /// When the first token of this id was issued.
    pub fn created_at(&self) -> Timestamp {
        Timestamp::from_millis(self.creation_epoch.saturating_mul(1000))
    }
}

/// The claims of a user's access token.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserClaims {
    /// How the user signed in: `email`.
    pub auth_method: String,
    /// Who.
    pub user_id: UserId,
    /// The session.
    pub token_version_id: SessionId,
    /// Must equal the session's; raised when the session's tokens are revoked.
    pub access_version: i64,
    /// The chosen organization, once chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrgId>,
    /// When issued, seconds.
    pub iat: i64,
    /// When it expires, seconds.
    pub exp: i64,
}

/// The claims of a refresh token.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefreshClaims {
    /// Who.
    pub user_id: UserId,
    /// The session.
    pub token_version_id: SessionId,
    /// Must equal the session's.
    pub refresh_version: i64,
    /// The chosen organization, once chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<OrgId>,
    /// When issued, seconds.
    pub iat: i64,
    /// When it expires, seconds.
    pub exp: i64,
}

/// The kind of a sign-up token.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub enum SignUpKind {
    /// The only one.
    #[default]
    #[serde(rename = "signupToken")]
    SignUp,
}

/// The claims of the token with which an invited person completes the account. It opens nothing else,
/// so it is not one of [`Claims`].
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SignUpClaims {
    /// Tells it from all other tokens.
    pub auth_token_type: SignUpKind,
    /// Who.
    pub user_id: UserId,
    /// Into which organization.
    pub organization_id: OrgId,
    /// When the invitation was made, milliseconds; another invitation makes the token void.
    pub invited_at: i64,
    /// When issued, seconds.
    pub iat: i64,
    /// When it expires, seconds.
    pub exp: i64,
}

impl Claims {
    /// When the token expires, seconds.
    pub fn exp(&self) -> i64 {
        match self {
            Self::Identity(claims) => claims.exp,
            Self::User(claims) => claims.exp,
            Self::Refresh(claims) => claims.exp,
        }
    }
}
