//! Groups of users and identities, and what their members hold.

use serde_json::{Value, json};
use vouchsafe_testkit::{Engine, Person, TestServer, both};

use crate::people::{person, text};
use crate::roles::{org_role, project, put_secrets, read_secret, role, rule, secrets};

both!(
    a_group_lives_from_create_to_delete,
    members_hold_what_the_group_holds,
    a_group_is_a_member_of_projects,
    nobody_reaches_beyond_themselves_through_a_group,
    what_a_group_forbids_is_not_shaken_off,
    bad_groups_are_refused,
    an_identity_says_which_groups_it_is_in,
);

async fn group(by: &Person, slug: &str, role: &str) -> String {
    let body = json!({ "name": slug, "slug": slug, "role": role });
    text(&by.post("/api/v1/groups", body).await.ok()["id"]).to_owned()
}

async fn add(by: &Person, group: &str, identity: &Person) {
    by.post(&format!("/api/v1/groups/{group}/machine-identities/{}", identity.id), json!({})).await.ok();
}

async fn a_group_lives_from_create_to_delete(server: TestServer) {
    let admin = &server.admin;
    let custom = org_role(admin, "auditor", vec![rule("identity", &["read"])]).await;
    let made = admin
        .post("/api/v1/groups", json!({ "name": "Ops", "slug": "ops-team", "role": "auditor" }))
        .await
        .ok();
    assert_eq!((&made["role"], &made["roleId"]), (&json!("custom"), &json!(custom)));
    assert_eq!(
        (&made["customRoleSlug"], &made["orgId"]),
        (&json!("auditor"), &json!(server.org.to_string()))
    );
    let id = text(&made["id"]);
    let one = format!("/api/v1/groups/{id}");
    assert_eq!(admin.get(&one).await.ok(), made);
    assert_eq!(admin.get("/api/v1/groups").await.ok(), json!([made]));
    let listed = admin.get(&format!("/api/v1/organization/{}/groups", server.org)).await.ok();
    assert_eq!(listed["groups"][0]["customRole"]["slug"], "auditor");
    let changed = admin.patch(&one, json!({ "name": "Operations", "role": "no-access" })).await.ok();
    assert_eq!(
        (&changed["name"], &changed["role"], &changed["roleId"]),
        (&json!("Operations"), &json!("no-access"), &Value::Null)
    );
    let derived = admin.post("/api/v1/groups", json!({ "name": "No slug" })).await.ok();
    assert!(text(&derived["slug"]).starts_with("no-slug-"), "{derived}");

    let (ann, bot) =
        (person(&server, "ann@example.com", "member").await, server.identity("bot", "no-access").await);
    let user = admin.post(&format!("{one}/users/ann@example.com"), json!({})).await.ok();
    assert_eq!((&user["id"], &user["email"]), (&json!(ann.id), &json!("ann@example.com")));
    let path = format!("{one}/machine-identities/{}", bot.id);
    assert_eq!(admin.post(&path, json!({})).await.ok(), json!({ "id": bot.id }));
    admin.post(&path, json!({})).await.refused(400);
    let users = admin.get(&format!("{one}/users?filter=existingMembers")).await.ok();
    assert_eq!((&users["totalCount"], &users["users"][0]["isPartOfGroup"]), (&json!(1), &json!(true)));
    let identities = admin.get(&format!("{one}/machine-identities")).await.ok();
    assert_eq!(identities["totalCount"], 2);
    assert_eq!(identities["machineIdentities"][0]["id"], json!(bot.id));
    assert_eq!(identities["machineIdentities"][1]["isPartOfGroup"], false);
    assert_eq!(admin.get(&format!("{one}/machine-identities?search=BOT")).await.ok()["totalCount"], 1);
    let members = admin.get(&format!("{one}/members")).await.ok();
    let kinds: Vec<&str> =
        members["members"].as_array().unwrap().iter().map(|one| text(&one["type"])).collect();
    assert_eq!((kinds.as_slice(), &members["totalCount"]), (&["user", "machineIdentity"][..], &json!(2)));
    admin.delete(&path).await.ok();
    admin.delete(&path).await.refused(400);
    admin.delete(&format!("{one}/users/ann@example.com")).await.ok();
    assert_eq!(admin.get(&format!("{one}/members")).await.ok()["totalCount"], 0);
    assert_eq!(admin.delete(&one).await.ok()["id"], json!(id));
    admin.get(&one).await.refused(404);
    let stranger = server.stranger().await;
    let other = group(admin, "ours-only", "no-access").await;
    stranger.get(&format!("/api/v1/groups/{other}")).await.refused(404);
    stranger
        .post(&format!("/api/v1/groups/{other}/machine-identities/{}", stranger.id), json!({}))
        .await
        .refused(404);
    let theirs = group(&stranger, "theirs", "no-access").await;
    stranger
        .post(&format!("/api/v1/groups/{theirs}/machine-identities/{}", bot.id), json!({}))
        .await
        .refused(404);
}

