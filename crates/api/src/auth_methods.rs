//! Auth methods: what all of them share, and Token and Universal Auth (`auth-methods.md`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vouchsafe_domain::id::{AuthMethodId, ClientSecretId, IdentityId, TokenId};
use vouchsafe_domain::ip::TrustedIps;
use vouchsafe_domain::lockout::LockoutScope;
use vouchsafe_domain::time::Timestamp;

use crate::lenient::{self, Given};

/// An address or block as sent.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IpInput {
    /// IPv4 or IPv6 address, or block in CIDR notation.
    pub ip_address: String,
}

/// Settings that every auth method takes. On update, what is missing stays.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MethodSettings {
    /// From where tokens may be used; anywhere if missing at first.
    pub access_token_trusted_ips: Option<Vec<IpInput>>,
    /// Life of a token, seconds, 0–315360000; 2592000 if missing at first.
    #[serde(rename = "accessTokenTTL", deserialize_with = "lenient::opt_int")]
    pub access_token_ttl: Option<i64>,
    /// Longest life over all renewals, seconds, 0–315360000; 2592000 if missing at first.
    #[serde(rename = "accessTokenMaxTTL", deserialize_with = "lenient::opt_int")]
    pub access_token_max_ttl: Option<i64>,
    /// Requests a token may make; 0: any number.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub access_token_num_uses_limit: Option<i64>,
    /// Seconds; above 0 tokens are periodic: renewable for ever. Universal Auth only.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub access_token_period: Option<i64>,
    /// Whether failed logins lock the login; on if missing at first.
    #[serde(deserialize_with = "lenient::opt_bool")]
    #[schemars(extend("default" = true))]
    pub lockout_enabled: Option<bool>,
    /// Failures that lock, 1–30; 3 if missing at first.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub lockout_threshold: Option<i64>,
    /// How long a lock lasts, seconds, 30–86400; 300 if missing at first.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub lockout_duration_seconds: Option<i64>,
    /// After how many seconds without a failure the count starts anew, 5–3600; 30 if missing at first.
    #[serde(deserialize_with = "lenient::opt_int")]
    pub lockout_counter_reset_seconds: Option<i64>,
    /// Whether failures are counted for the identity or for each source network.
    pub lockout_scope: Option<LockoutScope>,
}

/// What names a source of a method, and what narrows its tokens.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SourceInput {
    /// Name among the sources of this kind, a slug; `default` for the one that the plain routes attach.
    pub source: Option<String>,
    /// Slugs of the only roles (of those that the identity has) that tokens of this source hold; null: all of them.
    #[serde(deserialize_with = "lenient::given", skip_serializing_if = "Option::is_none")]
    pub roles: Given<Vec<String>>,
}

/// Names a source of a method.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourcePath {
    /// Which identity.
    pub identity_id: IdentityId,
    /// Which source, by the id that it is shown with.
    pub source_id: AuthMethodId,
}

/// All sources of one kind, each as it is shown by itself.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct SourceList {
    /// In the order in which they were attached.
    pub sources: Vec<serde_json::Map<String, Value>>,
}

/// Who logs in; the method's own fields hold the proof.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoginInput {
    /// Which identity.
    #[serde(deserialize_with = "lenient::trimmed")]
    pub identity_id: IdentityId,
    /// Slug of the organization to act in; the identity's own if missing.
    #[serde(default, alias = "subOrganizationName", deserialize_with = "lenient::opt_text")]
    pub organization_slug: Option<String>,
}

/// Attaches or changes Universal Auth.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UniversalAuthInput {
    /// From where logins are accepted; anywhere if missing at first.
    pub client_secret_trusted_ips: Option<Vec<IpInput>>,
}

/// Attaches or changes Token Auth, which has no settings of its own.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize)]
pub struct TokenAuthInput {}

/// What every configured method shows.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MethodShown {
    /// Id of the attachment.
    pub id: AuthMethodId,
    /// The identity.
    pub identity_id: IdentityId,
    /// Name among the sources of this kind.
    pub source: String,
    /// Slugs of the only roles that its tokens hold; null: all that the identity has.
    pub roles: Option<Vec<String>>,
    /// Life of a token, seconds.
    #[serde(rename = "accessTokenTTL")]
    pub access_token_ttl: i64,
    /// Longest life over all renewals, seconds.
    #[serde(rename = "accessTokenMaxTTL")]
    pub access_token_max_ttl: i64,
    /// Requests a token may make; 0: any number.
    pub access_token_num_uses_limit: i64,
    /// Seconds; above 0 tokens are periodic.
    pub access_token_period: i64,
    /// From where tokens may be used.
    pub access_token_trusted_ips: TrustedIps,
    /// When attached.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// What methods with a lockout show beside.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LockoutShown {
    /// Whether failed logins lock the login.
    pub lockout_enabled: bool,
    /// Failures that lock.
    pub lockout_threshold: i64,
    /// How long a lock lasts, seconds.
    pub lockout_duration_seconds: i64,
    /// After how many seconds without a failure the count starts anew.
    pub lockout_counter_reset_seconds: i64,
    /// Whether failures are counted for the identity or for each source network.
    pub lockout_scope: LockoutScope,
}

/// A configured method under its own key, such as `identityUniversalAuth`.
pub type MethodReply = std::collections::BTreeMap<String, Value>;

/// How many locks and counters were removed.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
pub struct ClearedLockouts {
    /// How many.
    pub deleted: u64,
}

/// Logs in by Universal Auth.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UniversalAuthLogin {
    /// What names the identity.
    pub client_id: String,
    /// What proves it.
    pub client_secret: String,
    /// Slug of the organization to act in; the identity's own if missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub organization_slug: Option<String>,
}

