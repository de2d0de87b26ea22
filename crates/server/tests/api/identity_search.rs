//! Searching identities of the organization and of projects, and identities as members of the
//! organization.

use serde_json::{Value, json};
use vouchsafe_testkit::{Person, TestServer, both};

both!(
    a_search_covers_the_scopes_that_the_caller_may_read,
    a_membership_in_the_organization_is_read_and_changed_but_not_made,
    locked_logins_are_shown_wherever_an_identity_is,
    revoked_tokens_are_listed_as_revoked,
);

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["identity"]["name"].as_str().unwrap()).collect()
}

async fn managed(server: &TestServer, name: &str, identity: &str, role: &str) -> (String, String) {
    let project = server.project(name).await["id"].as_str().unwrap().to_owned();
    let body = json!({ "name": identity, "roles": [{ "role": role }] });
    let made = server.admin.post(&format!("/api/v1/projects/{project}/identities"), body).await.ok();
    (project, made["identity"]["id"].as_str().unwrap().to_owned())
}

async fn a_search_covers_the_scopes_that_the_caller_may_read(server: TestServer) {
    let (first, robot) = managed(&server, "first", "robot", "viewer").await;
    managed(&server, "second", "drone", "member").await;
    let viewer = server.project_member(&first, "viewer").await;
    let search =
        async |person: &Person, body: Value| person.post("/api/v2/identities/search", body).await.ok();

    let everything = json!({ "scope": ["organization", "project"] });
    let found = search(&server.admin, everything.clone()).await;
    assert_eq!(names(&found["identities"]), ["admin", "drone", "robot", "viewer of a project"]);
    assert_eq!(found["totalCount"], 4);
    let found =
        search(&server.admin, json!({ "scope": ["project"], "search": { "role": { "$contains": "VIEW" } } }))
            .await;
    let item = &found["identities"][0];
    assert_eq!((names(&found["identities"]), item["identityId"].clone()), (vec!["robot"], json!(robot)));
    assert_eq!((item["scope"].clone(), item["projectId"].clone()), (json!("project"), json!(first)));
    assert_eq!(
        (item["project"]["name"].clone(), item["roles"][0]["role"].clone()),
        (json!("first"), json!("viewer"))
    );
    let by_role = json!({ "scope": ["project"], "orderBy": "role", "orderDirection": "desc" });
    assert_eq!(names(&search(&server.admin, by_role).await["identities"]), ["robot", "drone"]);
    let own = search(&server.admin, json!({ "search": { "name": "admin" } })).await["identities"][0].clone();
    assert_eq!((own["scope"].clone(), own["projectId"].clone()), (json!("organization"), json!(null)));
    assert_eq!(own["roles"][0]["role"], "admin");

    // Without a role in the organization its identities are left out, without a refusal.
    assert_eq!(names(&search(&viewer, everything.clone()).await["identities"]), ["robot"]);
    assert_eq!(search(&viewer, json!({})).await, json!({ "identities": [], "totalCount": 0 }));
    let count = async |person: &Person, body: Value| {
        person.post("/api/v2/identities/search/count", body).await.ok()["counts"].clone()
    };
    assert_eq!(count(&viewer, everything.clone()).await, json!({ "organization": 0, "project": 1 }));
    assert_eq!(count(&server.admin, everything.clone()).await, json!({ "organization": 2, "project": 2 }));
    assert_eq!(count(&server.admin, json!({})).await, json!({ "organization": 2 }));
    assert_eq!(names(&search(&server.stranger().await, everything).await["identities"]), ["admin"]);
    for body in [json!({ "scope": [] }), json!({ "scope": ["galaxy"] }), json!({ "limit": 0 })] {
        server.admin.post("/api/v2/identities/search", body).await.refused(422);
    }
}

