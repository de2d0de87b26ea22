//! Kubernetes Auth, against an API server that answers what the real one is documented to answer.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use vouchsafe_attest::kubernetes::KubernetesAuth;
use vouchsafe_attest::{Endpoints, Finding, Login, Method, Sample, Workshop};
use vouchsafe_testkit::{TestServer, both};

use crate::common::{at, attached, last_refusal, live, log_in, refused};
use crate::counterparts::fake::{Asked, Authority, Fake, Said};
use crate::counterparts::mint::Mint;

both!(
    a_reviewed_token_logs_in_over_tls_of_the_clusters_own_authority,
    each_wrong_token_is_refused_for_what_it_is,
    the_token_reviews_itself_when_no_reviewer_is_set,
    what_the_cluster_answers_is_read_strictly,
    a_namespace_has_to_have_the_labels_asked_for,
    tokens_are_verified_by_the_issuers_keys_without_the_cluster,
    issuers_keys_are_found_by_discovery,
    settings_are_kept_shown_and_checked,
    a_probe_says_step_by_step_what_works,
    a_token_is_supposed_to_be_good_by_the_issuers_rules,
);

const METHOD: &str = "kubernetes-auth";
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
const REVIEWER: &str = "reviewer.token.x";
const REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";

/// The claims of a token of the `TokenRequest` API, bound to a pod.
fn claims(server: &TestServer, account: &str) -> Value {
    let now = server.app.now().as_seconds();
    json!({
        "aud": ["vouchsafe"], "exp": now + 3607, "iat": now, "nbf": now, "iss": ISSUER,
        "jti": "aed34954-b33a-4142-b1ec-389d6bbb4936",
        "kubernetes.io": {
            "namespace": "prod",
            "node": { "name": "node-1", "uid": "646e7c5e-32d6-4d42-9dbd-e504e6cbe6b1" },
            "pod": { "name": "app-1", "uid": "5e0bd49b-f040-43b0-99b7-22765a53f7f3" },
            "serviceaccount": { "name": account, "uid": "14ee3fa4-a7e2-420f-9f9a-dbc4507c3798" },
        },
        "sub": format!("system:serviceaccount:prod:{account}"),
    })
}

/// What a cluster knows: which tokens are good, for which audiences, and which pods are gone.
#[derive(Default)]
struct Knowledge {
    tokens: Vec<(String, &'static str, Vec<&'static str>)>,
    deleted: Vec<String>,
    labels: Value,
    /// Whether service accounts may review tokens themselves.
    delegates: bool,
}

type Shared = Arc<Mutex<Knowledge>>;

/// A `Status` object (API conventions, "Response Status Kind").
fn status(code: u16, reason: &str, message: &str) -> Said {
    let body = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    });
    (code, "application/json", body.to_string())
}

fn unauthorized() -> Said {
    status(401, "Unauthorized", "Unauthorized")
}

/// What the API server answers.
fn answer(known: &Knowledge, asked: &Asked) -> Said {
    let bearer = asked.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
    let is_good = |token: &str| {
        known
            .tokens
            .iter()
            .find(|(good, ..)| good == token)
            .filter(|_| !known.deleted.iter().any(|gone| gone == token))
    };
    if asked.target == "/version" {
        return (
            200,
            "application/json",
            json!({ "major": "1", "minor": "33", "gitVersion": "v1.33.1" }).to_string(),
        );
    }
    if bearer != REVIEWER && is_good(bearer).is_none() {
        return unauthorized();
    }
    if let Some(name) = asked.target.strip_prefix("/api/v1/namespaces/") {
        if name != "prod" {
            return status(404, "NotFound", &format!("namespaces \"{name}\" not found"));
        }
        let body = json!({
            "kind": "Namespace", "apiVersion": "v1",
            "metadata": { "name": name, "uid": "b4d4ef0d-0000-4000-8000-000000000001", "labels": known.labels },
            "spec": { "finalizers": ["kubernetes"] }, "status": { "phase": "Active" },
        });
        return (200, "application/json", body.to_string());
    }
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", REVIEWS));
    if bearer != REVIEWER && !known.delegates {
        let message = "tokenreviews.authentication.k8s.io is forbidden: User \"system:serviceaccount:prod:app\" cannot \
                       create resource \"tokenreviews\" in API group \"authentication.k8s.io\" at the cluster scope";
        return status(403, "Forbidden", message);
    }
    review(known, &serde_json::from_slice(&asked.body).unwrap())
}