/// A new access token.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessTokenReply {
    /// The token.
    pub access_token: String,
    /// Configured life, seconds.
    pub expires_in: i64,
    /// Configured longest life, seconds.
    #[serde(rename = "accessTokenMaxTTL")]
    pub access_token_max_ttl: i64,
    /// `Bearer`.
    pub token_type: String,
}

/// Renews or revokes a token by holding it.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldToken {
    /// The token.
    pub access_token: String,
}

/// Makes a client secret.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateClientSecret {
    /// Which identity.
    pub identity_id: IdentityId,
    /// Free text, at most 255 characters.
    #[serde(default)]
    pub description: Option<String>,
    /// Logins allowed; 0 or missing: any number.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub num_uses_limit: Option<i64>,
    /// Life, seconds, 0–315360000; 0 or missing: for ever.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub ttl: Option<i64>,
}

/// Names a client secret.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientSecretPath {
    /// Which identity.
    pub identity_id: IdentityId,
    /// Which client secret.
    pub client_secret_id: ClientSecretId,
}

/// A client secret, without the secret.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientSecretData {
    /// Id.
    pub id: ClientSecretId,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
    /// Free text.
    pub description: String,
    /// The first four characters.
    pub client_secret_prefix: String,
    /// Logins so far.
    pub client_secret_num_uses: i64,
    /// Logins allowed; 0: any number.
    pub client_secret_num_uses_limit: i64,
    /// Life, seconds; 0: for ever.
    #[serde(rename = "clientSecretTTL")]
    pub client_secret_ttl: i64,
    /// Id of the attached method.
    #[serde(rename = "identityUAId")]
    pub identity_ua_id: AuthMethodId,
    /// Whether it is refused for good.
    pub is_client_secret_revoked: bool,
}

/// A new client secret; the only time that the secret is shown.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewClientSecretReply {
    /// The secret: 64 hexadecimal digits.
    pub client_secret: String,
    /// What is kept of it.
    pub client_secret_data: ClientSecretData,
}

/// A client secret in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientSecretReply {
    /// The client secret.
    pub client_secret_data: ClientSecretData,
}

/// Client secrets.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientSecretList {
    /// Those that are not revoked.
    pub client_secret_data: Vec<ClientSecretData>,
}

/// Makes a token through Token Auth.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateToken {
    /// Which identity.
    pub identity_id: IdentityId,
    /// Free text, at most 255 characters.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub name: Option<String>,
    /// Slug of the organization to act in; the identity's own if missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub organization_slug: Option<String>,
    /// Life, seconds; the method's if missing.
    #[serde(
        default,
        rename = "accessTokenTTL",
        deserialize_with = "lenient::opt_int",
        skip_serializing_if = "Option::is_none"
    )]
    pub access_token_ttl: Option<i64>,
    /// Longest life over all renewals, seconds; the method's if missing.
    #[serde(
        default,
        rename = "accessTokenMaxTTL",
        deserialize_with = "lenient::opt_int",
        skip_serializing_if = "Option::is_none"
    )]
    pub access_token_max_ttl: Option<i64>,
    /// Requests it may make, 0: any number; the method's if missing.
    #[serde(default, deserialize_with = "lenient::opt_int", skip_serializing_if = "Option::is_none")]
    pub access_token_num_uses_limit: Option<i64>,
}

/// Lists an identity's tokens.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTokens {
    /// Which identity.
    pub identity_id: IdentityId,
    /// How many to skip, 0–100.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub offset: Option<i64>,
    /// 1–100, 20 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub limit: Option<i64>,
}

/// Names a token.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenPath {
    /// Which token.
    pub token_id: TokenId,
}

/// Renames a token.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateToken {
    /// Which token.
    pub token_id: TokenId,
    /// Free text, at most 255 characters.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub name: Option<String>,
}

/// A token made through Token Auth, without the token.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenData {
    /// Id.
    pub id: TokenId,
    /// The identity.
    pub identity_id: IdentityId,
    /// Free text.
    pub name: Option<String>,
    /// `token-auth`.
    pub auth_method: String,
    /// Life, seconds.
    #[serde(rename = "accessTokenTTL")]
    pub access_token_ttl: i64,
    /// Longest life over all renewals, seconds.
    #[serde(rename = "accessTokenMaxTTL")]
    pub access_token_max_ttl: i64,
    /// Requests so far; counted for tokens with a limit only.
    pub access_token_num_uses: i64,
    /// Requests allowed; 0: any number.
    pub access_token_num_uses_limit: i64,
    /// Period, seconds.
    pub access_token_period: i64,
    /// Last request; known for tokens with a limit only.
    pub access_token_last_used_at: Option<Timestamp>,
    /// Last renewal.
    pub access_token_last_renewed_at: Option<Timestamp>,
    /// Whether it is refused for good.
    pub is_access_token_revoked: bool,
    /// Always null.
    #[serde(rename = "identityUAClientSecretId")]
    pub identity_ua_client_secret_id: Option<String>,
    /// Always null.
    pub sub_organization_id: Option<String>,
    /// When made.
    pub created_at: Timestamp,
    /// When changed last.
    pub updated_at: Timestamp,
}

/// A new token; the only time that the token is shown.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewTokenReply {
    /// The token.
    pub access_token: String,
    /// Configured life, seconds.
    pub expires_in: i64,
    /// Configured longest life, seconds.
    #[serde(rename = "accessTokenMaxTTL")]
    pub access_token_max_ttl: i64,
    /// `Bearer`.
    pub token_type: String,
    /// What is kept of it.
    pub token_data: TokenData,
}

/// A token in its envelope.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct TokenReply {
    /// The token, without the token.
    pub token: TokenData,
}

/// Tokens.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct TokenList {
    /// The tokens of this page.
    pub tokens: Vec<TokenData>,
}