async fn a_membership_in_the_organization_is_read_and_changed_but_not_made(server: TestServer) {
    let admin = &server.admin;
    let person = server.identity("ci", "no-access").await;
    let all = "/api/v1/organization/identity-memberships";
    let one = format!("{all}/{}", person.id);
    let read = admin.get(&one).await.ok()["identityMembership"].clone();
    assert_eq!((read["identityId"].clone(), read["role"].clone()), (json!(person.id), json!("no-access")));
    assert_eq!((read["identity"]["name"].clone(), read["metadata"].clone()), (json!("ci"), json!([])));
    let changed = admin.patch(&one, json!({ "roles": [{ "role": "member" }] })).await.ok();
    assert_eq!(
        (changed["roles"][0]["role"].clone(), changed["roles"][0]["isTemporary"].clone()),
        (json!("member"), json!(false))
    );
    let found = admin.get(&format!("{all}?identityName=C&roles=member,no-access")).await.ok();
    assert_eq!((names(&found["identityMemberships"]), found["totalCount"].clone()), (vec!["ci"], json!(1)));
    assert_eq!(found["identityMemberships"][0]["roles"][0]["role"], "member");

    admin.patch(&one, json!({ "roles": [{ "role": "member" }, { "role": "admin" }] })).await.refused(400);
    admin.patch(&one, json!({ "roles": [{ "role": "no-such-role" }] })).await.refused(404);
    admin.patch(&one, json!({ "roles": [] })).await.refused(422);
    admin.get(&format!("{all}?limit=101")).await.refused(422);
    admin.post(&one, json!({ "roles": [{ "role": "member" }] })).await.refused(400);
    admin.delete(&one).await.refused(400);
    let none = admin.get("/api/v1/organization/available-identities").await.ok();
    assert_eq!(none, json!({ "identities": [], "totalCount": 0 }));

    // A member may not raise itself, nor look at one who holds more.
    let refused = person.patch(&one, json!({ "roles": [{ "role": "admin" }] })).await;
    assert_eq!(refused.body["error"], "PermissionBoundaryError");
    refused.refused(403);
    person.get(&format!("{all}/{}", admin.id)).await.refused(403);
    assert_eq!(names(&person.get(all).await.ok()["identityMemberships"]), ["ci"]);
    server.stranger().await.get(&one).await.refused(404);
}

async fn locked_logins_are_shown_wherever_an_identity_is(server: TestServer) {
    let admin = &server.admin;
    let (project, id) = managed(&server, "p", "robot", "viewer").await;
    let (client_id, _) = server.universal_auth(&id, json!({})).await;
    for _ in 0..3 {
        let wrong = json!({ "clientId": client_id, "clientSecret": "0".repeat(64) });
        server.anonymous().post("/api/v1/auth/universal-auth/login", wrong).await.refused(401);
    }
    let found = admin.post("/api/v2/identities/search", json!({ "scope": ["project"] })).await.ok();
    let classic = admin.get(&format!("/api/v1/identities/{id}")).await.ok();
    let newer = admin.get(&format!("/api/v1/projects/{project}/identities/{id}")).await.ok();
    let member = admin.get(&format!("/api/v1/projects/{project}/memberships/identities/{id}")).await.ok();
    for identity in [
        &found["identities"][0]["identity"],
        &classic["identity"]["identity"],
        &newer["identity"],
        &member["identityMembership"]["identity"],
    ] {
        assert_eq!(identity["activeLockoutAuthMethods"], json!(["universal-auth"]), "{identity}");
    }
    let own = admin.get("/api/v1/organization/identity-memberships").await.ok();
    assert_eq!(own["identityMemberships"][0]["identity"]["activeLockoutAuthMethods"], json!([]));
    // A membership of an identity that a project manages neither ends by itself nor is made anew.
    let path = format!("/api/v1/projects/{project}/memberships/identities/{id}");
    admin.delete(&path).await.refused(400);
    admin.post(&path, json!({})).await.refused(400);
    let temporary = json!({
        "role": "viewer", "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "1h",
        "temporaryAccessStartTime": "2026-11-24T00:00:00Z",
    });
    admin.patch(&path, json!({ "roles": [temporary] })).await.refused(400);
    admin.patch(&path, json!({ "roles": [{ "role": "member" }] })).await.ok();
}

async fn revoked_tokens_are_listed_as_revoked(server: TestServer) {
    let person = server.identity("leaky", "no-access").await;
    let path = format!("/api/v1/auth/token-auth/identities/{}/tokens", person.id);
    server.admin.post(&format!("/api/v1/identities/{}/revoke-tokens", person.id), json!({})).await.ok();
    let tokens = server.admin.get(&path).await.ok();
    assert_eq!(tokens["tokens"][0]["isAccessTokenRevoked"], true, "{tokens}");
    person.get("/api/v1/identities/details").await.refused(401);
}
