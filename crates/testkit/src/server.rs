//! A server in the test's own process.

use std::net::TcpListener;
use std::sync::Arc;

use reqwest::Client;
use serde_json::{Value, json};
use vouchsafe_domain::id::{AuthMethodId, IdentityId, OrgId, TokenId};
use vouchsafe_domain::ip::TrustedIps;
use vouchsafe_domain::lockout::LockoutSettings;
use vouchsafe_domain::time::{ManualClock, Timestamp};
use vouchsafe_domain::token_settings::TokenSettings;
use vouchsafe_keys::RootKey;
use vouchsafe_policy::Permit;
use vouchsafe_server::start::{Listening, Running, assemble, serve};
use vouchsafe_server::usecase::tokens::{Issue, issue};
use vouchsafe_server::{App, Pace, Settings};
use vouchsafe_store::{
    AuthMethodParts, Author, Database, FIRST_SOURCE, NewAuthMethod, NewIdentity, NewRoleRef, Store,
};

use crate::database::{Engine, TestDatabase};
use crate::person::Person;
use crate::proxy::Wire;

/// When tests begin: 24 November 2026.
pub const START: Timestamp = Timestamp::from_millis(1_795_478_400_000);

/// The password of every person.
pub const PASSWORD: &str = "correct horse battery staple";

/// A server in the test's own process, with one organization and its administrator.
pub struct TestServer {
    /// Where it listens.
    pub url: String,
    /// The time that it goes by.
    pub clock: Arc<ManualClock>,
    /// The application.
    pub app: App,
    /// The organization.
    pub org: OrgId,
    /// An identity that administers the organization (but not the instance).
    pub admin: Person,
    database: Arc<TestDatabase>,
    root_key: String,
    running: Running,
}

impl TestServer {
    /// Starts a server on a fresh database.
    pub async fn start(engine: Engine) -> Self {
        Self::start_on(TestDatabase::new(engine).await).await
    }

    /// Starts a server on this database.
    pub async fn start_on(database: TestDatabase) -> Self {
        let database = Arc::new(database);
        let root_key = RootKey::generate().to_base64().to_string();
        let clock = Arc::new(ManualClock::new(START));
        let (app, url, running) = run(&database, &root_key, Arc::clone(&clock), |_| {}).await;
        let http = client();
        let nobody = Person { http, url: url.clone(), token: None, id: String::new() };
        let (org, admin) = organization(&app, &nobody, "acme").await;
        Self { url, clock, app, org, admin, database, root_key, running }
    }

    /// Another server process' worth of state on the same database: a second replica.
    pub async fn replica(&self) -> Self {
        let clock = Arc::clone(&self.clock);
        let (app, url, running) = run(&self.database, &self.root_key, Arc::clone(&clock), |_| {}).await;
        let admin = Person { url: url.clone(), ..self.admin.clone() };
        let (database, root_key) = (Arc::clone(&self.database), self.root_key.clone());
        Self { url, clock, app, org: self.org, admin, database, root_key, running }
    }

    /// Stops this server and starts another on the same database.
    pub async fn restart(self) -> Self {
        self.restart_with(|_| {}).await
    }

    /// The same, with other settings.
    pub async fn restart_with(self, adjust: impl FnOnce(&mut Settings)) -> Self {
        self.running.stop_now();
        self.app.store.close().await;
        let (clock, database, root_key) =
            (Arc::clone(&self.clock), Arc::clone(&self.database), self.root_key.clone());
        let (org, admin) = (self.org, self.admin.clone());
        drop(self);
        let (app, url, running) = run(&database, &root_key, Arc::clone(&clock), adjust).await;
        Self {
            admin: Person { url: url.clone(), ..admin },
            url,
            clock,
            app,
            org,
            database,
            root_key,
            running,
        }
    }

