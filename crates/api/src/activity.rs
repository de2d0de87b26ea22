//! What the audit log says in figures, and credentials that end soon.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::IdentityId;
use vouchsafe_domain::time::Timestamp;

use crate::lenient;

/// Of which time.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ReadActivity {
    /// From when on; a day before the end if missing. At most 92 days before the end.
    pub start_date: Option<Timestamp>,
    /// Until when; now if missing.
    pub end_date: Option<Timestamp>,
}

/// Logins of the organization's identities.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Activity {
    /// Begin of the first step: the full hour or day (UTC) at or before what was asked for.
    pub start_date: Timestamp,
    /// End of the last step.
    pub end_date: Timestamp,
    /// Length of a step in seconds: 3600 up to three days, else 86400.
    pub step_seconds: i64,
    /// Logins by step and method; what is 0 is missing.
    pub logins: Vec<LoginCount>,
    /// Why logins were refused, the most frequent first.
    pub refusals: Vec<RefusalCount>,
    /// Whether everything was counted. Only the newest 50,000 events, and 5,000 refused logins for their reasons, are.
    pub is_complete: bool,
}

/// How often identities logged in by a method within a step.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoginCount {
    /// Begin of the step.
    pub starts_at: Timestamp,
    /// Such as `universal-auth`.
    pub method: String,
    /// Logins that were granted.
    pub granted: i64,
    /// Logins that were refused.
    pub refused: i64,
}

/// How often logins by a method were refused for a reason.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct RefusalCount {
    /// Such as `universal-auth`.
    pub method: String,
    /// The stable code of the reason, such as `invalid-credentials`.
    pub reason: String,
    /// How often.
    pub count: i64,
}

/// Credentials that end within which time.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ListExpiring {
    /// Within so many days from now, 1–366, 30 if missing.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub days: Option<i64>,
    /// 1–100, 20 if missing.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub limit: Option<i64>,
}

/// Kind of a credential.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    /// A client secret of Universal Auth.
    ClientSecret,
    /// A token of Token Auth.
    Token,
}

/// A credential that ends.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpiringCredential {
    /// Id of the client secret or the token.
    pub id: String,
    /// Which of them.
    pub kind: CredentialKind,
    /// Whose.
    pub identity_id: IdentityId,
    /// Name of the identity.
    pub identity_name: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Credentials that end soon.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ExpiringList {
    /// They, the first one to end first.
    pub credentials: Vec<ExpiringCredential>,
}
