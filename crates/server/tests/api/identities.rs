//! Machine identities of the organization.

use serde_json::{Value, json};
use vouchsafe_testkit::{Person, START, TestServer, both};

both!(
    an_identity_lives_from_create_to_delete,
    search_filters_sorts_and_pages,
    states_are_told_and_searched_for,
    credentials_are_for_those_who_may_see_them,
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

/// Names of the identities that somebody finds in a state.
async fn in_state(person: &Person, state: &str) -> Vec<String> {
    let found = person.post("/api/v1/identities/search", json!({ "state": state })).await.ok();
    let rows = found["identities"].as_array().unwrap();
    assert_eq!(found["totalCount"], rows.len());
    rows.iter().map(|row| row["identity"]["name"].as_str().unwrap().to_owned()).collect()
}

/// The identity with this name, as somebody finds it.
async fn row(person: &Person, name: &str) -> Value {
    let found = person.post("/api/v1/identities/search", json!({ "search": { "name": name } })).await.ok();
    found["identities"][0]["identity"].clone()
}

async fn client_secret(server: &TestServer, id: &str, days: i64) {
    let path = format!("/api/v1/auth/universal-auth/identities/{id}/client-secrets");
    server.admin.post(&path, json!({ "ttl": days * 86_400 })).await.ok();
}

async fn login(server: &TestServer, client_id: &str, secret: &str) -> u16 {
    let body = json!({ "clientId": client_id, "clientSecret": secret });
    server.anonymous().post("/api/v1/auth/universal-auth/login", body).await.status
}

async fn states_are_told_and_searched_for(server: TestServer) {
    let admin = &server.admin;
    let locked = server.identity("locked", "no-access").await;
    let (client_id, secret) = server.universal_auth(&locked.id, json!({})).await;
    assert_eq!(login(&server, &client_id, &secret).await, 200);
    server.app.store.settle_logins().await;
    let expiring = server.identity("expiring", "no-access").await;
    server.universal_auth(&expiring.id, json!({})).await;
    client_secret(&server, &expiring.id, 40).await;
    server.clock.advance_seconds(30 * 86_400);
    assert_eq!(in_state(admin, "idle").await, Vec::<String>::new());
    server.clock.advance_seconds(1);
    assert_eq!(in_state(admin, "idle").await, ["locked"]);
    assert_eq!(in_state(admin, "never-logged-in").await, ["admin", "expiring"]);
    // After 33 days the end is as near as 7 days; then it is nearer.
    server.clock.advance_seconds(3 * 86_400 - 1);
    assert_eq!(in_state(admin, "expiring").await, Vec::<String>::new());
    server.clock.advance_seconds(1);
    assert_eq!(in_state(admin, "expiring").await, ["expiring"]);
    let end = START.plus_seconds(40 * 86_400).to_string();
    assert_eq!(row(admin, "expiring").await["nextCredentialExpiry"], json!(end));
    let read = admin.get(&format!("/api/v1/identities/{}", expiring.id)).await.ok();
    assert_eq!(read["identity"]["identity"]["nextCredentialExpiry"], json!(end));
    assert_eq!(row(admin, "locked").await.get("nextCredentialExpiry"), None);

    for _ in 0..3 {
        assert_eq!(login(&server, &client_id, &"0".repeat(64)).await, 401);
    }
    assert_eq!(in_state(admin, "locked").await, ["locked"]);
    assert_eq!(row(admin, "locked").await["activeLockoutAuthMethods"], json!(["universal-auth"]));
    assert_eq!(row(admin, "expiring").await["activeLockoutAuthMethods"], json!([]));
    let filtered = json!({ "state": "locked", "search": { "name": { "$contains": "exp" } } });
    assert_eq!(admin.post("/api/v1/identities/search", filtered).await.ok()["totalCount"], 0);
    let unknown = json!({ "state": "asleep" });
    admin.post("/api/v1/identities/search", unknown).await.refused(422);
    // The list of 20,000 has no states.
    let list = admin.get(&format!("/api/v1/identities?orgId={}", server.org)).await.ok();
    assert_eq!(list["identities"][0]["identity"].get("activeLockoutAuthMethods"), None);
    assert_eq!(in_state(&server.stranger().await, "locked").await, Vec::<String>::new());
}

async fn credentials_are_for_those_who_may_see_them(server: TestServer) {
    for (slug, actions) in [("reader", json!(["read"])), ("keeper", json!(["read", "get-token"]))] {
        let rules = json!([{ "subject": "identity", "action": actions }]);
        let role = json!({ "slug": slug, "name": slug, "permissions": rules });
        server.admin.post("/api/v1/organization/roles", role).await.ok();
    }
    let worker = server.identity("worker", "no-access").await;
    server.universal_auth(&worker.id, json!({})).await;
    client_secret(&server, &worker.id, 1).await;
    let stronger = server.identity("stronger", "member").await;
    server.universal_auth(&stronger.id, json!({})).await;
    client_secret(&server, &stronger.id, 1).await;
    let (reader, keeper) =
        (server.identity("reads", "reader").await, server.identity("keeps", "keeper").await);
    let one = format!("/api/v1/identities/{}", worker.id);
    for (person, is_told) in [(&reader, false), (&keeper, true)] {
        let found = row(person, "worker").await;
        assert_eq!(found.get("nextCredentialExpiry").is_some(), is_told, "{found}");
        let read = person.get(&one).await.ok()["identity"]["identity"].clone();
        assert_eq!(read.get("nextCredentialExpiry").is_some(), is_told, "{read}");
        assert_eq!(found["activeLockoutAuthMethods"], json!([]));
    }
    let search = json!({ "state": "expiring" });
    let refused = reader.post("/api/v1/identities/search", search).await;
    assert_eq!(refused.refused(403), "You are not allowed to get-token on identity");
    // Who holds more stays out of sight.
    assert_eq!(in_state(&keeper, "expiring").await, ["worker"]);
    assert_eq!(in_state(&server.admin, "expiring").await, ["stronger", "worker"]);

    // Of an identity that a project manages, its rules decide.
    let project = server.project("p").await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/projects/{project}/identities");
    let body = json!({ "name": "robot", "roles": [{ "role": "no-access" }] });
    let robot = server.admin.post(&path, body).await.ok()["identity"]["id"].as_str().unwrap().to_owned();
    server.universal_auth(&robot, json!({})).await;
    client_secret(&server, &robot, 1).await;
    let path = format!("/api/v1/projects/{project}/roles");
    for (slug, actions) in [("sees", json!(["read"])), ("gets", json!(["read", "get-token"]))] {
        let rules = json!([{ "subject": "identity", "action": actions }]);
        let role = json!({ "slug": slug, "name": slug, "permissions": rules });
        server.admin.post(&path, role).await.ok();
        let person = server.project_member(&project, slug).await;
        let read = person.get(&format!("/api/v1/identities/{robot}")).await.ok();
        let end = read["identity"]["identity"].get("nextCredentialExpiry");
        assert_eq!(end.is_some(), slug == "gets", "{read}");
    }
}