/// A review's answer: 201 and the review with its status.
fn review(known: &Knowledge, review: &Value) -> Said {
    assert_eq!(
        (&review["kind"], &review["apiVersion"]),
        (&json!("TokenReview"), &json!("authentication.k8s.io/v1"))
    );
    let token = review["spec"]["token"].as_str().unwrap();
    let wanted: Vec<&str> = review["spec"]["audiences"]
        .as_array()
        .map_or_else(Vec::new, |list| list.iter().filter_map(Value::as_str).collect());
    let mut answer = json!({
        "kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "metadata": {}, "spec": review["spec"],
    });
    let refused = |error: &str| json!({ "user": {}, "error": error });
    let found = known.tokens.iter().find(|(good, ..)| good == token);
    answer["status"] = match found {
        None => refused("[invalid bearer token, square/go-jose: error in cryptographic primitive]"),
        Some(_) if known.deleted.iter().any(|gone| gone == token) => {
            refused("[invalid bearer token, service account token has been invalidated]")
        }
        Some((_, user, audiences)) => {
            let shared: Vec<&str> =
                audiences.iter().copied().filter(|one| wanted.is_empty() || wanted.contains(one)).collect();
            if shared.is_empty() {
                refused(&format!(
                    "[invalid bearer token, token audiences {audiences:?} is invalid for the target audiences {wanted:?}]"
                ))
            } else {
                json!({
                    "authenticated": true,
                    "user": {
                        "username": user,
                        "uid": "14ee3fa4-a7e2-420f-9f9a-dbc4507c3798",
                        "groups": ["system:serviceaccounts", "system:serviceaccounts:prod", "system:authenticated"],
                        "extra": { "authentication.kubernetes.io/pod-name": ["app-1"] },
                    },
                    "audiences": shared,
                })
            }
        }
    };
    (201, "application/json", answer.to_string())
}

/// A cluster, and what it knows.
fn cluster() -> (Fake, Shared) {
    let known = Shared::default();
    let shared = Arc::clone(&known);
    (Fake::plain(move |asked: &Asked| answer(&shared.lock().unwrap(), asked)), known)
}

/// A token that the cluster takes for this user.
fn token(server: &TestServer, known: &Shared, user: &'static str, audiences: &[&'static str]) -> String {
    let mut claims = claims(server, "app");
    claims["jti"] = json!(known.lock().unwrap().tokens.len());
    let token = Mint::new("cluster").token(&claims);
    known.lock().unwrap().tokens.push((token.clone(), user, audiences.to_vec()));
    token
}

const APP: &str = "system:serviceaccount:prod:app";

fn config(host: &str) -> Value {
    json!({
        "kubernetesHost": host, "caCert": "", "tokenReviewerJwt": REVIEWER, "tokenReviewMode": "api",
        "allowedNamespaces": "prod, stage-*", "allowedNames": "app", "allowedAudience": "vouchsafe", "gatewayId": null,
    })
}

async fn a_reviewed_token_logs_in_over_tls_of_the_clusters_own_authority(server: TestServer) {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let known = Shared::default();
    let shared = Arc::clone(&known);
    let cluster = Fake::tls(&authority, move |asked: &Asked| answer(&shared.lock().unwrap(), asked));
    // Without a scheme, as many write it.
    let mut config = config(cluster.url.strip_prefix("https://").unwrap());
    config["caCert"] = json!(authority.pem);
    let (identity, reply) = attached(&server, METHOD, config.clone()).await;
    assert_eq!(reply["identityKubernetesAuth"]["tokenReviewerJwt"], REVIEWER);
    assert_eq!(reply["identityKubernetesAuth"]["caCert"], authority.pem.trim());
    let jwt = token(&server, &known, APP, &["vouchsafe"]);

    config["caCert"] = json!(stranger.pem);
    let (untrusting, _) = attached(&server, METHOD, config.clone()).await;
    refused(&server, METHOD, &untrusting, json!({ "jwt": jwt }), "provider-unreachable").await;
    config["caCert"] = json!("");
    let (public, _) = attached(&server, METHOD, config).await;
    refused(&server, METHOD, &public, json!({ "jwt": jwt }), "provider-unreachable").await;
    assert!(cluster.asked().is_empty());

    live(&server, METHOD, &identity, json!({}), json!({ "jwt": jwt })).await;
    let asked = &cluster.asked()[0];
    assert_eq!(asked.header("authorization"), format!("Bearer {REVIEWER}"));
    let sent: Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(sent["spec"], json!({ "token": jwt, "audiences": ["vouchsafe"] }));
}

