//! Logins in figures, and credentials that end soon.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

both!(logins_are_counted, credentials_that_end_soon_are_listed);

const PATH: &str = "/api/v1/organization/activity";

async fn login(server: &TestServer, client_id: &str, secret: &str) {
    let body = json!({ "clientId": client_id, "clientSecret": secret });
    server.anonymous().post("/api/v1/auth/universal-auth/login", body).await;
}

async fn logins_are_counted(server: TestServer) {
    let app = server.identity("app", "no-access").await;
    let (client_id, secret) = server.universal_auth(&app.id, json!({})).await;
    for secret in [&secret, &secret, &"f".repeat(64)] {
        login(&server, &client_id, secret).await;
    }
    let found = server.admin.get(PATH).await.ok();
    assert_eq!((&found["stepSeconds"], &found["isComplete"]), (&json!(3600), &json!(true)));
    let logins = found["logins"].as_array().unwrap();
    assert_eq!(logins.len(), 1, "{found}");
    assert_eq!(
        (&logins[0]["method"], &logins[0]["granted"], &logins[0]["refused"]),
        (&json!("universal-auth"), &json!(2), &json!(1))
    );
    assert_eq!(
        found["refusals"],
        json!([{ "method": "universal-auth", "reason": "invalid-credentials", "count": 1 }])
    );
    // Days, as soon as it is more than three.
    let now = server.app.now();
    let week = now.plus_seconds(-7 * 86_400);
    let found = server.admin.get(&format!("{PATH}?startDate={week}")).await.ok();
    assert_eq!(found["stepSeconds"], 86_400);
    assert_eq!(found["logins"][0]["granted"], 2);
    assert_eq!(found["logins"][0]["startsAt"], json!(format!("{}T00:00:00.000Z", &now.to_string()[..10])));
    let before = now.plus_seconds(-2 * 86_400);
    let found = server.admin.get(&format!("{PATH}?endDate={before}")).await.ok();
    assert_eq!((&found["logins"], &found["refusals"]), (&json!([]), &json!([])));
    for query in ["startDate=2020-01-01T00:00:00Z", "startDate=2100-01-01T00:00:00Z", "endDate=soon"] {
        server.admin.get(&format!("{PATH}?{query}")).await.refused(422);
    }
    assert_eq!(server.stranger().await.get(PATH).await.ok()["logins"], json!([]));
    app.get(PATH).await.refused(403);
}

async fn credentials_that_end_soon_are_listed(server: TestServer) {
    let app = server.identity("<app>", "no-access").await;
    let (_, forever) = server.universal_auth(&app.id, json!({})).await;
    let secrets = format!("/api/v1/auth/universal-auth/identities/{}/client-secrets", app.id);
    let mut made: Vec<Value> = Vec::new();
    for days in [10, 40] {
        made.push(server.admin.post(&secrets, json!({ "ttl": days * 86_400 })).await.ok());
    }
    let path = format!("{PATH}/expiring-credentials");
    let found = server.admin.get(&path).await.ok();
    let listed = found["credentials"].as_array().unwrap();
    let of_secrets: Vec<&Value> = listed.iter().filter(|one| one["kind"] == "client-secret").collect();
    assert_eq!(of_secrets.len(), 1, "{found}");
    assert_eq!(of_secrets[0]["id"], made[0]["clientSecretData"]["id"]);
    assert_eq!(
        (&of_secrets[0]["identityId"], &of_secrets[0]["identityName"]),
        (&json!(app.id), &json!("<app>"))
    );
    // The token that the identity holds ends after the usual 30 days.
    assert!(
        server.admin.get(&format!("{path}?days=31")).await.ok().to_string().contains(r#""kind":"token""#)
    );
    let all = server.admin.get(&format!("{path}?days=366&limit=100")).await.ok();
    let of_secrets =
        all["credentials"].as_array().unwrap().iter().filter(|one| one["kind"] == "client-secret");
    assert_eq!(of_secrets.count(), 2);
    assert!(!all.to_string().contains(&forever));
    for query in ["days=0", "days=367", "limit=101"] {
        server.admin.get(&format!("{path}?{query}")).await.refused(422);
    }
    app.get(&path).await.refused(403);
}
