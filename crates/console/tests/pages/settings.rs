//! Settings of the organization, and facts of the instance.

use vouchsafe_testkit::{PASSWORD, TestServer, both};

use crate::browser::Browser;

both!(
    the_organization_is_renamed,
    who_may_only_read_sees_no_form,
    those_who_administer_the_instance_see_its_facts,
);

const ANN: &str = "ann@example.com";

async fn the_organization_is_renamed(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let page = browser.post("/settings", &[("name", "<u>Acme"), ("slug", "Not a slug!")]).await;
    assert_eq!((page.status, page.text.contains(r#"id="slug-problem""#)), (422, true), "{}", page.text);
    assert!(page.text.contains(r#"value="&#60;u&#62;Acme""#) && page.text.contains("Not a slug!"));
    let page = browser.post("/settings", &[("name", " "), ("slug", "")]).await;
    assert_eq!(page.status, 422, "{}", page.text);
    assert!(page.text.contains(r#"id="name-problem""#) && page.text.contains(r#"id="slug-problem""#));
    let page = browser.submit("/settings", &[("name", "<u>Acme \u{1f680}"), ("slug", "acme-2")]).await;
    assert!(page.contains("The organization is changed.") && !page.contains("<u>"), "{page}");
    assert!(page.contains("<bdi>&#60;u&#62;Acme \u{1f680}</bdi>"), "{page}");
    let stranger = server.stranger().await;
    stranger.get("/api/v1/organization").await.refused(403);
    let page = browser.post("/settings", &[("name", "Acme"), ("slug", "other")]).await;
    assert_eq!((page.status, page.text.contains("slug already exists")), (400, true), "{}", page.text);
}

async fn who_may_only_read_sees_no_form(server: TestServer) {
    let mut viewer = Browser::of(&server, ANN, "member").await;
    let page = viewer.page("/settings").await;
    assert!(page.contains("<code>acme</code>") && !page.contains("action=\"/settings\""), "{page}");
    assert!(!page.contains("Database") && !page.contains("Version"));
    assert_eq!(viewer.post("/settings", &[("name", "Mine"), ("slug", "mine")]).await.status, 403);
}

async fn those_who_administer_the_instance_see_its_facts(server: TestServer) {
    let first = [("organization", "First"), ("firstName", "Ann"), ("email", ANN), ("password", PASSWORD)];
    let mut browser = Browser::new(&server);
    browser.submit("/start", &first).await;
    let page = browser.page("/settings").await;
    let engine = if server.app.store.engine() == "postgres" { "PostgreSQL" } else { "SQLite" };
    assert!(page.contains(&format!("<dd>{engine}</dd>")) && page.contains(&server.url), "{page}");
    assert!(page.contains(env!("CARGO_PKG_VERSION")) && page.contains("travel in the open"));
    // Administering an organization is not enough.
    let mut other = Browser::of(&server, "bob@example.com", "admin").await;
    assert!(!other.page("/settings").await.contains(&format!("<dd>{engine}</dd>")));
}
