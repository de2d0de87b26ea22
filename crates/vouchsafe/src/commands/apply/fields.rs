//! Which fields the kinds of objects and the auth methods have, and what stands for those that a file leaves out.

use serde_json::{Value, json};

use super::shape::Shape;

/// What holds when a file leaves a field out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Otherwise {
    /// A file may not leave it out.
    Needed,
    /// Nothing: an empty text or list, no flag, 0.
    Nothing,
    /// What the server has stays, or what it decides on.
    Kept,
    Flag(bool),
    Number(i64),
    Text(&'static str),
    Texts(&'static [&'static str]),
}

/// A field of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// In files and on the wire.
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) otherwise: Otherwise,
}

impl Field {
    const fn new(name: &'static str, shape: Shape, otherwise: Otherwise) -> Self {
        Self { name, shape, otherwise }
    }

    const fn needed(name: &'static str, shape: Shape) -> Self {
        Self::new(name, shape, Otherwise::Needed)
    }

    const fn open(name: &'static str, shape: Shape) -> Self {
        Self::new(name, shape, Otherwise::Nothing)
    }

    /// What a file that leaves it out means; `None`: nothing at all, or that it is needed.
    pub(super) fn default(&self) -> Option<Value> {
        match self.otherwise {
            Otherwise::Needed | Otherwise::Kept => None,
            Otherwise::Nothing => Some(self.shape.nothing()),
            Otherwise::Flag(flag) => Some(json!(flag)),
            Otherwise::Number(number) => Some(json!(number)),
            Otherwise::Text(text) => Some(json!(text)),
            Otherwise::Texts(texts) => {
                let mut texts = texts.to_vec();
                texts.sort_unstable();
                Some(json!(texts))
            }
        }
    }
}

pub(super) const PROJECT: &[Field] = &[
    Field::needed("name", Shape::Text),
    Field::open("description", Shape::Text),
    Field::open("deleteProtection", Shape::Flag),
];

pub(super) const ENVIRONMENT: &[Field] = &[Field::needed("name", Shape::Text)];

/// Of the organization and of projects.
pub(super) const ROLE: &[Field] = &[
    Field::needed("name", Shape::Text),
    Field::open("description", Shape::Text),
    Field::needed("permissions", Shape::Rules),
];

pub(super) const GROUP: &[Field] =
    &[Field::needed("name", Shape::Text), Field::new("role", Shape::Text, Otherwise::Text("no-access"))];

pub(super) const IDENTITY: &[Field] = &[
    Field::new("role", Shape::Text, Otherwise::Text("no-access")),
    Field::open("deleteProtection", Shape::Flag),
    Field::open("metadata", Shape::Metadata),
];

pub(super) const MEMBER: &[Field] = &[Field::needed("roles", Shape::Grants)];

/// An auth method.
pub(super) struct Method {
    /// As its routes have it.
    pub(super) id: &'static str,
    /// Its fields, in groups that methods share.
    pub(super) fields: &'static [&'static [Field]],
    /// Whether a change has to name all fields, as those that it leaves out are emptied.
    pub(super) whole: bool,
}

impl Method {
    /// The method of this name.
    pub(super) fn named(id: &str) -> Option<&'static Self> {
        METHODS.iter().find(|method| method.id == id)
    }

    /// Whether it may have further sources: what has no proof from elsewhere has none.
    pub(super) fn has_sources(&self) -> bool {
        !matches!(self.id, "universal-auth" | "token-auth")
    }

    /// All its fields.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().copied().flatten()
    }
}

const MONTH: Otherwise = Otherwise::Number(2_592_000);
const ANYWHERE: Otherwise = Otherwise::Texts(&["0.0.0.0/0", "::/0"]);
const OFF: Otherwise = Otherwise::Flag(false);

const TOKENS: &[Field] = &[
    Field::new("accessTokenTTL", Shape::Seconds, MONTH),
    Field::new("accessTokenMaxTTL", Shape::Seconds, MONTH),
    Field::open("accessTokenNumUsesLimit", Shape::Number),
    Field::new("accessTokenTrustedIps", Shape::Networks, ANYWHERE),
];

/// Of methods with a login; it narrows their tokens.
const SOURCE: &[Field] = &[Field::open("roles", Shape::SetOrNull)];

const LOCKOUT: &[Field] = &[
    Field::new("lockoutEnabled", Shape::Flag, Otherwise::Flag(true)),
    Field::new("lockoutThreshold", Shape::Number, Otherwise::Number(3)),
    Field::new("lockoutDurationSeconds", Shape::Seconds, Otherwise::Number(300)),
    Field::new("lockoutCounterResetSeconds", Shape::Seconds, Otherwise::Number(30)),
    Field::new("lockoutScope", Shape::Choice(&["identity", "source"]), Otherwise::Text("identity")),
];

const UNIVERSAL: &[Field] = &[
    Field::open("accessTokenPeriod", Shape::Seconds),
    Field::new("clientSecretTrustedIps", Shape::Networks, ANYWHERE),
];

const KUBERNETES: &[Field] = &[
    Field::open("kubernetesHost", Shape::Text),
    Field::open("caCert", Shape::Long),
    Field::new("tokenReviewerJwt", Shape::Secret, Otherwise::Kept),
    Field::open("allowedNamespaces", Shape::Commas),
    Field::open("allowedNames", Shape::Commas),
    Field::open("allowedAudience", Shape::Text),
    Field::new("verification", Shape::Choice(&["review", "issuer"]), Otherwise::Text("review")),
    Field::open("issuer", Shape::Text),
    Field::open("jwks", Shape::Long),
    Field::open("namespaceLabelSelector", Shape::Text),
];

