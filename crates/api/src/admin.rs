//! The first start and the instance itself (`human-login.md` §2).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::IdentityId;
use vouchsafe_domain::text::Email;

use crate::concealed::Concealed;
use crate::identities::OrganizationSummary;
use crate::lenient;
use crate::users::UserSummary;

/// Makes the first administrator, organization and identity.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct Bootstrap {
    /// E-mail address of the administrator.
    pub email: Email,
    /// Password of the administrator, 1–1,024 characters.
    pub password: Concealed,
    /// Name of the organization, 1–64 characters.
    pub organization: String,
}

/// What was made.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct BootstrapReply {
    /// A sentence for people.
    pub message: String,
    /// The administrator.
    pub user: UserSummary,
    /// The organization.
    pub organization: OrganizationSummary,
    /// The identity that automation acts as.
    pub identity: BootstrapIdentity,
}

/// The identity of the first start.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct BootstrapIdentity {
    /// Id.
    pub id: IdentityId,
    /// Display name.
    pub name: String,
    /// How it acts.
    pub credentials: BootstrapCredentials,
}

/// How the identity of the first start acts.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct BootstrapCredentials {
    /// Its access token, shown only here.
    pub token: Concealed,
}

/// Makes the first administrator from the web page.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AdminSignUp {
    /// E-mail address.
    pub email: Email,
    /// Password, 1–1,024 characters.
    pub password: Concealed,
    /// First name, 1–255 characters.
    pub first_name: String,
    /// Last name, at most 255 characters; may be missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub last_name: Option<String>,
}

/// The administrator is made and signed in; the refresh token is in the cookie `jid`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct AdminSignUpReply {
    /// A sentence for people.
    pub message: String,
    /// The administrator.
    pub user: UserSummary,
    /// The organization.
    pub organization: OrganizationSummary,
    /// Access token in that organization.
    pub token: Concealed,
    /// Always `123`; kept for older clients.
    pub new: String,
}

/// How the instance is set up, for the web page.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ConfigReply {
    /// The configuration.
    pub config: InstanceConfig,
}

/// What anybody may know of the instance.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceConfig {
    /// Whether the first administrator was made.
    pub initialized: bool,
    /// Always false: people come in by invitation.
    pub allow_sign_up: bool,
    /// Always null.
    pub allowed_sign_up_domain: Option<String>,
    /// Always false.
    pub trust_saml_emails: bool,
    /// Always false.
    pub trust_ldap_emails: bool,
    /// Always false.
    pub trust_oidc_emails: bool,
    /// Always null.
    pub default_auth_org_id: Option<String>,
    /// `email`.
    pub enabled_login_methods: Vec<String>,
}