async fn each_wrong_token_is_refused_for_what_it_is(server: TestServer) {
    let (cluster, known) = cluster();
    let (identity, _) = attached(&server, METHOD, config(&cluster.url)).await;
    let good = token(&server, &known, APP, &["vouchsafe", "https://kubernetes.default.svc"]);
    let other_name = token(&server, &known, "system:serviceaccount:prod:other", &["vouchsafe"]);
    let other_place = token(&server, &known, "system:serviceaccount:dev:app", &["vouchsafe"]);
    let stage = token(&server, &known, "system:serviceaccount:stage-1:app", &["vouchsafe"]);
    let other_audience = token(&server, &known, APP, &["https://kubernetes.default.svc"]);
    let person = token(&server, &known, "kubernetes-admin", &["vouchsafe"]);
    let deleted = token(&server, &known, APP, &["vouchsafe"]);
    let unknown = Mint::new("x").token(&claims(&server, "app"));
    log_in(&server, METHOD, &identity, json!({ "jwt": good })).await.ok();
    log_in(&server, METHOD, &identity, json!({ "jwt": stage })).await.ok();
    log_in(&server, METHOD, &identity, json!({ "jwt": deleted })).await.ok();
    known.lock().unwrap().deleted.push(deleted.clone());
    for (jwt, reason) in [
        (other_name, "principal-mismatch"),
        (other_place, "place-mismatch"),
        (other_audience, "provider-refused"),
        (person, "principal-mismatch"),
        (deleted, "provider-refused"),
        (unknown, "provider-refused"),
        ("no.jwt".to_owned(), "malformed-proof"),
    ] {
        refused(&server, METHOD, &identity, json!({ "jwt": jwt }), reason).await;
    }
    let update = json!({ "tokenReviewerJwt": "expired.token.x" });
    server.admin.patch(&at(METHOD, &identity), update).await.ok();
    refused(&server, METHOD, &identity, json!({ "jwt": good }), "reviewer-refused").await;
    assert!(!last_refusal(&server, METHOD).await.to_string().contains("expired.token.x"));
}

async fn the_token_reviews_itself_when_no_reviewer_is_set(server: TestServer) {
    let (cluster, known) = cluster();
    let mut config = config(&cluster.url);
    config["tokenReviewerJwt"] = json!(null);
    let (identity, _) = attached(&server, METHOD, config).await;
    let jwt = token(&server, &known, APP, &["vouchsafe"]);
    refused(&server, METHOD, &identity, json!({ "jwt": jwt }), "reviewer-refused").await;
    known.lock().unwrap().delegates = true;
    log_in(&server, METHOD, &identity, json!({ "jwt": jwt })).await.ok();
    assert_eq!(cluster.last().header("authorization"), format!("Bearer {jwt}"));
    known.lock().unwrap().deleted.push(jwt.clone());
    refused(&server, METHOD, &identity, json!({ "jwt": jwt }), "provider-refused").await;
}

