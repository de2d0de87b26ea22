//! What tests of all auth methods share.

use serde_json::{Value, json};
use vouchsafe_testkit::{Answer, TestServer};

/// The path of a method at an identity.
pub(crate) fn at(method: &str, identity: &str) -> String {
    format!("/api/v1/auth/{method}/identities/{identity}")
}

/// Logs in by a method.
pub(crate) async fn log_in(server: &TestServer, method: &str, identity: &str, proof: Value) -> Answer {
    let mut body = proof;
    body["identityId"] = json!(identity);
    server.anonymous().post(&format!("/api/v1/auth/{method}/login"), body).await
}

/// A new identity with the method attached; answers its id and what attaching answered.
pub(crate) async fn attached(server: &TestServer, method: &str, config: Value) -> (String, Value) {
    let identity = server.identity("workload", "member").await.id;
    let reply = server.admin.post(&at(method, &identity), config).await.ok();
    (identity, reply)
}

/// Whether a token is accepted.
pub(crate) async fn is_accepted(server: &TestServer, token: &str) -> bool {
    server.admin.with_token(token).get("/api/v1/identities/details").await.status == 200
}

/// The whole life of a method that is attached: log in, use, narrow trusted addresses, remove.
///
/// `proof` is one that is good. Old tokens obey the new addresses, and are dead once the method is removed.
pub(crate) async fn live(server: &TestServer, method: &str, identity: &str, update: Value, proof: Value) {
    let token = log_in(server, method, identity, proof.clone()).await.ok();
    assert_eq!(token["tokenType"], "Bearer");
    let token = token["accessToken"].as_str().unwrap().to_owned();
    assert!(is_accepted(server, &token).await, "a new token is accepted");

    let mut narrowed = update.clone();
    narrowed["accessTokenTrustedIps"] = json!([{ "ipAddress": "203.0.113.7" }]);
    server.admin.patch(&at(method, identity), narrowed).await.ok();
    assert!(!is_accepted(server, &token).await, "an old token obeys the new addresses");
    let mut widened = update;
    widened["accessTokenTrustedIps"] = json!([{ "ipAddress": "0.0.0.0/0" }]);
    server.admin.patch(&at(method, identity), widened).await.ok();
    assert!(is_accepted(server, &token).await);

    server.admin.delete(&at(method, identity)).await.ok();
    assert!(!is_accepted(server, &token).await, "a removed method's tokens are dead");
    assert_eq!(log_in(server, method, identity, proof).await.refused(401), "Invalid credentials");
    assert_eq!(server.admin.get(&at(method, identity)).await.status, 404);
}

/// Fails unless the login is refused as every refused login is, and the audit log says why.
pub(crate) async fn refused(server: &TestServer, method: &str, identity: &str, proof: Value, reason: &str) {
    let answer = log_in(server, method, identity, proof).await;
    assert_eq!(answer.clone().refused(401), "Invalid credentials");
    let event = last_refusal(server, method).await;
    assert_eq!(event["event"]["metadata"]["reason"], reason, "{event}");
}

/// The newest refused login of a method in the audit log.
pub(crate) async fn last_refusal(server: &TestServer, method: &str) -> Value {
    let path = format!("/api/v1/organization/audit-logs?eventType=login-identity-{method}-failed&limit=1");
    server.admin.get(&path).await.ok()["auditLogs"][0].clone()
}
