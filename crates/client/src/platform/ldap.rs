//! LDAP: a user name and a password of a directory.

use serde_json::json;

use super::given::{Given, Identity, Names, required};
use super::{NoProof, Proof, Source, Surroundings, Trail};

const USERNAME: [&str; 2] = ["VOUCHSAFE_LDAP_USERNAME", "INFISICAL_LDAP_USERNAME"];
const PASSWORD: Names = Names {
    what: "a password",
    flag: "auth.config.password",
    variables: &["VOUCHSAFE_LDAP_PASSWORD", "INFISICAL_LDAP_PASSWORD"],
    file_flag: "--ldap-password-file",
    file_variables: &["VOUCHSAFE_LDAP_PASSWORD_FILE"],
};

/// Where user name and password come from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ldap {
    /// Who logs in.
    pub identity: Identity,
    /// The name in the directory.
    pub username: Option<String>,
    /// The password.
    pub password: Given,
}

impl Source for Ldap {
    async fn proof(&self, around: &Surroundings, trail: &mut Trail) -> Result<Proof, NoProof> {
        let username = required(self.username.as_deref(), "--ldap-username", &USERNAME, around, trail)?;
        let password = self.password.find(PASSWORD, around, trail)?.ok_or_else(|| {
            NoProof::new("no password was given: expected VOUCHSAFE_LDAP_PASSWORD or --ldap-password-file")
        })?;
        let fields = json!({ "username": username, "password": password });
        self.identity.proof("ldap-auth", &fields, around, trail)
    }
}
