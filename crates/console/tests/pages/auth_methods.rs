//! Auth methods: the form of each is filled, saved, reloaded and removed.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::browser::Browser;
use crate::forms::{filled, form, pairs, value};
use crate::methods::{Filled, methods};

both!(
    every_method_is_attached_reloaded_changed_and_removed,
    stored_secrets_are_never_shown_and_stay_when_left_empty,
    what_is_wrong_is_told_at_its_field_and_what_was_typed_stays,
    sources_are_added_changed_and_removed,
    who_may_only_look_sees_settings_and_no_controls,
    locks_are_shown_and_cleared,
);

const ANN: &str = "ann@example.com";

async fn identity(server: &TestServer, name: &str) -> String {
    let body = json!({ "name": name, "organizationId": server.org, "role": "no-access" });
    let made = server.admin.post("/api/v1/identities", body).await.ok();
    made["identity"]["id"].as_str().unwrap().to_owned()
}

/// Without white space, in which lists, JSON and PEM may differ.
fn flat(text: &str) -> String {
    text.split_whitespace().collect()
}

async fn every_method_is_attached_reloaded_changed_and_removed(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let id = identity(&server, "<b>worker").await;
    for one in methods() {
        round(&mut browser, &id, &one).await;
        let gone = server.admin.get(&format!("/api/v1/auth/{}/identities/{id}", one.method)).await;
        assert_eq!(gone.status, 404, "{}", one.method);
    }
}

async fn round(browser: &mut Browser, id: &str, one: &Filled) {
    let (method, path) = (one.method, format!("/identities/{id}/auth/{}", one.method));
    let typed: Vec<_> = one.typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let empty = form(&browser.page(&path).await, "Attach");
    assert_eq!(value(&empty, "accessTokenTTL"), "3600", "{method}");
    let page = browser.submit(&path, &pairs(&filled(empty, &typed))).await;
    assert!(page.contains("is attached"), "{page}");
    let shown = form(&page, "Save");
    for (field, wanted) in &typed {
        let wanted = if one.secret == Some(field) { "" } else { wanted };
        assert_eq!(flat(value(&shown, field)), flat(wanted), "{method}: {field}");
    }
    let page = browser.submit(&path, &pairs(&filled(shown.clone(), &[one.changed]))).await;
    assert!(page.contains("is saved"), "{page}");
    // What was not touched is as it was, what was is as it was typed.
    let expected = filled(shown, &[one.changed]);
    let shown = form(&page, "Save");
    for (field, wanted) in &expected {
        assert_eq!(flat(value(&shown, field)), flat(wanted), "{method}: {field}");
    }
    let remove = format!("{path}/remove");
    assert!(browser.page(&remove).await.contains("&#60;b&#62;worker"));
    assert_eq!(browser.post(&remove, &[("confirm", "another")]).await.status, 422, "{method}");
    let page = browser.submit(&remove, &[("confirm", "<b>worker")]).await;
    assert!(page.contains("is removed") && page.contains("It cannot log in yet"), "{page}");
}

async fn stored(server: &TestServer, method: &str, key: &str, id: &str) -> Value {
    server.admin.get(&format!("/api/v1/auth/{method}/identities/{id}")).await.ok()[key].clone()
}

async fn stored_secrets_are_never_shown_and_stay_when_left_empty(server: TestServer) {
    const SECRET: &str = "eyJhbGciOiJSUzI1NiJ9.reviewer.s3cret";
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let id = identity(&server, "pod").await;
    let path = format!("/identities/{id}/auth/kubernetes-auth");
    let empty = form(&browser.page(&path).await, "Attach");
    let typed = [("kubernetesHost", "https://127.0.0.1:6443"), ("tokenReviewerJwt", SECRET)];
    let typed = filled(empty, &typed);
    // Also when the form is refused, it is not sent back.
    let wrong = filled(typed.clone(), &[("accessTokenTTL", "ten")]);
    let refused = browser.post(&path, &pairs(&wrong)).await;
    assert_eq!((refused.status, refused.text.contains(SECRET)), (422, false), "{}", refused.text);
    let page = browser.submit(&path, &pairs(&typed)).await;
    assert!(page.contains("A value is stored") && !page.contains(SECRET), "{page}");
    let reviewer = async || {
        stored(&server, "kubernetes-auth", "identityKubernetesAuth", &id).await["tokenReviewerJwt"].clone()
    };
    assert_eq!(reviewer().await, SECRET);
    let shown = form(&page, "Save");
    let page = browser.submit(&path, &pairs(&filled(shown, &[("allowedNames", "web")]))).await;
    assert_eq!(reviewer().await, SECRET);
    let shown = form(&page, "Save");
    let page = browser.submit(&path, &pairs(&filled(shown, &[("tokenReviewerJwt.clear", "true")]))).await;
    assert!(!page.contains("A value is stored"));
    assert_eq!(reviewer().await, "");
}

