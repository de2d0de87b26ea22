//! The audit trail and its figures.

use serde_json::json;
use vouchsafe_testkit::{TestServer, both};

use crate::browser::Browser;

both!(
    the_trail_is_told_in_words_and_filtered,
    the_trail_is_paged,
    filters_that_are_none_are_told,
    figures_are_drawn_and_told,
    credentials_and_idle_identities_are_listed,
    who_may_not_read_the_trail_sees_nothing_of_it,
);

const ANN: &str = "ann@example.com";

async fn login(server: &TestServer, client_id: &str, secret: &str) {
    let body = json!({ "clientId": client_id, "clientSecret": secret });
    server.anonymous().post("/api/v1/auth/universal-auth/login", body).await;
}

async fn make(server: &TestServer, name: &str) {
    server.admin.post("/api/v1/identities", json!({ "name": name, "organizationId": server.org })).await.ok();
}

/// What stands between two texts for the first time.
fn between<'p>(page: &'p str, before: &str, after: &str) -> &'p str {
    let rest = page.split_once(before).unwrap_or_else(|| panic!("{before}: {page}")).1;
    rest.split_once(after).unwrap().0
}

async fn the_trail_is_told_in_words_and_filtered(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    make(&server, "<script>alert(1)</script> \u{202e}").await;
    server.clock.advance_seconds(3_600);
    let project = server.project("Web & <b>").await;
    browser.submit("/settings", &[("name", "Acme"), ("slug", "acme")]).await;
    let page = browser.page("/activity").await;
    assert!(
        page.contains("made identity <strong><bdi>&#60;script&#62;alert(1)&#60;/script&#62; \u{202e}</bdi>")
    );
    assert!(!page.contains("<script>alert") && !page.contains("<b>"), "{page}");
    assert!(
        page.contains("changed organization") && page.contains(&format!("<bdi>{ANN}</bdi></a>")),
        "{page}"
    );
    // Who acts and who is acted on are told by name.
    let app = server.identity("app-<u>", "no-access").await;
    server.universal_auth(&app.id, json!({})).await;
    let page = browser.page("/activity?event=create-client-secret").await;
    let link = format!("<a href=\"/identities/{}\"><bdi>app-&#60;u&#62;</bdi></a>", app.id);
    assert!(page.contains("made client secret") && page.contains(&link) && !page.contains("<u>"), "{page}");
    assert!(page.contains(&format!("<a href=\"/identities/{}\"><bdi>", server.admin.id)), "{page}");
    let rows = async |browser: &mut Browser, query: &str| {
        browser.page(&format!("/activity?{query}")).await.matches("<details>").count()
    };
    let all = rows(&mut browser, "").await;
    assert_eq!(rows(&mut browser, "event=update-organization").await, 1);
    assert_eq!(rows(&mut browser, "event=update-organization,create-project&kind=user").await, 1);
    assert_eq!(rows(&mut browser, &format!("project={}", project["id"].as_str().unwrap())).await, 1);
    assert_eq!(rows(&mut browser, "kind=system&event=nothing-like-it").await, 0);
    // Links in the details narrow the list to the same actor and the same request.
    let page = browser.page("/activity?event=update-organization").await;
    let actor = between(&page, "href=\"/activity?actor=", "\"").to_owned();
    let request = between(&page, "href=\"/activity?request=", "\"").to_owned();
    assert_eq!(rows(&mut browser, &format!("request={request}")).await, 1);
    let mine = rows(&mut browser, &format!("actor={actor}")).await;
    assert!((2..all).contains(&mine), "{mine} of {all}");
    // What the person did at the later time only.
    let now = server.app.now().to_string();
    let since = &now[..16];
    assert!(rows(&mut browser, &format!("from={since}")).await < all);
    let page = browser.page(&format!("/activity?from={since}&until={since}&event=delete-identity")).await;
    assert!(page.contains("Nothing found") && page.contains(&format!("value=\"{since}\"")), "{page}");
}

async fn the_trail_is_paged(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    for number in 0..60 {
        make(&server, &format!("worker-{number}")).await;
    }
    let page = browser.page("/activity?event=create-identity").await;
    let next = "/activity?event=create-identity&#38;page=2";
    assert!(page.contains("worker-59<") && !page.contains("worker-9<") && page.contains(next), "{page}");
    let page = browser.page("/activity?event=create-identity&page=2").await;
    assert!(
        page.contains("worker-9<") && page.contains("worker-0<") && !page.contains("worker-10<"),
        "{page}"
    );
    assert!(page.contains("/activity?event=create-identity&#38;page=1") && !page.contains("page=3"));
}

