//! Users and their own sessions: `/api/v1/user`, `/api/v2/users/me`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{SessionId, UserId};
use vouchsafe_domain::time::Timestamp;

use crate::concealed::Concealed;
use crate::lenient;

/// A user as others see it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserSummary {
    /// Id.
    pub id: UserId,
    /// The same as the e-mail address.
    pub username: String,
    /// E-mail address.
    pub email: String,
    /// First name; empty until an invited person has accepted.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Whether the user administers the instance.
    pub super_admin: bool,
    /// Always null; kept for older clients.
    pub public_key: Option<String>,
}

/// A user as the user itself sees it.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// What everybody sees.
    #[serde(flatten)]
    pub user: UserSummary,
    /// Whether the user has set a password.
    pub is_accepted: bool,
    /// Always true: whoever holds the invitation is believed.
    pub is_email_verified: bool,
    /// Always false.
    pub is_mfa_enabled: bool,
    /// How the user may sign in: `email`.
    pub auth_methods: Vec<String>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// A profile in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ProfileReply {
    /// The profile.
    pub user: Profile,
}

/// Changes one's name.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RenameMe {
    /// First name, 1–255 characters.
    pub first_name: String,
    /// Last name, at most 255 characters; may be missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub last_name: Option<String>,
}

/// Changes one's password; all other sessions end.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangePassword {
    /// The password until now.
    pub old_password: Concealed,
    /// The password from now on, 1–1,024 characters.
    pub new_password: Concealed,
}

/// A session of the caller.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// Id.
    pub id: SessionId,
    /// Whose.
    pub user_id: UserId,
    /// Address that it was used from.
    pub ip: String,
    /// The client's `User-Agent`.
    pub user_agent: String,
    /// Raised when the session's access tokens are revoked.
    pub access_version: i64,
    /// Raised with each refresh.
    pub refresh_version: i64,
    /// When used last.
    pub last_used: Timestamp,
    /// When it ends unless used before.
    pub expires_at: Timestamp,
    /// Whether this request came through it.
    pub is_current: bool,
    /// When opened.
    pub created_at: Timestamp,
    /// When refreshed last.
    pub updated_at: Timestamp,
}

/// The tokens of a session that was opened for another program.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenedSession {
    /// Access token.
    pub token: Concealed,
    /// Refresh token: what the cookie `jid` holds for browsers.
    pub refresh_token: Concealed,
}

/// Names a session.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionPath {
    /// Which session.
    pub session_id: SessionId,
}
