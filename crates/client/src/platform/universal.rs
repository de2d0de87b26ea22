//! Universal Auth: a client id and a client secret.

use vouchsafe_api::auth_methods::UniversalAuthLogin;

use super::{NoProof, Proof, Source, Surroundings, Trail};

/// Variables with the client id.
const CLIENT_ID: [&str; 2] = ["VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_ID", "INFISICAL_UNIVERSAL_AUTH_CLIENT_ID"];
/// Variables with the client secret.
const CLIENT_SECRET: [&str; 2] =
    ["VOUCHSAFE_UNIVERSAL_AUTH_CLIENT_SECRET", "INFISICAL_UNIVERSAL_AUTH_CLIENT_SECRET"];

/// Where client id and client secret come from; what is not given comes from variables.
#[derive(Clone, Default)]
pub struct Universal {
    /// What names the identity.
    pub client_id: Option<String>,
    /// What proves it.
    pub client_secret: Option<String>,
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
        let client_id = given_or_found(self.client_id.as_ref(), "--client-id", &CLIENT_ID, around, trail)?;
        let client_secret =
            given_or_found(self.client_secret.as_ref(), "--client-secret", &CLIENT_SECRET, around, trail)?;
        let organization_slug = self.organization_slug.clone();
        Proof::new("universal-auth", &UniversalAuthLogin { client_id, client_secret, organization_slug })
    }
}

/// What was given, or what the first of the variables holds.
fn given_or_found(
    given: Option<&String>,
    flag: &str,
    names: &[&str],
    around: &Surroundings,
    trail: &mut Trail,
) -> Result<String, NoProof> {
    if let Some(given) = given.filter(|given| !given.trim().is_empty()) {
        trail.took(flag, "given");
        return Ok(given.trim().to_owned());
    }
    trail.passed(flag, "not given");
    if let Some((name, value)) = around.variable(names) {
        trail.took(name, "set");
        return Ok(value.trim().to_owned());
    }
    trail.passed(names.join(", "), "not set");
    Err(NoProof::new(format!("`{flag}` ({}): not given", names.first().copied().unwrap_or_default())))
}

impl std::fmt::Debug for Universal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Universal").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
