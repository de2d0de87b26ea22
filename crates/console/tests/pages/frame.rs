//! What holds for all pages: who gets in, whose forms are taken, what browsers are told.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, LOCATION, ORIGIN, SET_COOKIE};
use serde_json::{Value, json};
use vouchsafe_testkit::{PASSWORD, TestServer, both};

use crate::browser::{Browser, Page};

both!(
    a_person_signs_in_and_comes_to_the_page_that_was_asked_for,
    a_wrong_password_is_told_and_not_repeated,
    a_stolen_cookie_is_worth_nothing_after_signing_out,
    forms_of_other_sites_are_refused,
    over_tls_cookies_stay_on_this_host,
    a_command_line_gets_a_login_after_consent,
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
    // Elsewhere nobody is sent, neither before nor after signing in.
    let away = "/login?next=//evil.example";
    assert_eq!(to(&browser.get(away).await), "/");
    assert_eq!(to(&Browser::new(&server).post(away, &[("email", ANN), ("password", PASSWORD)]).await), "/");
    for path in ["/theme", "/organizations"] {
        let org = server.org.to_string();
        let typed = [("organization", org.as_str()), ("next", "https://evil.example"), ("theme", "dark")];
        assert_eq!(to(&browser.post(path, &typed).await), "/", "{path}");
    }
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
    // Another host of the same domain is another site, and so is one whose name only begins like ours.
    assert_eq!(send(&url, &token, Some("same-site")).await, 403);
    assert_eq!(send(&format!("{url}.evil.example"), &token, None).await, 403);
    // The token of somebody else's session is none of this one.
    let others = Browser::of(&server, "bob@example.com", "admin").await.form_token().await;
    assert_eq!(send(&url, &others, Some("same-origin")).await, 403);
    // Before there is a session: nobody can be signed in as somebody else by another site.
    let mut nobody = Browser::new(&server);
    let login = nobody.request(Method::POST, "/login").header(ORIGIN, "https://evil.example");
    let login = login.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let page = nobody.send(login.body(format!("email={ANN}&password={PASSWORD}"))).await;
    assert_eq!((page.status, nobody.cookies.len()), (403, 0));
    // Nor by a program that does not say where its form comes from; and what is no form is not read as one.
    let typed = format!("email={ANN}&password={PASSWORD}");
    let login = nobody.request(Method::POST, "/login");
    let login = login.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(typed.clone());
    assert_eq!((nobody.send(login).await.status, nobody.cookies.len()), (403, 0));
    let login =
        nobody.request(Method::POST, "/login").header(ORIGIN, &url).header(CONTENT_TYPE, "text/plain");
    assert_eq!((nobody.send(login.body(typed)).await.status, nobody.cookies.len()), (415, 0));
}

async fn a_command_line_gets_a_login_after_consent(server: TestServer) {
    let first = json!({ "email": "first@example.com", "password": PASSWORD, "organization": "first" });
    server.anonymous().post("/api/v1/admin/bootstrap", first).await.ok();
    server.user(ANN, "admin").await;
    let mut browser = Browser::new(&server);
    let page = browser.page("/login?callback_port=45678").await;
    assert!(page.contains("action=\"/login?next=%2Fcli%3Fport%3D45678\""), "{page}");
    let login = [("email", ANN), ("password", PASSWORD)];
    assert_eq!(to(&browser.post("/login?next=%2Fcli%3Fport%3D45678", &login).await), "/cli?port=45678");
    assert_eq!(to(&browser.get("/login?callback_port=45678").await), "/cli?port=45678");
    let asked = browser.page("/cli?port=45678").await;
    assert!(asked.contains(ANN) && asked.contains("value=\"45678\""), "{asked}");
    let given = browser.post("/cli", &[("port", "45678")]).await;
    let policy = given.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with("connect-src 'self' http://127.0.0.1:45678"), "{policy}");
    let (_, rest) = given.text.split_once("<pre id=\"login\"").expect("a login");
    let text = rest.split_once('>').unwrap().1.split_once('<').unwrap().0;
    let text = text.replace("&#43;", "+").replace("&#61;", "=").replace("&#47;", "/");
    let login: Value = serde_json::from_slice(&BASE64_STANDARD.decode(text).unwrap()).unwrap();
    // It is a session of its own, which outlives that of the browser.
    browser.post("/logout", &[]).await;
    let person = server.anonymous().with_token(login["JTWToken"].as_str().unwrap());
    assert_eq!(person.get("/api/v1/organization").await.status, 200);
    assert_eq!(browser.get("/cli?port=none").await.status, 303);
}

async fn over_tls_cookies_stay_on_this_host(server: TestServer) {
    server.user(ANN, "admin").await;
    let server =
        server.restart_with(|settings| "https://vouchsafe.example".clone_into(&mut settings.site_url)).await;
    let mut browser = Browser::new(&server);
    let page = browser.post("/login", &[("email", ANN), ("password", PASSWORD)]).await;
    let cookie = page.headers[SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-vouchsafe-session=") && cookie.ends_with("; Secure"), "{cookie}");
    browser.page("/identities").await;
    // A cookie that any host of the domain could have set is not taken.
    let value = browser.cookies.remove("__Host-vouchsafe-session").unwrap();
    browser.cookies.insert("vouchsafe-session".to_owned(), value);
    assert_eq!(to(&browser.get("/identities").await), "/login?next=%2Fidentities");
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
