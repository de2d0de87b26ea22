//! What holds for all pages: who gets in, whose forms are taken, what browsers are told.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, LOCATION, ORIGIN, SET_COOKIE};
use serde_json::json;
use vouchsafe_testkit::{PASSWORD, TestServer, both};

use crate::browser::{Browser, Page};

both!(
    a_person_signs_in_and_comes_to_the_page_that_was_asked_for,
    a_wrong_password_is_told_and_not_repeated,
    a_stolen_cookie_is_worth_nothing_after_signing_out,
    forms_of_other_sites_are_refused,
    browsers_are_told_what_pages_may_do,
    what_is_no_page_is_the_api,
    the_first_start_is_a_page,
    the_theme_is_kept,
);

const ANN: &str = "ann@example.com";

fn to(page: &Page) -> &str {
    assert_eq!(page.status, 303, "{}", page.text);
    page.headers[LOCATION].to_str().unwrap()
}

async fn a_person_signs_in_and_comes_to_the_page_that_was_asked_for(server: TestServer) {
    let first = json!({ "email": "first@example.com", "password": PASSWORD, "organization": "first" });
    server.anonymous().post("/api/v1/admin/bootstrap", first).await.ok();
    server.user(ANN, "admin").await;
    let mut browser = Browser::new(&server);
    let asked = browser.get("/identities?sort=-name").await;
    assert_eq!(to(&asked), "/login?next=%2Fidentities%3Fsort%3D-name");
    let login = to(&asked).to_owned();
    assert!(browser.page(&login).await.contains("Sign in"));
    let signed_in = browser.post(&login, &[("email", ANN), ("password", PASSWORD)]).await;
    assert_eq!(to(&signed_in), "/identities?sort=-name");
    let cookie = signed_in.headers[SET_COOKIE].to_str().unwrap();
    for part in ["vouchsafe-session=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(browser.page("/identities?sort=-name").await.contains(ANN));
    // Elsewhere nobody is sent.
    let signed_in = browser.get("/login?next=//evil.example").await;
    assert_eq!(to(&signed_in), "/");
}

async fn a_wrong_password_is_told_and_not_repeated(server: TestServer) {
    server.user(ANN, "member").await;
    let mut browser = Browser::new(&server);
    let page = browser.post("/login", &[("email", ANN), ("password", "not the one")]).await;
    assert_eq!(page.status, 400);
    assert!(page.text.contains("Invalid username or email") && page.text.contains(ANN));
    assert!(!page.text.contains("not the one") && browser.cookies.is_empty());
}

async fn a_stolen_cookie_is_worth_nothing_after_signing_out(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let stolen = browser.cookies.clone();
    browser.page("/identities").await;
    assert_eq!(to(&browser.post("/logout", &[]).await), "/login");
    assert!(browser.cookies.is_empty());
    let mut thief = Browser::new(&server);
    thief.cookies = stolen;
    assert_eq!(to(&thief.get("/identities").await), "/login?next=%2Fidentities");
}

async fn forms_of_other_sites_are_refused(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let token = browser.form_token().await;
    let url = browser.url.clone();
    let mut send = async |origin: &str, token: &str, site: Option<&str>| {
        let request = browser.request(Method::POST, "/theme").header(ORIGIN, origin);
        let request = site.into_iter().fold(request, |request, site| request.header("sec-fetch-site", site));
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        browser.send(request.body(format!("theme=dark&form_token={token}"))).await.status
    };
    assert_eq!(send(&url, &token, Some("same-origin")).await, 303);
    assert_eq!(send(&url, "", Some("same-origin")).await, 403);
    assert_eq!(send(&url, &"0".repeat(64), None).await, 403);
    assert_eq!(send("https://evil.example", &token, None).await, 403);
    assert_eq!(send("null", &token, None).await, 403);
    assert_eq!(send(&url, &token, Some("cross-site")).await, 403);
    // Before there is a session: nobody can be signed in as somebody else by another site.
    let mut nobody = Browser::new(&server);
    let login = nobody.request(Method::POST, "/login").header(ORIGIN, "https://evil.example");
    let login = login.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let page = nobody.send(login.body(format!("email={ANN}&password={PASSWORD}"))).await;
    assert_eq!((page.status, nobody.cookies.len()), (403, 0));
}

async fn browsers_are_told_what_pages_may_do(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    for path in ["/identities", "/nothing-here", "/organizations"] {
        let page = browser.get(path).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        for part in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(page.headers["x-content-type-options"], "nosniff");
        assert_eq!(page.headers["cache-control"], "no-store");
        for inline in ["<style", "style=\"", " onclick", "javascript:"] {
            assert!(!page.text.contains(inline), "{path}: {inline}");
        }
        for script in page.text.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/assets/"), "{path}: {script}");
        }
    }
}

async fn what_is_no_page_is_the_api(server: TestServer) {
    let mut browser = Browser::new(&server);
    let page = browser.get("/nothing-here").await;
    assert_eq!((page.status, page.text.contains("<h1>Not found</h1>")), (404, true));
    let answer = server.anonymous().get("/nothing-here").await;
    assert!(answer.refused(404).contains("/nothing-here"));
    let answer = browser.get("/api/nothing-here").await;
    assert!(answer.text.starts_with('{'), "{}", answer.text);
    assert!(browser.page("/api/docs").await.contains("Vouchsafe API"));
}

async fn the_first_start_is_a_page(server: TestServer) {
    let mut browser = Browser::new(&server);
    assert!(browser.page("/login").await.contains("Set this instance up"));
    let typed = |organization| {
        [
            ("organization", organization),
            ("firstName", "Ann"),
            ("lastName", ""),
            ("email", ANN),
            ("password", PASSWORD),
        ]
    };
    let page = browser.post("/start", &typed(" ")).await;
    assert_eq!((page.status, page.text.contains("Expected a name")), (422, true));
    let page = browser.submit("/start", &typed("Umbrella <Corp>")).await;
    assert!(page.contains("Umbrella &#60;Corp&#62;"), "{page}");
    browser.cookies.clear();
    assert!(browser.page("/login").await.contains("<h1>Sign in</h1>"));
    let page = browser.post("/start", &typed("Again")).await;
    assert_eq!(page.status, 400, "{}", page.text);
}

async fn the_theme_is_kept(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    assert!(!browser.page("/identities").await.contains("data-theme"));
    let page = browser.submit("/theme", &[("theme", "dark"), ("next", "/identities")]).await;
    assert!(page.contains(r#"data-theme="dark""#));
    let page = browser.submit("/theme", &[("theme", ""), ("next", "/identities")]).await;
    assert!(!page.contains("data-theme"));
}
