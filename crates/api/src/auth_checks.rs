//! Trying auth methods out: is this configuration of use, and who would this proof become?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vouchsafe_domain::id::{AuthMethodId, IdentityId, ProjectId};

use crate::lenient;

/// One thing that was looked at.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CheckStep {
    /// What: `reach the issuer`, `subject`.
    pub what: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// Stable code of what is wrong; null if nothing is.
    pub reason: Option<String>,
    /// What was found and what was expected; null if nothing is wrong.
    pub why: Option<String>,
}

/// What trying out one source brought.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceCheck {
    /// The source.
    pub id: AuthMethodId,
    /// Its name.
    pub source: String,
    /// Whether every step went well.
    pub ok: bool,
    /// The steps, in order.
    pub steps: Vec<CheckStep>,
}

/// What trying out a method brought, source by source.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct MethodCheck {
    /// Whether every source is of use.
    pub ok: bool,
    /// The sources.
    pub sources: Vec<SourceCheck>,
}

/// Something that a workload would present; exactly one of the five. It is looked at as if it were genuine: signatures
/// are not checked, and nobody is asked.
#[derive(Clone, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WhatIf {
    /// A JWT.
    #[serde(deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub jwt: Option<String>,
    /// An ARN.
    #[serde(deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
    /// A certificate in PEM.
    #[serde(deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// A user name of a directory.
    #[serde(deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The OCID of a user of Oracle's cloud, or the id of its key: `tenancy/user/fingerprint`.
    #[serde(deserialize_with = "lenient::opt_text", skip_serializing_if = "Option::is_none")]
    pub ocid: Option<String>,
    /// Go on after this source: `next` of the answer before.
    #[serde(deserialize_with = "lenient::opt_parsed", skip_serializing_if = "Option::is_none")]
    pub after: Option<AuthMethodId>,
}

/// A source that would accept the sample, or how it would miss.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WouldBe {
    /// The identity.
    pub identity_id: IdentityId,
    /// Its name.
    pub identity_name: String,
    /// The project that manages it, if one does.
    pub project_id: Option<ProjectId>,
    /// The method, such as `oidc-auth`.
    pub auth_method: String,
    /// Id of the source.
    pub source_id: AuthMethodId,
    /// Name of the source.
    pub source: String,
    /// Every condition of the source, in order.
    pub steps: Vec<CheckStep>,
}

/// Which identities a sample would become.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WhatIfReply {
    /// Those whose every condition holds.
    pub matches: Vec<WouldBe>,
    /// The nearest misses, the nearest first; at most ten.
    pub misses: Vec<WouldBe>,
    /// How many sources were looked at; at most 1000 a request.
    pub examined: u64,
    /// To go on from, when there are more sources.
    pub next: Option<AuthMethodId>,
}
