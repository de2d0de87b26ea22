//! Organizations, their members, roles and audit log.

use serde_json::json;
use vouchsafe_testkit::{TestServer, both};

use crate::people::{PASSWORD, login, person, text};

both!(
    an_organization_is_read_and_changed,
    members_are_listed_changed_and_removed,
    the_last_administrator_stays,
    nobody_manages_who_holds_more,
    roles_and_own_permissions_are_shown,
    the_audit_log_is_filtered_and_paged,
);

async fn an_organization_is_read_and_changed(server: TestServer) {
    let admin = person(&server, "ann@example.com", "admin").await;
    let member = person(&server, "bob@example.com", "member").await;
    let path = format!("/api/v1/organization/{}", server.org);
    for reader in [&admin, &member, &server.admin] {
        let shown = reader.get(&path).await.ok();
        assert_eq!(shown["organization"]["slug"], "acme");
        assert_eq!(shown["organization"]["enforceMfa"], false);
    }
    member.patch(&path, json!({ "name": "x" })).await.refused(403);
    let changed =
        admin.patch(&path, json!({ "name": " Acme 2 ", "slug": "Acme-2", "scimEnabled": false })).await;
    assert_eq!(changed.ok()["organization"]["name"], "Acme 2");
    let stranger = server.stranger().await;
    stranger.get(&path).await.refused(404);
    stranger.patch(&path, json!({ "name": "x" })).await.refused(404);
    assert_eq!(
        admin.patch(&path, json!({ "slug": "other" })).await.refused(400),
        "Organization with this slug already exists"
    );
    admin.patch(&path, json!({ "enforceMfa": true })).await.refused(400);
    for (field, value) in [("name", "x".repeat(65)), ("slug", "a b".to_owned()), ("slug", "x".repeat(65))] {
        assert!(admin.patch(&path, json!({ field: value })).await.refused(422).contains(field));
    }
    assert_eq!(admin.get(&path).await.ok()["organization"]["slug"], "acme-2");
    admin.get("/api/v1/organization/nonsense").await.refused(422);
}

async fn membership(server: &TestServer, email: &str) -> String {
    let list = server.admin.get(&format!("/api/v2/organizations/{}/memberships", server.org)).await.ok();
    let found =
        list["memberships"].as_array().unwrap().iter().find(|one| one["user"]["email"] == email).cloned();
    let id = text(&found.unwrap()["id"]).to_owned();
    format!("/api/v2/organizations/{}/memberships/{id}", server.org)
}

async fn members_are_listed_changed_and_removed(server: TestServer) {
    let admin = person(&server, "ann@example.com", "admin").await;
    let bob = person(&server, "bob@example.com", "no-access").await;
    let list = format!("/api/v1/organization/{}/users", server.org);
    bob.get(&list).await.refused(403);
    let path = membership(&server, "bob@example.com").await;
    assert_eq!(admin.patch(&path, json!({ "role": "member" })).await.ok()["membership"]["role"], "member");
    assert_eq!(bob.get(&list).await.ok()["users"].as_array().unwrap().len(), 2);
    bob.patch(&path, json!({ "role": "admin" })).await.refused(403);
    admin.patch(&path, json!({ "role": "owner" })).await.refused(404);
    assert_eq!(admin.get(&path).await.ok()["membership"]["isActive"], true);

    // Switched off, the membership counts for nothing.
    admin.patch(&path, json!({ "isActive": false })).await.ok();
    bob.get(&list).await.refused(403);
    let fresh = login(&server, "bob@example.com", PASSWORD).await.ok();
    let fresh = server.anonymous().with_token(text(&fresh["accessToken"]));
    assert_eq!(fresh.get("/api/v1/organization").await.ok()["organizations"], json!([]));
    let choice = json!({ "organizationId": server.org });
    fresh.post("/api/v3/auth/select-organization", choice.clone()).await.refused(403);
    admin.patch(&path, json!({ "isActive": true })).await.ok();
    bob.get(&list).await.ok();

    let stranger = server.stranger().await;
    stranger.get(&list).await.refused(404);
    for refusal in [
        stranger.get(&path).await,
        stranger.patch(&path, json!({ "role": "member" })).await,
        stranger.delete(&path).await,
    ] {
        refusal.refused(404);
    }
    admin.delete(&path).await.ok();
    bob.get(&list).await.refused(403);
    fresh.post("/api/v3/auth/select-organization", choice).await.refused(403);
    admin.delete(&path).await.refused(404);
    // An account remains, and can be added again.
    assert_eq!(
        crate::people::invite(&server.admin, &server.org.to_string(), "bob@example.com", "member").await,
        None
    );
    bob.get(&list).await.ok();
}