const AWS: &[Field] = &[
    Field::new("stsEndpoint", Shape::Text, Otherwise::Text("https://sts.amazonaws.com/")),
    Field::open("allowedPrincipalArns", Shape::Commas),
    Field::open("allowedAccountIds", Shape::Commas),
    Field::open("requiredServerId", Shape::Text),
    Field::new("oneTimeRequests", Shape::Flag, OFF),
];

const AZURE: &[Field] = &[
    Field::needed("tenantId", Shape::Text),
    Field::needed("resource", Shape::Text),
    Field::open("allowedServicePrincipalIds", Shape::Commas),
    Field::open("allowedManagedIdentityIds", Shape::Commas),
    Field::new("cloud", Shape::Choice(&["public", "usgov", "china"]), Otherwise::Kept),
];

const GCP: &[Field] = &[
    Field::needed("type", Shape::Choice(&["iam", "gce"])),
    Field::open("allowedServiceAccounts", Shape::Commas),
    Field::open("allowedProjects", Shape::Commas),
    Field::open("allowedZones", Shape::Commas),
];

const OIDC: &[Field] = &[
    Field::needed("oidcDiscoveryUrl", Shape::Text),
    Field::open("caCert", Shape::Long),
    Field::needed("boundIssuer", Shape::Text),
];

const JWT: &[Field] = &[
    Field::needed("configurationType", Shape::Choice(&["jwks", "static"])),
    Field::open("jwksUrl", Shape::Text),
    Field::open("jwksCaCert", Shape::Long),
    Field::open("publicKeys", Shape::Longs),
    Field::open("boundIssuer", Shape::Text),
];

/// Of OIDC and JWT Auth.
const CLAIMS: &[Field] = &[
    Field::open("boundAudiences", Shape::Commas),
    Field::open("boundClaims", Shape::Claims),
    Field::open("boundSubject", Shape::Text),
    Field::open("claimMetadataMapping", Shape::Names),
    Field::new("allowedAlgorithms", Shape::Set, Otherwise::Kept),
    Field::new("clockSkewSeconds", Shape::Seconds, Otherwise::Number(60)),
    Field::open("maxTokenAgeSeconds", Shape::Seconds),
    Field::new("oneTimeTokens", Shape::Flag, OFF),
];

const LDAP: &[Field] = &[
    Field::needed("url", Shape::Text),
    Field::open("bindDN", Shape::Text),
    Field::new("bindPass", Shape::Secret, Otherwise::Kept),
    Field::open("searchBase", Shape::Text),
    Field::new("searchFilter", Shape::Text, Otherwise::Text("(uid={{username}})")),
    Field::open("allowedFields", Shape::Attributes),
    Field::open("ldapCaCertificate", Shape::Long),
    Field::new("startTls", Shape::Flag, OFF),
    Field::open("userDnTemplate", Shape::Text),
    Field::open("allowedGroups", Shape::Set),
];

const OCI: &[Field] =
    &[Field::needed("tenancyOcid", Shape::Text), Field::open("allowedUsernames", Shape::Commas)];

const ALICLOUD: &[Field] = &[Field::needed("allowedArns", Shape::Commas)];

const TLS_CERT: &[Field] = &[
    Field::needed("caCertificate", Shape::Long),
    Field::open("allowedCommonNames", Shape::Commas),
    Field::open("allowedSubjectAltNames", Shape::Set),
    Field::open("allowedOrganizationalUnits", Shape::Commas),
    Field::new("verifyClientCertificateChain", Shape::Flag, OFF),
    Field::open("crl", Shape::Long),
    Field::new("bindToken", Shape::Flag, OFF),
];

const SPIFFE: &[Field] = &[
    Field::needed("trustDomain", Shape::Text),
    Field::needed("allowedSpiffeIds", Shape::Commas),
    Field::needed("allowedAudiences", Shape::Commas),
    Field::needed("trustBundleDistribution", Shape::Bundle),
];

/// Whether a field of a method is a secret, which is not shown.
pub(in crate::commands) fn is_secret(name: &str) -> bool {
    let mut fields = METHODS.iter().flat_map(|method| method.fields).copied().flatten();
    fields.any(|field| field.shape == Shape::Secret && field.name == name)
}

/// Every method.
pub(super) const METHODS: &[Method] = &[
    Method { id: "universal-auth", fields: &[TOKENS, SOURCE, LOCKOUT, UNIVERSAL], whole: false },
    Method { id: "token-auth", fields: &[TOKENS, SOURCE], whole: false },
    Method { id: "kubernetes-auth", fields: &[TOKENS, SOURCE, KUBERNETES], whole: false },
    Method { id: "aws-auth", fields: &[TOKENS, SOURCE, AWS], whole: true },
    Method { id: "azure-auth", fields: &[TOKENS, SOURCE, AZURE], whole: false },
    Method { id: "gcp-auth", fields: &[TOKENS, SOURCE, GCP], whole: false },
    Method { id: "oidc-auth", fields: &[TOKENS, SOURCE, OIDC, CLAIMS], whole: false },
    Method { id: "jwt-auth", fields: &[TOKENS, SOURCE, JWT, CLAIMS], whole: true },
    Method { id: "ldap-auth", fields: &[TOKENS, SOURCE, LOCKOUT, LDAP], whole: false },
    Method { id: "tls-cert-auth", fields: &[TOKENS, SOURCE, TLS_CERT], whole: false },
    Method { id: "spiffe-auth", fields: &[TOKENS, SOURCE, SPIFFE], whole: false },
    Method { id: "oci-auth", fields: &[TOKENS, SOURCE, OCI], whole: true },
    Method { id: "alicloud-auth", fields: &[TOKENS, SOURCE, ALICLOUD], whole: true },
];
