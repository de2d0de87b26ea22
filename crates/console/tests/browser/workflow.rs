//! The ways through the console that people take.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::Value;
use vouchsafe_testkit::{Engine, PASSWORD, TestServer};

use crate::window::Window;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_and_themes_work() {
    let server = TestServer::start(Engine::Sqlite).await;
    let window = Window::of(&server, "ann@example.com", "admin").await;
    window.sees("Machine identities").await;
    window.choose("theme", "dark").await;
    let theme = window.run("return document.documentElement.dataset.theme").await;
    assert_eq!(theme, "dark");
    window
        .run("document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true }))")
        .await;
    assert_eq!(window.run("return document.activeElement.id").await, "search");
    assert_eq!(window.messages().await, Vec::<String>::new());
    window.press("Sign out").await;
    window.sees("Sign in").await;
    window.close().await;
}

/// A command line that waits for a login as the official one does; answers what it got.
fn waiting(origin: &str) -> (u16, std::thread::JoinHandle<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, origin) = (listener.local_addr().unwrap().port(), origin.to_owned());
    let answer = move || {
        for stream in listener.incoming() {
            let (mut stream, mut text, mut chunk) = (stream.unwrap(), String::new(), [0; 4096]);
            let body = loop {
                let length = stream.read(&mut chunk).unwrap();
                text.push_str(std::str::from_utf8(&chunk[..length]).unwrap());
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let head = head.to_ascii_lowercase();
                let wanted = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if body.len() >= wanted.map_or(0, |length| length.parse().unwrap()) {
                    break body.to_owned();
                }
            };
            let allowed = format!(
                "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: {origin}\r\nAccess-Control-Allow-Credentials: true\r\n\
                 Access-Control-Allow-Headers: Content-Type\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(allowed.as_bytes()).unwrap();
            if text.starts_with("POST") {
                return serde_json::from_str(&body).unwrap();
            }
        }
        unreachable!("a listener ends with the process")
    };
    (port, std::thread::spawn(answer))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_line_is_signed_in_after_a_click() {
    let server = TestServer::start(Engine::Sqlite).await;
    let window = Window::of(&server, "ann@example.com", "admin").await;
    window.press("Sign out").await;
    let (port, cli) = waiting(&server.url);
    window.go(&format!("/login?callback_port={port}")).await;
    window.fill("email", "ann@example.com").await;
    window.fill("password", PASSWORD).await;
    window.press("Sign in").await;
    window.sees("asks to act as ann@example.com in acme").await;
    assert_eq!(window.complaints().await, Vec::<String>::new());
    window.press("Allow").await;
    let login = tokio::task::spawn_blocking(|| cli.join().unwrap()).await.unwrap();
    assert_eq!((login["email"].as_str(), login["privateKey"].as_str()), (Some("ann@example.com"), Some("")));
    let person = server.anonymous().with_token(login["JTWToken"].as_str().unwrap());
    person.post("/api/v1/auth/checkAuth", serde_json::json!({})).await.ok();
    person.get("/api/v1/identities?limit=1").await;
    assert!(login["RefreshToken"].as_str().is_some_and(|token| !token.is_empty()));
    window.sees_soon("The command line is signed in").await;
    assert_eq!(window.messages().await, Vec::<String>::new());
    // Nobody waits any more: the text can be pasted.
    window.go(&format!("/login?callback_port={port}")).await;
    window.press("Allow").await;
    window.sees_soon("could not be reached").await;
    window.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_is_made_and_reads_its_secret() {
    let server = TestServer::start(Engine::Sqlite).await;
    let window = Window::of(&server, "ann@example.com", "admin").await;
    // A project with a secret.
    window.go("/projects/new").await;
    window.fill("projectName", "Shop").await;
    window.press("Make the project").await;
    window.sees_soon("Shop").await;
    let path = window.path().await;
    let project = path.split('/').nth(2).unwrap().split('?').next().unwrap().to_owned();
    window.go(&format!("/projects/{project}/secrets/dev/new")).await;
    window.fill("secretName", "GREETING").await;
    window.fill("secretValue", "hello from the console").await;
    window.press("Make the secret").await;
    window.sees_soon("GREETING").await;
    assert!(!window.text().await.contains("hello from the console"), "hidden until asked");

    // One: who the workload is. Two: how it proves that.
    window.go("/identities").await;
    window.press("New identity").await;
    window.fill("name", "billing-api").await;
    window.press("Create and choose an auth method").await;
    window.sees_soon("It cannot log in yet").await;
    window.press("Universal Auth").await;
    window.press("Attach").await;
    window.sees_soon("is attached").await;
    // Three: what it proves it with, shown once.
    window.press("Client ID and client secrets").await;
    window.fill("description", "first").await;
    window.press("Make a client secret").await;
    window.sees_soon("It is shown only now").await;
    let shown = window
        .run("return ['client-id', 'client-secret'].map((id) => document.getElementById(id).textContent)")
        .await;
    let identity = window.path().await.split('/').nth(2).unwrap().to_owned();
    // Four: where it may do what.
    window.go(&format!("/identities/{identity}/projects")).await;
    window.press("Shop").await;
    window.choose("identityId", &identity).await;
    window.press_label("Viewer").await;
    window.press("Add to the project").await;
    window.sees_soon("billing-api").await;
    assert_eq!(window.messages().await, Vec::<String>::new());

    let body = serde_json::json!({ "clientId": shown[0], "clientSecret": shown[1] });
    let login = server.anonymous().post("/api/v1/auth/universal-auth/login", body).await.ok();
    let workload = server.anonymous().with_token(login["accessToken"].as_str().unwrap());
    let read = format!("/api/v4/secrets/GREETING?projectId={project}&environment=dev");
    let secret = workload.get(&read).await.ok();
    assert_eq!(secret["secret"]["secretValue"], "hello from the console");
    window.close().await;
}
