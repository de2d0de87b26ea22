//! Environments, tags and settings of a project.

use serde_json::json;
use vouchsafe_testkit::{TestServer, both};

use crate::browser::Browser;
use crate::projects::{with_member, with_rules};

both!(
    environments_are_added_reordered_renamed_and_deleted,
    tags_are_added_changed_and_deleted,
    settings_are_changed_and_the_project_deleted,
    what_is_for_administrators_is_shown_to_them_only,
    a_viewer_sees_no_form,
);

const ANN: &str = "ann@example.com";

async fn slugs(server: &TestServer, project: &str) -> Vec<String> {
    let found = server.admin.get(&format!("/api/v1/projects/{project}")).await.ok();
    let environments = found["project"]["environments"].as_array().unwrap().iter();
    environments.map(|one| one["slug"].as_str().unwrap().to_owned()).collect()
}

/// The first link of a page that ends so, in the row that names this.
fn link(page: &str, row: &str, end: &str) -> String {
    let (_, rest) = page.split_once("<tbody>\n").unwrap();
    let row = rest.split("<tr>").find(|one| one.contains(row)).expect(row);
    let mut links = row.split('"').filter(|text| text.starts_with("/projects/") && text.ends_with(end));
    links.next().expect(end).to_owned()
}

async fn environments_are_added_reordered_renamed_and_deleted(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let base = format!("/projects/{project}/environments");
    let page = browser.post(&base, &[("name", "<b>QA"), ("slug", "Not A Slug")]).await;
    assert!(page.status == 422 && page.text.contains("&#60;b&#62;QA") && page.text.contains("Not A Slug"));
    let page = browser.submit(&base, &[("name", "<b>QA"), ("slug", "qa")]).await;
    assert!(page.contains("The environment was added.") && !page.contains("<b>"));
    assert_eq!(slugs(&server, &project).await, ["dev", "staging", "prod", "qa"]);
    let page = browser.submit(&link(&page, ">qa<", "/move"), &[("position", "1")]).await;
    assert_eq!(slugs(&server, &project).await, ["qa", "dev", "staging", "prod"]);
    let edit = link(&page, ">qa<", "/edit");
    assert!(browser.page(&edit).await.contains("value=\"qa\""));
    assert_eq!(browser.post(&edit, &[("name", " "), ("slug", "qa")]).await.status, 422);
    let page = browser.submit(&edit, &[("name", "Quality"), ("slug", "quality")]).await;
    assert!(page.contains("Quality"));
    let delete = link(&page, ">quality<", "/delete");
    assert_eq!(browser.post(&delete, &[("confirm", "qa")]).await.status, 422);
    browser.submit(&delete, &[("confirm", "quality")]).await;
    assert_eq!(slugs(&server, &project).await, ["dev", "staging", "prod"]);
    assert_eq!(browser.get(&delete).await.status, 404);
}