    /// Its database, for what the API would not do.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database.database
    }

    /// The wire to the database, of a server started on [`TestDatabase::behind_a_wire`].
    pub fn wire(&self) -> &Wire {
        self.database.wire.as_ref().unwrap()
    }

    /// Somebody without a token.
    pub fn anonymous(&self) -> Person {
        Person { token: None, id: String::new(), ..self.admin.clone() }
    }

    /// The administrator of another organization on the same server.
    pub async fn stranger(&self) -> Person {
        organization(&self.app, &self.anonymous(), "other").await.1
    }

    /// A new identity with this organization role, holding a token.
    pub async fn identity(&self, name: &str, role: &str) -> Person {
        let body = json!({ "name": name, "organizationId": self.org, "role": role });
        let identity = self.admin.post("/api/v1/identities", body).await.ok();
        let id = identity["identity"]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/auth/token-auth/identities/{id}");
        self.admin.post(&path, json!({})).await.ok();
        let token = self.admin.post(&format!("{path}/tokens"), json!({})).await.ok();
        Person { id, ..self.admin.with_token(token["accessToken"].as_str().unwrap()) }
    }

    /// A person who was invited with this organization role, accepted, and acts in the organization of the server.
    pub async fn user(&self, email: &str, role: &str) -> Person {
        let body =
            json!({ "inviteeEmails": [email], "organizationId": self.org, "organizationRoleSlug": role });
        let invited = self.admin.post("/api/v1/invite-org/signup", body).await.ok();
        let link = invited["completeInviteLinks"][0]["link"].as_str().unwrap();
        let code = link.split_once("token=").unwrap().1.split('&').next().unwrap();
        let body = json!({ "email": email, "firstName": "Ann", "password": PASSWORD, "code": code });
        let reply = self.anonymous().post("/api/v3/signup/complete-account/invite", body).await.ok();
        let person = self.admin.with_token(reply["token"].as_str().unwrap());
        Person { id: reply["user"]["id"].as_str().unwrap().to_owned(), ..person }
    }

    /// A new project made by the administrator; answers its JSON.
    pub async fn project(&self, name: &str) -> Value {
        self.admin.post("/api/v1/projects", json!({ "projectName": name })).await.ok()["project"].clone()
    }

    /// A new identity with this role in a project (and none in the organization), holding a token.
    pub async fn project_member(&self, project: &str, role: &str) -> Person {
        let person = self.identity(&format!("{role} of a project"), "no-access").await;
        let path = format!("/api/v2/workspace/{project}/identity-memberships/{}", person.id);
        self.admin.post(&path, json!({ "role": role })).await.ok();
        person
    }

    /// Attaches Universal Auth to an identity; answers client id and client secret.
    pub async fn universal_auth(&self, identity: &str, settings: Value) -> (String, String) {
        let path = format!("/api/v1/auth/universal-auth/identities/{identity}");
        let attached = self.admin.post(&path, settings).await.ok();
        let secret = self.admin.post(&format!("{path}/client-secrets"), json!({})).await.ok();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&attached["identityUniversalAuth"]["clientId"]), text(&secret["clientSecret"]))
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.running.stop_now();
    }
}

fn client() -> Client {
    // Loopback only, but the client wants its TLS set up all the same.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Client::builder().no_proxy().timeout(std::time::Duration::from_mins(1)).build().unwrap()
}

async fn run(
    database: &TestDatabase,
    root_key: &str,
    clock: Arc<ManualClock>,
    adjust: impl FnOnce(&mut Settings),
) -> (App, String, Running) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let store = open(database).await;
    let root = RootKey::from_base64(root_key).unwrap();
    let mut settings = Settings { refusal_pace: Pace::NONE, ..Settings::local(address) };
    settings.allowed_targets = vec!["127.0.0.0/8".parse().unwrap()];
    adjust(&mut settings);
    let app = assemble(store, root, clock, settings).await.unwrap();
    let running = Running::new();
    let service = vouchsafe_console::service(app.clone());
    tokio::spawn(serve(app.clone(), service, Listening::plain(listener), running.clone()));
    (app, format!("http://{address}"), running)
}

/// The lock of a server that was just stopped may take a moment to go.
async fn open(database: &TestDatabase) -> Store {
    let mut last = None;
    for _ in 0..100 {
        match Store::open(&database.database, START).await {
            Ok(store) => return store,
            Err(error) => last = Some(error),
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the database does not open: {last:?}");
}

/// An organization with an administrator, made without the API.
async fn organization(app: &App, nobody: &Person, name: &str) -> (OrgId, Person) {
    let author = Author::system(app.now());
    let mut change = app.store.change(&Permit::system("test"), &author).await.unwrap();
    let org = change.insert_organization(name, name).await.unwrap();
    let new = NewIdentity {
        org,
        project: None,
        name: "admin",
        role: NewRoleRef::built_in("admin"),
        has_delete_protection: false,
        instance_admin: false,
    };
    let identity = change.insert_identity(&new).await.unwrap();
    let settings = TokenSettings::new(0, 0, 0, 0, TrustedIps::any()).unwrap();
    let method = NewAuthMethod {
        identity,
        method: "token-auth",
        login_key: None,
        parts: AuthMethodParts {
            source: FIRST_SOURCE,
            config: &json!({}),
            sealed: None,
            roles: None,
            tokens: &settings,
            lockout: &LockoutSettings::default(),
        },
    };
    let method = change.insert_auth_method(&method).await.unwrap();
    let token = change.insert_token(identity, method, Some("test"), &settings).await.unwrap();
    change.commit().await.unwrap();
    let token = sign(app, org, identity, method, token, &settings);
    (org, Person { id: identity.to_string(), ..nobody.with_token(&token) })
}

fn sign(
    app: &App,
    org_id: OrgId,
    identity_id: IdentityId,
    method_id: AuthMethodId,
    id: TokenId,
    settings: &TokenSettings,
) -> String {
    let token = Issue {
        id,
        identity_id,
        identity_name: "admin",
        org_id,
        token_epoch: 0,
        method: "token-auth",
        method_id,
        client_secret_id: String::new(),
        settings,
        proven: &vouchsafe_attest::Proven::default(),
    };
    issue(app, &token, app.now()).unwrap().access_token
}
