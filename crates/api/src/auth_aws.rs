//! AWS Auth (`auth-methods.md` section 7).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lenient::{self, Given};

/// Attaches or changes AWS Auth. Lists that are missing are emptied by an update, as the contract has it.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AwsAuthInput {
    /// URL of an STS host of AWS; `https://sts.amazonaws.com/` stands for that of every region.
    #[serde(deserialize_with = "lenient::opt_text")]
    pub sts_endpoint: Option<String>,
    /// Comma list of ARNs, in whose last part `*` stands for any text; at most 4096 bytes.
    pub allowed_principal_arns: Option<String>,
    /// Comma list of account ids of twelve digits; at most 4096 bytes.
    pub allowed_account_ids: Option<String>,
    /// What the signed header `X-Vouchsafe-Server-Id` has to say, so that a request signed for somebody else is of no
    /// use here; null or empty: nothing.
    #[serde(deserialize_with = "lenient::given_text", skip_serializing_if = "Option::is_none")]
    pub required_server_id: Given<String>,
    /// Whether a signed request logs in only once; off if missing at first.
    #[serde(deserialize_with = "lenient::opt_bool")]
    pub one_time_requests: Option<bool>,
}

/// A signed `GetCallerIdentity`, taken apart.
#[derive(Clone, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AwsProof {
    /// `POST`, also if missing.
    #[serde(default, deserialize_with = "lenient::opt_text")]
    pub iam_http_request_method: Option<String>,
    /// The body, in base64.
    pub iam_request_body: String,
    /// The headers: base64 of a JSON object of names to a value or a list of one.
    pub iam_request_headers: String,
}
