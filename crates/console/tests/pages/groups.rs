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
    a_refused_member_is_told_on_the_page_of_the_group,
    an_identity_is_put_into_groups_and_taken_out,
    the_groups_of_an_identity_are_seen_by_those_who_may_read_groups,
);

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

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
    for field in ["name", "slug"] {
        let typed = [("name", "Base"), ("slug", "based"), ("role", "no-access")];
        let typed = typed.map(|(name, value)| (name, if name == field { "" } else { value }));
        let page = browser.post(&edit, &typed).await;
        let is_beside = page.text.contains(&format!("id=\"{field}-problem\""));
        assert_eq!((page.status, is_beside), (422, true), "{}", page.text);
    }
    let now = server.admin.get(&format!("/api/v1/groups/{id}")).await.ok();
    assert_eq!((now["name"].as_str(), now["role"].as_str()), (Some("Platform"), Some("member")));
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
    assert!(again.text.contains("<h1>Add members</h1>"), "{}", again.text);
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

/// An organization role that manages members of groups, and holds nothing else.
async fn grouper(server: &TestServer) {
    let body = json!({ "slug": "grouper", "name": "Grouper", "permissions": [
        { "subject": "groups", "action": ["read", "add-identities", "remove-identities"] },
        { "subject": "identity", "action": "read" }, { "subject": "access", "action": "explain" } ] });
    server.admin.post("/api/v1/organization/roles", body).await.ok();
}

/// What a refusal by the boundary says.
const BEYOND: [&str; 3] = ["more privileged group", "You do not hold", "A holder may"];

/// The row of a table that has this text.
fn row<'p>(page: &'p str, text: &str) -> &'p str {
    page.split("<tr>").find(|row| row.contains(text)).unwrap_or_else(|| panic!("no row {text}: {page}"))
}

