//! Azure Auth (`auth-methods.md` section 8).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One of Microsoft's clouds.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AzureCloud {
    /// The global one.
    Public,
    /// That of the government of the United States.
    UsGov,
    /// That in China.
    China,
}

/// Attaches or changes Azure Auth. On update, what is missing or null stays.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AzureAuthInput {
    /// Id of the tenant; asked for by attach.
    pub tenant_id: Option<String>,
    /// The audience of tokens; asked for by attach.
    pub resource: Option<String>,
    /// Comma list of object ids of service principals; any if this and `allowedManagedIdentityIds` are empty.
    pub allowed_service_principal_ids: Option<String>,
    /// Comma list of resource ids or client ids of managed identities.
    pub allowed_managed_identity_ids: Option<String>,
    /// Which cloud the tenant is in; if missing at first, that of the server's `VOUCHSAFE_AZURE_AUTHORITY`, else the public one.
    pub cloud: Option<AzureCloud>,
}