async fn what_the_cluster_answers_is_read_strictly(server: TestServer) {
    let said: Arc<Mutex<Said>> = Arc::new(Mutex::new(unauthorized()));
    let shared = Arc::clone(&said);
    let cluster = Fake::plain(move |_: &Asked| shared.lock().unwrap().clone());
    let (identity, _) = attached(&server, METHOD, config(&cluster.url)).await;
    let jwt = Mint::new("x").token(&claims(&server, "app"));
    let review = |status: Value| {
        (201, "application/json", json!({ "kind": "TokenReview", "status": status }).to_string())
    };
    let good = json!({ "authenticated": true, "user": { "username": APP }, "audiences": ["vouchsafe"] });
    let with = |name: &str, value: Value| {
        let mut status = good.clone();
        status[name] = value;
        review(status)
    };
    for (answer, reason) in [
        (unauthorized(), "reviewer-refused"),
        (status(403, "Forbidden", "forbidden"), "reviewer-refused"),
        (
            status(404, "NotFound", "the server could not find the requested resource"),
            "provider-answer-invalid",
        ),
        (status(500, "InternalError", "Internal error occurred"), "provider-unreachable"),
        ((302, "text/html", String::new()), "provider-answer-invalid"),
        ((201, "application/json", "[]".to_owned()), "provider-answer-invalid"),
        (
            (201, "application/json", json!({ "kind": "Status", "status": "Success" }).to_string()),
            "provider-answer-invalid",
        ),
        (review(json!({})), "provider-refused"),
        (with("authenticated", json!(false)), "provider-refused"),
        (with("authenticated", json!("true")), "provider-answer-invalid"),
        (with("error", json!("anything")), "provider-refused"),
        (with("audiences", json!([])), "audience-mismatch"),
        (with("audiences", json!(["vouchsafe2"])), "audience-mismatch"),
        (with("user", json!({ "username": "system:serviceaccount:prod:app:x" })), "principal-mismatch"),
        (with("user", json!({})), "principal-mismatch"),
    ] {
        *said.lock().unwrap() = answer;
        refused(&server, METHOD, &identity, json!({ "jwt": jwt }), reason).await;
    }
    *said.lock().unwrap() = review(good.clone());
    log_in(&server, METHOD, &identity, json!({ "jwt": jwt })).await.ok();
}

async fn a_namespace_has_to_have_the_labels_asked_for(server: TestServer) {
    let (cluster, known) = cluster();
    let mut config = config(&cluster.url);
    config["namespaceLabelSelector"] = json!("env=prod,tier in (web, api),!frozen");
    let (identity, _) = attached(&server, METHOD, config).await;
    let jwt = token(&server, &known, APP, &["vouchsafe"]);
    for (labels, is_good) in [
        (json!({ "env": "prod", "tier": "web" }), true),
        (json!({ "env": "prod", "tier": "db" }), false),
        (json!({ "env": "prod", "tier": "web", "frozen": "" }), false),
        (json!({}), false),
    ] {
        known.lock().unwrap().labels = labels;
        if is_good {
            log_in(&server, METHOD, &identity, json!({ "jwt": jwt })).await.ok();
            assert_eq!(cluster.last().target, "/api/v1/namespaces/prod");
            assert_eq!(cluster.last().header("authorization"), format!("Bearer {REVIEWER}"));
        } else {
            refused(&server, METHOD, &identity, json!({ "jwt": jwt }), "place-mismatch").await;
        }
    }
    let gone = token(&server, &known, "system:serviceaccount:stage-1:app", &["vouchsafe"]);
    refused(&server, METHOD, &identity, json!({ "jwt": gone }), "place-mismatch").await;
}

fn offline(jwks: Option<&Value>) -> Value {
    json!({
        "verification": "issuer", "issuer": ISSUER, "jwks": jwks.map(Value::to_string),
        "allowedNamespaces": "prod", "allowedNames": "app", "allowedAudience": "vouchsafe",
    })
}

