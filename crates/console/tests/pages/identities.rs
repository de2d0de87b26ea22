//! Machine identities.

use serde_json::json;
use vouchsafe_testkit::{PASSWORD, TestServer, both};

use crate::browser::Browser;
use crate::forms::{form, value};
use crate::projects::{join, with_member};

both!(
    identities_are_listed_searched_and_paged,
    identities_are_listed_with_their_state_and_found_by_it,
    identities_are_found_by_role,
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
    assert!(page.contains(r#"id="search-problem""#) && page.contains("value=\"&#60;b&#62;&#38;\""), "{page}");
    assert!(browser.page("/identities?sort=-login").await.contains(r#"value="-login" selected"#));
}

/// The row of the list that names this.
fn row<'p>(page: &'p str, name: &str) -> &'p str {
    let row = page.split("<tr>").find(|row| row.contains(&format!("<bdi>{name}</bdi>")));
    row.unwrap_or_else(|| panic!("no row of {name}: {page}"))
}

/// How many rows a list has.
fn rows(page: &str) -> usize {
    page.matches(r#"<th scope="row">"#).count()
}

async fn identities_are_listed_with_their_state_and_found_by_it(server: TestServer) {
    let anonymous = server.anonymous();
    let login = async |client_id: &str, secret: &str| {
        let body = json!({ "clientId": client_id, "clientSecret": secret });
        anonymous.post("/api/v1/auth/universal-auth/login", body).await.status
    };
    let mut logins = Vec::new();
    for name in ["idle", "locked", "ends"] {
        let body = json!({ "name": format!("<i>{name}"), "organizationId": server.org });
        let made = server.admin.post("/api/v1/identities", body).await.ok();
        let id = made["identity"]["id"].as_str().unwrap().to_owned();
        let (client_id, secret) = server.universal_auth(&id, json!({})).await;
        assert_eq!(login(&client_id, &secret).await, 200);
        logins.push((id, client_id, secret));
    }
    server.app.store.settle_logins().await;
    server.clock.advance_seconds(31 * 86_400);
    for (_, client_id, secret) in &logins[1..] {
        assert_eq!(login(client_id, secret).await, 200);
    }
    server.app.store.settle_logins().await;
    for _ in 0..3 {
        assert_eq!(login(&logins[1].1, &"0".repeat(64)).await, 401);
    }
    let ends = &logins[2].0;
    let secrets = format!("/api/v1/auth/universal-auth/identities/{ends}/client-secrets");
    server.admin.post(&secrets, json!({ "ttl": 3 * 86_400 + 60 })).await.ok();

    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    let page = browser.page("/identities").await;
    assert!(!page.contains("<i>"), "{page}");
    let tag = |name: &str, mark: &str, text: &str| {
        row(&page, &format!("&#60;i&#62;{name}"))
            .contains(&format!(r#"<span class="tag {mark}">{text}</span>"#))
    };
    assert!(tag("idle", "warn", "idle") && !tag("idle", "good", "active"), "{page}");
    assert!(tag("locked", "bad", "Universal Auth locked") && tag("locked", "good", "active"), "{page}");
    assert!(tag("ends", "warn", "expiring in 3 days") && tag("ends", "good", "active"), "{page}");
    // The page of the identity says the same.
    let overview = browser.page(&format!("/identities/{ends}")).await;
    assert!(overview.contains(r#"<span class="tag warn">expiring in 3 days</span>"#), "{overview}");
    assert!(overview.contains("Next credential to end"), "{overview}");
    let overview = browser.page(&format!("/identities/{}", logins[1].0)).await;
    assert!(overview.contains(r#"<span class="tag bad">Universal Auth locked</span>"#), "{overview}");
    assert!(!overview.contains("Next credential to end"), "{overview}");

    for (state, found) in [("locked", "locked"), ("idle", "idle"), ("expiring", "ends")] {
        let page = browser.page(&format!("/identities?state={state}")).await;
        assert_eq!(rows(&page), 1, "{state}: {page}");
        row(&page, &format!("&#60;i&#62;{found}"));
        assert!(page.contains(&format!(r#"<option value="{state}" selected>"#)), "{page}");
    }
    let page = browser.page("/identities?state=never").await;
    assert_eq!((rows(&page), page.contains("<bdi>admin</bdi>")), (1, true), "{page}");
    assert_eq!(rows(&browser.page("/identities?state=%3Cb%3E").await), 4);
    assert!(browser.page("/identities?state=locked&search=other").await.contains("Nothing found"));
    let idle = browser.page("/activity/figures").await;
    assert!(idle.contains("&#60;i&#62;idle</bdi>") && !idle.contains("&#60;i&#62;locked</bdi>"), "{idle}");
}

async fn identities_are_found_by_role(server: TestServer) {
    let role = json!({ "slug": "night-shift", "name": "<b>Night & shift", "permissions": [] });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    for number in 0..52 {
        let body =
            json!({ "name": format!("w{number:02}"), "organizationId": server.org, "role": "night-shift" });
        server.admin.post("/api/v1/identities", body).await.ok();
    }
    let mut browser = Browser::of(&server, "ann@example.com", "admin").await;
    let page = browser.page("/identities?role=night-shift&state=never&sort=-name").await;
    assert!(page.contains("1–50 of 52") && !page.contains("<b>"), "{page}");
    assert!(row(&page, "w51").contains("<bdi>&#60;b&#62;Night &#38; shift</bdi>"), "{page}");
    assert!(page.contains(r#"<option value="night-shift" selected>&#60;b&#62;Night &#38; shift</option>"#));
    let next = "/identities?role=night-shift&#38;state=never&#38;sort=-name&#38;page=2";
    assert!(page.contains(next), "{page}");
    assert_eq!(rows(&browser.page(&next.replace("&#38;", "&")).await), 2);
    let role = browser.page("/roles/night-shift").await;
    assert!(role.contains(r#"<a href="/identities?role=night-shift">"#), "{role}");
    let page = browser.page("/identities?role=admin").await;
    assert_eq!(rows(&page), 1);
    assert!(row(&page, "admin").contains("<bdi>Admin</bdi>"), "{page}");
    // A role that there is not, and one that cannot be.
    let page = browser.page("/identities?role=night").await;
    assert!(page.contains("Nothing found") && page.contains(r#"<option value="night" selected>night"#));
    let page = browser.page("/identities?role=%3Cb%3E").await;
    assert!(page.contains(r#"id="role-problem""#) && !page.contains(r#"id="search-problem""#), "{page}");

    // Without the right to read roles the built-in ones are offered; without that to see credentials, not their end.
    let rules = json!([{ "subject": "identity", "action": ["read"] }]);
    let role = json!({ "slug": "viewer", "name": "Viewer", "permissions": rules });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    let mut viewer = Browser::of(&server, "vic@example.com", "viewer").await;
    let page = viewer.page("/identities?role=night-shift").await;
    assert!(
        page.contains("1–50 of 52") && page.contains(r#"<option value="night-shift" selected>night-shift"#)
    );
    assert!(page.contains(r#"<option value="no-access">"#) && page.contains(r#"<option value="locked">"#));
    assert!(
        !page.contains(r#"<option value="expiring""#) && !page.contains(r#"<option value="viewer""#),
        "{page}"
    );
    assert_eq!(viewer.get("/identities?state=expiring").await.status, 403);
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
