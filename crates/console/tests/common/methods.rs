//! What people type into the forms of auth methods.

use rcgen::{CertificateParams, IsCa, KeyPair};

/// A method, and how its form is filled.
pub(crate) struct Filled {
    pub(crate) method: &'static str,
    /// Fields with what is typed when it is attached.
    pub(crate) typed: Vec<(&'static str, String)>,
    /// A field that is changed later.
    pub(crate) changed: (&'static str, &'static str),
    /// A field whose value is never shown.
    pub(crate) secret: Option<&'static str>,
}

fn filled(
    method: &'static str,
    typed: &[(&'static str, &str)],
    changed: (&'static str, &'static str),
    secret: Option<&'static str>,
) -> Filled {
    let typed = typed.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Filled { method, typed, changed, secret }
}

/// The key of RFC 7517, appendix A.1, as that of a trust domain.
const BUNDLE: &str = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"jwt-svid","kid":"1"}]}"#;

fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is missing: run `cargo xtask test`, or `cargo xtask slapd`"))
}

/// Every method.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(crate) fn methods() -> Vec<Filled> {
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = authority.self_signed(&key).unwrap().pem();
    let ttl = ("accessTokenTTL", "1800");
    vec![
        filled("universal-auth", &[("clientSecretTrustedIps", "10.0.0.0/8\n::1")], ttl, None),
        filled("token-auth", &[], ttl, None),
        filled(
            "kubernetes-auth",
            &[
                ("kubernetesHost", "https://cluster.example.com:6443"),
                ("tokenReviewerJwt", "canary-reviewer"),
                ("allowedNamespaces", "prod"),
                ("allowedNames", "api"),
            ],
            ("allowedNamespaces", "prod, test"),
            Some("tokenReviewerJwt"),
        ),
        filled(
            "aws-auth",
            &[("allowedAccountIds", "123456789012")],
            ("allowedAccountIds", "210987654321"),
            None,
        ),
        filled(
            "azure-auth",
            &[
                ("tenantId", "9f2c1d3e-5a4b-4c6d-8e7f-0a1b2c3d4e5f"),
                ("resource", "https://management.azure.com/"),
                ("allowedServicePrincipalIds", "1f2c1d3e-5a4b-4c6d-8e7f-0a1b2c3d4e5f"),
            ],
            ("allowedServicePrincipalIds", "2f2c1d3e-5a4b-4c6d-8e7f-0a1b2c3d4e5f"),
            None,
        ),
        filled(
            "gcp-auth",
            &[("type", "gce"), ("allowedServiceAccounts", "app@proj.iam.gserviceaccount.com")],
            ("allowedProjects", "proj"),
            None,
        ),
        filled(
            "oidc-auth",
            &[
                ("oidcDiscoveryUrl", "https://token.actions.githubusercontent.com"),
                ("boundIssuer", "https://token.actions.githubusercontent.com"),
                ("boundSubject", "repo:acme/app:ref:refs/heads/main"),
                ("boundClaims", "repository_owner = acme"),
            ],
            ("boundSubject", "repo:acme/app:ref:refs/heads/dev"),
            None,
        ),
        filled(
            "jwt-auth",
            &[("configurationType", "static"), ("publicKeys", &key.public_key_pem()), ("boundIssuer", "us")],
            ("boundIssuer", "them"),
            None,
        ),
        filled(
            "ldap-auth",
            &[
                // The directory is asked when the method is attached.
                ("url", &format!("ldap://{}", variable("VOUCHSAFE_TEST_LDAP"))),
                ("bindDN", "cn=reader,dc=example,dc=com"),
                ("bindPass", "reads everything"),
                ("searchBase", "dc=example,dc=com"),
                ("allowedFields", "title = boss"),
            ],
            ("allowedFields", "title = clerk"),
            Some("bindPass"),
        ),
        filled(
            "tls-cert-auth",
            &[("caCertificate", authority.trim()), ("allowedCommonNames", "app.example.com")],
            ("allowedCommonNames", "app.example.com,web.example.com"),
            None,
        ),
        filled(
            "spiffe-auth",
            &[
                ("trustDomain", "example.org"),
                ("allowedSpiffeIds", "spiffe://example.org/app"),
                ("allowedAudiences", "vouchsafe"),
                ("trustBundleDistribution.profile", "static"),
                ("trustBundleDistribution.bundle", BUNDLE),
            ],
            ("allowedAudiences", "vouchsafe,other"),
            None,
        ),
        filled(
            "oci-auth",
            &[("tenancyOcid", "ocid1.tenancy.oc1..aaaaaaaaexample"), ("allowedUsernames", "app")],
            ("allowedUsernames", "other"),
            None,
        ),
        filled(
            "alicloud-auth",
            &[("allowedArns", "acs:ram::1234567890123456:user/app")],
            ("allowedArns", "acs:ram::1234567890123456:role/app"),
            None,
        ),
    ]
}