async fn tokens_are_verified_by_the_issuers_keys_without_the_cluster(server: TestServer) {
    let mint = Mint::new("cluster");
    let jwks = json!({ "keys": [mint.jwk()] });
    let (identity, _) = attached(&server, METHOD, offline(Some(&jwks))).await;
    let proof = |claims: &Value| json!({ "jwt": mint.token(claims) });
    let good = claims(&server, "app");
    log_in(&server, METHOD, &identity, proof(&good)).await.ok();
    let now = server.app.now().as_seconds();
    let with = |path: &str, value: Value| {
        let mut claims = good.clone();
        *claims.pointer_mut(path).unwrap() = value;
        claims
    };
    let mut legacy = good.clone();
    legacy.as_object_mut().unwrap().remove("exp");
    for (claims, reason) in [
        (with("/iss", json!("https://other.example")), "issuer-mismatch"),
        (with("/exp", json!(now - 60)), "expired"),
        (with("/nbf", json!(now + 61)), "not-yet-valid"),
        (with("/aud", json!(["https://kubernetes.default.svc"])), "audience-mismatch"),
        (with("/sub", json!("system:serviceaccount:prod:other")), "subject-mismatch"),
        (with("/kubernetes.io", json!({})), "claim-missing"),
        (legacy, "claim-missing"),
        (claims(&server, "other"), "principal-mismatch"),
    ] {
        refused(&server, METHOD, &identity, proof(&claims), reason).await;
    }
    let mut elsewhere = good.clone();
    elsewhere["sub"] = json!("system:serviceaccount:dev:app");
    elsewhere["kubernetes.io"]["namespace"] = json!("dev");
    refused(&server, METHOD, &identity, proof(&elsewhere), "place-mismatch").await;
    let forged = json!({ "jwt": Mint::new("cluster").token(&good) });
    refused(&server, METHOD, &identity, forged, "invalid-signature").await;
    live(&server, METHOD, &identity, json!({}), proof(&good)).await;
}

async fn issuers_keys_are_found_by_discovery(server: TestServer) {
    let mint = Mint::new("cluster");
    let (jwks, url) = (json!({ "keys": [mint.jwk()] }).to_string(), Arc::new(Mutex::new(String::new())));
    let shared = Arc::clone(&url);
    let issuer = Fake::plain(move |asked: &Asked| {
        let url = shared.lock().unwrap().clone();
        match asked.target.as_str() {
            "/id/1/.well-known/openid-configuration" => {
                let document =
                    json!({ "issuer": format!("{url}/id/1"), "jwks_uri": format!("{url}/id/1/keys") });
                (200, "application/json", document.to_string())
            }
            "/id/1/keys" => (200, "application/json", jwks.clone()),
            _ => (404, "text/plain", String::new()),
        }
    });
    url.lock().unwrap().clone_from(&issuer.url);
    let mut config = offline(None);
    config["issuer"] = json!(format!("{}/id/1", issuer.url));
    let (identity, _) = attached(&server, METHOD, config).await;
    let mut claims = claims(&server, "app");
    refused(&server, METHOD, &identity, json!({ "jwt": mint.token(&claims) }), "issuer-mismatch").await;
    assert!(issuer.asked().is_empty());
    claims["iss"] = json!(format!("{}/id/1", issuer.url));
    log_in(&server, METHOD, &identity, json!({ "jwt": mint.token(&claims) })).await.ok();
    log_in(&server, METHOD, &identity, json!({ "jwt": mint.token(&claims) })).await.ok();
    assert_eq!(issuer.asked().len(), 2, "the keys are kept");
}

async fn settings_are_kept_shown_and_checked(server: TestServer) {
    let identity = server.identity("workload", "member").await.id;
    let path = at(METHOD, &identity);
    let with = |name: &str, value: Value| {
        let mut config = config("https://127.0.0.1:6443");
        config[name] = value;
        config
    };
    for (name, value) in [
        ("verifyTlsCertificate", json!(false)),
        ("kubernetesHost", json!(null)),
        ("caCert", json!("nonsense")),
        ("namespaceLabelSelector", json!("a in b")),
    ] {
        server.admin.post(&path, with(name, value)).await.refused(422);
    }
    for (name, value) in
        [("gatewayId", json!("b4d4ef0d-0000-4000-8000-000000000001")), ("tokenReviewMode", json!("gateway"))]
    {
        let said = server.admin.post(&path, with(name, value)).await.refused(400);
        assert!(said.starts_with("Gateways and templates are not offered"), "{said}");
    }
    server.admin.post(&path, with("verifyTlsCertificate", json!(true))).await.ok();
    let update = json!({ "tokenReviewerJwt": "", "allowedNames": "web", "gatewayId": null });
    server.admin.patch(&path, update).await.ok();
    let shown = server.admin.get(&path).await.ok()["identityKubernetesAuth"].clone();
    for (name, value) in [
        ("tokenReviewMode", json!("api")),
        ("kubernetesHost", json!("https://127.0.0.1:6443")),
        ("allowedNamespaces", json!("prod, stage-*")),
        ("allowedNames", json!("web")),
        ("allowedAudience", json!("vouchsafe")),
        ("gatewayId", json!(null)),
        ("verifyTlsCertificate", json!(true)),
        ("tokenReviewerJwt", json!(REVIEWER)),
        ("isTokenReviewerJwtTemplateSourced", json!(false)),
        ("verification", json!("review")),
    ] {
        assert_eq!(shown[name], value, "{name}");
    }
    server.admin.patch(&path, json!({ "tokenReviewerJwt": null })).await.ok();
    assert_eq!(server.admin.get(&path).await.ok()["identityKubernetesAuth"]["tokenReviewerJwt"], "");
    let removed = server.admin.delete(&path).await.ok()["identityKubernetesAuth"].clone();
    assert!(removed.get("caCert").is_none() && removed.get("tokenReviewerJwt").is_none());
}

