//! Identities as members of projects.

use serde_json::{Value, json};
use vouchsafe_testkit::{Person, TestServer, both};

both!(
    a_membership_lives_from_create_to_delete,
    temporary_roles_hold_for_their_time,
    members_are_listed_filtered_and_paged,
    nobody_gives_or_manages_more_than_they_hold,
    bad_memberships_are_refused,
);

const NAMES: [&str; 3] = [
    "/api/v1/projects/{p}/memberships/identities",
    "/api/v1/projects/{p}/identity-memberships",
    "/api/v2/workspace/{p}/identity-memberships",
];

async fn project(server: &TestServer) -> String {
    server.project("p").await["id"].as_str().unwrap().to_owned()
}

fn at(name: &str, project: &str, identity: &str) -> String {
    format!("{}/{identity}", name.replace("{p}", project))
}

/// What Terraform sends for a permanent role.
fn terraform(role: &str) -> Value {
    json!({
        "role": role, "isTemporary": false, "temporaryMode": "", "temporaryRange": "",
        "temporaryAccessStartTime": "0001-01-01T00:00:00Z",
    })
}

async fn a_membership_lives_from_create_to_delete(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    for (number, name) in NAMES.into_iter().enumerate() {
        let person = server.identity(&format!("ci {number}"), "no-access").await;
        let path = at(name, &project, &person.id);
        let own = format!("/api/v1/projects/{project}");
        person.get(&own).await.refused(403);
        let made = admin.post(&path, json!({ "roles": [terraform("viewer")], "identityId": "x" })).await.ok();
        let membership = &made["identityMembership"];
        assert_eq!(
            (membership["identityId"].clone(), membership["projectId"].clone()),
            (json!(person.id), json!(project))
        );
        person.get(&own).await.ok();

        let changed =
            admin.patch(&path, json!({ "roles": [terraform("member"), terraform("no-access")] })).await.ok();
        assert_eq!(
            (changed["roles"][0]["role"].clone(), changed["roles"][1]["role"].clone()),
            (json!("member"), json!("no-access"))
        );
        assert_eq!(changed["roles"][0]["isTemporary"], false);
        assert_eq!(changed["roles"][0]["projectMembershipId"], membership["id"]);
        assert!(changed["roles"][0]["temporaryRange"].is_null());

        let read = admin.get(&path).await.ok()["identityMembership"].clone();
        assert_eq!(
            (read["id"].clone(), read["roles"].clone()),
            (membership["id"].clone(), changed["roles"].clone())
        );
        assert_eq!(read["identity"]["name"], json!(format!("ci {number}")));
        assert_eq!(read["identity"]["authMethods"], json!(["token-auth"]));
        assert_eq!(
            (read["identity"]["hasDeleteProtection"].clone(), read["project"]["name"].clone()),
            (json!(false), json!("p"))
        );
        assert_eq!(read["identity"]["activeLockoutAuthMethods"], json!([]));
        let id = membership["id"].as_str().unwrap();
        let by_id = admin.get(&format!("/api/v2/workspace/identity-memberships/{id}")).await.ok();
        assert_eq!(by_id["identityMembership"], read);
        let of_identity =
            admin.get(&format!("/api/v1/identities/{}/identity-memberships", person.id)).await.ok();
        assert_eq!(of_identity["identityMemberships"][0]["project"]["type"], "secret-manager");

        assert_eq!(admin.delete(&path).await.ok()["identityMembership"]["id"], membership["id"]);
        admin.get(&path).await.refused(404);
        person.get(&own).await.refused(403);
        // The token still works elsewhere.
        person.get("/api/v1/projects").await.ok();
    }
}

async fn temporary_roles_hold_for_their_time(server: TestServer) {
    let project = project(&server).await;
    let person = server.identity("night shift", "no-access").await;
    let path = at(NAMES[0], &project, &person.id);
    let start = (server.app.now().plus_seconds(60)).to_string();
    let role = json!({
        "role": "viewer", "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "1h",
        "temporaryAccessStartTime": start,
    });
    server.admin.post(&path, json!({ "roles": [role] })).await.ok();
    let roles = format!("/api/v1/projects/{project}/roles");
    person.get(&roles).await.refused(403);
    server.clock.advance_seconds(60);
    person.get(&roles).await.ok();
    server.clock.advance_seconds(3599);
    person.get(&roles).await.ok();
    server.clock.advance_seconds(1);
    person.get(&roles).await.refused(403);
    let read = server.admin.get(&path).await.ok();
    let entry = &read["identityMembership"]["roles"][0];
    assert_eq!(
        (entry["temporaryMode"].clone(), entry["temporaryRange"].clone()),
        (json!("relative"), json!("1h"))
    );
    assert_eq!(entry["temporaryAccessStartTime"], json!(start));
}

