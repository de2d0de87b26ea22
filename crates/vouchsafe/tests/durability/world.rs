//! What is there before the first operation.

use serde_json::{Value, json};

use crate::wire::{Client, Request, text};

/// How often the limited client secret may log in: less often than the workers try.
pub(crate) const LOGIN_LIMIT: i64 = 250;
/// So many failures lock the guarded login.
pub(crate) const LOCKOUT_THRESHOLD: usize = 3;

/// An organization with an administrator, a project and two identities that log in.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// Token of the administrator.
    pub(crate) admin: String,
    pub(crate) org: String,
    pub(crate) project: String,
    /// The identity that logs in; no failure locks it.
    pub(crate) identity: String,
    pub(crate) client_id: String,
    /// A client secret that is never revoked.
    pub(crate) lasting: ClientSecret,
    /// A client secret with a limited number of logins.
    pub(crate) limited: ClientSecret,
    /// Client id and client secret of an identity that failures lock.
    pub(crate) guarded: (String, String),
}

/// A client secret. The secret itself is known only if the answer that showed it came.
#[derive(Clone, Debug)]
pub(crate) struct ClientSecret {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
}

impl World {
    /// Makes it through the API.
    pub(crate) async fn found(client: &Client) -> Self {
        let body = json!({ "email": "a@example.com", "password": "correct horse", "organization": "Acme" });
        let founded = client.ok("setup", Request::post("/api/v1/admin/bootstrap", None, body)).await;
        let admin = text(&founded, "/identity/credentials/token");
        let org = text(&founded, "/organization/id");
        let maker = Maker { client, admin: &admin, org: &org };
        let body = json!({ "projectName": "Shop" });
        let project = maker.post("/api/v1/projects", body).await;
        let (identity, client_id) = maker.identity("app", json!({ "lockoutEnabled": false })).await;
        let lasting = maker.client_secret(&identity, 0).await;
        let limited = maker.client_secret(&identity, LOGIN_LIMIT).await;
        let settings = json!({ "lockoutThreshold": LOCKOUT_THRESHOLD, "lockoutDurationSeconds": 3600 });
        let (guarded, guarded_id) = maker.identity("guarded", settings).await;
        let guarded = maker.client_secret(&guarded, 0).await;
        Self {
            project: text(&project, "/project/id"),
            guarded: (guarded_id, guarded.secret.unwrap()),
            admin,
            org,
            identity,
            client_id,
            lasting,
            limited,
        }
    }

    /// Where the client secrets of the identity are.
    pub(crate) fn client_secrets(&self) -> String {
        client_secrets(&self.identity)
    }
}

fn client_secrets(identity: &str) -> String {
    format!("/api/v1/auth/universal-auth/identities/{identity}/client-secrets")
}

struct Maker<'a> {
    client: &'a Client,
    admin: &'a str,
    org: &'a str,
}

impl Maker<'_> {
    async fn post(&self, path: &str, body: Value) -> Value {
        self.client.ok("setup", Request::post(path, Some(self.admin), body)).await
    }

    /// An identity with Universal Auth; answers its id and its client id.
    async fn identity(&self, name: &str, settings: Value) -> (String, String) {
        let body = json!({ "name": name, "organizationId": self.org, "role": "member" });
        let id = text(&self.post("/api/v1/identities", body).await, "/identity/id");
        let path = format!("/api/v1/auth/universal-auth/identities/{id}");
        let attached = self.post(&path, settings).await;
        (id, text(&attached, "/identityUniversalAuth/clientId"))
    }

    async fn client_secret(&self, identity: &str, limit: i64) -> ClientSecret {
        let made = self.post(&client_secrets(identity), json!({ "numUsesLimit": limit })).await;
        ClientSecret { id: text(&made, "/clientSecretData/id"), secret: Some(text(&made, "/clientSecret")) }
    }
}
