//! OIDC and JWT Auth (`auth-methods.md` sections 10 and 11).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::lenient;

/// Where the keys of JWT Auth come from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConfigurationType {
    /// From a URL.
    Jwks,
    /// Written down.
    Static,
}

/// Declares inputs that have the fields about claims, and their own.
macro_rules! with_claims {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$outer])*
        #[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
        #[serde(default, rename_all = "camelCase")]
        pub struct $name {
            $($(#[$inner])* pub $field: $kind,)*
            /// Exact `iss`.
            pub bound_issuer: Option<String>,
            /// Comma list of globs for `aud`, of which one has to match; any if empty.
            pub bound_audiences: Option<String>,
            /// What claims have to be: by name, with dots for those inside of others, a comma list of globs.
            pub bound_claims: Option<BTreeMap<String, Value>>,
            /// Glob for `sub`; any if empty.
            pub bound_subject: Option<String>,
            /// Which claims rules may name in templates: a name for each, and the claim it comes from.
            pub claim_metadata_mapping: Option<BTreeMap<String, String>>,
            /// Signature algorithms that count, such as `RS256`; all with a public key if missing at first.
            pub allowed_algorithms: Option<Vec<String>>,
            /// How far clocks may differ, seconds, 0–300; 60 if missing at first.
            #[serde(deserialize_with = "lenient::opt_int")]
            pub clock_skew_seconds: Option<i64>,
            /// The longest time since `iat`, seconds, 0–31536000; 0, also if missing at first: any.
            #[serde(deserialize_with = "lenient::opt_int")]
            pub max_token_age_seconds: Option<i64>,
            /// Whether each token (by its `jti`) is accepted only once; not if missing at first.
            #[serde(deserialize_with = "lenient::opt_bool")]
            pub one_time_tokens: Option<bool>,
        }
    };
}

with_claims! {
    /// Attaches or changes JWT Auth.
    JwtAuthInput {
        /// Where keys come from; asked for by attach and update.
        configuration_type: Option<ConfigurationType>,
        /// URL of the key set.
        jwks_url: Option<String>,
        /// Authorities that vouch for that URL, PEM; the machine's if empty.
        #[schemars(extend("contentMediaType" = "application/x-pem-file"))]
        jwks_ca_cert: Option<String>,
        /// Keys in PEM.
        #[schemars(extend("contentMediaType" = "application/x-pem-file"))]
        public_keys: Option<Vec<String>>,
    }
}

with_claims! {
    /// Attaches or changes OIDC Auth.
    OidcAuthInput {
        /// Issuer's URL; the discovery document is below it.
        oidc_discovery_url: Option<String>,
        /// Authorities that vouch for that URL, PEM; the machine's if empty.
        #[schemars(extend("contentMediaType" = "application/x-pem-file"))]
        ca_cert: Option<String>,
        /// Not offered: must be missing or null.
        #[schemars(extend("deprecated" = true))]
        template_id: Option<String>,
    }
}

/// Proves with a JWT.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
pub struct JwtProof {
    /// The JWT, at most 16 KiB.
    pub jwt: String,
}
