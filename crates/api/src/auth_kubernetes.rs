//! Kubernetes Auth (`auth-methods.md` section 6).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lenient::{self, Given};

/// How service-account tokens are verified.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KubernetesVerification {
    /// The cluster is asked, by `TokenReview`: tokens of deleted pods are refused at once.
    #[default]
    Review,
    /// By the keys of the cluster's issuer: the cluster is not asked.
    Issuer,
}

/// Attaches or changes Kubernetes Auth. On update, what is missing stays.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KubernetesAuthInput {
    /// Address of the API server, with or without `https://`.
    #[serde(default, deserialize_with = "lenient::given_text", skip_serializing_if = "Option::is_none")]
    pub kubernetes_host: Given<String>,
    /// Authorities that vouch for the API server and the issuer, PEM; the machine's if empty.
    #[serde(default)]
    #[schemars(extend("contentMediaType" = "application/x-pem-file"))]
    pub ca_cert: Option<String>,
    /// Always true: TLS is always verified.
    #[serde(default, deserialize_with = "lenient::opt_bool")]
    #[schemars(extend("deprecated" = true))]
    pub verify_tls_certificate: Option<bool>,
    /// Token that reviews; null: the client's own one does; an empty text leaves it as it is.
    #[serde(default, deserialize_with = "lenient::given", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "password", "x-cleared-by" = null))]
    pub token_reviewer_jwt: Given<String>,
    /// `api`; gateways are not offered.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    #[schemars(extend("deprecated" = true))]
    pub token_review_mode: Option<String>,
    /// Comma list of namespaces, exact or globs; any if empty. Asked for by attach.
    #[serde(default)]
    pub allowed_namespaces: Option<String>,
    /// Comma list of names of service accounts, exact or globs; any if empty. Asked for by attach.
    #[serde(default)]
    pub allowed_names: Option<String>,
    /// The one audience; any if empty. Asked for by attach.
    #[serde(default)]
    pub allowed_audience: Option<String>,
    /// Not offered.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    #[schemars(extend("deprecated" = true))]
    pub gateway_id: Option<String>,
    /// Not offered.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    #[schemars(extend("deprecated" = true))]
    pub gateway_pool_id: Option<String>,
    /// Not offered.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    #[schemars(extend("deprecated" = true))]
    pub template_id: Option<String>,
    /// Whether the cluster is asked, or the issuer's keys decide; `review` if missing at first.
    #[serde(default)]
    pub verification: Option<KubernetesVerification>,
    /// Exact issuer of the tokens: needed with `issuer`, optional with `review`; null or empty: any.
    #[serde(default, deserialize_with = "lenient::given_text", skip_serializing_if = "Option::is_none")]
    pub issuer: Given<String>,
    /// Keys of the issuer, a JSON Web Key Set as text; null or empty: found by its discovery document.
    #[serde(default, deserialize_with = "lenient::given_text", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("contentMediaType" = "application/jwk-set+json"))]
    pub jwks: Given<String>,
    /// Label selector that the namespace has to match, as `kubectl` takes it; null or empty: any. Namespaces are read with
    /// the reviewer token.
    #[serde(default, deserialize_with = "lenient::given_text", skip_serializing_if = "Option::is_none")]
    pub namespace_label_selector: Given<String>,
}

/// Logs in by Kubernetes Auth.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
pub struct KubernetesProof {
    /// The service-account token.
    pub jwt: String,
}
