//! The first start.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::people::{PASSWORD, cookie, login, text};

both!(the_first_start_happens_once, bad_input_starts_nothing, the_first_administrator_may_sign_up,);

fn body() -> Value {
    json!({ "email": " Root@Example.COM", "password": PASSWORD, "organization": "Acme Inc.", "domain": "ignored" })
}

async fn the_first_start_happens_once(server: TestServer) {
    let nobody = server.anonymous();
    assert_eq!(nobody.get("/api/v1/admin/config").await.ok()["config"]["initialized"], false);
    let tries = (0..6).map(|_| nobody.post("/api/v1/admin/bootstrap", body()));
    let answers = futures_util::future::join_all(tries).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!((made.len(), refused.len()), (1, 5));
    for refusal in refused {
        assert_eq!(refusal.refused(400), "Instance has already been set up");
    }
    let made = &made[0].body;
    assert_eq!(made["message"], "Successfully bootstrapped instance");
    assert_eq!(made["user"]["email"], "root@example.com");
    assert_eq!(made["user"]["username"], "root@example.com");
    assert_eq!(made["user"]["superAdmin"], true);
    assert!(text(&made["organization"]["slug"]).starts_with("acme-inc-"));
    assert_eq!(made["identity"]["name"], "Instance Admin Identity");

    let identity = nobody.with_token(text(&made["identity"]["credentials"]["token"]));
    let details = identity.get("/api/v1/identities/details").await.ok();
    assert_eq!(details["identityDetails"]["organization"]["id"], made["organization"]["id"]);
    let path = format!("/api/v1/identities/{}", text(&made["identity"]["id"]));
    let shown = identity.get(&path).await.ok();
    assert_eq!(shown["identity"]["role"], "admin");
    assert_eq!(shown["identity"]["identity"]["authMethods"], json!(["token-auth"]));

    login(&server, "root@example.com", PASSWORD).await.ok();
    assert_eq!(nobody.get("/api/v1/admin/config").await.ok()["config"]["initialized"], true);
    let late = json!({ "email": "b@example.com", "password": PASSWORD, "firstName": "B" });
    let refusal = nobody.post("/api/v1/admin/signup", late).await.refused(400);
    assert_eq!(refusal, "Admin account has already been set up");
    nobody.post("/api/v1/admin/bootstrap", body()).await.refused(400);
}

async fn bad_input_starts_nothing(server: TestServer) {
    let nobody = server.anonymous();
    let long = "x".repeat(1025);
    for (field, value) in [
        ("email", json!("hunter2")),
        ("email", json!(7)),
        ("email", json!("a\u{0}@b.c")),
        ("password", json!("")),
        ("password", json!("   ")),
        ("password", json!(long)),
        ("password", json!({ "x": 1 })),
        ("organization", json!("")),
        ("organization", json!("a\u{0}b")),
        ("organization", json!("x".repeat(65))),
    ] {
        let mut broken = body();
        broken[field] = value;
        let issue = nobody.post("/api/v1/admin/bootstrap", broken).await.refused(422);
        assert!(issue.contains(field), "{field}: {issue}");
        assert!(!issue.contains("hunter2") && !issue.contains("horse"), "{issue}");
    }
    for field in ["email", "password", "organization"] {
        let mut broken = body();
        broken.as_object_mut().unwrap().remove(field);
        assert!(nobody.post("/api/v1/admin/bootstrap", broken).await.refused(422).contains("Required"));
    }
    assert_eq!(nobody.get("/api/v1/admin/config").await.ok()["config"]["initialized"], false);
    nobody.post("/api/v1/admin/bootstrap", body()).await.ok();
}

async fn the_first_administrator_may_sign_up(server: TestServer) {
    let body =
        json!({ "email": "root@example.com", "password": PASSWORD, "firstName": "Ruth", "lastName": "Oot" });
    let answer = server.anonymous().post("/api/v1/admin/signup", body).await;
    assert!(!cookie(&answer).is_empty());
    let made = answer.ok();
    assert_eq!(made["user"]["firstName"], "Ruth");
    assert_eq!(made["organization"]["name"], "Admin Org");
    assert_eq!(made["new"], "123");
    let root = server.anonymous().with_token(text(&made["token"]));
    let path = format!("/api/v1/organization/{}", text(&made["organization"]["id"]));
    assert_eq!(root.get(&path).await.ok()["organization"]["name"], "Admin Org");
    assert_eq!(root.get("/api/v1/user").await.ok()["user"]["superAdmin"], true);
}
