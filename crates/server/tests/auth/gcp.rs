//! GCP Auth, with keys published as Google does.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::common::{at, attached, live, log_in, refused};
use crate::counterparts::fake_keys::FakeKeys;
use crate::counterparts::google::{self, ACCOUNT, ACCOUNTS, CERTS, account_keys, gce};
use crate::counterparts::mint::Mint;
use crate::counterparts::mint_rsa::RsaMint;

both!(
    an_instance_logs_in_and_the_method_lives_its_life,
    each_wrong_instance_is_refused_for_what_it_is,
    a_service_account_logs_in_with_its_own_key,
    each_wrong_account_is_refused_for_what_it_is,
    keys_that_cannot_be_had_are_no_yes,
    configurations_are_checked_when_they_are_sent,
);

const METHOD: &str = "gcp-auth";
const OTHER: &str = "other@proj.iam.gserviceaccount.com";

/// A server whose Google is ours.
async fn with_google(server: TestServer) -> (TestServer, FakeKeys, RsaMint) {
    let (google, mint) = google::start().await;
    let server = server
        .restart_with(|settings| {
            settings.endpoints.gcp_certs = Some(google.url(CERTS));
            settings.endpoints.gcp_service_account_certs = Some(google.url(ACCOUNTS));
        })
        .await;
    (server, google, mint)
}

fn instance(server: &TestServer, identity: &str) -> Value {
    google::instance(server.app.now().as_seconds(), identity)
}

fn signed(server: &TestServer, identity: &str) -> Value {
    let now = server.app.now().as_seconds();
    json!({ "sub": ACCOUNT, "aud": identity, "iat": now, "exp": now + 60 })
}

