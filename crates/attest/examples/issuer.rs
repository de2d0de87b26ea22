//! What `cargo xtask bench` compares JWT logins with: an issuer that publishes its key and signs tokens, and a bare server
//! that verifies such a token and does nothing else.
//!
//! - `GET /jwks.json`: the key set; how often it was asked for answers `GET /fetches`.
//! - `POST /tokens` with a list of claims: as many tokens; a claim `kid` goes into the header in place of the key's own.
//! - `POST /` with `{ "jwt": … }`: verifies it; answers the constant, or 401.
#![allow(clippy::unwrap_used, reason = "a tool of the benchmark ends where it cannot go on")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use vouchsafe_attest::jose::{Algorithms, KeySet, TokenType, UnverifiedJwt};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::RSAPublicKey;

const KEY_ID: &str = "bench";

struct Issuer {
    key: RsaKeyPair,
    jwks: Value,
    set: KeySet,
    fetches: AtomicU64,
}

impl Issuer {
    fn new() -> Self {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let (_, public) = RSAPublicKey::from_der(key.public_key().as_ref()).unwrap();
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        // DER puts a zero before a modulus of full length.
        let (n, e) = (public.modulus.strip_prefix(&[0]).unwrap_or(public.modulus), public.exponent);
        let jwks =
            json!({ "keys": [{ "kty": "RSA", "use": "sig", "kid": KEY_ID, "n": text(n), "e": text(e) }] });
        let set = KeySet::from_jwks(jwks.to_string().as_bytes()).unwrap();
        Self { key, jwks, set, fetches: AtomicU64::new(0) }
    }

    fn token(&self, claims: &Value) -> String {
        let kid = claims.get("kid").cloned().unwrap_or_else(|| KEY_ID.into());
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let message =
            format!("{}.{}", part(&json!({ "alg": "RS256", "typ": "JWT", "kid": kid })), part(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }

    fn accepts(&self, body: &Value) -> bool {
        let token = body.get("jwt").and_then(Value::as_str).map(UnverifiedJwt::parse);
        let Some(Ok(token)) = token else { return false };
        token.verify(&self.set, &Algorithms::all(), TokenType::AccessToken).is_ok()
    }
}

fn main() {
    let listen: SocketAddr = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap();
    let answer: &'static str = "{\"accessToken\":\"none\",\"expiresIn\":0,\"tokenType\":\"Bearer\"}";
    let router = Router::new()
        .route(
            "/jwks.json",
            get(|State(issuer): State<Arc<Issuer>>| async move {
                issuer.fetches.fetch_add(1, Ordering::Relaxed);
                Json(issuer.jwks.clone())
            }),
        )
        .route(
            "/fetches",
            get(|State(issuer): State<Arc<Issuer>>| async move {
                issuer.fetches.load(Ordering::Relaxed).to_string()
            }),
        )
        .route(
            "/tokens",
            post(|State(issuer): State<Arc<Issuer>>, Json(claims): Json<Vec<Value>>| async move {
                Json(claims.iter().map(|claims| issuer.token(claims)).collect::<Vec<_>>())
            }),
        )
        .route(
            "/",
            post(move |State(issuer): State<Arc<Issuer>>, Json(body): Json<Value>| async move {
                if issuer.accepts(&body) { Ok(answer) } else { Err(StatusCode::UNAUTHORIZED) }
            }),
        )
        .with_state(Arc::new(Issuer::new()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen).await.unwrap();
        axum::serve(listener, router).await.unwrap();
    });
}
