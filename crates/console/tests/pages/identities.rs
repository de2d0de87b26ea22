//! Machine identities.

use serde_json::json;
use vouchsafe_testkit::{PASSWORD, TestServer, both};

use crate::browser::Browser;
use crate::forms::{form, value};
use crate::projects::{join, with_member};

both!(
    identities_are_listed_searched_and_paged,
    an_identity_is_made_changed_and_deleted,
    the_last_login_sorts_and_tells_who_is_idle,
    tokens_are_revoked_once_the_name_was_typed,
    projects_of_an_identity_are_shown,
    an_identity_of_a_project_is_changed_by_those_who_run_the_project,
    many_projects_of_an_identity_are_paged,
    an_identity_is_added_where_one_may,
    a_viewer_is_offered_nothing_that_would_be_refused,
);

async fn identities_are_listed_searched_and_paged(server: TestServer) {
    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    for number in 0..60 {
        let name = format!("<b>worker-{number:02}");
        server
            .admin
            .post("/api/v1/identities", json!({ "name": name, "organizationId": server.org }))
            .await
            .ok();
    }
    let page = browser.page("/identities?search=worker&sort=-name").await;
    assert!(page.contains("&#60;b&#62;worker-59") && !page.contains("<b>"), "{page}");
    assert!(page.contains("1–50 of 60") && !page.contains("worker-09"));
    let next = "/identities?search=worker&#38;sort=-name&#38;page=2";
    assert!(page.contains(next), "{page}");
    let page = browser.page(&next.replace("&#38;", "&")).await;
    assert!(page.contains("51–60 of 60") && page.contains("worker-09"));
    assert!(page.contains("cannot log in"), "{page}");
    assert!(browser.page("/identities?search=nobody").await.contains("Nothing found"));
    let page = browser.page("/identities?search=%3Cb%3E%26").await;
    assert!(page.contains("search-problem\">") && page.contains("value=\"&#60;b&#62;&#38;\""), "{page}");
    assert!(browser.page("/identities?sort=-login").await.contains(r#"value="-login" selected"#));
}

async fn an_identity_is_made_changed_and_deleted(server: TestServer) {
    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    let page = browser.page("/identities/new").await;
    assert!(page.contains(r#"value="no-access" selected"#), "{page}");
    let fields = [("name", ""), ("role", "member"), ("metadata", "no sign")];
    let refused = browser.post("/identities/new", &fields).await;
    assert_eq!((refused.status, refused.text.contains("metadata-problem")), (422, true), "{}", refused.text);
    let fields = [
        ("name", "<i>worker"),
        ("role", "member"),
        ("metadata", "team = <b>blue\ntier=1"),
        ("hasDeleteProtection", "true"),
    ];
    let made = browser.submit("/identities/new", &fields).await;
    assert!(made.contains("The identity is there") && made.contains("Universal Auth"), "{made}");
    let found = browser.page("/identities?search=worker").await;
    let (_, rest) = found.split_once(r#"href="/identities/0"#).expect("a link");
    let page = format!("/identities/0{}", rest.split('"').next().unwrap());
    let shown = browser.page(&page).await;
    assert!(shown.contains("&#60;i&#62;worker") && shown.contains("&#60;b&#62;blue"), "{shown}");
    assert!(shown.contains("cannot be deleted while delete protection is on"), "{shown}");

    let edit = format!("{page}/edit");
    let stands = form(&browser.page(&edit).await, "Save");
    assert_eq!((value(&stands, "metadata"), value(&stands, "role")), ("team = <b>blue\ntier = 1", "member"));
    let typed =
        [("name", "worker"), ("role", "admin"), ("metadata", "team = red"), ("hasDeleteProtection", "true")];
    let shown = browser.submit(&edit, &typed).await;
    assert!(shown.contains("<code>admin</code>") && shown.contains("<bdi>red</bdi>"), "{shown}");
    // Without the tick the protection is off.
    let shown = browser.submit(&edit, &[("name", "worker"), ("role", "member"), ("metadata", "")]).await;
    assert!(shown.contains("Delete the identity") && !shown.contains("blue"), "{shown}");
    let delete = format!("{page}/delete");
    assert_eq!(browser.post(&delete, &[("confirm", "wrong")]).await.status, 422);
    browser.submit(&delete, &[("confirm", "worker")]).await;
    assert_eq!(browser.get(&page).await.status, 404);
}

/// Logs an identity in by Universal Auth.
async fn log_in(server: &TestServer, id: &str) {
    let (client, secret) = server.universal_auth(id, json!({})).await;
    let body = json!({ "clientId": client, "clientSecret": secret });
    server.anonymous().post("/api/v1/auth/universal-auth/login", body).await.ok();
    server.app.store.settle_logins().await;
}

async fn the_last_login_sorts_and_tells_who_is_idle(server: TestServer) {
    let early = server.identity("worker early", "no-access").await;
    let late = server.identity("worker late", "no-access").await;
    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    log_in(&server, &early.id).await;
    server.clock.advance_seconds(60);
    log_in(&server, &late.id).await;
    for (sort, first) in [("login", "early"), ("-login", "late")] {
        let page = browser.page(&format!("/identities?search=worker&sort={sort}")).await;
        let rows = page.split_once("<tbody").unwrap().1;
        let at = |name: &str| rows.find(&format!("worker {name}")).unwrap();
        assert_eq!(at("early") < at("late"), first == "early", "{sort}: {rows}");
    }
    let page = format!("/identities/{}", early.id);
    assert!(browser.page(&page).await.contains(">active</span>"));
    // After 30 days without a login; the person signs in again meanwhile.
    server.clock.advance_seconds(31 * 86_400);
    browser.cookies.clear();
    browser.post("/login", &[("email", "ann@example.com"), ("password", PASSWORD)]).await;
    assert!(browser.page(&page).await.contains(">idle</span>"));
}

async fn tokens_are_revoked_once_the_name_was_typed(server: TestServer) {
    let worker = server.identity("worker", "no-access").await;
    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    let revoke = format!("/identities/{}/revoke-tokens", worker.id);
    assert!(browser.page(&revoke).await.contains("Every token of this identity is refused"));
    let is_alive = async || worker.get("/api/v1/identities/details").await.status == 200;
    assert_eq!(browser.post(&revoke, &[("confirm", "another")]).await.status, 422);
    assert!(is_alive().await);
    let page = browser.submit(&revoke, &[("confirm", "worker")]).await;
    assert!(page.contains("All tokens are revoked") && !is_alive().await, "{page}");
}

async fn an_identity_of_a_project_is_changed_by_those_who_run_the_project(server: TestServer) {
    let mut browser = Browser::of(&server, "ann@example.com", "no-access").await;
    let project = with_member(&server, "ann@example.com", "admin").await;
    let body = json!({ "name": "own", "roles": [{ "role": "viewer" }] });
    let made = server.admin.post(&format!("/api/v1/projects/{project}/identities"), body).await.ok();
    let page = format!("/identities/{}", made["identity"]["id"].as_str().unwrap());
    let edit = format!("{page}/edit");
    let stands = form(&browser.page(&edit).await, "Save");
    // It has no role in the organization.
    assert_eq!((value(&stands, "name"), value(&stands, "role")), ("own", ""));
    let shown = browser.submit(&edit, &[("name", "renamed"), ("metadata", "team = red")]).await;
    assert!(shown.contains("<bdi>renamed</bdi>") && shown.contains("<bdi>red</bdi>"), "{shown}");
    assert!(!browser.page(&format!("{page}/projects")).await.contains("members/identities/new"));
    assert_eq!(browser.post(&format!("{page}/delete"), &[("confirm", "renamed")]).await.status, 303);
    assert_eq!(browser.get(&page).await.status, 404);
}

async fn many_projects_of_an_identity_are_paged(server: TestServer) {
    let worker = server.identity("worker", "no-access").await;
    for number in 0..51 {
        let name = format!("project-{number:02}");
        let project = server.project(&name).await["id"].as_str().unwrap().to_owned();
        let member = format!("/api/v2/workspace/{project}/identity-memberships/{}", worker.id);
        server.admin.post(&member, json!({ "role": "viewer" })).await.ok();
    }
    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    let page = format!("/identities/{}/projects", worker.id);
    let first = browser.page(&page).await;
    let count = |page: &str| page.matches("<bdi>project-").count();
    assert!(count(&first) == 50 && first.contains("1–50 of 51"), "{first}");
    let second = browser.page(&format!("{page}?page=2")).await;
    assert!(count(&second) == 1 && second.contains("51–51 of 51"), "{second}");
}

async fn an_identity_is_added_where_one_may(server: TestServer) {
    let worker = server.identity("worker", "no-access").await;
    let rules = json!([{ "subject": "identity", "action": ["read"] }]);
    let role = json!({ "slug": "viewer", "name": "Viewer", "permissions": rules });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    let mut browser = Browser::of(&server, "vic@example.com", "viewer").await;
    let run = with_member(&server, "vic@example.com", "admin").await;
    let seen = server.project("Only seen").await["id"].as_str().unwrap().to_owned();
    join(&server, &seen, "vic@example.com", "viewer").await;
    let page = browser.page(&format!("/identities/{}/projects", worker.id)).await;
    let new = |project: &str| format!("/projects/{project}/members/identities/new");
    assert!(page.contains(&new(&run)) && !page.contains(&new(&seen)), "{page}");
}

async fn a_viewer_is_offered_nothing_that_would_be_refused(server: TestServer) {
    let rules = json!([{ "subject": "identity", "action": ["read"] }]);
    let role = json!({ "slug": "viewer", "name": "Viewer", "permissions": rules });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    let other = server.identity("worker", "no-access").await;
    let mut browser = Browser::of(&server, "vic@example.com", "viewer").await;
    let page = format!("/identities/{}", other.id);
    for path in
        ["/identities".to_owned(), page.clone(), format!("{page}/auth"), format!("{page}/auth/token-auth")]
    {
        let shown = browser.page(&path).await;
        let content = shown.split_once("<main").unwrap().1;
        assert!(
            !content.contains("<form method=\"post\"") && !content.contains("button danger"),
            "{path}: {shown}"
        );
        assert!(!content.contains("/edit\"") && !content.contains("/new\""), "{path}: {shown}");
        // Nor is there a link to the audit log.
        assert!(!content.contains("/activity"), "{path}: {shown}");
    }
}

async fn projects_of_an_identity_are_shown(server: TestServer) {
    let worker = server.identity("worker", "no-access").await;
    let page = format!("/identities/{}/projects", worker.id);
    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    assert!(browser.page(&page).await.contains("In no project"));
    let made =
        browser.submit("/projects/new", &[("projectName", "<b>shop"), ("projectDescription", "")]).await;
    assert!(made.contains("&#60;b&#62;shop"), "{made}");
    let shown = browser.page(&page).await;
    let (_, rest) = shown.split_once("<ul class=\"choose\">").expect("a project to choose");
    let add = rest.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#38;", "&");
    let form = browser.page(&add).await;
    assert!(form.contains(&worker.id), "{form}");
    assert!(browser.page(&format!("{page}?search=SHO")).await.contains("members/identities/new"));
    assert!(!browser.page(&format!("{page}?search=other")).await.contains("members/identities/new"));
    let did = browser.page(&format!("/activity?kind=identity&actor={}", worker.id)).await;
    assert!(browser.page(&format!("/identities/{}", worker.id)).await.contains("What it did"), "{did}");
    let project = add.split('/').nth(2).unwrap();
    let member = format!("/api/v2/workspace/{project}/identity-memberships/{}", worker.id);
    let ann = browser.cookies["vouchsafe-session"].clone();
    let roles = json!([{ "role": "viewer", "isTemporary": true, "temporaryMode": "relative",
        "temporaryRange": "2h", "temporaryAccessStartTime": "2026-11-24T00:00:00Z" }, { "role": "no-access" }]);
    server.anonymous().with_token(&ann).post(&member, json!({ "roles": roles })).await.ok();
    let shown = browser.page(&page).await;
    assert!(
        shown.contains("&#60;b&#62;shop") && shown.contains("<bdi>viewer</bdi>") && shown.contains("ends ")
    );
    let edit = format!("/projects/{project}/members/identities/edit/{}", worker.id);
    assert!(shown.contains(&edit) && browser.get(&edit).await.status == 200, "{shown}");
}
