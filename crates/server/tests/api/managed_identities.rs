//! Identities that a project manages, and those of the organization under newer names.

use serde_json::json;
use vouchsafe_testkit::{TestServer, both};

both!(
    a_project_manages_identities_of_its_own,
    newer_routes_serve_the_same_identities,
    all_tokens_of_an_identity_end_at_once
);

async fn a_project_manages_identities_of_its_own(server: TestServer) {
    let project = server.project("own").await;
    let all = format!("/api/v1/projects/{}/identities", project["id"].as_str().unwrap());
    let admin = &server.admin;
    let body = json!({ "name": "deployer", "metadata": [{ "key": "a", "value": "b" }], "roles": [{ "role": "viewer" }] });
    let made = admin.post(&all, body).await.ok();
    assert_eq!(made["identity"]["projectId"], project["id"]);
    let id = made["identity"]["id"].as_str().unwrap().to_owned();
    let one = format!("{all}/{id}");
    assert_eq!(admin.get(&one).await.ok()["identity"]["metadata"][0]["key"], "a");
    assert_eq!(admin.get(&format!("{all}?search=DEPL")).await.ok()["totalCount"], 1);

    let temporary = json!({
        "role": "viewer", "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "1h",
        "temporaryAccessStartTime": "2026-11-24T00:00:00Z",
    });
    let refused = admin.post(&all, json!({ "name": "x", "roles": [temporary] })).await.refused(400);
    assert_eq!(refused, "Identity must have at least one permanent role");

    // The classic routes leave it alone; a member of the project alone can manage it.
    let classic = format!("/api/v1/identities/{id}");
    assert_eq!(
        admin.patch(&classic, json!({ "name": "y" })).await.refused(400),
        "Identity is managed by project"
    );
    let developer = server.project_member(project["id"].as_str().unwrap(), "member").await;
    assert_eq!(developer.patch(&one, json!({ "name": "renamed" })).await.ok()["identity"]["name"], "renamed");
    let strong = admin.post(&all, json!({ "name": "strong", "roles": [{ "role": "admin" }] })).await.ok();
    // Lists leave out who holds more than the caller.
    let names = |list: serde_json::Value| {
        let all = list["identities"].as_array().unwrap().iter();
        all.map(|one| one["identity"]["name"].as_str().or(one["name"].as_str()).unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let search = json!({ "scope": ["project"], "search": {} });
    let found = |by: &vouchsafe_testkit::Person| {
        let (by, search) = (by.clone(), search.clone());
        async move { by.post("/api/v2/identities/search", search).await.ok() }
    };
    assert_eq!(names(admin.get(&all).await.ok()), ["renamed", "strong"]);
    assert_eq!(names(developer.get(&all).await.ok()), ["renamed"]);
    assert_eq!(names(found(admin).await), ["renamed", "strong"]);
    assert_eq!(names(found(&developer).await), ["renamed"]);
    let strong = format!("{all}/{}", strong["identity"]["id"].as_str().unwrap());
    developer.delete(&strong).await.refused(403);
    developer.post(&all, json!({ "name": "z", "roles": [{ "role": "admin" }] })).await.refused(403);

    // It logs in like any other, and its token ends with it.
    let (client_id, secret) = server.universal_auth(&id, json!({})).await;
    let login = json!({ "clientId": client_id, "clientSecret": secret });
    let reply = server.anonymous().post("/api/v1/auth/universal-auth/login", login).await.ok();
    let token = server.anonymous().with_token(reply["accessToken"].as_str().unwrap());
    token.get(&one).await.ok();
    developer.delete(&one).await.ok();
    token.get("/api/v1/identities/details").await.refused(401);
    admin.get(&one).await.refused(404);
}

async fn newer_routes_serve_the_same_identities(server: TestServer) {
    let all = "/api/v1/organization/identities";
    let made = server.admin.post(all, json!({ "name": "newer" })).await.ok();
    let one = format!("{all}/{}", made["identity"]["id"].as_str().unwrap());
    assert_eq!(server.admin.get(&one).await.ok()["identity"]["name"], "newer");
    server.admin.patch(&one, json!({ "name": "newest", "role": "admin" })).await.ok();
    let classic = server.admin.get(&one.replace("organization/", "")).await.ok();
    assert_eq!(classic["identity"]["role"], "no-access");
    assert_eq!(server.admin.get(&format!("{all}?search=newest")).await.ok()["totalCount"], 1);
    let list = format!("/api/v2/organizations/{}/identity-memberships?search=newest", server.org);
    assert_eq!(server.admin.get(&list).await.ok()["identityMemberships"][0]["identity"]["name"], "newest");
    let found =
        server.admin.post("/api/v2/identities/search", json!({ "search": { "name": "newest" } })).await.ok();
    assert_eq!(found["totalCount"], 1);
    let count = server.admin.post("/api/v2/identities/search/count", json!({})).await.ok();
    assert_eq!(count["counts"]["organization"], 2);
    server.admin.delete(&one).await.ok();
    server.admin.get(&one).await.refused(404);
}

async fn all_tokens_of_an_identity_end_at_once(server: TestServer) {
    let person = server.identity("leaky", "no-access").await;
    person.get("/api/v1/identities/details").await.ok();
    server.admin.post(&format!("/api/v1/identities/{}/revoke-tokens", person.id), json!({})).await.ok();
    person.get("/api/v1/identities/details").await.refused(401);
    let path = format!("/api/v1/auth/token-auth/identities/{}/tokens", person.id);
    let fresh = server.admin.post(&path, json!({})).await.ok();
    person.with_token(fresh["accessToken"].as_str().unwrap()).get("/api/v1/identities/details").await.ok();
}