async fn members_hold_what_the_group_holds(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    put_secrets(&server, &project).await;
    org_role(admin, "auditor", vec![rule("identity", &["read"])]).await;
    let bot = server.identity("bot", "no-access").await;
    let ann = person(&server, "ann@example.com", "no-access").await;
    let list = format!("/api/v1/identities?orgId={}", server.org);
    let ops = group(admin, "operators", "no-access").await;
    let (one, base) = (format!("/api/v1/groups/{ops}"), format!("/api/v2/workspace/{project}/groups/{ops}"));
    add(admin, &ops, &bot).await;
    admin.post(&format!("{one}/users/ann@example.com"), json!({})).await.ok();
    admin.post(&base, json!({ "role": "viewer" })).await.ok();
    for who in [&bot, &ann] {
        who.get(&list).await.refused(403);
        assert_eq!(read_secret(who, &project, "dev").await, 200);
        let mine = who.get("/api/v1/projects").await.ok();
        assert_eq!(mine["projects"].as_array().unwrap().len(), 1);
        assert!(!mine["projects"][0]["environments"].as_array().unwrap().is_empty());
    }
    // Each change bites on live tokens at once.
    admin.patch(&one, json!({ "role": "auditor" })).await.ok();
    bot.get(&list).await.ok();
    ann.get(&list).await.ok();
    admin.patch(&one, json!({ "role": "no-access" })).await.ok();
    bot.get(&list).await.refused(403);
    admin.patch(&base, json!({ "roles": [{ "role": "no-access" }] })).await.ok();
    assert_eq!(read_secret(&bot, &project, "dev").await, 403);
    // Direct roles and those of the group are put together, also for a time.
    role(admin, &project, "dev-only", vec![secrets(&["readValue", "describeSecret"], "dev")]).await;
    admin
        .post(
            &format!("/api/v2/workspace/{project}/identity-memberships/{}", bot.id),
            json!({ "role": "dev-only" }),
        )
        .await
        .ok();
    let soon = server.app.now().plus_seconds(60).to_string();
    let temporary = json!({ "role": "viewer", "isTemporary": true, "temporaryMode": "relative",
        "temporaryRange": "1h", "temporaryAccessStartTime": soon });
    admin.patch(&base, json!({ "roles": [temporary] })).await.ok();
    assert_eq!(
        (read_secret(&bot, &project, "dev").await, read_secret(&bot, &project, "prod").await),
        (200, 403)
    );
    server.clock.advance_seconds(61);
    assert_eq!(
        (read_secret(&bot, &project, "prod").await, read_secret(&ann, &project, "prod").await),
        (200, 200)
    );
    server.clock.advance_seconds(3600);
    assert_eq!(
        (read_secret(&bot, &project, "dev").await, read_secret(&bot, &project, "prod").await),
        (200, 403)
    );
    assert_eq!(read_secret(&ann, &project, "dev").await, 403);
    admin.patch(&base, json!({ "roles": [{ "role": "viewer" }] })).await.ok();
    assert_eq!(read_secret(&bot, &project, "prod").await, 200);
    admin.delete(&format!("{one}/machine-identities/{}", bot.id)).await.ok();
    assert_eq!(read_secret(&bot, &project, "prod").await, 403);
    assert_eq!(read_secret(&ann, &project, "prod").await, 200);
    admin.delete(&one).await.ok();
    assert_eq!(read_secret(&ann, &project, "prod").await, 403);
    ann.get(&format!("/api/v1/projects/{project}")).await.refused(403);
}

