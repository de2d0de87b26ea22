//! The forms of all auth methods: filled, saved, loaded again, changed, removed.

use serde_json::json;
use vouchsafe_testkit::{TestServer, both};

use crate::browser::{Browser, Page, standing};
use crate::methods::methods;

both!(
    every_method_is_attached_shown_changed_and_removed,
    a_problem_is_told_beside_its_field,
    a_lock_is_shown_and_cleared,
);

/// A new identity; answers the address of its page.
async fn identity(server: &TestServer, name: &str) -> String {
    let body = json!({ "name": name, "organizationId": server.org });
    let identity = server.admin.post("/api/v1/identities", body).await.ok();
    format!("/identities/{}", identity["identity"]["id"].as_str().unwrap())
}

/// Sends a form as it stands in a page, with some fields typed anew.
async fn send(browser: &mut Browser, path: &str, page: &str, typed: &[(&str, &str)]) -> Page {
    let mut fields = standing(page);
    for (name, value) in typed {
        let field = fields.iter_mut().find(|(field, _)| field == name);
        let (_, standing) = field.unwrap_or_else(|| panic!("{path} has no field {name}"));
        (*value).clone_into(standing);
    }
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(path, &fields).await
}

/// Without white space, in which JSON and PEM may differ.
fn flat(text: &str) -> String {
    text.split_whitespace().collect()
}

async fn every_method_is_attached_shown_changed_and_removed(server: TestServer) {
    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    let page = identity(&server, "worker").await;
    for one in methods() {
        let path = format!("{page}/auth/{}", one.method);
        let proposed = browser.page(&path).await;
        assert!(proposed.contains("Attach"), "{}", one.method);
        let typed: Vec<_> = one.typed.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = send(&mut browser, &path, &proposed, &typed).await;
        assert_eq!(answer.status, 303, "{}: {}", one.method, answer.text);

        let shown = browser.page(&path).await;
        let stands = standing(&shown);
        for (name, value) in &typed {
            let is_secret = one.secret == Some(name);
            let value = if is_secret { "" } else { value };
            let found = stands.iter().find(|(field, _)| field == name);
            assert_eq!(found.map(|(_, value)| flat(value)), Some(flat(value)), "{}: {name}", one.method);
        }
        assert!(stands.contains(&("accessTokenTTL".to_owned(), "3600".to_owned())), "{stands:?}");
        let secret = typed.iter().find(|(name, _)| one.secret == Some(name));
        if let Some((_, value)) = secret {
            assert!(shown.contains("A value is stored") && !shown.contains(value), "{shown}");
        }

        let answer = send(&mut browser, &path, &shown, &[one.changed]).await;
        assert_eq!(answer.status, 303, "{}: {}", one.method, answer.text);
        let changed = browser.page(&path).await;
        let (name, value) = one.changed;
        let stands = standing(&changed).into_iter().find(|(field, _)| field == name);
        assert_eq!(stands.map(|(_, value)| flat(&value)), Some(flat(value)), "{}: {name}", one.method);
        assert!(one.secret.is_none() || changed.contains("A value is stored"), "{changed}");

        let remove = format!("{path}/remove");
        assert!(browser.page(&remove).await.contains("type the name"));
        assert_eq!(browser.post(&remove, &[("confirm", "other")]).await.status, 422);
        let removed = browser.submit(&remove, &[("confirm", "worker")]).await;
        assert!(removed.contains("is removed") && removed.contains("It cannot log in yet"), "{removed}");
    }
}

async fn a_problem_is_told_beside_its_field(server: TestServer) {
    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    let page = identity(&server, "worker").await;
    let fields = [("url", "nonsense"), ("bindPass", "canary-bind"), ("accessTokenTTL", "soon")];
    let answer = browser.post(&format!("{page}/auth/ldap-auth"), &fields).await;
    assert_eq!(answer.status, 422);
    assert!(answer.text.contains(r#"id="accessTokenTTL-problem""#), "{}", answer.text);
    assert!(!answer.text.contains("canary-bind") && answer.text.contains("nonsense"), "{}", answer.text);
    let fields = [("url", "nonsense"), ("bindPass", "canary-bind"), ("accessTokenTTL", "60")];
    let answer = browser.post(&format!("{page}/auth/ldap-auth"), &fields).await;
    assert_eq!((answer.status, answer.text.contains(r#"class="problem""#)), (422, true), "{}", answer.text);
    assert!(!answer.text.contains("canary-bind"), "{}", answer.text);
    assert_eq!(browser.get(&format!("{page}/auth/no-auth")).await.status, 404);
}

async fn a_lock_is_shown_and_cleared(server: TestServer) {
    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    let page = identity(&server, "worker").await;
    let id = page.rsplit('/').next().unwrap();
    let (client_id, _) = server.universal_auth(id, json!({})).await;
    for _ in 0..3 {
        let body = json!({ "clientId": client_id, "clientSecret": "wrong" });
        server.anonymous().post("/api/v1/auth/universal-auth/login", body).await;
    }
    assert!(browser.page(&page).await.contains("Universal Auth locked"));
    let path = format!("{page}/auth/universal-auth");
    assert!(browser.page(&path).await.contains("Clear the lock"));
    let cleared = browser.submit(&format!("{path}/clear-lockouts"), &[]).await;
    assert!(cleared.contains("are gone") && !cleared.contains("Clear the lock"), "{cleared}");
}
