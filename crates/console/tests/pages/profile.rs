//! One's own profile.

use vouchsafe_testkit::{PASSWORD, TestServer, both};

use crate::browser::Browser;

both!(a_person_changes_the_own_name, a_person_changes_the_own_password, sessions_are_listed_and_ended,);

const ANN: &str = "ann@example.com";
const NEW: &str = "a sentence is a good password";

async fn again(server: &TestServer, password: &str) -> Browser {
    let mut browser = Browser::new(server);
    browser.post("/login", &[("email", ANN), ("password", password)]).await;
    browser
}

async fn a_person_changes_the_own_name(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "no-access").await;
    let page = browser.post("/profile/name", &[("firstName", ""), ("lastName", "<i>Lee")]).await;
    assert_eq!(page.status, 422, "{}", page.text);
    assert!(page.text.contains(r#"id="firstName-problem""#) && page.text.contains("&#60;i&#62;Lee"));
    let page = browser.submit("/profile/name", &[("firstName", "\u{202e}Ann"), ("lastName", "<i>Lee")]).await;
    assert!(page.contains("Your name is changed.") && page.contains("value=\"\u{202e}Ann\""), "{page}");
    assert!(page.contains("value=\"&#60;i&#62;Lee\"") && !page.contains("<i>"));
}

async fn a_person_changes_the_own_password(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let mut other = again(&server, PASSWORD).await;
    other.page("/profile").await;
    let typed =
        |old, new, repeated| [("oldPassword", old), ("newPassword", new), ("repeatedPassword", repeated)];
    let page = browser.post("/profile/password", &typed(PASSWORD, NEW, "another")).await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains(r#"id="repeatedPassword-problem""#) && !page.text.contains(NEW));
    let page = browser.post("/profile/password", &typed("wrong", NEW, NEW)).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("Invalid password") && !page.text.contains(NEW));
    other.page("/profile").await;
    let page = browser.submit("/profile/password", &typed(PASSWORD, NEW, NEW)).await;
    assert!(page.contains("Your password is changed") && !page.contains(NEW));
    assert_eq!(other.get("/profile").await.status, 303);
    assert!(!again(&server, PASSWORD).await.cookies.contains_key("vouchsafe-session"));
    again(&server, NEW).await.page("/profile").await;
}

/// The addresses to which forms go that end single sessions: the own one first.
fn ends(page: &str) -> Vec<String> {
    let forms = page.split(r#"action="/profile/sessions/"#).skip(1);
    let ids = forms.filter_map(|form| form.split('"').next()?.strip_suffix("/end"));
    ids.map(|id| format!("/profile/sessions/{id}/end")).collect()
}

async fn sessions_are_listed_and_ended(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "no-access").await;
    let mut other = again(&server, PASSWORD).await;
    let mut third = again(&server, PASSWORD).await;
    let page = browser.page("/profile").await;
    // The fourth is the one that made the person.
    assert_eq!((ends(&page).len(), page.matches("this session").count()), (4, 1), "{page}");
    let own = ends(&other.page("/profile").await)[0].clone();
    let page = browser.submit(&own, &[]).await;
    assert!(page.contains("The session has ended.") && ends(&page).len() == 3, "{page}");
    assert_eq!(other.get("/profile").await.headers["location"], "/login?next=%2Fprofile");
    // It can't be ended twice, and nobody ends a session of somebody else.
    assert_eq!(browser.post(&own, &[]).await.status, 404);
    let mut stranger = Browser::of(&server, "bob@example.com", "admin").await;
    let mine = ends(&third.page("/profile").await)[0].clone();
    assert_eq!(stranger.post(&mine, &[]).await.status, 404);
    third.page("/profile").await;
    // All, this one included.
    let stolen = browser.cookies.clone();
    let page = browser.post("/profile/sessions/end", &[]).await;
    assert_eq!((page.status, &page.headers["location"].to_str().unwrap()), (303, &"/login"));
    assert!(browser.cookies.is_empty());
    browser.cookies = stolen;
    assert_eq!(browser.get("/profile").await.status, 303);
    assert_eq!(third.get("/profile").await.status, 303);
}
