//! Entra ID: the keys that it publishes, and the claims of its tokens.

use serde_json::{Value, json};

use super::fake_keys::FakeKeys;
use super::mint_rsa::RsaMint;

pub(crate) const TENANT: &str = "7f3ae1c2-8d9b-4e10-9c55-0a1b2c3d4e5f";
pub(crate) const PRINCIPAL: &str = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb";
pub(crate) const CLIENT: &str = "cccccccc-1111-4222-8333-dddddddddddd";
pub(crate) const MIRID: &str =
    "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/app";

/// One that publishes two keys; the mint has the second.
pub(crate) async fn start() -> (FakeKeys, RsaMint) {
    let (entra, mint) = (FakeKeys::new().await, RsaMint::new("entra-1"));
    let keys =
        json!({ "keys": [RsaMint::new("entra-0").jwk_with_certificate(), mint.jwk_with_certificate()] });
    entra.publish(&format!("/{TENANT}/discovery/keys"), keys.clone());
    entra.publish(&format!("/{TENANT}/discovery/v2.0/keys"), keys);
    (entra, mint)
}

/// Settings that let the principal in.
pub(crate) fn config() -> Value {
    json!({ "tenantId": TENANT, "resource": "https://management.azure.com/", "allowedServicePrincipalIds": PRINCIPAL })
}

/// The claims of the principal's token.
pub(crate) fn claims(now: i64) -> Value {
    json!({
        "aud": "https://management.azure.com", "iss": format!("https://sts.windows.net/{TENANT}/"),
        "iat": now - 5, "nbf": now - 5, "exp": now + 86_400, "appid": CLIENT, "appidacr": "2", "idtyp": "app",
        "oid": PRINCIPAL, "sub": PRINCIPAL, "tid": TENANT, "ver": "1.0", "xms_mirid": MIRID,
    })
}
