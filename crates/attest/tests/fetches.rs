//! When key sets and trust bundles are fetched, and when they are not.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::Router;
use axum::extract::State;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use vouchsafe_api::auth_spiffe::SpiffeProof;
use vouchsafe_attest::jose::{FRESH, INTERVAL, Refresh, SetAddress};
use vouchsafe_attest::net::Trust;
use vouchsafe_attest::spiffe::SpiffeAuth;
use vouchsafe_attest::{Context, Endpoints, Login, Method, Reason, Workshop};
use vouchsafe_domain::id::IdentityId;
use vouchsafe_domain::time::Timestamp;

const NOW: i64 = 1_795_478_400;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis((NOW + seconds) * 1000)
}

/// A server of one document; it answers as often as it is let.
struct Server {
    document: Mutex<Value>,
    asked: AtomicUsize,
    let_through: Semaphore,
}

impl Server {
    async fn start(document: Value, answers: usize) -> (Arc<Self>, String) {
        let server = Arc::new(Self {
            document: Mutex::new(document),
            asked: AtomicUsize::new(0),
            let_through: Semaphore::new(answers),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&server));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (server, url)
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn answer(State(server): State<Arc<Server>>) -> axum::Json<Value> {
    server.asked.fetch_add(1, Ordering::SeqCst);
    server.let_through.acquire().await.unwrap().forget();
    let document = server.document.lock().unwrap().clone();
    axum::Json(document)
}

struct Key(EcdsaKeyPair);

impl Key {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn jwk(&self, usage: &str, id: Option<&str>) -> Value {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        let text = |bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = json!({ "kty": "EC", "crv": "P-256", "use": usage, "x": text(x), "y": text(y) });
        if let Some(id) = id {
            jwk["kid"] = json!(id);
        }
        jwk
    }

    fn svid(&self, id: &str, subject: &str) -> SpiffeProof {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(&json!({ "alg": "ES256", "typ": "JWT", "kid": id }));
        let claims = part(&json!({ "sub": subject, "aud": ["vouchsafe"], "exp": NOW + 100_000 }));
        let message = format!("{header}.{claims}");
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        SpiffeProof { jwt: Some(format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))) }
    }
}

fn workshop() -> Workshop {
    Workshop::new(vec!["127.0.0.0/8".parse().unwrap()], Endpoints::default())
}

fn context(workshop: &Workshop, now: Timestamp) -> Context<'_> {
    let identity: IdentityId = "0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e".parse().unwrap();
    workshop.context(now, identity, None)
}

fn spiffe(url: &str) -> <SpiffeAuth as Method>::Config {
    let input = json!({
        "trustDomain": "acme.example", "allowedSpiffeIds": "spiffe://acme.example/**",
        "allowedAudiences": "vouchsafe",
        "trustBundleDistribution": { "profile": "https_web_bundle", "endpointUrl": url },
    });
    SpiffeAuth::configure(None, serde_json::from_value(input).unwrap()).unwrap()
}

#[tokio::test]
async fn who_hangs_up_does_not_make_anybody_fetch_again() {
    let key = Key::new();
    let (server, url) = Server::start(json!({ "keys": [key.jwk("sig", Some("a"))] }), 0).await;
    let (workshop, address) = (Arc::new(workshop()), SetAddress::Jwks(url.parse().unwrap()));
    let ask = || {
        let (workshop, address) = (Arc::clone(&workshop), address.clone());
        tokio::spawn(async move {
            let (sets, refresh) = (&workshop.key_sets, Refresh::default());
            sets.get(&workshop.outbound, &address, &Trust::Public, refresh, |_| true, at(0)).await
        })
    };
    for _ in 0..20 {
        let asking = ask();
        tokio::task::yield_now().await;
        while server.asked() == 0 {
            tokio::task::yield_now().await;
        }
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
    }
    let last = ask();
    server.let_through.add_permits(100);
    assert_eq!(last.await.unwrap().unwrap().set.keys().len(), 1);
    assert_eq!(server.asked(), 1, "one fetch, whoever hangs up");
}

#[tokio::test]
async fn a_new_key_is_fetched_though_an_authority_without_id_would_fit() {
    let (authority, old, new) = (Key::new(), Key::new(), Key::new());
    let bundle =
        |key: &Key, id| json!({ "keys": [authority.jwk("x509-svid", None), key.jwk("jwt-svid", Some(id))] });
    let (server, url) = Server::start(bundle(&old, "old"), 100).await;
    let workshop = workshop();
    let ready = SpiffeAuth::ready(spiffe(&url)).unwrap();
    let web = "spiffe://acme.example/web";

    let verify = async |proof: SpiffeProof, seconds| {
        SpiffeAuth::verify(&context(&workshop, at(seconds)), &ready, &proof)
            .await
            .map(|_| ())
            .map_err(|refusal| refusal.reason)
    };
    assert_eq!(verify(old.svid("old", web), 0).await, Ok(()));
    *server.document.lock().unwrap() = bundle(&new, "new");
    assert_eq!(verify(new.svid("new", web), INTERVAL + 1).await, Ok(()));
    assert_eq!(server.asked(), 2);
    assert_eq!(verify(authority.svid("ca", web), INTERVAL + 2).await, Err(Reason::UnknownKey));
    assert_eq!(server.asked(), 2, "at most one fetch in an interval");
}

#[tokio::test]
async fn proofs_of_others_fetch_nothing() {
    let key = Key::new();
    let (server, url) = Server::start(json!({ "keys": [key.jwk("jwt-svid", Some("a"))] }), 100).await;
    let workshop = workshop();
    let ready = SpiffeAuth::ready(spiffe(&url)).unwrap();
    for (subject, reason) in [
        ("spiffe://other.example/web", Reason::Issuer),
        ("spiffe://acme.example", Reason::Malformed),
        ("acme", Reason::Malformed),
        ("", Reason::Malformed),
    ] {
        let proof = key.svid("a", subject);
        let refused = SpiffeAuth::verify(&context(&workshop, at(0)), &ready, &proof).await.err().unwrap();
        assert_eq!(refused.reason, reason, "{subject}");
    }
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn a_change_is_not_refused_while_the_kept_bundle_may_be_used() {
    let key = Key::new();
    let (server, url) = Server::start(json!({ "keys": [key.jwk("jwt-svid", Some("a"))] }), 100).await;
    let (workshop, config) = (workshop(), spiffe(&url));
    SpiffeAuth::inspect(&context(&workshop, at(0)), &config).await.unwrap();
    *server.document.lock().unwrap() = json!("down");
    SpiffeAuth::inspect(&context(&workshop, at(FRESH)), &config).await.unwrap();
    SpiffeAuth::inspect(&context(&workshop, at(3601)), &config).await.unwrap();
    let refused = SpiffeAuth::inspect(&context(&workshop, at(100_000)), &config).await.unwrap_err();
    assert_eq!(refused.reason, Reason::ProviderAnswer);
}