async fn tags_are_added_changed_and_deleted(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let base = format!("/projects/{project}/tags");
    assert!(browser.page(&base).await.contains("No tags yet"));
    let page = browser.post(&base, &[("slug", "A B"), ("color", "<i>")]).await;
    assert!(page.status == 422 && page.text.contains("A B") && page.text.contains("&#60;i&#62;"));
    let page = browser.submit(&base, &[("slug", "billing"), ("color", "<i>")]).await;
    assert!(page.contains("billing") && page.contains("&#60;i&#62;"));
    let edit = link(&page, "billing", "/edit");
    let page = browser.post(&edit, &[("slug", " "), ("color", "red")]).await;
    assert_eq!((page.status, page.text.contains(r#"id="slug-problem""#)), (422, true), "{}", page.text);
    assert!(browser.page(&base).await.contains("&#60;i&#62;"), "changed all the same");
    let page = browser.submit(&edit, &[("slug", "invoices"), ("color", "")]).await;
    assert!(page.contains("invoices") && !page.contains("billing"));
    let delete = link(&page, "invoices", "/delete");
    let page = browser.submit(&delete, &[("confirm", "invoices")]).await;
    assert!(page.contains("The tag was deleted.") && page.contains("No tags yet"));
}

async fn settings_are_changed_and_the_project_deleted(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let base = format!("/projects/{project}/settings");
    let fields = [
        ("name", "<b>New"),
        ("slug", "new-rockets"),
        ("description", "one\r\ntwo"),
        ("pitVersionLimit", "7"),
        ("hasDeleteProtection", "true"),
    ];
    let page = browser.submit(&base, &fields).await;
    assert!(page.contains("&#60;b&#62;New") && page.contains("The project is protected"), "{page}");
    let found = server.admin.get(&format!("/api/v1/projects/{project}")).await.ok()["project"].clone();
    assert_eq!((&found["slug"], &found["description"]), (&json!("new-rockets"), &json!("one\ntwo")));
    assert_eq!((&found["pitVersionLimit"], &found["hasDeleteProtection"]), (&json!(7), &json!(true)));
    // What is empty is not taken for what stays.
    let right = [("name", "New"), ("slug", "new-rockets"), ("pitVersionLimit", "7"), ("description", "")];
    for (field, typed) in [
        ("name", ""),
        ("name", " "),
        ("slug", ""),
        ("pitVersionLimit", "many"),
        ("pitVersionLimit", ""),
        ("pitVersionLimit", "1000"),
    ] {
        let fields = right.map(|(name, value)| (name, if name == field { typed } else { value }));
        let page = browser.post(&base, &fields).await;
        let beside = page.text.matches(r#"class="problem""#).count();
        let is_beside = page.text.contains(&format!(r#"id="{field}-problem""#));
        assert_eq!((page.status, is_beside, beside), (422, true, 1), "{field}: {}", page.text);
    }
    let found = server.admin.get(&format!("/api/v1/projects/{project}")).await.ok()["project"].clone();
    assert_eq!(found["description"], "one\ntwo", "changed all the same");
    let fields = right;
    let page = browser.submit(&base, &fields).await;
    assert!(page.contains(&format!("/projects/{project}/delete")));
    let delete = format!("/projects/{project}/delete");
    assert_eq!(browser.post(&delete, &[("confirm", "Old")]).await.status, 422);
    let page = browser.submit(&delete, &[("confirm", "New")]).await;
    assert!(page.contains("The project was deleted.") && page.contains("No projects yet"), "{page}");
    assert_eq!(browser.get(&format!("/projects/{project}")).await.status, 404);
}

async fn what_is_for_administrators_is_shown_to_them_only(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = server.project("Rockets").await["id"].as_str().unwrap().to_owned();
    let rules = json!([{ "subject": "settings", "action": ["read", "edit"] }]);
    with_rules(&server, &project, ANN, rules).await;
    let body = json!({ "hasDeleteProtection": true });
    server.admin.patch(&format!("/api/v1/projects/{project}"), body).await.ok();
    let base = format!("/projects/{project}/settings");
    let page = browser.page(&base).await;
    assert!(!page.contains("name=\"slug\"") && !page.contains("type=\"checkbox\" value=\"true\" name=\"has"));
    assert!(!page.contains("Delete the project"), "{page}");
    let fields = [("name", "Fine"), ("pitVersionLimit", "10"), ("hasDeleteProtection", "true")];
    browser.submit(&base, &fields).await;
    let found = server.admin.get(&format!("/api/v1/projects/{project}")).await.ok()["project"].clone();
    assert_eq!((&found["name"], &found["hasDeleteProtection"]), (&json!("Fine"), &json!(true)));
    let fields = [("name", "Fine"), ("slug", "another"), ("pitVersionLimit", "10")];
    assert_eq!(browser.post(&base, &fields).await.status, 403);
    let page = browser.post(&base, &[("name", " "), ("pitVersionLimit", "10")]).await;
    assert!(page.status == 422 && page.text.contains(r#"id="name-problem""#), "{}", page.text);
}

async fn a_viewer_sees_no_form(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "viewer").await;
    for part in ["environments", "tags", "settings"] {
        let page = browser.page(&format!("/projects/{project}/{part}")).await;
        let (_, content) = page.split_once("<main").unwrap();
        for word in ["<form", "/edit", "/delete", "/move"] {
            assert!(!content.contains(word), "{word}: {content}");
        }
    }
    let base = format!("/projects/{project}");
    assert_eq!(browser.post(&format!("{base}/tags"), &[("slug", "a")]).await.status, 403);
    assert_eq!(
        browser.post(&format!("{base}/environments"), &[("name", "a"), ("slug", "a")]).await.status,
        403
    );
    let fields = [("name", "a"), ("pitVersionLimit", "10")];
    assert_eq!(browser.post(&format!("{base}/settings"), &fields).await.status, 403);
    assert_eq!(browser.post(&format!("{base}/delete"), &[("confirm", "Rockets")]).await.status, 403);
}
