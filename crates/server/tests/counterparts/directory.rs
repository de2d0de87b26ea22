//! `OpenLDAP` with the users of `xtask/src/slapd.ldif`, which `cargo xtask test` starts.

use std::net::SocketAddr;

use serde_json::{Value, json};

/// Who looks users up.
pub(crate) const READER: &str = "cn=reader,dc=example,dc=com";

fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is missing: run `cargo xtask test`, or `cargo xtask slapd`"))
}

/// Where it takes connections without TLS, and with `StartTLS`.
pub(crate) fn plain() -> SocketAddr {
    variable("VOUCHSAFE_TEST_LDAP").parse().unwrap()
}

/// Where it takes connections with TLS.
pub(crate) fn tls() -> SocketAddr {
    variable("VOUCHSAFE_TEST_LDAPS").parse().unwrap()
}

/// The authority of its certificate, in PEM.
pub(crate) fn authority() -> String {
    std::fs::read_to_string(variable("VOUCHSAFE_TEST_LDAP_CA")).unwrap()
}

/// Settings that let its users in, without lockout.
pub(crate) fn config(url: &str) -> Value {
    json!({
        "url": url, "bindDN": READER, "bindPass": "reads everything", "searchBase": "dc=example,dc=com",
        "ldapCaCertificate": authority(), "lockoutEnabled": false,
    })
}