/// What was looked at, each with the code of its refusal.
fn shown(findings: Vec<Finding>) -> Vec<(String, &'static str)> {
    let code =
        |finding: &Finding| finding.result.as_ref().map_or_else(|refusal| refusal.reason.code(), |()| "ok");
    findings.into_iter().map(|finding| (finding.what.clone(), code(&finding))).collect()
}

fn ready(config: Value) -> <KubernetesAuth as Login>::Ready {
    let config = KubernetesAuth::configure(None, serde_json::from_value(config).unwrap());
    KubernetesAuth::ready(config.unwrap_or_else(|issue| panic!("{issue}")))
        .unwrap_or_else(|refusal| panic!("{refusal}"))
}

async fn a_probe_says_step_by_step_what_works(server: TestServer) {
    let (cluster, _) = cluster();
    let workshop = Workshop::new(vec!["127.0.0.0/8".parse().unwrap()], Endpoints::default());
    let context = workshop.context(server.app.now(), server.admin.id.parse().unwrap(), None);
    let mut config = config(&cluster.url);
    config["namespaceLabelSelector"] = json!("env=prod");
    let (reach, review, read) = ("reach the cluster", "review a token", "read the namespace \"default\"");
    let found = shown(KubernetesAuth::probe(&context, &ready(config.clone())).await);
    // The namespace default is not there in this cluster.
    let expected = [(reach, "ok"), (review, "ok"), (read, "place-mismatch")];
    assert_eq!(found, expected.map(|(what, code)| (what.to_owned(), code)));
    config["tokenReviewerJwt"] = json!("expired.token.x");
    let found = shown(KubernetesAuth::probe(&context, &ready(config.clone())).await);
    let expected = [(reach, "ok"), (review, "reviewer-refused"), (read, "reviewer-refused")];
    assert_eq!(found, expected.map(|(what, code)| (what.to_owned(), code)));
    drop(cluster);
    config["kubernetesHost"] = json!("http://127.0.0.1:1");
    let found = shown(KubernetesAuth::probe(&context, &ready(config)).await);
    assert!(found.iter().all(|(_, code)| *code == "provider-unreachable"), "{found:?}");
}

async fn a_token_is_supposed_to_be_good_by_the_issuers_rules(server: TestServer) {
    let workshop = Workshop::new(Vec::new(), Endpoints::default());
    let context = workshop.context(server.app.now(), server.admin.id.parse().unwrap(), None);
    let mint = Mint::new("cluster");
    let ready = ready(offline(Some(&json!({ "keys": [mint.jwk()] }))));
    let verdict = |claims: &Value| {
        let supposed = KubernetesAuth::suppose(&Sample::Jwt(Mint::new("other").token(claims))).unwrap();
        supposed
            .and_then(|facts| KubernetesAuth::admit(&context, &ready, &facts).verdict())
            .map_err(|no| no.reason.code())
    };
    assert_eq!(verdict(&claims(&server, "app")), Ok(()));
    assert_eq!(verdict(&claims(&server, "other")), Err("principal-mismatch"));
    let mut elsewhere = claims(&server, "app");
    elsewhere["iss"] = json!("https://other.example");
    assert_eq!(verdict(&elsewhere), Err("issuer-mismatch"));
}
