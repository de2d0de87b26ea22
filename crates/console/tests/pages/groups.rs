//! Groups of identities and people.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::browser::Browser;

both!(
    a_group_is_made_changed_and_deleted,
    members_are_found_added_and_removed,
    many_groups_and_members_are_paged_and_searched,
    who_may_only_read_sees_no_controls_of_groups,
    a_group_is_given_no_more_than_the_giver_holds,
    names_of_groups_and_members_stay_text,
);

const ANN: &str = "ann@example.com";

async fn group(server: &TestServer, name: &str) -> String {
    let made = server.admin.post("/api/v1/groups", json!({ "name": name })).await.ok();
    made["id"].as_str().unwrap().to_owned()
}

async fn members(server: &TestServer, group: &str) -> Vec<Value> {
    let list = server.admin.get(&format!("/api/v1/groups/{group}/members")).await.ok();
    list["members"].as_array().unwrap().clone()
}

async fn a_group_is_made_changed_and_deleted(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    assert!(browser.page("/groups").await.contains("No groups yet"));
    let page = browser.post("/groups/new", &[("name", "Platform"), ("slug", "x"), ("role", "member")]).await;
    assert!(page.status == 422 && page.text.contains("value=\"Platform\""), "{}", page.text);
    assert!(page.text.contains("id=\"slug-problem\"") && page.text.contains("value=\"member\" selected"));
    let typed = [("name", "Platform"), ("slug", "platform"), ("role", "member")];
    let page = browser.submit("/groups/new", &typed).await;
    assert!(page.contains("The group Platform is made") && page.contains("Nobody is in the group"), "{page}");
    assert!(page.contains("<a href=\"/roles/member\">"), "{page}");
    let list = server.admin.get("/api/v1/groups").await.ok();
    let id = list[0]["id"].as_str().unwrap().to_owned();
    let edit = format!("/groups/{id}/edit");
    assert!(browser.page(&edit).await.contains("value=\"platform\""));
    let typed = [("name", "Base"), ("slug", "based"), ("role", "no-access")];
    let page = browser.submit(&edit, &typed).await;
    assert!(page.contains("<bdi>Base</bdi>") && page.contains("/roles/no-access"), "{page}");
    let now = server.admin.get(&format!("/api/v1/groups/{id}")).await.ok();
    assert_eq!((now["name"].as_str(), now["slug"].as_str()), (Some("Base"), Some("based")));

    let project = server.project("Shop").await["id"].as_str().unwrap().to_owned();
    let join = json!({ "role": "viewer" });
    server.admin.post(&format!("/api/v1/projects/{project}/groups/{id}"), join).await.ok();
    assert!(browser.page(&format!("/groups/{id}")).await.contains(&format!("/projects/{project}")));
    let delete = format!("/groups/{id}/delete");
    assert_eq!(browser.post(&delete, &[("confirm", "base")]).await.status, 422);
    assert!(browser.submit(&delete, &[("confirm", "Base")]).await.contains("The group Base is deleted"));
    assert_eq!(browser.get(&format!("/groups/{id}")).await.status, 404);
    assert_eq!(browser.get("/groups/nothing").await.status, 404);
}

async fn members_are_found_added_and_removed(server: TestServer) {
    let id = group(&server, "Platform").await;
    let robot = server.identity("robot", "no-access").await;
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let find = format!("/groups/{id}/add");
    let page = browser.page(&format!("{find}?search=robo")).await;
    let who = format!("identity:{}", robot.id);
    assert!(page.contains(&who) && !page.contains("user:"), "{page}");
    let add = format!("/groups/{id}/members/add");
    let page = browser.submit(&add, &[("who", &who), ("name", "robot"), ("search", "")]).await;
    assert!(page.contains("robot is in the group now") && !page.contains(&who), "{page}");
    assert!(page.contains(&format!("user:{ANN}")), "{page}");
    browser.submit(&add, &[("who", &format!("user:{ANN}")), ("name", ANN)]).await;
    assert_eq!(members(&server, &id).await.len(), 2);
    let page = browser.page(&format!("/groups/{id}")).await;
    assert!(page.contains(&format!("/identities/{}", robot.id)) && page.contains(&who), "{page}");
    // What is already so is told.
    let again = browser.post(&add, &[("who", &who), ("name", "robot")]).await;
    assert!(again.status == 400 && again.text.contains("Already a member"), "{}", again.text);
    let remove = format!("/groups/{id}/members/remove");
    let page = browser.submit(&remove, &[("who", &who), ("name", "robot")]).await;
    assert!(page.contains("robot is no longer in the group"), "{page}");
    browser.submit(&remove, &[("who", &format!("user:{ANN}")), ("name", ANN)]).await;
    assert_eq!(members(&server, &id).await.len(), 0);
    for who in ["", "robot", "group:x", "identity:../../x"] {
        assert_eq!(browser.post(&add, &[("who", who)]).await.status / 100, 4, "{who}");
    }
}

