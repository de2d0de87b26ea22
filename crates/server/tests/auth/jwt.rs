//! JWT Auth.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::common::{at, attached, is_accepted, live, log_in, refused};
use crate::counterparts::mint::Mint;
use crate::key_server::KeyServer;

both!(
    a_token_of_a_written_down_key_logs_in,
    each_wrong_thing_is_refused_for_what_it_is,
    a_source_may_be_narrowed_to_some_roles,
    keys_at_a_url_are_fetched_once_whatever_strangers_send,
    a_one_time_token_logs_in_once,
    a_mapped_claim_opens_what_a_templated_role_names,
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

async fn keys_at_a_url_are_fetched_once_whatever_strangers_send(server: TestServer) {
    let mint = Mint::new("one");
    let keys = KeyServer::start(&[&mint]).await;
    let config = json!({
        "configurationType": "jwks", "jwksUrl": format!("{}/jwks", keys.url), "boundClaims": {},
        "boundIssuer": "https://issuer.example", "allowedAlgorithms": ["ES256"],
    });
    let (identity, reply) = attached(&server, METHOD, config).await;
    assert_eq!(reply["identityJwtAuth"]["allowedAlgorithms"], json!(["ES256"]));
    let stranger = Mint::new("unknown");
    let bad = json!({ "jwt": stranger.token(&claims(&server)) });
    let good = json!({ "jwt": mint.token(&claims(&server)) });
    let mut other = claims(&server);
    other["iss"] = json!("https://other.example");
    refused(&server, METHOD, &identity, json!({ "jwt": mint.token(&other) }), "issuer-mismatch").await;
    assert_eq!(keys.asked(), 0, "nobody is asked about a token of another issuer");
    let logins = (0..20)
        .map(|turn| log_in(&server, METHOD, &identity, if turn % 2 == 0 { &bad } else { &good }.clone()));
    let answers = futures_util::future::join_all(logins).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 10);
    assert_eq!(keys.asked(), 1);
    let header = json!({ "alg": "RS256", "kid": "one" });
    let swapped = mint.token_with(&header, &claims(&server));
    refused(&server, METHOD, &identity, json!({ "jwt": swapped }), "algorithm-not-allowed").await;
}

async fn a_one_time_token_logs_in_once(server: TestServer) {
    let mint = Mint::new("one");
    let mut config = config(&mint);
    config["oneTimeTokens"] = json!(true);
    let (identity, _) = attached(&server, METHOD, config).await;
    refused(&server, METHOD, &identity, json!({ "jwt": mint.token(&claims(&server)) }), "claim-missing")
        .await;
    let mut once = claims(&server);
    once["jti"] = json!("first");
    let proof = json!({ "jwt": mint.token(&once) });
    let answers =
        futures_util::future::join_all((0..10).map(|_| log_in(&server, METHOD, &identity, proof.clone())))
            .await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    refused(&server, METHOD, &identity, proof, "replayed").await;
    once["jti"] = json!("second");
    log_in(&server, METHOD, &identity, json!({ "jwt": mint.token(&once) })).await.ok();
}

async fn a_mapped_claim_opens_what_a_templated_role_names(server: TestServer) {
    let mint = Mint::new("one");
    let mut config = config(&mint);
    config["claimMetadataMapping"] = json!({ "team": "org.team" });
    let (identity, _) = attached(&server, METHOD, config).await;
    let project = server.project("teams").await;
    let id = project["id"].as_str().unwrap();
    for team in ["red", "blue", "*"] {
        let place = json!({ "workspaceId": id, "environment": "dev" });
        if team != "*" {
            let mut folder = place.clone();
            folder["name"] = json!(team);
            folder["path"] = json!("/");
            server.admin.post("/api/v1/folders", folder).await.ok();
            let mut secret = place;
            secret["secretPath"] = json!(format!("/{team}"));
            secret["secretValue"] = json!(team);
            server.admin.post("/api/v3/secrets/raw/KEY", secret).await.ok();
        }
    }
    let rules = json!([{
        "subject": "secrets", "action": ["readValue", "describeSecret"],
        "conditions": { "secretPath": { "$glob": "/{{identity.auth.jwt.claims.team}}" } },
    }]);
    let role = json!({ "slug": "team", "name": "team", "permissions": rules });
    server.admin.post(&format!("/api/v1/projects/{id}/roles"), role).await.ok();
    let path = format!("/api/v2/workspace/{id}/identity-memberships/{identity}");
    server.admin.post(&path, json!({ "role": "team" })).await.ok();

    for team in ["red", "blue", "*"] {
        let mut claims = claims(&server);
        claims["org"] = json!({ "team": team });
        let reply = log_in(&server, METHOD, &identity, json!({ "jwt": mint.token(&claims) })).await.ok();
        let token = server.admin.with_token(reply["accessToken"].as_str().unwrap());
        for folder in ["red", "blue"] {
            let query = format!("workspaceId={id}&environment=dev&secretPath=/{folder}");
            let status = token.get(&format!("/api/v3/secrets/raw/KEY?{query}")).await.status;
            assert_eq!(status, if team == folder { 200 } else { 403 }, "{team} reads {folder}");
        }
    }
}