async fn members_are_listed_filtered_and_paged(server: TestServer) {
    let project = project(&server).await;
    for (name, role) in [("b_two", "viewer"), ("A one", "member"), ("c%three", "no-access")] {
        let person = server.identity(name, "no-access").await;
        server.admin.post(&at(NAMES[2], &project, &person.id), json!({ "role": role })).await.ok();
    }
    let list = async |name: &str, query: &str| {
        let found = server.admin.get(&format!("{}{query}", name.replace("{p}", &project))).await.ok();
        let names: Vec<String> = found["identityMemberships"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["identity"]["name"].as_str().unwrap().to_owned())
            .collect();
        (names.join(","), found["totalCount"].as_i64().unwrap())
    };
    for name in NAMES {
        assert_eq!(list(name, "").await, ("A one,admin,b_two,c%three".into(), 4), "{name}");
    }
    assert_eq!(list(NAMES[2], "?search=ONE").await, ("A one".into(), 1));
    assert_eq!(list(NAMES[2], "?search=%25").await, ("c%three".into(), 1));
    assert_eq!(list(NAMES[0], "?identityName=_&roles=viewer,member").await, ("b_two".into(), 1));
    assert_eq!(list(NAMES[0], "?roles=viewer,%20no-access").await, ("b_two,c%three".into(), 2));
    assert_eq!(
        list(NAMES[2], "?limit=2&offset=1&orderBy=name&orderDirection=desc").await,
        ("b_two,admin".into(), 4)
    );
    for (name, query) in [
        (NAMES[0], "?limit=1001"),
        (NAMES[2], "?limit=20001"),
        (NAMES[1], "?offset=-1"),
        (NAMES[2], "?orderBy=age"),
    ] {
        server.admin.get(&format!("{}{query}", name.replace("{p}", &project))).await.refused(422);
    }
    let free = server.identity("still free", "no-access").await;
    let path = format!("/api/v1/projects/{project}/memberships/available-identities");
    let found = server.admin.get(&path).await.ok();
    assert_eq!(
        (found["totalCount"].clone(), found["identities"][0]["id"].clone()),
        (json!(1), json!(free.id))
    );
    assert_eq!(server.admin.get(&format!("{path}?identityName=x")).await.ok()["totalCount"], 0);
}

async fn nobody_gives_or_manages_more_than_they_hold(server: TestServer) {
    let project = project(&server).await;
    let developer = server.project_member(&project, "member").await;
    let viewer = server.project_member(&project, "viewer").await;
    let other = server.identity("other", "no-access").await;
    let path = |person: &Person| at(NAMES[0], &project, &person.id);

    // A developer may add an identity, but has no privileges to grant.
    let refused = developer.post(&path(&other), json!({ "role": "viewer" })).await;
    assert_eq!(refused.body["error"], "PermissionDenied");
    assert_eq!(refused.refused(403), "You are not allowed to grant-privileges on identity");
    developer.post(&path(&other), json!({})).await.ok();
    let read = developer.get(&path(&other)).await.ok();
    assert_eq!(read["identityMembership"]["roles"][0]["role"], "no-access");
    developer.patch(&path(&other), json!({ "roles": [{ "role": "admin" }] })).await.refused(403);

    // Nor may it touch one who holds more.
    for answer in [
        developer.delete(&path(&server.admin)).await,
        developer.patch(&path(&server.admin), json!({ "roles": [{ "role": "no-access" }] })).await,
    ] {
        assert_eq!(answer.body["error"], "PermissionBoundaryError");
        assert!(!answer.body["details"]["missingPermissions"].as_array().unwrap().is_empty());
        answer.refused(403);
    }
    developer.delete(&path(&viewer)).await.ok();
    assert_eq!(
        developer.delete(&path(&developer)).await.refused(400),
        "You can't delete your own membership"
    );
    viewer.get(&path(&other)).await.refused(403);
    for person in [server.project_member(&project, "viewer").await] {
        person.get(&path(&other)).await.ok();
        person.post(&path(&viewer), json!({})).await.refused(403);
        person.patch(&path(&other), json!({ "roles": [{ "role": "no-access" }] })).await.refused(403);
        person.delete(&path(&other)).await.refused(403);
    }
}

async fn bad_memberships_are_refused(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    let person = server.identity("ci", "no-access").await;
    let path = at(NAMES[2], &project, &person.id);
    for (body, status) in [
        (json!({ "role": "no-such-role" }), 404),
        (json!({ "roles": [] }), 422),
        (json!({ "roles": [{ "isTemporary": false }] }), 422),
        (json!({ "roles": "admin" }), 422),
        (json!({ "roles": [{ "role": "viewer", "isTemporary": true, "temporaryMode": "absolute" }] }), 400),
        (json!({ "roles": [{ "role": "viewer", "isTemporary": true, "temporaryMode": "relative" }] }), 400),
    ] {
        admin.post(&path, body).await.refused(status);
    }
    admin.patch(&path, json!({ "roles": [{ "role": "viewer" }] })).await.refused(404);
    admin.delete(&path).await.refused(404);
    admin.post(&path, json!({})).await.ok();
    admin.post(&path, json!({})).await.refused(400);
    admin.patch(&path, json!({ "roles": [] })).await.refused(422);

    let stranger = server.stranger().await;
    for answer in [
        stranger.get(&path).await,
        stranger.post(&path, json!({})).await,
        stranger.patch(&path, json!({ "roles": [{ "role": "admin" }] })).await,
        stranger.delete(&path).await,
        stranger.get(&format!("/api/v1/identities/{}/identity-memberships", person.id)).await,
        admin.post(&at(NAMES[0], &project, &stranger.id), json!({})).await,
    ] {
        answer.refused(404);
    }
    let read = admin.get(&path).await.ok();
    let id = read["identityMembership"]["id"].as_str().unwrap();
    stranger.get(&format!("/api/v2/workspace/identity-memberships/{id}")).await.refused(404);
}