async fn what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let id = identity(&server, "job").await;
    let path = format!("/identities/{id}/auth/aws-auth");
    let empty = form(&browser.page(&path).await, "Attach");
    let typed = filled(
        empty,
        &[("allowedAccountIds", "12<b>"), ("allowedPrincipalArns", "arn:aws:iam::123456789012:role/<i>")],
    );
    let page = browser.post(&path, &pairs(&typed)).await;
    assert_eq!(page.status, 422);
    let problem = "id=\"allowedAccountIds-problem\">Expected account ids of twelve digits each";
    assert!(page.text.contains(problem), "{}", page.text);
    let again = form(&page.text, "Attach");
    assert_eq!(value(&again, "allowedAccountIds"), "12<b>");
    assert_eq!(value(&again, "allowedPrincipalArns"), "arn:aws:iam::123456789012:role/<i>");
    assert!(!page.text.contains("<i>") && !page.text.contains("12<b>"));
    // What the console itself cannot read.
    let oidc = format!("/identities/{id}/auth/oidc-auth");
    let empty = form(&browser.page(&oidc).await, "Attach");
    let page = browser
        .post(&oidc, &pairs(&filled(empty, &[("boundClaims", "no sign"), ("clockSkewSeconds", "x")])))
        .await;
    assert_eq!(page.status, 422);
    for field in ["boundClaims", "clockSkewSeconds"] {
        assert!(page.text.contains(&format!("id=\"{field}-problem\">Expected")), "{}", page.text);
    }
    // A life of more than a day is warned of.
    let token = format!("/identities/{id}/auth/token-auth");
    let empty = form(&browser.page(&token).await, "Attach");
    let long = [("accessTokenTTL", "864000"), ("accessTokenMaxTTL", "864000")];
    let page = browser.submit(&token, &pairs(&filled(empty, &long))).await;
    assert!(page.contains("live 10 days"), "{page}");
    let ever = [("accessTokenTTL", "0"), ("accessTokenMaxTTL", "0")];
    let page = browser.submit(&token, &pairs(&filled(form(&page, "Save"), &ever))).await;
    assert!(page.contains("live for ever"), "{page}");
    assert_eq!(browser.get(&format!("/identities/{id}/auth/nothing")).await.status, 404);
    assert_eq!(browser.get(&format!("/identities/{id}/auth/aws-auth/sources/new")).await.status, 404);
    assert_eq!(browser.get("/identities/nobody/auth").await.status, 404);
}

async fn sources_are_added_changed_and_removed(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let id = identity(&server, "<i>two clouds").await;
    let path = format!("/identities/{id}/auth/gcp-auth");
    let empty = form(&browser.page(&path).await, "Attach");
    browser.submit(&path, &pairs(&filled(empty, &[("type", "gce")]))).await;
    let new = format!("{path}/sources/new");
    assert!(browser.page(&path).await.contains(&format!("href=\"{new}\"")));
    let empty = form(&browser.page(&new).await, "Attach");
    let typed = [("type", "iam"), ("source", "other"), ("roles", "member")];
    let page = browser.submit(&new, &pairs(&filled(empty, &typed))).await;
    let sources = server.admin.get(&format!("/api/v1/auth/gcp-auth/identities/{id}/sources")).await.ok();
    assert_eq!(sources["sources"].as_array().unwrap().len(), 2);
    assert_eq!(sources["sources"][1]["roles"], json!(["member"]));
    let source = format!("{path}/sources/{}", sources["sources"][1]["id"].as_str().unwrap());
    assert!(page.contains(&format!("href=\"{source}\"")), "{page}");
    let shown = form(&browser.page(&source).await, "Save");
    assert_eq!(
        (value(&shown, "source"), value(&shown, "roles"), value(&shown, "type")),
        ("other", "member", "iam")
    );
    browser.submit(&source, &pairs(&filled(shown, &[("roles", ""), ("source", "another")]))).await;
    let sources = server.admin.get(&format!("/api/v1/auth/gcp-auth/identities/{id}/sources")).await.ok();
    assert_eq!(
        (&sources["sources"][1]["source"], &sources["sources"][1]["roles"]),
        (&json!("another"), &Value::Null)
    );
    // A source whose tokens hold no role at all does not come to hold all of them by being saved.
    let api = format!("/api/v1/auth/gcp-auth/identities/{id}/sources");
    let one = sources["sources"][1]["id"].as_str().unwrap();
    server.admin.patch(&format!("{api}/{one}"), json!({ "roles": [] })).await.ok();
    let shown = form(&browser.page(&source).await, "Save");
    browser.submit(&source, &pairs(&shown)).await;
    let sources = server.admin.get(&api).await.ok();
    assert_eq!(sources["sources"][1]["roles"], json!([]));
    let confirmed = [("confirm", "<i>two clouds")];
    let gone = browser.post(&format!("{source}/remove"), &confirmed).await;
    // One source is left, so the method is still there to look at.
    assert_eq!(gone.headers["location"].to_str().unwrap(), path);
    let page = browser.page(&path).await;
    assert!(page.contains("is removed") && !page.contains("another</bdi>"), "{page}");
    let sources = server.admin.get(&format!("/api/v1/auth/gcp-auth/identities/{id}/sources")).await.ok();
    assert_eq!(sources["sources"].as_array().unwrap().len(), 1);
    let last = format!("{path}/sources/{}", sources["sources"][0]["id"].as_str().unwrap());
    let gone = browser.post(&format!("{last}/remove"), &confirmed).await;
    assert_eq!(gone.headers["location"].to_str().unwrap(), format!("/identities/{id}/auth"));
}