async fn the_last_administrator_stays(server: TestServer) {
    let ann = person(&server, "ann@example.com", "admin").await;
    let path = membership(&server, "ann@example.com").await;
    crate::people::invite(&server.admin, &server.org.to_string(), "pending@example.com", "admin").await;
    for change in [json!({ "role": "member" }), json!({ "isActive": false })] {
        ann.patch(&path, change).await.refused(400);
    }
    server.admin.delete(&path).await.refused(400);
    ann.patch(&path, json!({ "role": "admin" })).await.ok();
    person(&server, "bob@example.com", "admin").await;
    let other = membership(&server, "bob@example.com").await;
    // Both at once: one of them stays.
    let (one, two) = tokio::join!(server.admin.delete(&path), server.admin.delete(&other));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

async fn nobody_manages_who_holds_more(server: TestServer) {
    let member = person(&server, "ann@example.com", "member").await;
    let nobody = person(&server, "bob@example.com", "no-access").await;
    person(&server, "eve@example.com", "admin").await;
    let path = membership(&server, "eve@example.com").await;
    for one in [&member, &nobody] {
        one.patch(&path, json!({ "role": "no-access" })).await.refused(403);
        one.delete(&path).await.refused(403);
    }
    nobody.get(&path).await.refused(403);
    member.get(&path).await.ok();
}

async fn roles_and_own_permissions_are_shown(server: TestServer) {
    let member = person(&server, "ann@example.com", "member").await;
    let nobody = person(&server, "bob@example.com", "no-access").await;
    for reader in [&member, &server.admin] {
        let roles = reader.get("/api/v1/organization/roles").await.ok();
        let roles = roles["roles"].as_array().unwrap();
        let slugs: Vec<_> = roles.iter().map(|role| text(&role["slug"])).collect();
        assert_eq!(slugs, ["admin", "member", "no-access"]);
        assert!(roles[0].get("permissions").is_none());
        let role = reader.get("/api/v1/organization/roles/slug/member").await.ok();
        assert!(role["role"]["permissions"][0]["action"].is_array());
        let by_id = format!("/api/v1/organization/roles/{}", text(&role["role"]["id"]));
        assert_eq!(reader.get(&by_id).await.ok(), role);
    }
    member.get("/api/v1/organization/roles/slug/owner").await.refused(404);
    nobody.get("/api/v1/organization/roles").await.refused(403);
    for (who, role, rules) in
        [(&member, "member", true), (&nobody, "no-access", false), (&server.admin, "admin", true)]
    {
        let own = who.get("/api/v1/organization/permissions").await.ok();
        assert_eq!(own["memberships"][0]["roles"][0]["role"], role);
        assert_eq!(!own["permissions"].as_array().unwrap().is_empty(), rules);
    }
}

async fn the_audit_log_is_filtered_and_paged(server: TestServer) {
    let path = "/api/v1/organization/audit-logs";
    let ann = person(&server, "ann@example.com", "admin").await;
    server.clock.advance_seconds(60);
    for name in ["one", "two"] {
        ann.post("/api/v1/identities", json!({ "name": name, "organizationId": server.org })).await.ok();
        server.clock.advance_seconds(60);
    }
    let all = ann.get(path).await.ok();
    let events: Vec<_> =
        all["auditLogs"].as_array().unwrap().iter().map(|log| text(&log["event"]["type"])).collect();
    assert_eq!(events, ["create-identity", "create-identity", "accept-invitation", "invite-user"]);
    let latest = &all["auditLogs"][0];
    assert_eq!(latest["actor"], json!({ "type": "user", "metadata": { "userId": ann.id } }));
    assert_eq!(latest["event"]["metadata"]["name"], "two");
    assert_eq!(latest["ipAddress"], "127.0.0.1");
    assert!(!all.to_string().contains("password"));

    let count = async |query: &str| {
        let found = ann.get(&format!("{path}?{query}")).await.ok();
        found["auditLogs"].as_array().unwrap().len()
    };
    assert_eq!(count("eventType=create-identity").await, 2);
    assert_eq!(count("eventType=create-identity,invite-user&projectId=").await, 3);
    assert_eq!(count(&format!("actor={}", server.admin.id)).await, 1);
    assert_eq!(count("actorType=user").await, 3);
    assert_eq!(count("actorType=identity").await, 1);
    assert_eq!(count(&format!("requestId={}", text(&latest["requestId"]))).await, 1);
    assert_eq!(count("requestId=req-none").await, 0);
    assert_eq!(count("limit=1&offset=1").await, 1);
    assert_eq!(count("offset=4").await, 0);
    let at = text(&latest["createdAt"]);
    assert_eq!(count(&format!("startDate={at}")).await, 1);
    assert_eq!(count(&format!("endDate={at}")).await, 4);
    assert_eq!(count("startDate=2030-01-01T00:00:00Z").await, 0);
    assert_eq!(count("projectId=0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e").await, 0);
    for query in [
        "limit=101",
        "limit=0",
        "offset=-1",
        "actor=%00",
        "actorType=%00",
        "requestId=a+b",
        "eventType=a'b",
        "startDate=soon",
        "projectId=x",
    ] {
        ann.get(&format!("{path}?{query}")).await.refused(422);
    }
    let nobody = person(&server, "bob@example.com", "no-access").await;
    nobody.get(path).await.refused(403);
    let stranger = server.stranger().await;
    assert_eq!(stranger.get(path).await.ok()["auditLogs"], json!([]));
}
