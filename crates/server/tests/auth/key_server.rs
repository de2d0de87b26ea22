//! An issuer's documents on loopback: what is there can be changed, and how often it was asked for is counted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use serde_json::{Value, json};

use crate::mint::Mint;

#[derive(Default)]
struct Shelf {
    documents: Mutex<HashMap<String, Value>>,
    asked: AtomicU64,
}

/// A running server of documents; it ends with its test.
pub(crate) struct KeyServer {
    /// Its URL, without a slash at the end.
    pub(crate) url: String,
    shelf: Arc<Shelf>,
}

impl KeyServer {
    /// Starts one with the key set of these mints at `/jwks`, and a discovery document.
    pub(crate) async fn start(mints: &[&Mint]) -> Self {
        let shelf = Arc::<Shelf>::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shelf));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let server = Self { url, shelf };
        server.publish(mints);
        let document = json!({ "issuer": server.url, "jwks_uri": format!("{}/jwks", server.url) });
        server.put("/.well-known/openid-configuration", document);
        server
    }

    /// Puts these keys in place of those that are there.
    pub(crate) fn publish(&self, mints: &[&Mint]) {
        let keys: Vec<Value> = mints.iter().map(|mint| mint.jwk()).collect();
        self.put("/jwks", json!({ "keys": keys }));
    }

    /// Puts a document at a path.
    pub(crate) fn put(&self, path: &str, document: Value) {
        self.shelf.documents.lock().unwrap().insert(path.to_owned(), document);
    }

    /// How often anything was asked for.
    pub(crate) fn asked(&self) -> u64 {
        self.shelf.asked.load(Ordering::Relaxed)
    }
}

async fn answer(State(shelf): State<Arc<Shelf>>, uri: Uri) -> impl IntoResponse {
    shelf.asked.fetch_add(1, Ordering::Relaxed);
    match shelf.documents.lock().unwrap().get(uri.path()) {
        Some(document) => (StatusCode::OK, axum::Json(document.clone())),
        None => (StatusCode::NOT_FOUND, axum::Json(json!({}))),
    }
}
