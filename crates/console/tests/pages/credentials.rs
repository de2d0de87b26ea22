//! Client secrets and tokens: shown once, listed, revoked.

use serde_json::{Value, json};
use vouchsafe_testkit::{Answer, TestServer, both};

use crate::browser::Browser;

both!(
    a_client_secret_is_shown_once_and_revoked,
    a_token_is_shown_once_and_revoked,
    many_tokens_are_paged,
    everybody_sees_and_does_what_they_may,
);

async fn identity(server: &TestServer, method: &str) -> String {
    let body = json!({ "name": "worker", "organizationId": server.org });
    let identity = server.admin.post("/api/v1/identities", body).await.ok();
    let id = identity["identity"]["id"].as_str().unwrap().to_owned();
    server.admin.post(&format!("/api/v1/auth/{method}/identities/{id}"), json!({})).await.ok();
    id
}

/// What is shown to be copied.
fn shown(page: &str, id: &str) -> String {
    let (_, rest) =
        page.split_once(&format!("<pre id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}: {page}"));
    let text = rest.split_once('>').unwrap().1.split("</pre>").next().unwrap();
    text.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#38;", "&")
}

/// Where the first form that revokes something goes.
fn revoke(page: &str) -> String {
    let (before, _) = page.split_once("/revoke\"").expect("something to revoke");
    format!("{}/revoke", before.rsplit('"').next().unwrap())
}

async fn log_in(server: &TestServer, client_id: &str, secret: &str) -> Answer {
    let body: Value = json!({ "clientId": client_id, "clientSecret": secret });
    server.anonymous().post("/api/v1/auth/universal-auth/login", body).await
}

async fn a_client_secret_is_shown_once_and_revoked(server: TestServer) {
    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    let id = identity(&server, "universal-auth").await;
    let path = format!("/identities/{id}/auth/universal-auth/client-secrets");
    assert!(browser.page(&path).await.contains("No client secrets"));
    let wrong = browser.post(&path, &[("ttl", "3600"), ("numUsesLimit", "some")]).await;
    assert_eq!((wrong.status, wrong.text.contains("Expected a whole number")), (422, true));
    let fields = [("description", "<b>ci"), ("ttl", "3600"), ("numUsesLimit", "")];
    let made = browser.post(&path, &fields).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let (client_id, secret) = (shown(&made.text, "client-id"), shown(&made.text, "client-secret"));
    assert_eq!(secret.len(), 64);
    for snippet in ["with-curl", "with-cli", "with-node", "with-python", "with-kubernetes"] {
        let text = shown(&made.text, snippet);
        // Other users of a machine can see arguments.
        assert!(!text.contains(&format!("-d clientSecret={secret}")), "{text}");
        assert!(text.contains(&secret) && text.contains(&client_id) && text.contains(&server.url), "{text}");
    }
    log_in(&server, &client_id, &secret).await.ok();
    let listed = browser.page(&path).await;
    assert!(listed.contains("&#60;b&#62;ci") && listed.contains("in 1 hour") && !listed.contains(&secret));
    assert!(listed.contains(&format!("{}…", &secret[..4])), "{listed}");
    let ended = browser.submit(&revoke(&listed), &[]).await;
    assert!(ended.contains("is revoked") && ended.contains("No client secrets"), "{ended}");
    log_in(&server, &client_id, &secret).await.refused(401);
    assert_eq!(browser.get(&format!("/identities/{id}/auth/token-auth/tokens")).await.status, 404);
}

async fn a_token_is_shown_once_and_revoked(server: TestServer) {
    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    let id = identity(&server, "token-auth").await;
    let path = format!("/identities/{id}/auth/token-auth/tokens");
    assert!(browser.page(&path).await.contains("No tokens"));
    let fields = [("name", "<b>script"), ("accessTokenTTL", "3600"), ("accessTokenNumUsesLimit", "")];
    let made = browser.post(&path, &fields).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let token = shown(&made.text, "access-token");
    let holder = server.anonymous().with_token(&token);
    holder.get("/api/v1/identities/details").await.ok();
    assert!(shown(&made.text, "with-token").contains(&token));
    let listed = browser.page(&path).await;
    assert!(listed.contains("&#60;b&#62;script") && !listed.contains(&token), "{listed}");
    let ended = browser.submit(&revoke(&listed), &[]).await;
    assert!(ended.contains("The token is revoked"), "{ended}");
    holder.get("/api/v1/identities/details").await.refused(401);
}

