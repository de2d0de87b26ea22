//! What administrators may ask: who would this become, and is this configuration of use?

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::common::{at, attached};
use crate::mint::Mint;

both!(a_sample_says_whom_it_would_become_and_where_others_miss, only_administrators_may_ask);

fn config(mint: &Mint, subject: &str) -> Value {
    json!({
        "configurationType": "static", "publicKeys": [mint.pem()], "boundIssuer": "https://issuer.example",
        "boundSubject": subject, "boundClaims": {},
    })
}

async fn a_sample_says_whom_it_would_become_and_where_others_miss(server: TestServer) {
    let mint = Mint::new("one");
    let (main, _) = attached(&server, "jwt-auth", config(&mint, "repo:acme/app:ref:main")).await;
    let (tags, _) = attached(&server, "jwt-auth", config(&mint, "repo:acme/app:ref:tags")).await;
    let sample = mint.token(&json!({ "iss": "https://issuer.example", "sub": "repo:acme/app:ref:main" }));
    let reply = server.admin.post("/api/v1/access/what-if", json!({ "jwt": sample })).await.ok();
    assert_eq!(reply["examined"], 2);
    assert_eq!(reply["matches"].as_array().unwrap().len(), 1, "{reply}");
    assert_eq!(reply["matches"][0]["identityId"], main);
    assert_eq!(reply["misses"][0]["identityId"], tags);
    let miss =
        reply["misses"][0]["steps"].as_array().unwrap().iter().find(|step| step["ok"] == false).unwrap();
    assert_eq!(miss["reason"], "subject-mismatch");
    assert_eq!(
        server.stranger().await.post("/api/v1/access/what-if", json!({ "jwt": sample })).await.ok()["examined"],
        0
    );
    server.admin.post("/api/v1/access/what-if", json!({ "jwt": sample, "arn": "a" })).await.refused(422);
}

async fn only_administrators_may_ask(server: TestServer) {
    let mint = Mint::new("one");
    let (identity, _) = attached(&server, "jwt-auth", config(&mint, "a")).await;
    let member = server.identity("member", "no-access").await;
    member.post("/api/v1/access/what-if", json!({ "jwt": "x" })).await.refused(403);
    let test = format!("{}/test", at("jwt-auth", &identity));
    member.post(&test, json!({})).await.refused(403);
    let reply = server.admin.post(&test, json!({})).await.ok();
    assert_eq!(reply["sources"][0]["source"], "default");
}
