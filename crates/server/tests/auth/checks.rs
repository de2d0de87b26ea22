//! What administrators may ask: who would this become, and is this configuration of use?

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::common::{at, attached, log_in};
use crate::counterparts::mint::Mint;

both!(
    a_sample_says_whom_it_would_become_and_where_others_miss,
    sources_to_which_a_sample_says_nothing_are_the_farthest,
    only_administrators_may_ask,
    a_narrowed_token_cannot_widen_itself,
);

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

async fn sources_to_which_a_sample_says_nothing_are_the_farthest(server: TestServer) {
    for user in 0..10 {
        let arn = format!("acs:ram::1234567890123456:user/app-{user}");
        attached(&server, "alicloud-auth", json!({ "allowedArns": arn })).await;
    }
    let near = json!({
        "allowedPrincipalArns": "arn:aws:iam::123456789012:role/deploy", "allowedAccountIds": "210987654321",
    });
    let (near, _) = attached(&server, "aws-auth", near).await;
    let sample = json!({ "arn": "arn:aws:iam::123456789012:user/ci" });
    let reply = server.admin.post("/api/v1/access/what-if", sample).await.ok();
    assert_eq!((&reply["examined"], &reply["misses"][0]["identityId"]), (&json!(11), &json!(near)));
    assert_eq!(reply["misses"][1]["steps"][0]["reason"], "malformed-proof", "{reply}");
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

async fn a_narrowed_token_cannot_widen_itself(server: TestServer) {
    let mint = Mint::new("one");
    let rules = json!([{ "subject": "identity", "action": ["read", "edit-auth"] }]);
    let role = json!({ "slug": "keeper", "name": "keeper", "permissions": rules });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    let identity = server.identity("keeper", "keeper").await;
    let group = json!({ "name": "strong", "slug": "strong", "role": "admin", "organizationId": server.org });
    let group = server.admin.post("/api/v1/groups", group).await.ok();
    let group = group["id"].as_str().unwrap();
    let path = format!("/api/v1/groups/{group}/machine-identities/{}", identity.id);
    server.admin.post(&path, json!({})).await.ok();

    let mut narrowed = config(&mint, "job");
    narrowed["roles"] = json!(["keeper"]);
    server.admin.post(&at("jwt-auth", &identity.id), narrowed).await.ok();
    let now = server.app.now().as_seconds();
    let claims = json!({ "iss": "https://issuer.example", "sub": "job", "exp": now + 300 });
    let reply = log_in(&server, "jwt-auth", &identity.id, json!({ "jwt": mint.token(&claims) })).await.ok();
    let token = server.admin.with_token(reply["accessToken"].as_str().unwrap());

    token.get(&at("jwt-auth", &server.identity("other", "no-access").await.id)).await.refused(404);
    let mut wider = config(&mint, "job");
    wider["roles"] = Value::Null;
    token.patch(&at("jwt-auth", &identity.id), wider.clone()).await.refused(403);
    // With its whole token it may, as it has the right and gains nothing.
    identity.patch(&at("jwt-auth", &identity.id), wider).await.ok();
}