async fn many_tokens_are_paged(server: TestServer) {
    let id = identity(&server, "token-auth").await;
    for number in 0..55 {
        let path = format!("/api/v1/auth/token-auth/identities/{id}/tokens");
        server.admin.post(&path, json!({ "name": format!("number-{number:02}") })).await.ok();
        server.clock.advance_seconds(1);
    }
    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    let path = format!("/identities/{id}/auth/token-auth/tokens");
    let first = browser.page(&path).await;
    assert!(first.contains("number-54") && first.contains("number-05") && !first.contains("number-04"));
    assert!(first.contains("href=\"?offset=50\""), "{first}");
    let older = browser.page(&format!("{path}?offset=50")).await;
    assert!(older.contains("number-04") && older.contains("number-00") && !older.contains("number-05"));
    assert!(!older.contains("Older tokens"), "{older}");
}

/// A browser of somebody who may do this to identities, beside reading them.
async fn allowed(server: &TestServer, name: &str, action: &str) -> Browser {
    let rules = json!([{ "subject": "identity", "action": ["read", action] }]);
    let role = json!({ "slug": name, "name": name, "permissions": rules });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    Browser::of(server, &format!("{name}@example.com"), name).await
}

async fn everybody_sees_and_does_what_they_may(server: TestServer) {
    let body = json!({ "name": "worker", "organizationId": server.org, "role": "no-access" });
    let identity = server.admin.post("/api/v1/identities", body).await.ok();
    let id = identity["identity"]["id"].as_str().unwrap();
    let api = format!("/api/v1/auth/token-auth/identities/{id}");
    server.admin.post(&api, json!({})).await.ok();
    let token = json!({ "name": "made before", "accessTokenNumUsesLimit": 7 });
    let token = server.admin.post(&format!("{api}/tokens"), token).await.ok();
    let (client, secret) = server.universal_auth(id, json!({})).await;
    let tokens = format!("/identities/{id}/auth/token-auth/tokens");
    let secrets = format!("/identities/{id}/auth/universal-auth/client-secrets");
    let parts = [
        ("lister", "get-token", [false, true, false]),
        ("maker", "create-token", [true, false, false]),
        ("ender", "delete-token", [false, false, false]),
    ];
    for (name, action, [makes, lists, ends]) in parts {
        let mut browser = allowed(&server, name, action).await;
        for (path, make) in [(&tokens, "Make a token"), (&secrets, "Make a client secret")] {
            let page = browser.page(path).await;
            let found = [page.contains(make), page.contains("<tbody>"), page.contains("/revoke\"")];
            assert_eq!(found, [makes, lists, ends], "{name} {path}: {page}");
        }
        let shown = browser.page(&tokens).await;
        assert_eq!(shown.contains("made before") && shown.contains("of 7"), lists, "{shown}");
        let typed = [("name", "by hand"), ("numUsesLimit", "3"), ("ttl", "3600")];
        let status = if makes { 200 } else { 403 };
        assert_eq!(browser.post(&tokens, &typed).await.status, status, "{name}");
        assert_eq!(browser.post(&secrets, &typed).await.status, status, "{name}");
        if !makes && name != "ender" {
            let revoke = format!("{tokens}/{}/revoke", token["tokenData"]["id"].as_str().unwrap());
            assert_eq!(browser.post(&revoke, &[]).await.status, 403, "{name}");
        }
    }
    // What was made by hand can be used three times.
    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    let page = browser.page(&secrets).await;
    assert!(page.contains("0 of 3") && page.matches("/revoke\"").count() == 2, "{page}");
    log_in(&server, &client, &secret).await.ok();
}
