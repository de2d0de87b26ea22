//! Universal Auth: logging in, limits, lockout, revocation.

use serde_json::{Value, json};
use vouchsafe_testkit::{Answer, TestServer, both};

both!(
    a_login_gives_a_token_that_works,
    a_use_limit_is_exact_among_parallel_logins,
    three_failures_lock_and_parallel_guesses_are_counted_exactly,
    lockout_ends_when_switched_off_or_cleared_and_survives_a_restart,
    every_way_of_revoking_ends_the_token,
    token_uses_are_exact_and_taken_last,
    a_token_is_renewed_until_its_maximum,
    refused_secrets_cannot_be_told_apart,
);

async fn login(server: &TestServer, client_id: &str, secret: &str) -> Answer {
    let body = json!({ "clientId": client_id, "clientSecret": secret });
    server.anonymous().post("/api/v1/auth/universal-auth/login", body).await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

async fn a_login_gives_a_token_that_works(server: TestServer) {
    let identity = server.identity("app", "member").await;
    let (client_id, secret) =
        server.universal_auth(&identity.id, json!({ "accessTokenTTL": 60, "accessTokenMaxTTL": 90 })).await;
    let reply = login(&server, &client_id, &secret).await.ok();
    assert_eq!(
        (&reply["expiresIn"], &reply["accessTokenMaxTTL"], &reply["tokenType"]),
        (&json!(60), &json!(90), &json!("Bearer"))
    );
    let app = identity.with_token(text(&reply["accessToken"]));
    let details = app.get("/api/v1/identities/details").await.ok();
    assert_eq!(details["identityDetails"]["organization"]["slug"], "acme");
    // The form encoding and a trailing slash are accepted as well.
    let form = [("clientId", client_id.as_str()), ("clientSecret", secret.as_str())];
    let request =
        server.anonymous().request(reqwest::Method::POST, "/api/v1/auth/universal-auth/login/").form(&form);
    server.anonymous().send(request).await.ok();
    server.clock.advance_seconds(60);
    let expired = app.get("/api/v1/identities/details").await;
    assert_eq!(expired.body["error"], "TokenError");
    assert_eq!(expired.refused(403), "Your token has expired. Please re-authenticate.");
    let read = server.admin.get(&format!("/api/v1/identities/{}", identity.id)).await.ok();
    server.app.store.settle_logins().await;
    assert_eq!(read["identity"]["identity"]["authMethods"], json!(["token-auth", "universal-auth"]));
    let read = server.admin.get(&format!("/api/v1/identities/{}", identity.id)).await.ok();
    assert_eq!(read["identity"]["lastLoginAuthMethod"], "universal-auth");
    let path = format!("/api/v1/auth/universal-auth/identities/{}/client-secrets", identity.id);
    assert_eq!(server.admin.get(&path).await.ok()["clientSecretData"][0]["clientSecretNumUses"], 2);
}

async fn a_use_limit_is_exact_among_parallel_logins(server: TestServer) {
    let identity = server.identity("app", "no-access").await;
    let (client_id, _) = server.universal_auth(&identity.id, json!({})).await;
    let path = format!("/api/v1/auth/universal-auth/identities/{}/client-secrets", identity.id);
    let made = server.admin.post(&path, json!({ "numUsesLimit": 7 })).await.ok();
    let secret = text(&made["clientSecret"]).to_owned();
    let all = futures_util::future::join_all((0..40).map(|_| login(&server, &client_id, &secret))).await;
    assert_eq!(all.iter().filter(|answer| answer.status == 200).count(), 7);
    assert!(all.iter().all(|answer| matches!(answer.status, 200 | 401)));
    let one = format!("{path}/{}", text(&made["clientSecretData"]["id"]));
    let data = server.admin.get(&one).await.ok();
    assert_eq!(data["clientSecretData"]["clientSecretNumUses"], 7);
    assert_eq!(
        login(&server, &client_id, &secret).await.refused(401),
        "Access denied due to client secret usage limit reached"
    );
}

async fn three_failures_lock_and_parallel_guesses_are_counted_exactly(server: TestServer) {
    let identity = server.identity("app", "no-access").await;
    let (client_id, secret) = server.universal_auth(&identity.id, json!({})).await;
    let guesses = (0..1000).map(|n| {
        let (server, client_id) = (&server, &client_id);
        async move { login(server, client_id, &format!("guess {n}")).await }
    });
    let answers = futures_util::future::join_all(guesses).await;
    let counted = answers.iter().filter(|a| a.body["message"] == "Invalid credentials").count();
    assert_eq!(counted, 3, "exactly the threshold is looked at, all others find the login locked");
    assert!(answers.iter().all(|answer| answer.status == 401));
    let locked = login(&server, &client_id, &secret).await.refused(401);
    assert_eq!(locked, "This identity auth method is temporarily locked, please try again later");
    server.clock.advance_seconds(299);
    login(&server, &client_id, &secret).await.refused(401);
    server.clock.advance_seconds(1);
    login(&server, &client_id, &secret).await.ok();
    // Two failures, a success, two failures: never three in a row.
    for _ in 0..2 {
        login(&server, &client_id, "wrong").await.refused(401);
        login(&server, &client_id, "wrong").await.refused(401);
        login(&server, &client_id, &secret).await.ok();
    }
    // Failures further apart than the window do not add up.
    for _ in 0..5 {
        assert_eq!(login(&server, &client_id, "wrong").await.refused(401), "Invalid credentials");
        server.clock.advance_seconds(31);
    }
}

async fn lockout_ends_when_switched_off_or_cleared_and_survives_a_restart(server: TestServer) {
    let identity = server.identity("app", "no-access").await;
    let (client_id, secret) = server.universal_auth(&identity.id, json!({ "lockoutThreshold": 2 })).await;
    let path = format!("/api/v1/auth/universal-auth/identities/{}", identity.id);
    let lock = async |server: &TestServer| {
        login(server, &client_id, "wrong").await.refused(401);
        login(server, &client_id, "wrong").await.refused(401);
        login(server, &client_id, &secret).await.refused(401);
    };
    lock(&server).await;
    let server = server.restart().await;
    login(&server, &client_id, &secret).await.refused(401);
    assert_eq!(server.admin.post(&format!("{path}/clear-lockouts"), json!({})).await.ok()["deleted"], 1);
    login(&server, &client_id, &secret).await.ok();
    lock(&server).await;
    server.admin.patch(&path, json!({ "lockoutEnabled": false })).await.ok();
    login(&server, &client_id, &secret).await.ok();
    for _ in 0..5 {
        assert_eq!(login(&server, &client_id, "wrong").await.refused(401), "Invalid credentials");
    }
}

async fn every_way_of_revoking_ends_the_token(server: TestServer) {
    let identity = server.identity("app", "no-access").await;
    let base = format!("/api/v1/auth/universal-auth/identities/{}", identity.id);
    let (client_id, secret) = server.universal_auth(&identity.id, json!({})).await;
    let fresh = async |server: &TestServer, client_id: &str, secret: &str| {
        let reply = login(server, client_id, secret).await.ok();
        let person = server.anonymous().with_token(text(&reply["accessToken"]));
        person.get("/api/v1/identities/details").await.ok();
        person
    };
    let dead = async |token: &Option<String>, server: &TestServer| {
        let person = server.anonymous().with_token(token.as_deref().unwrap());
        person.get("/api/v1/identities/details").await.refused(401);
        let held = json!({ "accessToken": token.as_deref().unwrap() });
        person.post("/api/v1/auth/token/renew", held).await.refused(401);
    };

    // By the token itself; its renewals die with it.
    let person = fresh(&server, &client_id, &secret).await;
    let held = json!({ "accessToken": person.token });
    let renewed = person.post("/api/v1/auth/token/renew", held.clone()).await.ok();
    let renewed = person.with_token(text(&renewed["accessToken"]));
    renewed.get("/api/v1/identities/details").await.ok();
    server.anonymous().post("/api/v1/auth/token/revoke", held.clone()).await.ok();
    dead(&person.token, &server).await;
    dead(&renewed.token, &server).await;
    server.anonymous().post("/api/v1/auth/token/revoke", held).await.ok();

    // By the client secret.
    let by_secret = fresh(&server, &client_id, &secret).await;
    let list = server.admin.get(&format!("{base}/client-secrets")).await.ok();
    let id = text(&list["clientSecretData"][0]["id"]).to_owned();
    server.admin.post(&format!("{base}/client-secrets/{id}/revoke"), json!({})).await.ok();
    dead(&by_secret.token, &server).await;
    assert_eq!(login(&server, &client_id, &secret).await.refused(401), "Invalid credentials");

    // By the auth method, also after it is attached again.
    let made = server.admin.post(&format!("{base}/client-secrets"), json!({})).await.ok();
    let by_method = fresh(&server, &client_id, text(&made["clientSecret"])).await;
    server.admin.delete(&base).await.ok();
    dead(&by_method.token, &server).await;
    let (client_id, secret) = server.universal_auth(&identity.id, json!({})).await;
    dead(&by_method.token, &server).await;

    // By the identity; all of it holds after a restart.
    let by_identity = fresh(&server, &client_id, &secret).await;
    server.admin.delete(&format!("/api/v1/identities/{}", identity.id)).await.ok();
    dead(&by_identity.token, &server).await;
    let server = server.restart().await;
    for token in [&person.token, &renewed.token, &by_secret.token, &by_method.token, &by_identity.token] {
        dead(token, &server).await;
    }
    assert_eq!(login(&server, &client_id, &secret).await.refused(401), "Invalid credentials");
}

async fn token_uses_are_exact_and_taken_last(server: TestServer) {
    let identity = server.identity("app", "no-access").await;
    let settings = json!({
        "accessTokenNumUsesLimit": 5,
        "accessTokenTrustedIps": [{ "ipAddress": "10.0.0.0/8" }],
    });
    let (client_id, secret) = server.universal_auth(&identity.id, settings).await;
    let reply = login(&server, &client_id, &secret).await.ok();
    let person = server.anonymous().with_token(text(&reply["accessToken"]));
    // A thief outside of the allowlist cannot use the token up.
    for _ in 0..9 {
        let message = person.get("/api/v1/identities/details").await.refused(403);
        assert_eq!(message, "You are not allowed to access this resource from the current IP address");
    }
    let open = json!({ "accessTokenTrustedIps": [{ "ipAddress": "127.0.0.1" }, { "ipAddress": "::1" }] });
    server.admin.patch(&format!("/api/v1/auth/universal-auth/identities/{}", identity.id), open).await.ok();
    let all = futures_util::future::join_all((0..30).map(|_| person.get("/api/v1/identities/details"))).await;
    assert_eq!(all.iter().filter(|answer| answer.status == 200).count(), 5);
    let held = json!({ "accessToken": person.token });
    person.post("/api/v1/auth/token/renew", held).await.refused(401);
}

async fn a_token_is_renewed_until_its_maximum(server: TestServer) {
    let identity = server.identity("app", "no-access").await;
    let (client_id, secret) =
        server.universal_auth(&identity.id, json!({ "accessTokenTTL": 60, "accessTokenMaxTTL": 100 })).await;
    let mut token = text(&login(&server, &client_id, &secret).await.ok()["accessToken"]).to_owned();
    let renew = async |token: &str| {
        server.anonymous().post("/api/v1/auth/token/renew", json!({ "accessToken": token })).await
    };
    for (wait, life) in [(30, 60), (30, 40), (30, 10)] {
        server.clock.advance_seconds(wait);
        let renewed = renew(&token).await.ok();
        assert_eq!(renewed["expiresIn"], life);
        text(&renewed["accessToken"]).clone_into(&mut token);
    }
    server.clock.advance_seconds(10);
    assert_eq!(renew(&token).await.refused(403), "Your token has expired. Please re-authenticate.");
}

async fn refused_secrets_cannot_be_told_apart(server: TestServer) {
    let identity = server.identity("app", "no-access").await;
    let (client_id, _) = server.universal_auth(&identity.id, json!({ "lockoutEnabled": false })).await;
    let path = format!("/api/v1/auth/universal-auth/identities/{}/client-secrets", identity.id);
    let expired = server.admin.post(&path, json!({ "ttl": 10 })).await.ok();
    let revoked = server.admin.post(&path, json!({})).await.ok();
    let id = text(&revoked["clientSecretData"]["id"]);
    server.admin.post(&format!("{path}/{id}/revoke"), json!({})).await.ok();
    server.clock.advance_seconds(10);
    let unknown_id = "11111111-2222-4333-8444-555555555555";
    let wrong = "0".repeat(64);
    for (client_id, secret) in [
        (unknown_id, wrong.as_str()),
        (client_id.as_str(), wrong.as_str()),
        (client_id.as_str(), text(&expired["clientSecret"])),
        (client_id.as_str(), text(&revoked["clientSecret"])),
    ] {
        let mut answer = login(&server, client_id, secret).await;
        answer.body["reqId"] = json!("");
        assert_eq!(
            (answer.status, answer.body),
            (
                401,
                json!({ "reqId": "", "statusCode": 401, "error": "UnauthorizedError", "message": "Invalid credentials" })
            )
        );
    }
}
