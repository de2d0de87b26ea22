//! LDAP Auth (`auth-methods.md` section 12).

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::lenient;

/// Longest user name, in characters.
pub const MOST_USERNAME: usize = 255;
/// Longest password, in bytes.
pub const MOST_PASSWORD: usize = 1024;

/// An attribute that the user's entry has to have.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub struct LdapField {
    /// Name of the attribute.
    pub key: String,
    /// Values of which it has to have one, separated by commas without spaces.
    pub value: String,
}

/// Attaches or changes LDAP Auth. On update, what is missing or null stays; an empty text or list clears.
#[derive(Clone, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LdapAuthInput {
    /// Templates are not offered: anything but null is refused.
    #[serde(deserialize_with = "lenient::opt_text")]
    #[schemars(extend("deprecated" = true))]
    pub template_id: Option<String>,
    /// Where the directory is: `ldaps://host` or `ldap://host`, with a port if it is not 636 or 389.
    pub url: Option<String>,
    /// Who looks users up. Empty together with `userDnTemplate`: nobody does.
    #[serde(rename = "bindDN")]
    pub bind_dn: Option<String>,
    /// Password of `bindDN`.
    #[schemars(extend("format" = "password", "x-cleared-by" = ""))]
    pub bind_pass: Option<String>,
    /// Below which entry users are looked up.
    pub search_base: Option<String>,
    /// What finds a user, with `{{username}}`; `(uid={{username}})` if missing at first.
    #[schemars(extend("default" = "(uid={{username}})"))]
    pub search_filter: Option<String>,
    /// Attributes that the user's entry has to have.
    pub allowed_fields: Option<Vec<LdapField>>,
    /// Authorities that vouch for the directory, PEM; the machine's if empty.
    #[schemars(extend("contentMediaType" = "application/x-pem-file"))]
    pub ldap_ca_certificate: Option<String>,
    /// Whether a connection to `ldap://` is encrypted by `StartTLS` before anything else is said; off if missing at first.
    #[serde(deserialize_with = "lenient::opt_bool")]
    pub start_tls: Option<bool>,
    /// DN of a user with `{{username}}` as its first value, such as `uid={{username}},ou=people,dc=example,dc=com`: users
    /// bind without being looked up. Used when there is no `bindDN`.
    pub user_dn_template: Option<String>,
    /// DNs of groups of which the user has to be a member of one; any user if empty. At most 20.
    pub allowed_groups: Option<Vec<String>>,
}

/// Proves with the password of a directory.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
pub struct LdapProof {
    /// Name of the user, 1–255 characters.
    #[serde(deserialize_with = "username")]
    pub username: String,
    /// Password, 1–1024 bytes.
    #[serde(deserialize_with = "password")]
    pub password: String,
}

fn username<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.trim().is_empty() || text.chars().count() > MOST_USERNAME {
        return Err(serde::de::Error::custom(format!("Expected 1 to {MOST_USERNAME} characters")));
    }
    Ok(text)
}

/// An empty password must never get to a directory, which would take it for an anonymous bind and say yes.
fn password<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || text.len() > MOST_PASSWORD {
        return Err(serde::de::Error::custom(format!("Expected 1 to {MOST_PASSWORD} bytes")));
    }
    Ok(text)
}
