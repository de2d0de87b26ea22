//! Users in a project.

use serde_json::json;
use vouchsafe_testkit::{Person, TestServer, both};

use crate::people::{person, text};

both!(
    users_are_added_read_and_removed,
    roles_are_replaced_within_the_boundary,
    a_temporary_role_ends,
    strangers_and_outsiders_stay_out,
);

async fn project(server: &TestServer) -> String {
    text(&server.project("payments").await["id"]).to_owned()
}

async fn add(who: &Person, project: &str, email: &str, roles: &[&str]) -> serde_json::Value {
    let body = json!({ "usernames": [email], "roleSlugs": roles });
    let added = who.post(&format!("/api/v2/workspace/{project}/memberships"), body).await.ok();
    added["memberships"][0].clone()
}

async fn users_are_added_read_and_removed(server: TestServer) {
    let project = project(&server).await;
    let ann = person(&server, "ann@example.com", "no-access").await;
    person(&server, "bob@example.com", "no-access").await;
    let v1 = format!("/api/v1/projects/{project}/memberships");
    ann.get(&v1).await.refused(403);
    let body = json!({ "emails": ["Ann@example.com"], "usernames": ["ann@example.com", "bob@example.com"] });
    let added = server.admin.post(&v1, body).await.ok();
    assert_eq!(added["memberships"].as_array().unwrap().len(), 2);
    let list = ann.get(&v1).await.ok();
    assert_eq!(list, ann.get(&format!("/api/v1/workspace/{project}/memberships")).await.ok());
    let first = &list["memberships"][0];
    assert_eq!(first["user"]["username"], "ann@example.com");
    assert_eq!(first["userId"], json!(ann.id));
    assert_eq!(first["projectId"], json!(project));
    assert_eq!(first["user"]["publicKey"], json!(null));
    assert_eq!(first["roles"][0]["role"], "member");
    assert_eq!(first["roles"][0]["isTemporary"], false);

    let one = json!({ "membership": first });
    assert_eq!(ann.get(&format!("{v1}/{}", text(&first["id"]))).await.ok(), one);
    for path in [format!("{v1}/details"), format!("/api/v1/workspace/{project}/memberships/details")] {
        assert_eq!(ann.post(&path, json!({ "username": "ANN@example.com" })).await.ok(), one);
        ann.post(&path, json!({ "username": "eve@example.com" })).await.refused(404);
        ann.post(&path, json!({ "username": "a\u{0}" })).await.refused(422);
    }
    assert_eq!(ann.get(&format!("/api/v1/projects/{project}/user/{}/membership", ann.id)).await.ok(), one);

    let again = server.admin.post(&v1, json!({ "emails": ["ann@example.com"] })).await;
    assert_eq!(again.refused(400), "Some users are already part of this project");
    server.admin.post(&v1, json!({ "emails": ["eve@example.com"] })).await.refused(404);
    for broken in
        [json!({}), json!({ "emails": [] }), json!({ "emails": ["x"] }), json!({ "usernames": "x" })]
    {
        server.admin.post(&v1, broken).await.refused(422);
    }
    let removed = json!({ "emails": ["bob@example.com"] });
    let reply =
        server.admin.delete_with(&format!("/api/v2/workspace/{project}/memberships"), removed.clone()).await;
    assert_eq!(reply.ok()["memberships"][0]["user"]["email"], "bob@example.com");
    server.admin.delete_with(&v1, removed).await.refused(404);
    let path = format!("/api/v1/workspace/{project}/memberships/{}", text(&first["id"]));
    assert_eq!(server.admin.delete(&path).await.ok(), one);
    ann.get(&v1).await.refused(403);
    server.admin.get(&path).await.refused(404);
}

