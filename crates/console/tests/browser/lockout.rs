//! An identity is locked from outside and let in again.

use serde_json::json;
use vouchsafe_testkit::{Engine, TestServer};

use crate::window::Window;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_identity_is_seen_in_the_list_and_let_in_again() {
    let server = TestServer::start(Engine::Sqlite).await;
    let worker = server.identity("billing-api", "no-access").await;
    let (client_id, secret) = server.universal_auth(&worker.id, json!({})).await;
    let login = async |secret: &str| {
        let body = json!({ "clientId": client_id, "clientSecret": secret });
        server.anonymous().post("/api/v1/auth/universal-auth/login", body).await.status
    };
    let window = Window::of(&server, "ann@example.com", "admin").await;
    window.go("/identities?state=locked").await;
    window.sees("Nothing found").await;
    for _ in 0..3 {
        assert_eq!(login(&"0".repeat(64)).await, 401);
    }
    assert_eq!(login(&secret).await, 401, "not locked");

    // The list shows it, and finds it by that.
    window.go("/identities").await;
    window.sees("Universal Auth locked").await;
    window.choose("state", "locked").await;
    window.press("Show").await;
    window.sees_soon("Universal Auth locked").await;
    assert!(window.path().await.contains("state=locked"));
    assert_eq!(window.run("return document.querySelectorAll('tbody tr').length").await, 1);
    assert_eq!(window.complaints().await, Vec::<String>::new());

    // On its page the lock is cleared.
    window.press("billing-api").await;
    window.sees_soon("Universal Auth locked").await;
    window.go(&format!("/identities/{}/auth/universal-auth", worker.id)).await;
    assert_eq!(window.complaints().await, Vec::<String>::new());
    window.press("Clear the lock").await;
    window.sees_soon("Locks and counted failures are gone").await;
    assert_eq!(login(&secret).await, 200);
    server.app.store.settle_logins().await;
    window.go("/identities").await;
    window.sees("billing-api").await;
    assert!(!window.text().await.contains("locked"), "still locked");
    window.go("/identities?state=locked").await;
    window.sees("Nothing found").await;
    assert_eq!(window.messages().await, Vec::<String>::new());
    window.close().await;
}