async fn a_refused_member_is_told_on_the_page_of_the_group(server: TestServer) {
    grouper(&server).await;
    let body = json!({ "name": "High <i>", "role": "admin" });
    let id = server.admin.post("/api/v1/groups", body).await.ok()["id"].as_str().unwrap().to_owned();
    let (robot, other) =
        (server.identity("robot", "no-access").await, server.identity("other", "no-access").await);
    let mut browser = Browser::of(&server, ANN, "grouper").await;
    let who = format!("identity:{}", robot.id);
    let (add, remove) = (format!("/groups/{id}/members/add"), format!("/groups/{id}/members/remove"));
    let page = browser.post(&add, &[("who", &who), ("name", "robot"), ("search", "o")]).await;
    assert_eq!(page.status, 403);
    for part in BEYOND.iter().chain(&[
        "<h1>Add members</h1>",
        "High &#60;i&#62;",
        "name=\"search\" type=\"search\" value=\"o\"",
    ]) {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    // The problem stands in the row of whom it is about.
    assert!(row(&page.text, &who).contains("class=\"problem\""), "{}", page.text);
    assert!(!row(&page.text, &other.id).contains("class=\"problem\""), "{}", page.text);
    assert_eq!(members(&server, &id).await.len(), 0);

    for identity in [&robot, &other] {
        let path = format!("/api/v1/groups/{id}/machine-identities/{}", identity.id);
        server.admin.post(&path, json!({})).await.ok();
    }
    let page = browser.post(&remove, &[("who", &who), ("name", "robot"), ("page", "1")]).await;
    assert_eq!(page.status, 403);
    for part in BEYOND.iter().chain(&["<h1><bdi>High &#60;i&#62;</bdi></h1>", "<h2>Members</h2>"]) {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(row(&page.text, &who).contains("class=\"problem\""), "{}", page.text);
    assert!(!row(&page.text, &other.id).contains("class=\"problem\""), "{}", page.text);
    assert_eq!(members(&server, &id).await.len(), 2);
    // The page of a refusal can be asked for again.
    assert!(browser.page(&add).await.contains("<h1>Add members</h1>"));
    assert!(browser.page(&remove).await.contains("<h2>Members</h2>"));
    // Who is not in the group.
    let mut admin = Browser::of(&server, "root@example.com", "admin").await;
    let page = admin.post(&remove, &[("who", "user:root@example.com"), ("name", "root")]).await;
    assert!(page.status == 400 && page.text.contains("Not a member of the group"), "{}", page.text);
    assert!(page.text.contains("<h2>Members</h2>"), "{}", page.text);
}

async fn an_identity_is_put_into_groups_and_taken_out(server: TestServer) {
    let robot = server.identity("robot", "no-access").await;
    let hostile = "<script>alert(1)</script>\u{202e}🦀";
    let (platform, odd) = (group(&server, "Platform").await, group(&server, hostile).await);
    let tab = format!("/identities/{}/groups", robot.id);
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let page = browser.page(&format!("/identities/{}", robot.id)).await;
    assert!(page.contains(&format!("\"{tab}\"")), "{page}");
    let page = browser.page(&tab).await;
    assert!(page.contains("In no group") && page.contains("Add to Platform"), "{page}");
    assert!(page.contains("&#60;script&#62;alert(1)") && !page.contains("<script>alert"), "{page}");
    let page = browser.page(&format!("{tab}?search=PLAT")).await;
    assert!(page.contains(&platform) && !page.contains(&odd), "{page}");
    let add = [("group", platform.as_str()), ("name", "Platform"), ("search", ""), ("do", "add")];
    let page = browser.submit(&tab, &add).await;
    assert!(page.contains("It is in the group Platform") && !page.contains("Add to Platform"), "{page}");
    assert!(
        row(&page, &platform).contains("href=\"/roles/no-access\"") && page.contains("Remove from Platform")
    );
    assert_eq!(members(&server, &platform).await[0]["id"], json!(robot.id));
    let again = browser.post(&tab, &add).await;
    assert!(again.status == 400 && again.text.contains("Already a member"), "{}", again.text);
    assert!(row(&again.text, &platform).contains("class=\"problem\""), "{}", again.text);
    browser.submit(&tab, &[("group", odd.as_str()), ("name", hostile), ("do", "add")]).await;
    let page = browser.page(&tab).await;
    assert!(!page.contains("<script>alert") && page.contains("Remove from &#60;script&#62;"), "{page}");
    let page =
        browser.submit(&tab, &[("group", platform.as_str()), ("name", "Platform"), ("do", "remove")]).await;
    assert!(
        page.contains("It is no longer in the group Platform") && page.contains("Add to Platform"),
        "{page}"
    );
    assert_eq!(members(&server, &platform).await.len(), 0);
    for (group, act) in [("nonsense", "add"), (platform.as_str(), "nonsense"), (platform.as_str(), "")] {
        assert_eq!(browser.post(&tab, &[("group", group), ("do", act)]).await.status, 404);
    }
}

async fn the_groups_of_an_identity_are_seen_by_those_who_may_read_groups(server: TestServer) {
    grouper(&server).await;
    let rules = json!([{ "subject": "identity", "action": "read" }]);
    let role = json!({ "slug": "looker", "name": "Looker", "permissions": rules });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    let robot = server.identity("robot", "no-access").await;
    let low = group(&server, "Low").await;
    group(&server, "Other").await;
    let body = json!({ "name": "High", "role": "admin" });
    let high = server.admin.post("/api/v1/groups", body).await.ok()["id"].as_str().unwrap().to_owned();
    server.admin.post(&format!("/api/v1/groups/{low}/machine-identities/{}", robot.id), json!({})).await.ok();
    let tab = format!("/identities/{}/groups", robot.id);
    // Who may not read groups has no such tab.
    let mut looker = Browser::of(&server, BOB, "looker").await;
    assert!(!looker.page(&format!("/identities/{}", robot.id)).await.contains(&tab));
    assert_eq!(looker.get(&tab).await.status, 403);
    // Who may read them sees them, and no control.
    let mut member = Browser::of(&server, "eve@example.com", "member").await;
    let page = member.page(&tab).await;
    let content = page.split_once("<main").unwrap().1;
    assert!(content.contains("<bdi>Low</bdi>") && !content.contains("Other"), "{page}");
    assert!(!content.contains("method=\"post\"") && !content.contains("role=\"search\""), "{page}");
    // Who holds less than a group gives is told so.
    let mut browser = Browser::of(&server, ANN, "grouper").await;
    let page = browser.post(&tab, &[("group", &high), ("name", "High"), ("do", "add")]).await;
    assert_eq!(page.status, 403);
    for part in BEYOND {
        assert!(page.text.contains(part), "{part}: {}", page.text);
    }
    assert!(row(&page.text, &high).contains("class=\"problem\""), "{}", page.text);
    assert_eq!(members(&server, &high).await.len(), 0);
    // An identity of a project is in no group.
    let project = server.project("Shop").await["id"].as_str().unwrap().to_owned();
    let managed = format!("/api/v1/projects/{project}/identities");
    let managed = server.admin.post(&managed, json!({ "name": "managed" })).await.ok();
    let managed = managed["identity"]["id"].as_str().unwrap();
    let mut admin = Browser::of(&server, "root@example.com", "admin").await;
    crate::projects::join(&server, &project, "root@example.com", "admin").await;
    let page = admin.page(&format!("/identities/{managed}")).await;
    assert!(!page.contains(&format!("/identities/{managed}/groups")), "{page}");
    assert!(!admin.page(&format!("/identities/{managed}/groups")).await.contains("Add to"));
}
