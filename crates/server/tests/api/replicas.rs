//! Several servers on one `PostgreSQL`, and a database that goes away.

use std::time::Duration;

use serde_json::{Value, json};
use vouchsafe_testkit::{Engine, Person, TestDatabase, TestServer};

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

async fn logged_in(server: &TestServer, client_id: &str, secret: &str) -> Person {
    let body = json!({ "clientId": client_id, "clientSecret": secret });
    let reply = server.anonymous().post("/api/v1/auth/universal-auth/login", body).await.ok();
    server.anonymous().with_token(reply["accessToken"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_replica_answered_holds_on_the_other() {
    let here = TestServer::start(Engine::Postgres).await;
    let there = here.replica().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let identity = here.identity("app", "member").await;
    let (client_id, secret) = here.universal_auth(&identity.id, json!({})).await;
    for round in 0..20 {
        let token = logged_in(&here, &client_id, &secret).await;
        let abroad = token.at(&there.url);
        // Warm the caches of both, then revoke on one and use on the other at once.
        token.get("/api/v1/identities/details").await.ok();
        abroad.get("/api/v1/identities/details").await.ok();
        abroad.get("/api/v1/identities/details").await.ok();
        let (revoker, user) = if round % 2 == 0 { (&here, &abroad) } else { (&there, &token) };
        revoker
            .anonymous()
            .post("/api/v1/auth/token/revoke", json!({ "accessToken": token.token }))
            .await
            .ok();
        user.get("/api/v1/identities/details").await.refused(401);
    }
    // A role change bites at once.
    let abroad = logged_in(&here, &client_id, &secret).await.at(&there.url);
    let list = format!("/api/v1/identities?orgId={}", here.org);
    abroad.get(&list).await.ok();
    here.admin
        .patch(&format!("/api/v1/identities/{}", identity.id), json!({ "role": "no-access" }))
        .await
        .ok();
    abroad.get(&list).await.refused(403);
    // Lockout and use limits are counted together.
    let path = format!("/api/v1/auth/universal-auth/identities/{}/client-secrets", identity.id);
    let limited = text(&here.admin.post(&path, json!({ "numUsesLimit": 5 })).await.ok()["clientSecret"]);
    let attempts = (0..30).map(|n| {
        let server = if n % 2 == 0 { &here } else { &there };
        let body = json!({ "clientId": client_id, "clientSecret": limited });
        async move { server.anonymous().post("/api/v1/auth/universal-auth/login", body).await.status }
    });
    let statuses = futures_util::future::join_all(attempts).await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 5, "{statuses:?}");
    let guesses = (0..100).map(|n| {
        let server = if n % 2 == 0 { &here } else { &there };
        let body = json!({ "clientId": client_id, "clientSecret": format!("guess {n}") });
        async move {
            server.anonymous().post("/api/v1/auth/universal-auth/login", body).await.body["message"].clone()
        }
    });
    let messages = futures_util::future::join_all(guesses).await;
    assert_eq!(messages.iter().filter(|message| **message == "Invalid credentials").count(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_gone_answers_503_and_recovers_by_itself() {
    let server = TestServer::start_on(TestDatabase::behind_a_wire().await).await;
    let identity = server.identity("app", "member").await;
    let (client_id, secret) = server.universal_auth(&identity.id, json!({})).await;
    let token = logged_in(&server, &client_id, &secret).await;
    token.get("/api/v1/identities/details").await.ok();
    server.wire().cut();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    // Nothing is answered from caches that cannot be known to be true: fail closed.
    let login = json!({ "clientId": client_id, "clientSecret": secret });
    for answer in [
        token.get("/api/v1/identities/details").await,
        server.anonymous().post("/api/v1/auth/universal-auth/login", login).await,
        server.anonymous().get("/readyz").await,
    ] {
        assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
        answer.refused(503);
    }
    server.anonymous().get("/healthz").await.ok();
    server.wire().mend();
    for attempt in 0.. {
        if token.get("/api/v1/identities/details").await.status == 200 {
            break;
        }
        assert!(attempt < 50, "the server does not recover");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    logged_in(&server, &client_id, &secret).await.get("/api/v1/identities/details").await.ok();
}
