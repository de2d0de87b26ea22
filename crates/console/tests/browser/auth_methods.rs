//! The form of every auth method, as a person fills it in.

use serde_json::json;
use vouchsafe_testkit::{Engine, TestServer};

use crate::methods::methods;
use crate::window::Window;

/// Without white space, in which lists, JSON and PEM may differ.
fn flat(text: &str) -> String {
    text.split_whitespace().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_form_is_filled_saved_loaded_again_and_removed() {
    let server = TestServer::start(Engine::Sqlite).await;
    let body = json!({ "name": "worker", "organizationId": server.org });
    let identity = server.admin.post("/api/v1/identities", body).await.ok();
    let id = identity["identity"]["id"].as_str().unwrap();
    let window = Window::of(&server, "ann@example.com", "admin").await;
    for one in methods() {
        let path = format!("/identities/{id}/auth/{}", one.method);
        window.go(&path).await;
        let name = window.run("return document.querySelector('h2').textContent").await;
        let name = name.as_str().unwrap();
        for (field, value) in &one.typed {
            if window.run(&format!("return document.getElementsByName('{field}')[0].tagName")).await
                == "SELECT"
            {
                window.choose(field, value).await;
            } else {
                window.fill(field, value).await;
            }
        }
        window.press("Attach").await;
        window.sees_soon(&format!("{name} is attached")).await;
        window.go(&path).await;
        for (field, value) in &one.typed {
            let stands = window.run(&format!("return document.getElementsByName('{field}')[0].value")).await;
            let wanted = if one.secret == Some(field) { "" } else { value };
            assert_eq!(flat(stands.as_str().unwrap()), flat(wanted), "{}: {field}", one.method);
        }
        assert_eq!(window.complaints().await, Vec::<String>::new(), "{}", one.method);
        let (field, value) = one.changed;
        window.fill(field, value).await;
        window.press("Save").await;
        window.sees_soon(&format!("{name} is saved")).await;
        window.press(&format!("Remove {name}")).await;
        window.sees_soon("type the name").await;
        window.fill("confirm", "worker").await;
        window.press(&format!("Remove {name}")).await;
        window.sees_soon(&format!("{name} is removed")).await;
    }
    window.close().await;
}
