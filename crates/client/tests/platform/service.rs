//! A service on loopback, and surroundings that lead to it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tempfile::TempDir;
use vouchsafe_client::platform::{NoProof, Proof, Source, Surroundings, Trail};

/// What a service was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A service that answers what a function says: a status and a body.
pub(crate) struct Service {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Service {
    pub(crate) async fn start(
        answer: impl Fn(&Asked) -> (u16, String) + Clone + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&asked);
        let handler = move |request: Request| {
            let (answer, all) = (answer.clone(), Arc::clone(&all));
            async move {
                let (parts, body) = request.into_parts();
                let body = to_bytes(body, 1 << 20).await.expect("a body");
                let headers = parts.headers.iter();
                let headers = headers
                    .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
                    .collect();
                let asked = Asked {
                    method: parts.method.to_string(),
                    target: parts.uri.to_string(),
                    headers,
                    body: String::from_utf8(body.to_vec()).expect("text"),
                };
                let (status, body) = answer(&asked);
                all.lock().expect("not poisoned").push(asked);
                let response = Response::builder().status(status).header("metadata-flavor", "Google");
                response.body(Body::from(body)).expect("a response")
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await });
        Self { url, asked }
    }

    /// Everything that was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("not poisoned").clone()
    }
}

/// The id of the identity that logs in.
pub(crate) const IDENTITY: &str = "0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e";

/// A folder, and surroundings with these variables at a fixed time; the home is the folder.
pub(crate) struct Around {
    pub(crate) folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Around {
    pub(crate) fn new(variables: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut around = Self { folder, variables: Vec::new() };
        let home = around.folder.path().display().to_string();
        around = around.with(&[("HOME", home.as_str()), ("VOUCHSAFE_MACHINE_IDENTITY_ID", IDENTITY)]);
        // No test asks the machine that it runs on, unless it says so.
        around.with(&[("AWS_EC2_METADATA_DISABLED", "true")]).with(variables)
    }

    /// The same with these variables; later ones win.
    pub(crate) fn with(mut self, variables: &[(&str, &str)]) -> Self {
        self.variables
            .extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self
    }

    /// Writes a file below the folder.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, text).expect("written");
        path
    }

    /// What is asked for at 2026-01-31T10:20:30Z, with the trail. Nothing of a secret may be in it.
    pub(crate) async fn proof(&self, source: &impl Source) -> (Result<Proof, NoProof>, Trail) {
        let at = UNIX_EPOCH + Duration::from_secs(1_769_854_830);
        let surroundings = Surroundings::with_variables(self.variables.clone()).at(at);
        let mut trail = Trail::default();
        let proof = source.proof(&surroundings, &mut trail).await;
        let shown = format!("{proof:?} {trail:?} {surroundings:?}");
        assert!(!shown.contains("canary"), "{shown}");
        (proof, trail)
    }

    /// The fields of a login that has a proof.
    pub(crate) async fn fields(&self, source: &impl Source) -> Value {
        let (proof, trail) = self.proof(source).await;
        let proof = proof.unwrap_or_else(|error| panic!("{error}: {trail:?}"));
        assert_eq!(proof.fields()["identityId"], IDENTITY);
        proof.fields().clone()
    }

    /// Why there is none.
    pub(crate) async fn refused(&self, source: &impl Source) -> String {
        self.proof(source).await.0.expect_err("no proof").to_string()
    }
}

/// A text in base64, read.
pub(crate) fn decoded(value: &Value) -> String {
    let bytes = BASE64_STANDARD.decode(value.as_str().expect("text")).expect("base64");
    String::from_utf8(bytes).expect("text")
}
