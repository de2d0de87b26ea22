//! Azure Auth, with keys published as Entra ID does.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::common::{at, attached, live, log_in, refused};
use crate::counterparts::entra::{self, CLIENT, MIRID, PRINCIPAL, TENANT, config};
use crate::counterparts::fake_keys::FakeKeys;
use crate::counterparts::mint::Mint;
use crate::counterparts::mint_rsa::RsaMint;

both!(
    a_principal_logs_in_and_the_method_lives_its_life,
    tokens_of_both_versions_are_taken,
    each_wrong_thing_is_refused_for_what_it_is,
    keys_that_cannot_be_had_are_no_yes,
    configurations_are_checked_when_they_are_sent,
);

const METHOD: &str = "azure-auth";
/// A server whose Entra ID is ours.
async fn with_entra(server: TestServer) -> (TestServer, FakeKeys, RsaMint) {
    let (entra, mint) = entra::start().await;
    let server =
        server.restart_with(|settings| settings.endpoints.azure_authority = Some(entra.url("/"))).await;
    (server, entra, mint)
}

fn claims(server: &TestServer) -> Value {
    entra::claims(server.app.now().as_seconds())
}

fn changed(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

async fn a_principal_logs_in_and_the_method_lives_its_life(server: TestServer) {
    let (server, entra, mint) = with_entra(server).await;
    let (identity, reply) = attached(&server, METHOD, config()).await;
    assert_eq!(reply["identityAzureAuth"]["resource"], "https://management.azure.com/");
    assert_eq!(reply["identityAzureAuth"]["tenantId"], TENANT);
    let proof = json!({ "jwt": mint.token(&claims(&server)) });
    live(&server, METHOD, &identity, json!({}), proof).await;
    assert_eq!(entra.asked(), [format!("/{TENANT}/discovery/keys")], "one fetch does for all");
}

async fn tokens_of_both_versions_are_taken(server: TestServer) {
    let (server, entra, mint) = with_entra(server).await;
    let (identity, _) = attached(&server, METHOD, config()).await;
    let second = changed(claims(&server), "ver", json!("2.0"));
    let issuer = json!(format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
    let second = changed(second, "iss", issuer);
    log_in(&server, METHOD, &identity, json!({ "jwt": mint.token(&second) })).await.ok();
    assert_eq!(entra.asked(), [format!("/{TENANT}/discovery/v2.0/keys")]);
    // Of another cloud than the server's.
    server.admin.patch(&at(METHOD, &identity), json!({ "cloud": "usgov" })).await.ok();
    refused(&server, METHOD, &identity, json!({ "jwt": mint.token(&second) }), "issuer-mismatch").await;
    let issuer = json!(format!("https://login.microsoftonline.us/{TENANT}/v2.0"));
    log_in(&server, METHOD, &identity, json!({ "jwt": mint.token(&changed(second, "iss", issuer)) }))
        .await
        .ok();
}

async fn each_wrong_thing_is_refused_for_what_it_is(server: TestServer) {
    let (server, _entra, mint) = with_entra(server).await;
    let (identity, _) = attached(&server, METHOD, config()).await;
    let (good, now) = (claims(&server), server.app.now().as_seconds());
    let other = TENANT.replace('7', "8");
    for (name, value, reason) in [
        ("iss", json!(format!("https://sts.windows.net/{other}/")), "issuer-mismatch"),
        ("iss", json!(format!("https://login.microsoftonline.us/{TENANT}/v2.0")), "issuer-mismatch"),
        ("tid", json!(other), "account-mismatch"),
        ("tid", Value::Null, "account-mismatch"),
        ("aud", json!("https://vault.azure.net"), "audience-mismatch"),
        ("oid", json!(CLIENT), "principal-mismatch"),
        ("oid", Value::Null, "principal-mismatch"),
        ("exp", json!(now - 61), "expired"),
        ("nbf", json!(now + 61), "not-yet-valid"),
    ] {
        let jwt = mint.token(&changed(good.clone(), name, value));
        refused(&server, METHOD, &identity, json!({ "jwt": jwt }), reason).await;
    }
    let jwt = RsaMint::new("entra-1").token(&good);
    refused(&server, METHOD, &identity, json!({ "jwt": jwt }), "invalid-signature").await;
    let jwt = RsaMint::new("entra-9").token(&good);
    refused(&server, METHOD, &identity, json!({ "jwt": jwt }), "unknown-key").await;
    let jwt = Mint::new("entra-1").token(&good);
    refused(&server, METHOD, &identity, json!({ "jwt": jwt }), "algorithm-not-allowed").await;
    log_in(&server, METHOD, &identity, json!({ "jwt": mint.token(&good) })).await.ok();

    // A managed identity may be named in place of its principal.
    for (list, status) in [(MIRID, 200), (CLIENT, 200), (PRINCIPAL, 401)] {
        let lists = json!({ "allowedServicePrincipalIds": "", "allowedManagedIdentityIds": list });
        server.admin.patch(&at(METHOD, &identity), lists).await.ok();
        assert_eq!(
            log_in(&server, METHOD, &identity, json!({ "jwt": mint.token(&good) })).await.status,
            status,
            "{list}"
        );
    }
}

async fn keys_that_cannot_be_had_are_no_yes(server: TestServer) {
    let (server, _entra, mint) = with_entra(server).await;
    // Entra ID answers 404 for a tenant that there is not.
    let tenant = TENANT.replace('7', "8");
    let (identity, _) = attached(&server, METHOD, changed(config(), "tenantId", json!(tenant))).await;
    let proof = json!({ "jwt": mint.token(&claims(&server)) });
    refused(&server, METHOD, &identity, proof.clone(), "provider-answer-invalid").await;
    let nowhere = "http://127.0.0.1:1/".parse().unwrap();
    let server = server.restart_with(|settings| settings.endpoints.azure_authority = Some(nowhere)).await;
    refused(&server, METHOD, &identity, proof, "provider-unreachable").await;
}

async fn configurations_are_checked_when_they_are_sent(server: TestServer) {
    let identity = server.identity("workload", "member").await.id;
    let path = at(METHOD, &identity);
    for (name, value) in [
        ("tenantId", json!(null)),
        ("tenantId", json!("a/b")),
        ("resource", json!("  ")),
        ("cloud", json!("moon")),
    ] {
        server.admin.post(&path, changed(config(), name, value)).await.refused(422);
    }
    server.admin.post(&path, changed(config(), "allowedServicePrincipalIds", json!(" a,b "))).await.ok();
    let reply = server.admin.patch(&path, json!({ "resource": "api://vouchsafe" })).await.ok();
    let shown = &reply["identityAzureAuth"];
    assert_eq!(
        (&shown["allowedServicePrincipalIds"], &shown["resource"]),
        (&json!("a, b"), &json!("api://vouchsafe"))
    );
}
