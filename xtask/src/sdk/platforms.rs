//! What the SDKs log in with beside client secrets, and against whom.

use std::path::Path;

use anyhow::Result;
use serde_json::json;

use crate::api::{Identity, Instance};
use crate::moto::Moto;
use crate::oidc::{Installed, Provider};
use crate::slapd::Slapd;

/// Counterparts of the auth methods that SDKs know.
pub(crate) struct Platforms<'s> {
    directory: &'s Slapd,
    sts: Moto,
    issuer: Provider,
}

impl<'s> Platforms<'s> {
    /// Starts what is not running yet.
    pub(crate) fn start(directory: &'s Slapd, aws: &Path, oidc: &Installed) -> Result<Self> {
        Ok(Self { directory, sts: Moto::start(aws)?, issuer: Provider::start(oidc)? })
    }

    /// Arguments of a server that is to find them.
    pub(super) fn arguments(&self) -> [String; 2] {
        ["--aws-sts-endpoint".to_owned(), self.sts.url.clone()]
    }

    /// Lets an identity log in by each.
    pub(super) fn attach(&self, instance: &Instance, identity: &Identity) -> Result<()> {
        let attach = |method: &str, config| {
            instance.attach(&format!("/api/v1/auth/{method}/identities/{}", identity.id), &config)
        };
        attach("aws-auth", json!({ "allowedPrincipalArns": "arn:aws:iam::123456789012:user/bob" }))?;
        let issuer = &self.issuer.url;
        let oidc = json!({
            "oidcDiscoveryUrl": issuer, "boundIssuer": issuer, "boundAudiences": "vouchsafe", "boundSubject": "ci",
            "boundClaims": {},
        });
        attach("oidc-auth", oidc)?;
        let ldap = json!({
            "url": format!("ldap://{}", self.directory.plain()), "bindDN": "cn=reader,dc=example,dc=com",
            "bindPass": "reads everything", "searchBase": "dc=example,dc=com",
        });
        attach("ldap-auth", ldap)
    }

    /// The variables by which suites find what they log in with.
    pub(super) fn environment(&self) -> Result<[(&'static str, String); 6]> {
        Ok([
            ("AWS_ACCESS_KEY_ID", self.sts.key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.sts.secret.clone()),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("VOUCHSAFE_OIDC_TOKEN", self.issuer.token()?),
            ("VOUCHSAFE_LDAP_USERNAME", "alice".to_owned()),
            ("VOUCHSAFE_LDAP_PASSWORD", "wonderland".to_owned()),
        ])
    }
}
