//! A store on a database of the test's own, with one organization.

use serde_json::json;
use uuid::Uuid;
use vouchsafe_domain::id::{ClientSecretId, IdentityId, OrgId};
use vouchsafe_domain::ip::TrustedIps;
use vouchsafe_domain::lockout::LockoutSettings;
use vouchsafe_domain::time::Timestamp;
use vouchsafe_domain::token_settings::TokenSettings;
use vouchsafe_policy::Permit;
use vouchsafe_store::{
    Attempt, AuthMethod, AuthMethodParts, Author, Change, ClientCredential, Credential, FIRST_SOURCE,
    NewAuthMethod, NewClientSecret, NewIdentity, NewRoleRef, Store,
};
use vouchsafe_testkit::{Engine, START, TestDatabase, count};

/// Runs each listed `async fn(Fixture)` on both databases.
macro_rules! both {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::fixture::Fixture::new(vouchsafe_testkit::Engine::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name($crate::fixture::Fixture::new(vouchsafe_testkit::Engine::Postgres).await).await;
            }
        }
    )*};
}
pub(crate) use both;

/// A store, its database and an organization in it.
pub(crate) struct Fixture {
    pub(crate) database: TestDatabase,
    pub(crate) store: Store,
    pub(crate) org: OrgId,
}

impl Fixture {
    pub(crate) async fn new(engine: Engine) -> Self {
        let database = TestDatabase::new(engine).await;
        let store = Store::open(&database.database, START).await.unwrap();
        let mut change = begin(&store).await;
        let org = change.insert_organization("Acme", "acme").await.unwrap();
        change.commit().await.unwrap();
        Self { database, store, org }
    }

    /// The same database, closed and opened again.
    pub(crate) async fn reopened(self) -> Self {
        let Self { database, store, org } = self;
        store.close().await;
        drop(store);
        let store = Store::open(&database.database, START.plus_seconds(60)).await.unwrap();
        Self { database, store, org }
    }

    /// A unit of work.
    pub(crate) async fn change(&self) -> Change {
        begin(&self.store).await
    }

    /// How many rows there are: `count("audit_events WHERE …")`.
    pub(crate) async fn count(&self, rows: &str) -> i64 {
        count(&self.database.database, &format!("SELECT COUNT(*) FROM {rows}")).await
    }

    /// An identity with this name and organization role.
    pub(crate) async fn identity(&self, name: &str, role: &str) -> IdentityId {
        let mut change = self.change().await;
        let id = change.insert_identity(&new_identity(self.org, name, role)).await.unwrap();
        change.commit().await.unwrap();
        id
    }

    /// A new identity's universal auth.
    pub(crate) async fn universal_auth(&self, lockout: &LockoutSettings) -> AuthMethod {
        let identity = self.identity("app", "member").await;
        let tokens = TokenSettings::new(0, 0, 0, 0, TrustedIps::any()).unwrap();
        let new = NewAuthMethod {
            identity,
            method: "universal-auth",
            login_key: Some(format!("client-{identity}")),
            parts: AuthMethodParts {
                source: FIRST_SOURCE,
                config: &json!({ "clientSecretTrustedIps": TrustedIps::any() }),
                sealed: None,
                roles: None,
                tokens: &tokens,
                lockout,
            },
        };
        let mut change = self.change().await;
        change.insert_auth_method(&new).await.unwrap();
        change.commit().await.unwrap();
        self.store.auth_method(identity, "universal-auth").await.unwrap().unwrap()
    }

    /// A client secret; `uses_limit` and `ttl` are endless if 0.
    pub(crate) async fn client_secret(
        &self,
        method: &AuthMethod,
        uses_limit: i64,
        ttl: i64,
    ) -> (ClientSecretId, ClientCredential) {
        let credential = credential(method, Uuid::new_v4());
        let hash = credential.secret_hash;
        let new = NewClientSecret { description: "", prefix: "abcd", hash, uses_limit, ttl };
        let mut change = self.change().await;
        let id = change.insert_client_secret(method, &new).await.unwrap();
        change.commit().await.unwrap();
        (id, credential)
    }
}

async fn begin(store: &Store) -> Change {
    store.change(&Permit::system("test"), &Author::system(START)).await.unwrap()
}

/// What an identity is made of.
pub(crate) fn new_identity<'a>(org: OrgId, name: &'a str, role: &'a str) -> NewIdentity<'a> {
    NewIdentity {
        org,
        project: None,
        name,
        role: NewRoleRef::built_in(role),
        has_delete_protection: false,
        instance_admin: false,
    }
}

/// What a client of this method presents; which secret it is, the seed says.
pub(crate) fn credential(method: &AuthMethod, seed: Uuid) -> ClientCredential {
    let mut secret_hash = [0; 32];
    secret_hash[..16].copy_from_slice(seed.as_bytes());
    ClientCredential { client_id: method.login_key.clone().unwrap(), secret_hash }
}

/// A login attempt.
pub(crate) fn attempt(credential: &ClientCredential, ip: &str, at: Timestamp) -> Attempt {
    Attempt {
        method: "universal-auth",
        credential: Credential::Client(credential.clone()),
        proof: None,
        ip: ip.parse().unwrap(),
        user_agent: "test".to_owned(),
        request_id: "req-test".to_owned(),
        at,
    }
}
