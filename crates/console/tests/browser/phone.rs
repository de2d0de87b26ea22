//! The navigation on a phone: behind a button, and within reach of keys.

use serde_json::json;
use vouchsafe_testkit::{Engine, TestServer};

use crate::window::Window;

/// Height of the bar above the page in pixels, whether the links are seen, and whether the button is.
const LOOK: &str = "const seen = (element) => element.getClientRects().length > 0;
    return [document.querySelector('header').offsetHeight, seen(document.querySelector('nav[aria-label=Main] a')),
        seen(document.querySelector('[popovertarget]'))]";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_navigation_of_a_phone_opens_and_closes() {
    let server = TestServer::start(Engine::Sqlite).await;
    let window = Window::of(&server, "ann@example.com", "admin").await;
    window.go("/identities").await;
    let look = window.run(LOOK).await;
    assert_eq!((&look[1], &look[2]), (&json!(true), &json!(false)), "a wide page shows all: {look}");

    window.resize(390, 844).await;
    let look = window.run(LOOK).await;
    assert!(look[0].as_f64().unwrap() < 70.0, "a bar of one line: {look}");
    assert_eq!((&look[1], &look[2]), (&json!(false), &json!(true)), "{look}");
    // By keys: opened, the links follow the button, and Escape closes.
    window.run("document.querySelector('[popovertarget]').focus()").await;
    window.keys("\u{e007}").await;
    assert_eq!(window.run(LOOK).await[1], json!(true), "opened");
    window.run("document.querySelector('[popovertarget]').focus()").await;
    window.keys("\u{e004}").await;
    let inside = "return document.getElementById('menu').contains(document.activeElement)";
    assert_eq!(window.run(inside).await, json!(true), "the next stop is in the menu");
    window.keys("\u{e00c}").await;
    assert_eq!(window.run(LOOK).await[1], json!(false), "closed");
    // By touch, to another page; there it is closed again.
    window.press("Menu").await;
    window.press("Projects").await;
    window.sees_soon("No projects yet").await;
    assert_eq!(window.path().await, "/projects");
    assert_eq!(window.run(LOOK).await[1], json!(false), "closed on the next page");
    assert_eq!(window.messages().await, Vec::<String>::new());
    window.close().await;
}
