//! Configuration of LDAP Auth.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use vouchsafe_api::auth_ldap::{LdapAuthInput, LdapField};

use super::directory::Place;
use super::name::{NameDn, NameFilter, PLACE, is_dn};
use crate::Issue;
use crate::net::Trust;

/// Most attributes that may be asked for.
const MOST_FIELDS: usize = 20;
/// Most groups that may be asked for.
const MOST_GROUPS: usize = 20;
/// Longest text, in bytes.
const MOST_TEXT: usize = 1024;
/// Longest list of certificates, in bytes.
const MOST_CERTIFICATES: usize = 64 * 1024;

/// Configuration of LDAP Auth.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LdapConfig {
    pub(super) template_id: Option<String>,
    url: String,
    #[serde(rename = "bindDN")]
    bind_dn: String,
    bind_pass: String,
    search_base: String,
    search_filter: String,
    allowed_fields: Vec<LdapField>,
    ldap_ca_certificate: String,
    start_tls: bool,
    user_dn_template: String,
    allowed_groups: Vec<String>,
}

/// Configuration of LDAP Auth, ready for checking.
pub struct Ready {
    pub(super) place: Place,
    pub(super) way: Way,
    pub(super) fields: Vec<Field>,
    pub(super) groups: Vec<String>,
}

/// How a user is found.
pub(super) enum Way {
    /// Somebody looks it up.
    Search(Service),
    /// Its DN follows from its name.
    Direct(NameDn),
}

/// Who looks users up, and how.
pub(super) struct Service {
    pub(super) dn: String,
    pub(super) password: String,
    pub(super) base: String,
    pub(super) filter: NameFilter,
}

/// An attribute that is asked for.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) values: HashSet<String>,
}

/// The configuration as sent, where nothing was sent as stored.
pub(super) fn merged(stored: Option<LdapConfig>, input: LdapAuthInput) -> LdapConfig {
    let stored = stored.unwrap_or_else(|| LdapConfig {
        template_id: None,
        url: String::new(),
        bind_dn: String::new(),
        bind_pass: String::new(),
        search_base: String::new(),
        search_filter: format!("(uid={PLACE})"),
        allowed_fields: Vec::new(),
        ldap_ca_certificate: String::new(),
        start_tls: false,
        user_dn_template: String::new(),
        allowed_groups: Vec::new(),
    });
    let trimmed = |sent: Option<String>, stored: String| sent.map_or(stored, |text| text.trim().to_owned());
    LdapConfig {
        template_id: input.template_id,
        url: trimmed(input.url, stored.url),
        bind_dn: trimmed(input.bind_dn, stored.bind_dn),
        bind_pass: input.bind_pass.unwrap_or(stored.bind_pass),
        search_base: trimmed(input.search_base, stored.search_base),
        search_filter: trimmed(input.search_filter, stored.search_filter),
        allowed_fields: input.allowed_fields.unwrap_or(stored.allowed_fields),
        ldap_ca_certificate: trimmed(input.ldap_ca_certificate, stored.ldap_ca_certificate),
        start_tls: input.start_tls.unwrap_or(stored.start_tls),
        user_dn_template: trimmed(input.user_dn_template, stored.user_dn_template),
        allowed_groups: input.allowed_groups.unwrap_or(stored.allowed_groups),
    }
}

/// Makes a configuration ready, or says what is wrong with it.
pub(super) fn ready(config: &LdapConfig) -> Result<Ready, Issue> {
    if config.ldap_ca_certificate.len() > MOST_CERTIFICATES {
        let message = format!("Expected at most {MOST_CERTIFICATES} bytes");
        return Err(Issue::new("ldapCaCertificate", message));
    }
    let trust = Trust::from_pem(&config.ldap_ca_certificate)
        .map_err(|error| Issue::new("ldapCaCertificate", error.to_string()))?;
    Ok(Ready {
        place: Place::parse(&config.url, config.start_tls, trust)?,
        way: way(config)?,
        fields: fields(&config.allowed_fields)?,
        groups: groups(&config.allowed_groups)?,
    })
}

fn way(config: &LdapConfig) -> Result<Way, Issue> {
    if config.bind_dn.is_empty() && !config.user_dn_template.is_empty() {
        return NameDn::parse("userDnTemplate", &config.user_dn_template).map(Way::Direct);
    }
    let needed =
        |field: &str| Issue::new(field, "Required, unless users bind by userDnTemplate without a bindDN");
    if config.bind_dn.is_empty() || config.bind_dn.len() > MOST_TEXT {
        return Err(needed("bindDN"));
    }
    // With an empty password a directory takes the bind for an anonymous one.
    if config.bind_pass.is_empty() || config.bind_pass.len() > MOST_TEXT {
        return Err(needed("bindPass"));
    }
    if !is_dn(&config.search_base) {
        return Err(Issue::new("searchBase", "Expected a DN such as ou=people,dc=example,dc=com"));
    }
    Ok(Way::Search(Service {
        dn: config.bind_dn.clone(),
        password: config.bind_pass.clone(),
        base: config.search_base.clone(),
        filter: NameFilter::parse("searchFilter", &config.search_filter)?,
    }))
}

fn fields(list: &[LdapField]) -> Result<Vec<Field>, Issue> {
    if list.len() > MOST_FIELDS {
        return Err(Issue::new("allowedFields", format!("Expected at most {MOST_FIELDS} attributes")));
    }
    let field = |(place, field): (usize, &LdapField)| {
        let is_name = field.key.starts_with(|c: char| c.is_ascii_alphanumeric())
            && field.key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ';' | '_'));
        if !is_name || field.key.len() > 128 {
            return Err(Issue::new(
                format!("allowedFields.{place}.key"),
                "Expected the name of an attribute",
            ));
        }
        if field.value.len() > 8 * MOST_TEXT {
            return Err(Issue::new(format!("allowedFields.{place}.value"), "Expected at most 8192 bytes"));
        }
        // Not trimmed: a value may begin with a space (`auth-methods.md` section 12.2).
        Ok(Field { name: field.key.clone(), values: field.value.split(',').map(str::to_owned).collect() })
    };
    list.iter().enumerate().map(field).collect()
}

fn groups(list: &[String]) -> Result<Vec<String>, Issue> {
    if list.len() > MOST_GROUPS {
        return Err(Issue::new("allowedGroups", format!("Expected at most {MOST_GROUPS} DNs of groups")));
    }
    let group = |(place, group): (usize, &String)| {
        let text = group.trim();
        let odd = || Issue::new(format!("allowedGroups.{place}"), "Expected the DN of a group");
        is_dn(text).then(|| text.to_owned()).ok_or_else(odd)
    };
    list.iter().enumerate().map(group).collect()
}
