//! An issuer's documents: a key set at `/jwks`, and a discovery document.

use serde_json::{Value, json};

use crate::counterparts::fake_keys::FakeKeys;
use crate::counterparts::mint::Mint;

/// A running issuer; it ends with its test.
pub(crate) struct KeyServer {
    /// Its URL, without a slash at the end.
    pub(crate) url: String,
    documents: FakeKeys,
}

impl KeyServer {
    /// Starts one with the keys of these mints.
    pub(crate) async fn start(mints: &[&Mint]) -> Self {
        let documents = FakeKeys::new().await;
        let server = Self { url: documents.url("").as_str().trim_end_matches('/').to_owned(), documents };
        server.publish(mints);
        let document = json!({ "issuer": server.url, "jwks_uri": format!("{}/jwks", server.url) });
        server.documents.publish("/.well-known/openid-configuration", document);
        server
    }

    /// Puts these keys in place of those that are there.
    pub(crate) fn publish(&self, mints: &[&Mint]) {
        let keys: Vec<Value> = mints.iter().map(|mint| mint.jwk()).collect();
        self.documents.publish("/jwks", json!({ "keys": keys }));
    }

    /// How often anything was asked for.
    pub(crate) fn asked(&self) -> usize {
        self.documents.asked().len()
    }
}
