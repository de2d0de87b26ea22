//! SPIFFE Auth with JWT-SVIDs.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::common::{at, attached, live, log_in, refused};
use crate::counterparts::mint::Mint;
use crate::endpoint::{self, Endpoint, bundle, domain_ca, svid};
use crate::key_server::KeyServer;

both!(
    an_svid_of_a_pinned_bundle_logs_in,
    each_wrong_thing_is_refused_for_what_it_is,
    a_fetched_bundle_is_refreshed_when_asked_and_when_a_key_is_unknown,
    configurations_that_cannot_work_are_refused,
    an_endpoint_is_known_by_its_svid_also_after_a_restart,
    each_source_is_refreshed_by_its_name,
);

const METHOD: &str = "spiffe-auth";

fn config(distribution: Value) -> Value {
    json!({
        "trustDomain": "prod.example", "allowedSpiffeIds": "spiffe://prod.example/web/*",
        "allowedAudiences": "vouchsafe,other", "trustBundleDistribution": distribution,
    })
}

fn pinned(mint: &Mint) -> Value {
    let mut jwk = mint.jwk();
    jwk["use"] = json!("jwt-svid");
    json!({ "profile": "static", "bundle": json!({ "keys": [jwk] }).to_string() })
}

fn claims(server: &TestServer) -> Value {
    let now = server.app.now().as_seconds();
    json!({ "sub": "spiffe://prod.example/web/a", "aud": ["vouchsafe"], "exp": now + 300, "iat": now })
}

async fn an_svid_of_a_pinned_bundle_logs_in(server: TestServer) {
    let mint = Mint::new("one");
    let (identity, reply) = attached(&server, METHOD, config(pinned(&mint))).await;
    assert_eq!(reply["identitySpiffeAuth"]["allowedAudiences"], "vouchsafe, other");
    live(&server, METHOD, &identity, json!({}), json!({ "jwt": mint.token(&claims(&server)) })).await;
}

async fn each_wrong_thing_is_refused_for_what_it_is(server: TestServer) {
    let mint = Mint::new("one");
    let (identity, _) = attached(&server, METHOD, config(pinned(&mint))).await;
    let now = server.app.now().as_seconds();
    for (claim, value, reason) in [
        ("sub", json!("spiffe://other.example/web/a"), "issuer-mismatch"),
        ("sub", json!("spiffe://prod.example/db/a"), "subject-mismatch"),
        ("sub", json!("spiffe://prod.example/web/../db"), "malformed-proof"),
        ("sub", json!("web"), "malformed-proof"),
        ("aud", json!(["nobody"]), "audience-mismatch"),
        ("aud", Value::Null, "audience-mismatch"),
        ("exp", json!(now - 61), "expired"),
        ("exp", Value::Null, "malformed-proof"),
    ] {
        let mut wrong = claims(&server);
        wrong[claim] = value;
        refused(&server, METHOD, &identity, json!({ "jwt": mint.token(&wrong) }), reason).await;
    }
    let forged = Mint::new("one").token(&claims(&server));
    refused(&server, METHOD, &identity, json!({ "jwt": forged }), "invalid-signature").await;
    let typed = mint.token_with(&json!({ "alg": "ES256", "typ": "at+jwt", "kid": "one" }), &claims(&server));
    refused(&server, METHOD, &identity, json!({ "jwt": typed }), "malformed-proof").await;
}

async fn a_fetched_bundle_is_refreshed_when_asked_and_when_a_key_is_unknown(server: TestServer) {
    let (one, two) = (Mint::new("one"), Mint::new("two"));
    let keys = KeyServer::start(&[&one]).await;
    let web = json!({ "profile": "https_web_bundle", "endpointUrl": format!("{}/jwks", keys.url) });
    let (identity, reply) = attached(&server, METHOD, config(web)).await;
    let distribution = &reply["identitySpiffeAuth"]["trustBundleDistribution"];
    assert_eq!(distribution["refreshHintSeconds"], 3600);
    assert!(distribution["cachedBundleLastRefreshedAt"].is_string(), "{distribution}");
    assert_eq!(keys.asked(), 1);

    let log_in_by = async |mint: &Mint| {
        log_in(&server, METHOD, &identity, json!({ "jwt": mint.token(&claims(&server)) })).await.status
    };
    assert_eq!(log_in_by(&one).await, 200);
    keys.publish(&[&two]);
    // Within the interval nobody's unknown key makes us ask again.
    for _ in 0..5 {
        assert_eq!(log_in_by(&two).await, 401);
    }
    assert_eq!(keys.asked(), 1);
    server.admin.post(&format!("{}/refresh-bundle", at(METHOD, &identity)), json!({})).await.ok();
    assert_eq!((log_in_by(&two).await, keys.asked()), (200, 2));
    keys.publish(&[&one]);
    server.clock.advance_seconds(31);
    assert_eq!((log_in_by(&one).await, keys.asked()), (200, 3));
}

