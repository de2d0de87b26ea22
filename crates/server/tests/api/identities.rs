//! Machine identities of the organization.

use serde_json::json;
use vouchsafe_testkit::{TestServer, both};

both!(
    an_identity_lives_from_create_to_delete,
    search_filters_sorts_and_pages,
    nobody_reaches_beyond_the_boundary
);

async fn an_identity_lives_from_create_to_delete(server: TestServer) {
    let admin = &server.admin;
    let body = json!({
        "name": " ci runner ", "organizationId": server.org, "role": "member", "hasDeleteProtection": true,
        "metadata": [{ "key": "team", "value": "build" }], "unknown": { "is": "ignored" },
    });
    let made = admin.post("/api/v1/identities", body).await.ok();
    let identity = &made["identity"];
    assert_eq!(identity["name"], "ci runner");
    assert_eq!(identity["authMethods"], json!([]));
    assert_eq!(identity["metadata"][0]["value"], "build");
    let path = format!("/api/v1/identities/{}", identity["id"].as_str().unwrap());

    let read = admin.get(&path).await.ok();
    assert_eq!(read["identity"]["identity"]["name"], "ci runner");
    assert_eq!(read["identity"]["role"], "member");
    assert_eq!(
        admin.delete(&path).await.refused(400),
        "Cannot delete identity while delete protection is enabled"
    );

    let change =
        json!({ "name": "runner", "hasDeleteProtection": false, "role": "no-access", "metadata": [] });
    let changed = admin.patch(&path, change).await.ok();
    assert_eq!(changed["identity"]["name"], "runner");
    assert_eq!(changed["identity"]["metadata"], json!([]));
    assert_eq!(admin.delete(&path).await.ok()["identity"]["name"], "runner");
    admin.get(&path).await.refused(404);

    let stranger = server.stranger().await;
    let own = format!("/api/v1/identities/{}", admin.id);
    for refusal in
        [stranger.get(&own).await, stranger.delete(&own).await, stranger.patch(&own, json!({})).await]
    {
        refusal.refused(404);
    }
    server.anonymous().get(&own).await.refused(401);
}

async fn search_filters_sorts_and_pages(server: TestServer) {
    for (name, role) in [("b-one", "member"), ("a_two", "no-access"), ("C three", "no-access")] {
        server
            .admin
            .post("/api/v1/identities", json!({ "name": name, "organizationId": server.org, "role": role }))
            .await
            .ok();
    }
    let search = async |body| {
        let found = server.admin.post("/api/v1/identities/search", body).await.ok();
        let names: Vec<String> = found["identities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["identity"]["name"].as_str().unwrap().to_owned())
            .collect();
        (names, found["totalCount"].as_i64().unwrap())
    };
    assert_eq!(
        search(json!({ "search": { "name": { "$contains": "T" } } })).await,
        (vec!["C three".into(), "a_two".into()], 2)
    );
    assert_eq!(
        search(json!({ "search": { "name": { "$contains": "_" } } })).await,
        (vec!["a_two".into()], 1)
    );
    let page =
        json!({ "search": { "role": "no-access" }, "limit": 1, "offset": 1, "orderDirection": "desc" });
    assert_eq!(search(page).await, (vec!["C three".into()], 2));
    let either = json!({ "search": { "$or": [{ "name": "b-one" }, { "role": { "$in": ["admin"] } }] } });
    assert_eq!(search(either).await, (vec!["admin".into(), "b-one".into()], 2));
    server.admin.post("/api/v1/identities/search", json!({ "limit": 101 })).await.refused(422);
    let issues = server
        .admin
        .post("/api/v1/identities/search", json!({ "search": { "name": "a%b" } }))
        .await
        .refused(422);
    assert!(issues.contains("name") && !issues.contains("a%b"), "{issues}");
}

async fn nobody_reaches_beyond_the_boundary(server: TestServer) {
    let member = server.identity("member", "member").await;
    let body = |role: &str| json!({ "name": "x", "organizationId": server.org, "role": role });
    let refused = member.post("/api/v1/identities", body("admin")).await;
    assert_eq!(refused.body["error"], "PermissionBoundaryError");
    assert!(refused.body["details"]["missingPermissions"].as_array().is_some_and(|list| !list.is_empty()));
    refused.refused(403);
    let own = format!("/api/v1/identities/{}", server.admin.id);
    member.get(&own).await.refused(403);
    member.delete(&own).await.refused(403);
    member.post("/api/v1/identities", body("no-access")).await.ok();
    let nobody = server.identity("nobody", "no-access").await;
    let answer = nobody.post("/api/v1/identities", body("no-access")).await;
    assert_eq!(answer.body["error"], "PermissionDenied");
    assert_eq!(answer.refused(403), "You are not allowed to create on identity");
}