async fn a_group_is_a_member_of_projects(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    let ops = group(admin, "operators", "no-access").await;
    for base in [
        "/api/v1/projects/{p}/memberships/groups",
        "/api/v1/projects/{p}/groups",
        "/api/v2/workspace/{p}/groups",
    ] {
        let base = base.replace("{p}", &project);
        let made = admin.post(&format!("{base}/operators"), json!({ "role": "viewer" })).await.ok();
        let made = &made["groupMembership"];
        assert_eq!((&made["groupId"], &made["projectId"]), (&json!(ops), &json!(project)));
        admin.post(&format!("{base}/{ops}"), json!({})).await.refused(400);
        let one = format!("{base}/{ops}");
        let read = admin.get(&one).await.ok()["groupMembership"].clone();
        assert_eq!(
            (&read["roles"][0]["role"], &read["group"]["slug"]),
            (&json!("viewer"), &json!("operators"))
        );
        assert_eq!(admin.get(&base).await.ok()["groupMemberships"], json!([read]));
        let changed = admin.patch(&one, json!({ "roles": [{ "role": "member" }] })).await.ok();
        assert_eq!(changed["roles"][0]["role"], "member");
        let projects = admin.get(&format!("/api/v1/groups/{ops}/projects")).await.ok();
        assert_eq!((&projects["totalCount"], &projects["projects"][0]["id"]), (&json!(1), &json!(project)));
        admin.delete(&one).await.ok();
        admin.get(&one).await.refused(404);
    }
}

async fn nobody_reaches_beyond_themselves_through_a_group(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    put_secrets(&server, &project).await;
    let groups = rule(
        "groups",
        &[
            "read",
            "create",
            "edit",
            "delete",
            "grant-privileges",
            "add-identities",
            "remove-identities",
            "add-members",
        ],
    );
    org_role(admin, "group-lead", vec![groups]).await;
    let lead = server.identity("lead", "group-lead").await;
    let bot = server.identity("bot", "no-access").await;

    // The organization role of a group.
    let refused =
        lead.post("/api/v1/groups", json!({ "name": "strong", "slug": "strong", "role": "admin" })).await;
    assert_eq!(refused.body["error"], "PermissionBoundaryError");
    let strong = group(admin, "strong", "admin").await;
    let path = format!("/api/v1/groups/{strong}");
    for answer in [
        lead.post(&format!("{path}/machine-identities/{}", bot.id), json!({})).await,
        lead.post(&format!("{path}/machine-identities/{}", lead.id), json!({})).await,
        lead.patch(&path, json!({ "name": "mine" })).await,
        lead.delete(&path).await,
    ] {
        assert_eq!(answer.body["error"], "PermissionBoundaryError", "{}", answer.body);
        answer.refused(403);
    }
    // Its roles in projects that the lead is no member of.
    let weak = group(&lead, "weaker", "no-access").await;
    let (add_lead, add_bot) = (
        format!("/api/v1/groups/{weak}/machine-identities/{}", lead.id),
        format!("/api/v1/groups/{weak}/machine-identities/{}", bot.id),
    );
    lead.post(&add_bot, json!({})).await.ok();
    lead.delete(&add_bot).await.ok();
    let start = server.app.now().plus_seconds(86_400).to_string();
    let later = json!({ "role": "viewer", "isTemporary": true, "temporaryMode": "relative",
        "temporaryRange": "1h", "temporaryAccessStartTime": start });
    admin.post(&format!("/api/v2/workspace/{project}/groups/{weak}"), json!({ "roles": [later] })).await.ok();
    lead.post(&add_bot, json!({})).await.refused(403);
    lead.post(&add_lead, json!({})).await.refused(403);
    lead.patch(&format!("/api/v1/groups/{weak}"), json!({ "role": "group-lead" })).await.refused(403);
    server.clock.advance_seconds(2 * 86_400);
    // What has ended does not count any more.
    lead.post(&add_lead, json!({})).await.ok();

    // In a project: a group gets no more than its giver holds.
    let in_project = vec![rule("groups", &["read", "create", "edit", "delete", "assign-role"])];
    role(admin, &project, "giver", in_project).await;
    let giver = server.project_member(&project, "giver").await;
    let plain = group(admin, "plain", "no-access").await;
    let base = format!("/api/v2/workspace/{project}/groups/{plain}");
    giver.post(&base, json!({ "role": "viewer" })).await.refused(403);
    giver.post(&base, json!({})).await.ok();
    giver.patch(&base, json!({ "roles": [{ "role": "giver" }, { "role": "admin" }] })).await.refused(403);
    giver.patch(&base, json!({ "roles": [{ "role": "giver" }] })).await.ok();
    admin.patch(&base, json!({ "roles": [{ "role": "viewer" }] })).await.ok();
    giver.delete(&base).await.refused(403);

    // An identity that holds more through a group is out of reach.
    let keeper = vec![rule("identity", &["read", "edit", "delete", "create", "create-token", "edit-auth"])];
    org_role(admin, "keeper", keeper).await;
    let keeper = server.identity("keeper", "keeper").await;
    let token = |id: &str| format!("/api/v1/auth/token-auth/identities/{id}/tokens");
    keeper.post(&token(&bot.id), json!({})).await.ok();
    add(admin, &strong, &bot).await;
    keeper.post(&token(&bot.id), json!({})).await.refused(403);
    keeper.get(&format!("/api/v1/identities/{}", bot.id)).await.refused(403);
    keeper.delete(&format!("/api/v1/identities/{}", bot.id)).await.refused(403);
    let seen = keeper.get(&format!("/api/v1/identities?orgId={}", server.org)).await.ok();
    let seen: Vec<&str> =
        seen["identities"].as_array().unwrap().iter().map(|one| text(&one["identityId"])).collect();
    assert!(!seen.contains(&bot.id.as_str()) && seen.contains(&keeper.id.as_str()));
    admin.delete(&format!("/api/v1/groups/{strong}/machine-identities/{}", bot.id)).await.ok();
    keeper.post(&token(&bot.id), json!({})).await.ok();
    // So is one that holds something in a project where the keeper holds nothing.
    admin
        .post(
            &format!("/api/v2/workspace/{project}/identity-memberships/{}", bot.id),
            json!({ "role": "viewer" }),
        )
        .await
        .ok();
    keeper.post(&token(&bot.id), json!({})).await.refused(403);
}

