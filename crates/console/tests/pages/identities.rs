//! Machine identities.

use serde_json::json;
use vouchsafe_testkit::{TestServer, both};

use crate::browser::Browser;

both!(identities_are_listed_searched_and_paged);

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
    assert!(browser.page("/identities?search=nobody").await.contains("Nothing found"));
}