async fn many_groups_and_members_are_paged_and_searched(server: TestServer) {
    for number in 0..52 {
        group(&server, &format!("Team {number:02}")).await;
    }
    let id = group(&server, "Full").await;
    for number in 0..52 {
        let body = json!({ "name": format!("robot-{number:02}"), "organizationId": server.org });
        let made = server.admin.post("/api/v1/identities", body).await.ok();
        let identity = made["identity"]["id"].as_str().unwrap();
        server
            .admin
            .post(&format!("/api/v1/groups/{id}/machine-identities/{identity}"), json!({}))
            .await
            .ok();
    }
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let page = browser.page("/groups?search=team").await;
    assert!(page.contains("1–50 of 52") && !page.contains("Team 51"), "{page}");
    assert!(browser.page("/groups?search=team&page=2").await.contains("Team 51"));
    assert!(browser.page("/groups?search=zzz").await.contains("Nothing found"));
    let page = browser.page(&format!("/groups/{id}?page=2")).await;
    assert!(page.contains("51–52 of 52") && page.contains("<bdi>robot-"), "{page}");
    let page = browser.page(&format!("/groups/{id}?search=robot-07")).await;
    assert!(page.contains("robot-07") && !page.contains("robot-08"), "{page}");
}

async fn who_may_only_read_sees_no_controls_of_groups(server: TestServer) {
    let id = group(&server, "Platform").await;
    let robot = server.identity("robot", "no-access").await;
    let path = format!("/api/v1/groups/{id}/machine-identities/{}", robot.id);
    server.admin.post(&path, json!({})).await.ok();
    let mut browser = Browser::of(&server, ANN, "member").await;
    for path in ["/groups".to_owned(), format!("/groups/{id}")] {
        let page = browser.page(&path).await;
        for control in ["/groups/new", "/edit\"", "/delete\"", "/add\"", "/members/remove", "/explain"] {
            assert!(!page.contains(control), "{path}: {control}");
        }
    }
    assert_eq!(browser.get(&format!("/groups/{id}/add")).await.status, 403);
    let mut nobody = Browser::of(&server, "bob@example.com", "no-access").await;
    assert_eq!(nobody.get("/groups").await.status, 403);
}

async fn a_group_is_given_no_more_than_the_giver_holds(server: TestServer) {
    let body = json!({ "slug": "grouper", "name": "Grouper", "permissions": [
        { "subject": "groups", "action": ["read", "create", "edit", "grant-privileges"] },
        { "subject": "role", "action": "read" }, { "subject": "access", "action": "explain" } ] });
    server.admin.post("/api/v1/organization/roles", body).await.ok();
    let mut browser = Browser::of(&server, ANN, "grouper").await;
    let typed = [("name", "High"), ("slug", "highly"), ("role", "member")];
    let page = browser.post("/groups/new", &typed).await;
    assert_eq!(page.status, 403);
    for part in [
        "Failed to create a more privileged group",
        "You do not hold",
        "A holder may",
        "on <code>project</code>",
    ] {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert_eq!(server.admin.get("/api/v1/groups").await.ok().as_array().unwrap().len(), 0);
}

async fn names_of_groups_and_members_stay_text(server: TestServer) {
    let id = group(&server, "<script>alert(1)</script>\u{202e}🦀").await;
    let name = format!("\"><img src=x>{}", "y".repeat(200));
    let robot = server.identity(&name, "no-access").await;
    let path = format!("/api/v1/groups/{id}/machine-identities/{}", robot.id);
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let mut pages = vec![browser.page(&format!("/groups/{id}/add")).await];
    server.admin.post(&path, json!({})).await.ok();
    for path in ["", "/edit", "/delete"] {
        pages.push(browser.page(&format!("/groups/{id}{path}")).await);
    }
    pages.push(browser.page("/groups").await);
    for page in &pages {
        assert!(page.contains("&#60;script&#62;alert(1)"), "{page}");
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{page}");
    }
    assert!(pages[0].contains("&#60;img src=x") && pages[1].contains("&#60;img src=x"));
}