async fn configurations_that_cannot_work_are_refused(server: TestServer) {
    let identity = server.identity("workload", "member").await.id;
    let path = at(METHOD, &identity);
    let good = config(pinned(&Mint::new("one")));
    for (field, value, status) in [
        ("trustDomain", json!("Prod Example"), 422),
        ("allowedSpiffeIds", json!(""), 422),
        ("allowedAudiences", json!(""), 422),
        ("trustBundleDistribution", json!({ "profile": "static", "bundle": "{}" }), 422),
        ("trustBundleDistribution", json!({ "profile": "https_web_bundle", "endpointUrl": "no" }), 422),
        (
            "trustBundleDistribution",
            json!({ "profile": "https_web_bundle", "endpointUrl": "https://10.0.0.1/" }),
            400,
        ),
    ] {
        let mut wrong = good.clone();
        wrong[field] = value;
        server.admin.post(&path, wrong).await.refused(status);
    }
    server.admin.post(&path, good).await.ok();
}

async fn an_endpoint_is_known_by_its_svid_also_after_a_restart(server: TestServer) {
    let (one, two) = (domain_ca(), domain_ca());
    let [by_one, by_two] = [&one, &two].map(|ca| ca.leaf(svid()));
    let mint = Mint::new("one");
    let mut jwk = mint.jwk();
    jwk["use"] = json!("jwt-svid");
    let [first, both, last] =
        [vec![&one], vec![&one, &two], vec![&two]].map(|cas| bundle(&cas, std::slice::from_ref(&jwk)));
    let endpoint = Endpoint::start(vec![by_one.der.clone()], &by_one.key, &both);
    let distribution = json!({
        "profile": "https_spiffe_bundle", "endpointUrl": endpoint.url, "endpointSpiffeId": endpoint::ID,
        "bundle": first,
    });
    let mut config = config(distribution);
    config["trustDomain"] = json!("acme.example");
    config["allowedSpiffeIds"] = json!("spiffe://acme.example/web/*");
    let (identity, reply) = attached(&server, METHOD, config).await;
    let shown = &reply["identitySpiffeAuth"]["trustBundleDistribution"];
    assert_eq!((&shown["endpointSpiffeId"], &shown["bundle"]), (&json!(endpoint::ID), &json!(first)));
    assert!(shown["cachedBundleLastRefreshedAt"].is_string() && shown["caCert"].is_null(), "{shown}");

    let log_in_at = async |server: &TestServer| {
        let mut claims = claims(server);
        claims["sub"] = json!("spiffe://acme.example/web/a");
        log_in(server, METHOD, &identity, json!({ "jwt": mint.token(&claims) })).await.status
    };
    assert_eq!((log_in_at(&server).await, endpoint.asked()), (200, 1));
    // The authority that was written down goes, and the server is started anew.
    endpoint.becomes(vec![by_two.der.clone()], &by_two.key, &last);
    let server = server.restart().await;
    assert_eq!((log_in_at(&server).await, endpoint.asked()), (200, 2));
    // Nobody believes the old authority any more, though it is the one that was written down.
    endpoint.becomes(vec![by_one.der.clone()], &by_one.key, &first);
    let refresh = format!("{}/refresh-bundle", at(METHOD, &identity));
    assert!(server.admin.post(&refresh, json!({})).await.refused(400).contains("no trusted TLS connection"));
    assert_eq!(log_in_at(&server).await, 200, "what was fetched before is still good");
    let server = server.restart().await;
    assert_eq!((log_in_at(&server).await, endpoint.asked()), (401, 2));
    endpoint.becomes(vec![by_two.der.clone()], &by_two.key, &last);
    server.clock.advance_seconds(31);
    assert_eq!((log_in_at(&server).await, endpoint.asked()), (200, 3));
}

async fn each_source_is_refreshed_by_its_name(server: TestServer) {
    let mint = Mint::new("one");
    let [first, second] = [KeyServer::start(&[&mint]).await, KeyServer::start(&[&mint]).await];
    let web = |keys: &KeyServer| {
        config(json!({ "profile": "https_web_bundle", "endpointUrl": format!("{}/jwks", keys.url) }))
    };
    let (identity, _) = attached(&server, METHOD, web(&first)).await;
    let mut other = web(&second);
    other["source"] = json!("other");
    server.admin.post(&format!("{}/sources", at(METHOD, &identity)), other).await.ok();
    let refresh = format!("{}/refresh-bundle", at(METHOD, &identity));
    for (named, asked) in [(json!({}), (2, 1)), (json!({ "source": "other" }), (2, 2))] {
        let reply = server.admin.post(&refresh, named.clone()).await.ok();
        let source = named.get("source").cloned().unwrap_or(json!("default"));
        assert_eq!(reply["identitySpiffeAuth"]["source"], source);
        assert_eq!((first.asked(), second.asked()), asked);
        let path = "/api/v1/organization/audit-logs?eventType=refresh-identity-spiffe-auth-bundle&limit=1";
        let event = server.admin.get(path).await.ok()["auditLogs"][0]["event"]["metadata"].clone();
        assert_eq!((&event["source"], &event["identityId"]), (&source, &json!(identity)), "{event}");
    }
    server.admin.post(&refresh, json!({ "source": "none" })).await.refused(404);
    server.identity("member", "no-access").await.post(&refresh, json!({})).await.refused(403);
}
