//! Universal Auth: a client id and a client secret.

use vouchsafe_api::auth_methods::UniversalAuthLogin;
use vouchsafe_api::concealed::Concealed;

use super::given::required;
use super::{NoProof, Proof, Source, Surroundings, Trail};

/// Variables with the client id.
const CLIENT_ID: [&str; 2] = ["VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_ID", "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID"];
/// Variables with the client secret.
const CLIENT_SECRET: [&str; 2] =
    ["VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_SECRET", "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET"];

/// Where client id and client secret come from; what is not given comes from variables.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Universal {
    /// What names the identity.
    pub client_id: Option<String>,
    /// What proves it.
    pub client_secret: Option<Concealed>,
    /// Slug of the organization to act in; the identity's own if missing.
    pub organization_slug: Option<String>,
}

impl Universal {
    /// Whether the variables hold what is needed.
    pub fn is_around(around: &Surroundings) -> bool {
        around.variable(&CLIENT_ID).is_some() && around.variable(&CLIENT_SECRET).is_some()
    }
}

impl Source for Universal {
    async fn proof(&self, around: &Surroundings, trail: &mut Trail) -> Result<Proof, NoProof> {
        let client_id = required(self.client_id.as_deref(), "--client-id", &CLIENT_ID, around, trail)?;
        let given = self.client_secret.as_ref().map(Concealed::reveal);
        let client_secret = required(given, "--client-secret", &CLIENT_SECRET, around, trail)?;
        let organization_slug = self.organization_slug.clone();
        Proof::new("universal-auth", &UniversalAuthLogin { client_id, client_secret, organization_slug })
    }
}
