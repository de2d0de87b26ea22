//! OIDC Auth, with tokens of a certified `OpenID` provider (`tests/oidc/provider.mjs`).

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use vouchsafe_domain::time::{Clock, Timestamp};
use vouchsafe_testkit::{TestServer, both};

use crate::common::{at, attached, live, log_in, refused};

both!(
    tokens_of_every_algorithm_log_in,
    the_whole_life,
    each_wrong_thing_is_refused_for_what_it_is,
    keys_are_rotated_while_logins_go_on,
    a_provider_that_is_down_is_missed_after_a_while,
);

const METHOD: &str = "oidc-auth";

/// The provider; it ends with its test.
struct Provider {
    url: String,
    port: String,
    child: Child,
    http: reqwest::Client,
}

impl Provider {
    fn start(port: &str) -> Self {
        let folder = std::env::var_os("VOUCHSAFE_TEST_OIDC").map(PathBuf::from);
        let folder =
            folder.expect("VOUCHSAFE_TEST_OIDC names the folder of the provider; run cargo xtask test");
        let node = std::env::var_os("VOUCHSAFE_TEST_NODE").unwrap_or_else(|| "node".into());
        let mut command = Command::new(node);
        command.arg(folder.join("provider.mjs")).arg(port).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().expect("node starts");
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        let port = url.rsplit(':').next().unwrap().to_owned();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { url, port, child, http }
    }

    /// A new access token, signed so.
    async fn token(&self, algorithm: &str) -> String {
        let form =
            [("grant_type", "client_credentials"), ("resource", &format!("urn:vouchsafe:{algorithm}"))];
        let request =
            self.http.post(format!("{}/token", self.url)).basic_auth("ci", Some("secret")).form(&form);
        let reply: Value = request.send().await.unwrap().json().await.unwrap();
        reply["access_token"].as_str().expect("a token").to_owned()
    }

    async fn order(&self, what: &str) {
        self.http.post(format!("{}/{what}", self.url)).send().await.unwrap();
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn config(provider: &Provider) -> Value {
    json!({
        "oidcDiscoveryUrl": provider.url, "boundIssuer": provider.url, "boundAudiences": "vouchsafe",
        "boundSubject": "ci", "boundClaims": { "nested.ref": "refs/heads/*" },
        "claimMetadataMapping": { "team": "team" },
    })
}

/// The provider goes by the real time.
fn now(server: &TestServer) {
    server.clock.set(Timestamp::from_millis(vouchsafe_server::SystemClock.now().as_millis()));
}

async fn tokens_of_every_algorithm_log_in(server: TestServer) {
    let provider = Provider::start("0");
    now(&server);
    let (identity, reply) = attached(&server, METHOD, config(&provider)).await;
    assert_eq!(reply["identityOidcAuth"]["boundClaims"]["nested.ref"], "refs/heads/*");
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let token = provider.token(algorithm).await;
        log_in(&server, METHOD, &identity, json!({ "jwt": token })).await.ok();
    }
    let tested = server.admin.post(&format!("{}/test", at(METHOD, &identity)), json!({})).await.ok();
    assert_eq!(tested["ok"], true, "{tested}");
}

async fn the_whole_life(server: TestServer) {
    let provider = Provider::start("0");
    now(&server);
    let (identity, _) = attached(&server, METHOD, config(&provider)).await;
    let token = provider.token("RS256").await;
    live(&server, METHOD, &identity, json!({}), json!({ "jwt": token })).await;
}

async fn each_wrong_thing_is_refused_for_what_it_is(server: TestServer) {
    let provider = Provider::start("0");
    now(&server);
    let (identity, _) = attached(&server, METHOD, config(&provider)).await;
    let path = at(METHOD, &identity);
    let proof = json!({ "jwt": provider.token("ES256").await });
    for (change, back, reason) in [
        (json!({ "boundSubject": "cd" }), json!({ "boundSubject": "ci" }), "subject-mismatch"),
        (json!({ "boundAudiences": "x" }), json!({ "boundAudiences": "vouchsafe" }), "audience-mismatch"),
        (json!({ "boundClaims": { "team": "blue" } }), json!({ "boundClaims": {} }), "claim-mismatch"),
        (json!({ "boundClaims": { "x": "y" } }), json!({ "boundClaims": {} }), "claim-missing"),
        (
            json!({ "claimMetadataMapping": { "x": "x" } }),
            json!({ "claimMetadataMapping": {} }),
            "claim-missing",
        ),
        (
            json!({ "allowedAlgorithms": ["RS256"] }),
            json!({ "allowedAlgorithms": ["ES256"] }),
            "algorithm-not-allowed",
        ),
    ] {
        server.admin.patch(&path, change).await.ok();
        refused(&server, METHOD, &identity, proof.clone(), reason).await;
        server.admin.patch(&path, back).await.ok();
    }
    log_in(&server, METHOD, &identity, proof.clone()).await.ok();
    let other = config(&Provider::start("0"));
    let (stranger, _) = attached(&server, METHOD, other).await;
    refused(&server, METHOD, &stranger, proof.clone(), "issuer-mismatch").await;
    server.clock.advance_seconds(361);
    refused(&server, METHOD, &identity, proof, "expired").await;
}

async fn keys_are_rotated_while_logins_go_on(server: TestServer) {
    let provider = Provider::start("0");
    now(&server);
    let (identity, _) = attached(&server, METHOD, config(&provider)).await;
    let old = json!({ "jwt": provider.token("RS256").await });
    log_in(&server, METHOD, &identity, old.clone()).await.ok();
    provider.order("rotate").await;
    server.clock.advance_seconds(31);
    // The new key is found when it is first seen, and the old one is still good.
    let new = json!({ "jwt": provider.token("RS256").await });
    let logins = (0..10)
        .map(|turn| log_in(&server, METHOD, &identity, if turn % 2 == 0 { &new } else { &old }.clone()));
    for answer in futures_util::future::join_all(logins).await {
        answer.ok();
    }
    provider.order("forget").await;
    server.clock.advance_seconds(301);
    refused(&server, METHOD, &identity, old, "unknown-key").await;
}

async fn a_provider_that_is_down_is_missed_after_a_while(server: TestServer) {
    let provider = Provider::start("0");
    now(&server);
    let (identity, _) = attached(&server, METHOD, config(&provider)).await;
    let wide = json!({ "clockSkewSeconds": 300, "accessTokenTTL": 60, "accessTokenMaxTTL": 60 });
    server.admin.patch(&at(METHOD, &identity), wide).await.ok();
    let proof = json!({ "jwt": provider.token("RS256").await });
    log_in(&server, METHOD, &identity, proof.clone()).await.ok();
    let port = provider.port.clone();
    drop(provider);
    server.clock.advance_seconds(400);
    log_in(&server, METHOD, &identity, proof.clone()).await.ok();
    server.clock.advance_seconds(3600);
    let late = log_in(&server, METHOD, &identity, proof).await;
    assert_eq!(late.status, 401);
    let event = crate::common::last_refusal(&server, METHOD).await;
    assert_eq!(event["event"]["metadata"]["reason"], "provider-unreachable", "{event}");
    // It is back, with other keys.
    let provider = Provider::start(&port);
    now(&server);
    server.clock.advance_seconds(60);
    let proof = json!({ "jwt": provider.token("RS256").await });
    log_in(&server, METHOD, &identity, proof).await.ok();
}