async fn who_may_only_look_sees_settings_and_no_controls(server: TestServer) {
    let role = json!({ "slug": "looker", "name": "Looker", "permissions": [{ "subject": "identity", "action": ["read"] }] });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    let id = identity(&server, "watched").await;
    let body = json!({ "kubernetesHost": "https://127.0.0.1:6443", "allowedNamespaces": "prod", "allowedNames": "", "allowedAudience": "", "tokenReviewerJwt": "a.b.s3cret" });
    server.admin.post(&format!("/api/v1/auth/kubernetes-auth/identities/{id}"), body).await.ok();
    server.universal_auth(&id, json!({})).await;
    let mut browser = Browser::of(&server, ANN, "looker").await;
    let base = format!("/identities/{id}");
    for path in ["", "/auth", "/auth/kubernetes-auth", "/auth/universal-auth", "/auth/aws-auth", "?page=2"] {
        let page = browser.page(&format!("{base}{path}")).await;
        let main = page.split_once("<main").unwrap().1;
        assert!(!main.contains("<form") && !main.contains("class=\"button"), "{path}: {main}");
        assert!(!page.contains("s3cret"), "{path}");
    }
    let list = browser.page("/identities").await;
    assert!(list.contains("watched") && !list.contains("/identities/new"));
    let page = browser.page(&format!("{base}/auth/kubernetes-auth")).await;
    assert!(page.contains("<pre>prod</pre>") && page.contains("<dd>set"), "{page}");
    // What they cannot do by the page they cannot do by its address either.
    assert_eq!(browser.post(&format!("{base}/auth/aws-auth"), &[]).await.status, 403);
    assert_eq!(browser.post(&format!("{base}/delete"), &[("confirm", "watched")]).await.status, 403);
    // Of an identity that holds more, methods are named and not linked.
    let body = json!({ "name": "strong", "organizationId": server.org, "role": "admin" });
    let strong = server.admin.post("/api/v1/identities", body).await.ok();
    let strong = strong["identity"]["id"].as_str().unwrap().to_owned();
    assert_eq!(browser.get(&format!("/identities/{strong}")).await.status, 403);
    assert!(!browser.page("/identities").await.contains("strong"));
}

async fn locks_are_shown_and_cleared(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let id = identity(&server, "locked out").await;
    let (client, secret) = server.universal_auth(&id, json!({})).await;
    let log_in = async |secret: &str| {
        let body = json!({ "clientId": client, "clientSecret": secret });
        server.anonymous().post("/api/v1/auth/universal-auth/login", body).await.status
    };
    for _ in 0..3 {
        log_in(&"0".repeat(64)).await;
    }
    assert_ne!(log_in(&secret).await, 200);
    let base = format!("/identities/{id}");
    assert!(browser.page(&base).await.contains("Universal Auth locked"));
    assert!(browser.page(&format!("{base}/auth")).await.contains(">locked<"));
    let path = format!("{base}/auth/universal-auth");
    assert!(browser.page(&path).await.contains("Clear the lock"));
    let page = browser.submit(&format!("{path}/clear-lockouts"), &[]).await;
    assert!(page.contains("are gone") && !page.contains("Clear the lock"), "{page}");
    assert_eq!(log_in(&secret).await, 200);
}