fn changed(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

async fn an_instance_logs_in_and_the_method_lives_its_life(server: TestServer) {
    let (server, google, mint) = with_google(server).await;
    let (identity, reply) = attached(&server, METHOD, gce()).await;
    assert_eq!(reply["identityGcpAuth"]["type"], "gce");
    assert_eq!(reply["identityGcpAuth"]["allowedServiceAccounts"], ACCOUNT);
    let proof = json!({ "jwt": mint.token(&instance(&server, &identity)) });
    live(&server, METHOD, &identity, json!({}), proof).await;
    assert_eq!(google.asked(), ["/oauth2/v3/certs"], "one fetch does for all");
}

async fn each_wrong_instance_is_refused_for_what_it_is(server: TestServer) {
    let (server, _google, mint) = with_google(server).await;
    let (identity, _) = attached(&server, METHOD, gce()).await;
    let (good, now) = (instance(&server, &identity), server.app.now().as_seconds());
    let place =
        |zone: &str, project: &str| json!({ "compute_engine": { "project_id": project, "zone": zone } });
    for (name, value, reason) in [
        ("aud", json!(server.admin.id), "audience-mismatch"),
        ("iss", json!("https://accounts.example.com"), "issuer-mismatch"),
        ("exp", json!(now - 61), "expired"),
        ("iat", json!(now + 61), "not-yet-valid"),
        ("email", json!(OTHER), "principal-mismatch"),
        ("email", Value::Null, "claim-missing"),
        ("email_verified", json!(false), "claim-mismatch"),
        ("google", place("europe-west1-b", "evil"), "account-mismatch"),
        ("google", place("us-central1-a", "proj"), "place-mismatch"),
        // The format "standard" says nothing of the instance.
        ("google", Value::Null, "claim-missing"),
    ] {
        let jwt = mint.token(&changed(good.clone(), name, value));
        refused(&server, METHOD, &identity, json!({ "jwt": jwt }), reason).await;
    }
    let jwt = RsaMint::new("google-1").token(&good);
    refused(&server, METHOD, &identity, json!({ "jwt": jwt }), "invalid-signature").await;
    let jwt = RsaMint::new("google-2").token(&good);
    refused(&server, METHOD, &identity, json!({ "jwt": jwt }), "unknown-key").await;
    let jwt = Mint::new("google-1").token(&good);
    refused(&server, METHOD, &identity, json!({ "jwt": jwt }), "algorithm-not-allowed").await;
    log_in(&server, METHOD, &identity, json!({ "jwt": mint.token(&good) })).await.ok();
}

async fn a_service_account_logs_in_with_its_own_key(server: TestServer) {
    let (server, google, _) = with_google(server).await;
    let mint = RsaMint::new("app-1");
    google.publish(
        &account_keys(ACCOUNT),
        json!({ "app-1": mint.certificate(), "app-0": RsaMint::new("app-0").certificate() }),
    );
    let (identity, _) =
        attached(&server, METHOD, json!({ "type": "iam", "allowedServiceAccounts": ACCOUNT })).await;
    let proof = json!({ "jwt": mint.token(&signed(&server, &identity)) });
    live(&server, METHOD, &identity, json!({}), proof).await;
    assert_eq!(google.asked(), [account_keys(ACCOUNT)]);
}

async fn each_wrong_account_is_refused_for_what_it_is(server: TestServer) {
    let (server, google, google_mint) = with_google(server).await;
    let (mint, other) = (RsaMint::new("app-1"), RsaMint::new("other-1"));
    google.publish(&account_keys(ACCOUNT), json!({ "app-1": mint.certificate() }));
    google.publish(&account_keys(OTHER), json!({ "other-1": other.certificate() }));
    let (identity, _) =
        attached(&server, METHOD, json!({ "type": "iam", "allowedServiceAccounts": ACCOUNT })).await;
    let (good, now) = (signed(&server, &identity), server.app.now().as_seconds());
    for (name, value, reason) in [
        ("aud", json!("https://vouchsafe.example"), "audience-mismatch"),
        ("exp", json!(now - 61), "expired"),
        ("exp", json!(now + 7200), "claim-mismatch"),
        ("exp", Value::Null, "malformed-proof"),
        ("sub", json!("app@proj.example.com"), "subject-mismatch"),
        ("sub", json!("../../oauth2/v3/certs"), "subject-mismatch"),
        ("sub", Value::Null, "subject-mismatch"),
    ] {
        let jwt = mint.token(&changed(good.clone(), name, value));
        refused(&server, METHOD, &identity, json!({ "jwt": jwt }), reason).await;
    }
    // Another account's key under this account's name, and under its own.
    let jwt = other.token(&good);
    refused(&server, METHOD, &identity, json!({ "jwt": jwt }), "unknown-key").await;
    let jwt = other.token_with(&json!({ "alg": "RS256", "kid": "app-1" }), &good);
    refused(&server, METHOD, &identity, json!({ "jwt": jwt }), "invalid-signature").await;
    let jwt = other.token(&changed(good.clone(), "sub", json!(OTHER)));
    refused(&server, METHOD, &identity, json!({ "jwt": jwt }), "principal-mismatch").await;
    // Google's own key signs no JWT of an account.
    let jwt = google_mint.token(&good);
    refused(&server, METHOD, &identity, json!({ "jwt": jwt }), "unknown-key").await;
    // Nothing but the keys of the allowed account was ever asked for.
    assert!(google.asked().iter().all(|path| *path == account_keys(ACCOUNT)), "{:?}", google.asked());
    log_in(&server, METHOD, &identity, json!({ "jwt": mint.token(&good) })).await.ok();
}

async fn keys_that_cannot_be_had_are_no_yes(server: TestServer) {
    let (server, _google, mint) = with_google(server).await;
    let (identity, _) = attached(&server, METHOD, json!({ "type": "iam" })).await;
    let proof = json!({ "jwt": mint.token(&signed(&server, &identity)) });
    refused(&server, METHOD, &identity, proof, "provider-answer-invalid").await;
    let server = server
        .restart_with(|settings| {
            settings.endpoints.gcp_certs = Some("http://127.0.0.1:1/certs".parse().unwrap());
        })
        .await;
    server.admin.patch(&at(METHOD, &identity), json!({ "type": "gce" })).await.ok();
    let proof = json!({ "jwt": mint.token(&instance(&server, &identity)) });
    refused(&server, METHOD, &identity, proof, "provider-unreachable").await;
}

async fn configurations_are_checked_when_they_are_sent(server: TestServer) {
    let identity = server.identity("workload", "member").await.id;
    let path = at(METHOD, &identity);
    server.admin.post(&path, json!({})).await.refused(422);
    server.admin.post(&path, json!({ "type": "gke" })).await.refused(422);
    server.admin.post(&path, json!({ "type": "gce", "allowedZones": "z,".repeat(101) })).await.refused(422);
    let reply = server
        .admin
        .post(&path, json!({ "type": "gce", "allowedProjects": "a,b ,, c", "allowedZones": null }))
        .await
        .ok();
    assert_eq!(reply["identityGcpAuth"]["allowedProjects"], "a, b, c");
    assert_eq!(reply["identityGcpAuth"]["allowedZones"], "");
    let reply = server.admin.patch(&path, json!({ "allowedZones": "z" })).await.ok();
    assert_eq!(reply["identityGcpAuth"]["allowedProjects"], "a, b, c");
    assert_eq!(reply["identityGcpAuth"]["type"], "gce");
}
