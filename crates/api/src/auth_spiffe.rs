//! SPIFFE Auth (`auth-methods.md` section 16).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::IdentityId;

use crate::lenient;

/// Where the trust bundle comes from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BundleProfile {
    /// Written down.
    Static,
    /// From an endpoint with a certificate of the web (SPIFFE Trust Domain and Bundle section 5.2.1).
    HttpsWebBundle,
    /// From an endpoint that shows an SVID of the trust domain (SPIFFE Federation section 5.2.2).
    #[serde(alias = "https_spiffe")]
    HttpsSpiffeBundle,
}

/// How the trust bundle is got.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleInput {
    /// Which way.
    pub profile: BundleProfile,
    /// The bundle: a JSON Web Key Set as text. With `https_spiffe_bundle` the first one, which says who may have signed
    /// the SVID of the endpoint until a newer one was fetched.
    #[serde(default)]
    #[schemars(extend("contentMediaType" = "application/jwk-set+json"))]
    pub bundle: Option<String>,
    /// Endpoint of the bundle.
    #[serde(default)]
    pub endpoint_url: Option<String>,
    /// Authorities that vouch for the endpoint with `https_web_bundle`, PEM; the machine's if empty.
    #[serde(default)]
    #[schemars(extend("contentMediaType" = "application/x-pem-file"))]
    pub ca_cert: Option<String>,
    /// SPIFFE ID of the endpoint with `https_spiffe_bundle`, in the trust domain.
    #[serde(default)]
    pub endpoint_spiffe_id: Option<String>,
    /// A bundle this old is fetched anew, seconds, 0–86400; 3600 if missing.
    #[serde(default, deserialize_with = "lenient::opt_int")]
    pub refresh_hint_seconds: Option<i64>,
}

/// Attaches or changes SPIFFE Auth.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SpiffeAuthInput {
    /// Name of the trust domain.
    pub trust_domain: Option<String>,
    /// Comma list of globs over whole SPIFFE ids.
    pub allowed_spiffe_ids: Option<String>,
    /// Comma list of audiences, of which the SVID has to name one.
    pub allowed_audiences: Option<String>,
    /// Where the trust bundle comes from.
    pub trust_bundle_distribution: Option<BundleInput>,
}

/// Fetches a trust bundle anew.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefreshBundle {
    /// Which identity.
    pub identity_id: IdentityId,
    /// Name of the source; the first one if missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub source: Option<String>,
}

/// Proves with an SVID.
#[derive(Clone, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default)]
pub struct SpiffeProof {
    /// A JWT-SVID, at most 16 KiB. Without one, the client certificate of the connection is the X.509-SVID.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub jwt: Option<String>,
}