async fn filters_that_are_none_are_told(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    for query in ["from=soon", "until=%3Cb%3E", "project=x", "event=a'b", "actor=%20%22x%22", "request=a%20b"]
    {
        let page = browser.get(&format!("/activity?{query}")).await;
        assert_eq!(page.status, 422, "{query}: {}", page.text);
        assert!(page.text.contains("role=\"alert\"") && !page.text.contains("<details>"), "{query}");
        let field = query.split('=').next().unwrap();
        assert!(page.text.contains(&format!("<code>{field}</code>")), "{query}: {}", page.text);
    }
    assert_eq!(browser.get("/activity?page=99999999999999999999").await.status, 400);
    assert!(browser.page("/activity?page=20000").await.contains("Nothing found"));
}

async fn figures_are_drawn_and_told(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    assert!(browser.page("/activity/figures").await.contains("No logins in this time"));
    let app = server.identity("app", "no-access").await;
    let (client_id, secret) = server.universal_auth(&app.id, json!({})).await;
    for secret in [&secret, &secret, &"f".repeat(64)] {
        login(&server, &client_id, secret).await;
    }
    for span in ["", "day", "week", "month", "quarter", "nonsense"] {
        let page = browser.get(&format!("/activity/figures?span={span}")).await;
        assert_eq!(page.status, 200);
        let text = &page.text;
        assert!(text.contains("granted: <strong>2</strong>") && text.contains("refused: <strong>1</strong>"));
        assert_eq!(text.matches("<svg class=\"chart\" role=\"img\"").count(), 3, "{text}");
        assert_eq!(text.matches("<title id=").count(), 3);
        for row in
            ["universal-auth</a></th><td>2</td><td>", "<code>invalid-credentials</code></th><td>1</td>"]
        {
            assert!(text.contains(row), "{row}: {text}");
        }
        for inline in ["style=\"", "<style", "fill=\"#", "stroke=\"#"] {
            assert!(!text.contains(inline), "{inline}");
        }
    }
    // What is older is in the longer spans only.
    server.clock.advance_seconds(3 * 86_400);
    assert!(browser.page("/activity/figures?span=day").await.contains("No logins in this time"));
    assert!(browser.page("/activity/figures?span=week").await.contains("granted: <strong>2</strong>"));
}

async fn credentials_and_idle_identities_are_listed(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let app = server.identity("<i>app", "no-access").await;
    let (client_id, secret) = server.universal_auth(&app.id, json!({})).await;
    login(&server, &client_id, &secret).await;
    server.app.store.settle_logins().await;
    let page = browser.page("/activity/figures").await;
    assert!(page.contains("every identity that ever logged in has done so"), "{page}");
    server.clock.advance_seconds(31 * 86_400);
    // The person's own session has ended by then.
    let fields = [("email", ANN), ("password", vouchsafe_testkit::PASSWORD)];
    browser.cookies.clear();
    assert_eq!(browser.post("/login", &fields).await.status, 303);
    let secrets = format!("/api/v1/auth/universal-auth/identities/{}/client-secrets", app.id);
    // Nor does the administrator's token of the test's server live that long.
    let token = browser.cookies["vouchsafe-session"].clone();
    server.admin.with_token(&token).post(&secrets, json!({ "ttl": 5 * 86_400 })).await.ok();
    let page = browser.page("/activity/figures").await;
    let (ending, idle) = page.split_once("Idle identities").unwrap();
    let row = format!("<a href=\"/identities/{}\"><bdi>&#60;i&#62;app</bdi></a>", app.id);
    assert!(
        ending.contains(&row) && ending.contains(">in 5 days<") && ending.contains("client secret"),
        "{page}"
    );
    assert!(idle.contains(&row) && idle.contains("month ago"), "{page}");
    assert!(!page.contains("<i>") && !page.contains(&secret));
}

async fn who_may_not_read_the_trail_sees_nothing_of_it(server: TestServer) {
    let mut nobody = Browser::of(&server, ANN, "no-access").await;
    for path in ["/activity", "/activity/figures"] {
        assert_eq!(nobody.get(path).await.status, 403);
    }
    assert!(!nobody.page("/profile").await.contains("href=\"/activity"));
    // Who may read the trail and nothing else gets no link that leads to a refusal.
    let rules = json!([{ "subject": "audit-logs", "action": ["read"] }]);
    let role = json!({ "name": "Auditor", "slug": "auditor", "permissions": rules });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    let mut auditor = Browser::of(&server, "bob@example.com", "auditor").await;
    server.identity("app", "no-access").await;
    for path in ["/activity", "/activity/figures"] {
        let page = auditor.page(path).await;
        for link in ["href=\"/identities", "href=\"/people", "Idle identities"] {
            assert!(!page.contains(link), "{path} {link}: {page}");
        }
    }
}
