//! From where requests come.

use reqwest::Method;
use serde_json::{Value, json};
use vouchsafe_testkit::{Answer, Person, TestServer, both};

both!(only_listed_proxies_are_believed, failures_can_be_counted_by_source);

async fn from(person: &Person, method: Method, path: &str, forwarded: &str, body: &Value) -> Answer {
    person.send(person.request(method, path).header("x-forwarded-for", forwarded).json(body)).await
}

async fn only_listed_proxies_are_believed(server: TestServer) {
    let identity = server.identity("app", "no-access").await;
    let inside = json!([{ "ipAddress": "10.0.0.0/8" }]);
    let settings = json!({ "accessTokenTrustedIps": inside, "clientSecretTrustedIps": inside });
    let (client_id, secret) = server.universal_auth(&identity.id, settings).await;
    let login = json!({ "clientId": client_id, "clientSecret": secret });
    let attempt = async |server: &TestServer, forwarded: &str| {
        from(&server.anonymous(), Method::POST, "/api/v1/auth/universal-auth/login", forwarded, &login).await
    };
    // Nobody is a proxy: the header is nothing.
    attempt(&server, "10.1.2.3").await.refused(403);

    let server = server
        .restart_with(|settings| settings.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()])
        .await;
    let reply = attempt(&server, "10.1.2.3").await.ok();
    // What a client wrote to the left of what the proxy saw is not believed.
    attempt(&server, "10.1.2.3, 203.0.113.9").await.refused(403);
    attempt(&server, "203.0.113.9, 10.1.2.3").await.ok();
    let holder = server.anonymous().with_token(reply["accessToken"].as_str().unwrap());
    let details = "/api/v1/identities/details";
    from(&holder, Method::GET, details, "10.9.9.9", &json!({})).await.ok();
    from(&holder, Method::GET, details, "203.0.113.9", &json!({})).await.refused(403);
}

async fn failures_can_be_counted_by_source(server: TestServer) {
    let identity = server.identity("app", "no-access").await;
    let (client_id, secret) = server.universal_auth(&identity.id, json!({ "lockoutScope": "source" })).await;
    let server =
        server.restart_with(|settings| settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    let attempt = async |forwarded: &str, secret: &str| {
        let body = json!({ "clientId": client_id, "clientSecret": secret });
        from(&server.anonymous(), Method::POST, "/api/v1/auth/universal-auth/login", forwarded, &body).await
    };
    for _ in 0..3 {
        attempt("203.0.113.9", "wrong").await.refused(401);
    }
    // The stranger's network is locked, with the right secret too; production is not.
    attempt("203.0.113.77", &secret).await.refused(401);
    attempt("198.51.100.1", &secret).await.ok();
}