async fn what_a_group_forbids_is_not_shaken_off(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    let forbid = json!({ "subject": "secrets", "action": ["readValue"], "inverted": true, "conditions": { "environment": "prod" } });
    role(admin, &project, "not-prod", vec![forbid]).await;
    role(admin, &project, "giver", vec![rule("groups", &["read", "edit", "delete", "assign-role"])]).await;
    let giver = server.project_member(&project, "giver").await;
    let plain = group(admin, "careful", "no-access").await;
    let base = format!("/api/v2/workspace/{project}/groups/{plain}");
    admin.post(&base, json!({ "role": "not-prod" })).await.ok();
    giver.delete(&base).await.refused(403);
    giver.patch(&base, json!({ "roles": [{ "role": "no-access" }] })).await.refused(403);
    org_role(admin, "group-lead", vec![rule("groups", &["read", "delete", "remove-identities"])]).await;
    let lead = server.identity("lead", "group-lead").await;
    let bot = server.identity("bot", "no-access").await;
    add(admin, &plain, &bot).await;
    lead.delete(&format!("/api/v1/groups/{plain}/machine-identities/{}", bot.id)).await.refused(403);
    lead.delete(&format!("/api/v1/groups/{plain}")).await.refused(403);
    admin.delete(&base).await.ok();
    lead.delete(&format!("/api/v1/groups/{plain}")).await.ok();
}

