//! TLS Certificate Auth (`auth-methods.md` section 13).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lenient::{self, Given};

/// Fields of TLS Certificate Auth. On update, what is missing stays, and null clears a list.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TlsCertAuthInput {
    /// Certificates of the authorities that are trusted, PEM, 1–10240 characters. Asked for at first.
    #[schemars(extend("contentMediaType" = "application/x-pem-file"))]
    pub ca_certificate: Option<String>,
    /// Comma list of common names, of which the client's has to be one; any if empty.
    #[serde(deserialize_with = "lenient::given_text", skip_serializing_if = "Option::is_none")]
    pub allowed_common_names: Given<String>,
    /// Alternative names, of which the client has to have one: `DNS:` (or no prefix), `EMAIL:`, `URI:` or `IP:` and
    /// the name; any if empty.
    #[serde(deserialize_with = "lenient::given", skip_serializing_if = "Option::is_none")]
    pub allowed_subject_alt_names: Given<Vec<String>>,
    /// Comma list of organizational units, of which the client has to have one; any if empty.
    #[serde(deserialize_with = "lenient::given_text", skip_serializing_if = "Option::is_none")]
    pub allowed_organizational_units: Given<String>,
    /// Whether the path may lead over intermediates that the client presents; if not, an authority must have signed
    /// the client's certificate itself. No if missing at first.
    #[serde(deserialize_with = "lenient::opt_bool")]
    pub verify_client_certificate_chain: Option<bool>,
    /// Lists of revoked certificates, PEM, at most 262144 characters. If there is one, each certificate of a path
    /// needs the list of its issuer, up to date.
    #[serde(deserialize_with = "lenient::given_text", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("contentMediaType" = "application/x-pem-file"))]
    pub crl: Given<String>,
    /// Whether tokens are good only for connections with the same certificate (RFC 8705). No if missing at first.
    #[serde(deserialize_with = "lenient::opt_bool")]
    pub bind_token: Option<bool>,
}

/// Nothing: the proof is the certificate of the connection.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize)]
pub struct TlsCertProof {}
