//! Google's cloud: the keys that it publishes, and the claims of its tokens.

use serde_json::{Value, json};

use super::fake_keys::FakeKeys;
use super::mint_rsa::RsaMint;

pub(crate) const ACCOUNT: &str = "app@proj.iam.gserviceaccount.com";
/// Where keys of id tokens are.
pub(crate) const CERTS: &str = "/oauth2/v3/certs";
/// Where keys of service accounts are; the account's address follows.
pub(crate) const ACCOUNTS: &str = "/service_accounts/v1/metadata/x509/";

/// One that publishes two keys of id tokens; the mint has the second.
pub(crate) async fn start() -> (FakeKeys, RsaMint) {
    let (google, mint) = (FakeKeys::new().await, RsaMint::new("google-1"));
    google.publish(CERTS, json!({ "keys": [RsaMint::new("google-0").jwk(), mint.jwk()] }));
    (google, mint)
}

/// Where the keys of a service account are.
pub(crate) fn account_keys(account: &str) -> String {
    format!("{ACCOUNTS}{account}")
}

/// Settings that let an instance in.
pub(crate) fn gce() -> Value {
    json!({ "type": "gce", "allowedServiceAccounts": ACCOUNT, "allowedProjects": "proj", "allowedZones": "europe-west1-b" })
}

/// The claims of an instance's id token.
pub(crate) fn instance(now: i64, identity: &str) -> Value {
    json!({
        "iss": "https://accounts.google.com", "aud": identity, "azp": "1112", "sub": "1112", "iat": now, "exp": now + 3600,
        "email": ACCOUNT, "email_verified": true,
        "google": { "compute_engine": {
            "instance_id": "4567", "instance_name": "vm", "instance_creation_timestamp": now - 60,
            "project_id": "proj", "project_number": 999, "zone": "europe-west1-b",
        } },
    })
}