async fn bad_groups_are_refused(server: TestServer) {
    let admin = &server.admin;
    for (body, status) in [
        (json!({}), 422),
        (json!({ "name": "" }), 422),
        (json!({ "name": "x".repeat(51) }), 422),
        (json!({ "name": "x", "slug": "abc" }), 422),
        (json!({ "name": "x", "slug": "not a slug" }), 422),
        (json!({ "name": "x", "role": "none-such" }), 404),
    ] {
        admin.post("/api/v1/groups", body).await.refused(status);
    }
    let one = format!("/api/v1/groups/{}", group(admin, "taken-slug", "no-access").await);
    admin.post("/api/v1/groups", json!({ "name": "x", "slug": "taken-slug" })).await.refused(400);
    admin.get(&format!("{one}/users?filter=everybody")).await.refused(422);
    admin.get(&format!("{one}/machine-identities?limit=101")).await.refused(422);
    admin.post(&format!("{one}/users/nobody@example.com"), json!({})).await.refused(404);
    admin.post(&format!("{one}/users/%20"), json!({})).await.refused(404);
    let project = project(&server).await;
    let managed =
        admin.post(&format!("/api/v1/projects/{project}/identities"), json!({ "name": "m" })).await.ok();
    let managed = text(&managed["identity"]["id"]).to_owned();
    let message = admin.post(&format!("{one}/machine-identities/{managed}"), json!({})).await.refused(400);
    assert_eq!(message, "Identity is managed by project");
    let base = format!("/api/v2/workspace/{project}/groups");
    admin.post(&format!("{base}/none-such"), json!({})).await.refused(404);
    admin.post(&format!("{base}/taken-slug"), json!({ "role": "none-such" })).await.refused(404);
    admin.post(&format!("{base}/taken-slug"), json!({ "roles": [] })).await.refused(422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_of_roles_and_groups_bite_on_the_other_replica() {
    let here = TestServer::start(Engine::Postgres).await;
    let there = here.replica().await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let (admin, project) = (&here.admin, project(&here).await);
    put_secrets(&here, &project).await;
    let id = role(admin, &project, "reader", vec![]).await;
    let bot = here.identity("bot", "no-access").await;
    let ops = group(admin, "operators", "no-access").await;
    add(admin, &ops, &bot).await;
    admin.post(&format!("/api/v2/workspace/{project}/groups/{ops}"), json!({ "role": "reader" })).await.ok();
    let abroad = bot.at(&there.url);
    for round in 0..10 {
        let rules = if round % 2 == 0 { vec![rule("secrets", &["read"])] } else { vec![] };
        let expected = if round % 2 == 0 { 200 } else { 403 };
        let path = format!("/api/v1/projects/{project}/roles/{id}");
        admin.patch(&path, json!({ "permissions": rules })).await.ok();
        assert_eq!(read_secret(&abroad, &project, "dev").await, expected, "round {round}");
        assert_eq!(read_secret(&bot, &project, "dev").await, expected, "round {round}");
    }
    admin
        .patch(
            &format!("/api/v1/projects/{project}/roles/{id}"),
            json!({ "permissions": [rule("secrets", &["read"])] }),
        )
        .await
        .ok();
    assert_eq!(read_secret(&abroad, &project, "dev").await, 200);
    admin.delete(&format!("/api/v1/groups/{ops}/machine-identities/{}", bot.id)).await.ok();
    assert_eq!(read_secret(&abroad, &project, "dev").await, 403);
}

async fn an_identity_says_which_groups_it_is_in(server: TestServer) {
    let admin = &server.admin;
    org_role(admin, "auditor", vec![rule("identity", &["read"])]).await;
    let (bot, other) =
        (server.identity("bot", "no-access").await, server.identity("other", "no-access").await);
    let of = |identity: &Person| format!("/api/v1/identities/{}/groups", identity.id);
    let zebra = group(admin, "zebra", "no-access").await;
    let aardvark = group(admin, "aardvark", "auditor").await;
    let elsewhere = group(admin, "elsewhere", "no-access").await;
    assert_eq!(admin.get(&of(&bot)).await.ok(), json!({ "groups": [], "totalCount": 0 }));
    add(admin, &zebra, &bot).await;
    server.clock.advance_seconds(60);
    add(admin, &aardvark, &bot).await;
    add(admin, &elsewhere, &other).await;
    let found = admin.get(&of(&bot)).await.ok();
    let groups = found["groups"].as_array().unwrap();
    let names: Vec<&str> = groups.iter().map(|one| text(&one["name"])).collect();
    assert_eq!((names.as_slice(), &found["totalCount"]), (&["aardvark", "zebra"][..], &json!(2)));
    assert_eq!((&groups[0]["id"], &groups[0]["role"]), (&json!(aardvark), &json!("custom")));
    assert_eq!(groups[0]["customRole"]["slug"], "auditor");
    assert_eq!(groups[1]["customRole"], Value::Null);
    assert!(text(&groups[0]["joinedGroupAt"]) > text(&groups[1]["joinedGroupAt"]), "{found}");
    let second = admin.get(&format!("{}?limit=1&offset=1", of(&bot))).await.ok();
    assert_eq!((&second["groups"], &second["totalCount"]), (&json!([groups[1]]), &json!(2)));
    for wrong in ["limit=0", "limit=1001", "offset=-1", "limit=x"] {
        admin.get(&format!("{}?{wrong}", of(&bot))).await.refused(422);
    }
    // Who may see the identity, and who may see groups, and who may see both.
    let reads = |subject: &str| vec![rule(subject, &["read"])];
    org_role(admin, "identities", reads("identity")).await;
    org_role(admin, "groups", reads("groups")).await;
    org_role(admin, "both", [reads("identity"), reads("groups")].concat()).await;
    let message = server.identity("a", "identities").await.get(&of(&bot)).await.refused(403);
    assert_eq!(message, "You are not allowed to read on groups");
    let message = server.identity("b", "groups").await.get(&of(&bot)).await.refused(403);
    assert_eq!(message, "You are not allowed to read on identity");
    assert_eq!(server.identity("c", "both").await.get(&of(&bot)).await.ok()["totalCount"], 2);
    // Who holds more than the asker is not told about.
    let ops = group(admin, "ops-team", "admin").await;
    add(admin, &ops, &other).await;
    server.identity("d", "both").await.get(&of(&other)).await.refused(403);
    server.stranger().await.get(&of(&bot)).await.refused(404);
    admin.delete(&format!("/api/v1/groups/{zebra}/machine-identities/{}", bot.id)).await.ok();
    assert_eq!(admin.get(&of(&bot)).await.ok()["totalCount"], 1);
}
