//! JWT Auth.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::common::{at, attached, is_accepted, live, log_in, refused};
use crate::mint::Mint;

both!(
    a_token_of_a_written_down_key_logs_in,
    each_wrong_thing_is_refused_for_what_it_is,
    a_source_may_be_narrowed_to_some_roles,
);

const METHOD: &str = "jwt-auth";

fn config(mint: &Mint) -> Value {
    json!({
        "configurationType": "static",
        "publicKeys": [mint.pem()],
        "boundIssuer": "https://issuer.example",
        "boundSubject": "repo:acme/*",
        "boundAudiences": "vouchsafe, other",
        "boundClaims": {},
    })
}

fn claims(server: &TestServer) -> Value {
    let now = server.app.now().as_seconds();
    json!({
        "iss": "https://issuer.example", "sub": "repo:acme/app", "aud": "vouchsafe",
        "iat": now, "exp": now + 300,
    })
}

async fn a_token_of_a_written_down_key_logs_in(server: TestServer) {
    let mint = Mint::new("one");
    let (identity, reply) = attached(&server, METHOD, config(&mint)).await;
    assert_eq!(reply["identityJwtAuth"]["boundSubject"], "repo:acme/*");
    assert_eq!(reply["identityJwtAuth"]["publicKeys"][0], mint.pem());
    let update = json!({ "configurationType": "static", "publicKeys": [mint.pem()] });
    live(&server, METHOD, &identity, update, json!({ "jwt": mint.token(&claims(&server)) })).await;
}

async fn each_wrong_thing_is_refused_for_what_it_is(server: TestServer) {
    let mint = Mint::new("one");
    let (identity, _) = attached(&server, METHOD, config(&mint)).await;
    let now = server.app.now().as_seconds();
    for (claim, value, reason) in [
        ("iss", json!("https://other.example"), "issuer-mismatch"),
        ("sub", json!("repo:other/app"), "subject-mismatch"),
        ("aud", json!("nobody"), "audience-mismatch"),
        ("exp", json!(now - 61), "expired"),
        ("nbf", json!(now + 61), "not-yet-valid"),
    ] {
        let mut wrong = claims(&server);
        wrong[claim] = value;
        refused(&server, METHOD, &identity, json!({ "jwt": mint.token(&wrong) }), reason).await;
    }
    let forged = Mint::new("one").token(&claims(&server));
    refused(&server, METHOD, &identity, json!({ "jwt": forged }), "invalid-signature").await;
    refused(&server, METHOD, &identity, json!({ "jwt": "no.jwt" }), "malformed-proof").await;
    log_in(&server, METHOD, &identity, json!({ "jwt": mint.token(&claims(&server)) })).await.ok();
}

async fn a_source_may_be_narrowed_to_some_roles(server: TestServer) {
    let (mint, other) = (Mint::new("one"), Mint::new("two"));
    let (identity, _) = attached(&server, METHOD, config(&mint)).await;
    let mut second = config(&other);
    second["source"] = json!("second");
    second["roles"] = json!(["no-access"]);
    let path = format!("{}/sources", at(METHOD, &identity));
    let added = server.admin.post(&path, second).await.ok();
    assert_eq!(added["identityJwtAuth"]["roles"], json!(["no-access"]));
    assert_eq!(server.admin.get(&path).await.ok()["sources"].as_array().unwrap().len(), 2);

    let token_of = async |mint: &Mint| {
        let reply =
            log_in(&server, METHOD, &identity, json!({ "jwt": mint.token(&claims(&server)) })).await.ok();
        server.admin.with_token(reply["accessToken"].as_str().unwrap())
    };
    let (wide, narrow) = (token_of(&mint).await, token_of(&other).await);
    let list = format!("/api/v1/identities?orgId={}", server.org);
    wide.get(&list).await.ok();
    narrow.get(&list).await.refused(403);
    assert!(is_accepted(&server, narrow.token.as_deref().unwrap()).await);
}