async fn roles_are_replaced_within_the_boundary(server: TestServer) {
    let project = project(&server).await;
    let ann = person(&server, "ann@example.com", "no-access").await;
    let bob = person(&server, "bob@example.com", "no-access").await;
    person(&server, "eve@example.com", "no-access").await;
    let membership = add(&server.admin, &project, "ann@example.com", &["viewer", "no-access"]).await;
    add(&server.admin, &project, "bob@example.com", &["admin"]).await;
    let path = format!("/api/v1/projects/{project}/memberships/{}", text(&membership["id"]));
    let roles = |role: &str| json!({ "roles": [{ "role": role }] });

    // A viewer changes nobody; a developer may add others, but gives nothing away.
    ann.patch(&path, roles("admin")).await.refused(403);
    let terraform = json!({ "roles": [{ "role": "member", "isTemporary": false, "temporaryMode": "", "temporaryRange": "",
        "temporaryAccessStartTime": "0001-01-01T00:00:00Z" }] });
    assert_eq!(bob.patch(&path, terraform).await.ok()["roles"][0]["role"], "member");
    let v1 = format!("/api/v1/projects/{project}/memberships");
    for role in ["admin", "member"] {
        ann.post(&v1, json!({ "emails": ["eve@example.com"], "roleSlugs": [role] })).await.refused(403);
    }
    ann.patch(&path, roles("admin")).await.refused(403);
    ann.post(&v1, json!({ "emails": ["eve@example.com"], "roleSlugs": ["no-access"] })).await.ok();
    let refused = bob.post(&v1, json!({ "emails": ["eve@example.com"], "roleSlugs": ["owner"] })).await;
    refused.refused(404);
    bob.patch(&path, roles("owner")).await.refused(404);
    for broken in [json!({}), json!({ "roles": [] }), json!({ "roles": "admin" }), json!({ "roles": [{}] })] {
        bob.patch(&path, broken).await.refused(422);
    }
    assert_eq!(bob.patch(&path, roles("admin")).await.ok()["roles"][0]["role"], "admin");
    ann.patch(&path, roles("viewer")).await.ok();
    ann.delete(&path).await.refused(403);
}

async fn a_temporary_role_ends(server: TestServer) {
    let project = project(&server).await;
    let ann = person(&server, "ann@example.com", "no-access").await;
    let membership = add(&server.admin, &project, "ann@example.com", &["no-access"]).await;
    let list = format!("/api/v1/projects/{project}/memberships");
    let path = format!("{list}/{}", text(&membership["id"]));
    let start = server.app.now();
    let temporary = json!({ "role": "viewer", "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "1h",
        "temporaryAccessStartTime": start.to_string() });
    let issue = server.admin.patch(&path, json!({ "roles": [temporary] })).await.refused(422);
    assert!(issue.contains("At least one long lived role is required"), "{issue}");
    ann.get(&list).await.refused(403);
    let both = json!({ "roles": [{ "role": "no-access" }, temporary] });
    let roles = server.admin.patch(&path, both).await.ok();
    assert_eq!(roles["roles"][1]["temporaryAccessEndTime"], json!(start.plus_seconds(3600)));
    ann.get(&list).await.ok();
    server.clock.advance_seconds(3600);
    ann.get(&list).await.refused(403);
    let shown = server.admin.get(&path).await.ok();
    assert_eq!(shown["membership"]["roles"].as_array().unwrap().len(), 2);
}

async fn strangers_and_outsiders_stay_out(server: TestServer) {
    let project = project(&server).await;
    let ann = person(&server, "ann@example.com", "admin").await;
    let membership = add(&server.admin, &project, "ann@example.com", &["admin"]).await;
    let outsider = person(&server, "bob@example.com", "admin").await;
    let stranger = server.stranger().await;
    let v1 = format!("/api/v1/projects/{project}/memberships");
    let one = format!("{v1}/{}", text(&membership["id"]));
    let by_user = format!("/api/v1/projects/{project}/user/{}/membership", ann.id);
    for (who, status) in [(&stranger, 404), (&outsider, 403), (&server.anonymous(), 401)] {
        who.get(&v1).await.refused(status);
        who.get(&one).await.refused(status);
        who.get(&by_user).await.refused(status);
        who.delete(&one).await.refused(status);
        who.patch(&one, json!({ "roles": [{ "role": "viewer" }] })).await.refused(status);
        who.post(&v1, json!({ "emails": ["ann@example.com"] })).await.refused(status);
        who.delete_with(&v1, json!({ "emails": ["ann@example.com"] })).await.refused(status);
        who.post(&format!("{v1}/details"), json!({ "username": "ann@example.com" })).await.refused(status);
    }
    // A membership of another project is not found in this one.
    let other = server.project("other").await;
    let foreign = format!("/api/v1/projects/{}/memberships/{}", text(&other["id"]), text(&membership["id"]));
    server.admin.get(&foreign).await.refused(404);
    server.admin.delete(&foreign).await.refused(404);
    ann.get(&one).await.ok();
    // Removed from the organization, a user is out of its projects.
    let list = server.admin.get(&format!("/api/v2/organizations/{}/memberships", server.org)).await.ok();
    let id = text(&list["memberships"][0]["id"]).to_owned();
    server.admin.delete(&format!("/api/v2/organizations/{}/memberships/{id}", server.org)).await.ok();
    server.admin.get(&one).await.refused(404);
}
