//! Additional privileges of identities and users.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::people::{person, text};
use crate::roles::{put_secrets, read_secret, role, rule, secrets};

both!(
    a_privilege_lives_from_create_to_delete,
    the_older_form_still_works,
    users_have_privileges_too,
    a_temporary_privilege_holds_for_its_time,
    nobody_gives_more_than_they_hold,
    bad_privileges_are_refused,
    an_identity_with_rights_in_one_project_manages_it,
);

const V2: &str = "/api/v2/identity-project-additional-privilege";
const V1: &str = "/api/v1/additional-privilege/identity";

async fn world(server: &TestServer) -> (String, String) {
    let project = server.project("p").await;
    let (id, slug) = (text(&project["id"]).to_owned(), text(&project["slug"]).to_owned());
    put_secrets(server, &id).await;
    (id, slug)
}

fn reading(environment: &str) -> Value {
    secrets(&["readValue", "describeSecret"], environment)
}

async fn a_privilege_lives_from_create_to_delete(server: TestServer) {
    let (admin, (project, slug)) = (&server.admin, world(&server).await);
    let bot = server.project_member(&project, "no-access").await;
    assert_eq!(read_secret(&bot, &project, "prod").await, 403);
    let zero = json!({ "isTemporary": false, "temporaryMode": "", "temporaryRange": "", "temporaryAccessStartTime": "0001-01-01T00:00:00Z" });
    let body = json!({ "identityId": bot.id, "projectId": project, "slug": "prod-reader",
        "permissions": [reading("prod")], "type": zero });
    let made = admin.post(V2, body.clone()).await.ok()["privilege"].clone();
    assert_eq!((&made["identityId"], &made["projectId"]), (&json!(bot.id), &json!(project)));
    assert_eq!((&made["isTemporary"], &made["temporaryRange"]), (&json!(false), &Value::Null));
    assert_eq!(made["projectMembershipId"], json!(project));
    assert_eq!(made["permissions"][0]["inverted"], false);
    assert_eq!(
        (read_secret(&bot, &project, "prod").await, read_secret(&bot, &project, "dev").await),
        (200, 403)
    );
    let again = admin.post(V2, body).await;
    let issue = json!({ "code": "taken", "path": ["slug"], "message": again.body["message"] });
    assert_eq!(again.body["details"], json!({ "issues": [issue] }));
    assert_eq!(again.refused(400), "Additional privilege with provided slug already exists");

    let one = format!("{V2}/{}", text(&made["id"]));
    assert_eq!(admin.get(&one).await.ok()["privilege"], made);
    let by_slug = format!("{V2}/slug/prod-reader?identityId={}&projectSlug={slug}", bot.id);
    assert_eq!(admin.get(&by_slug).await.ok()["privilege"], made);
    let list = admin.get(&format!("{V2}?identityId={}&projectId={project}", bot.id)).await.ok();
    assert!(list["privileges"][0].get("permissions").is_none());
    assert_eq!(list["privileges"][0]["slug"], "prod-reader");

    let changed =
        admin.patch(&one, json!({ "slug": "dev-reader", "permissions": [reading("dev")] })).await.ok();
    assert_eq!(changed["privilege"]["slug"], "dev-reader");
    assert_eq!(
        (read_secret(&bot, &project, "prod").await, read_secret(&bot, &project, "dev").await),
        (403, 200)
    );
    // Privileges are read after roles: one that forbids wins.
    let forbid = json!({ "subject": "secrets", "action": ["readValue"], "inverted": true, "conditions": { "environment": "dev" } });
    let path = format!("/api/v2/workspace/{project}/identity-memberships/{}", bot.id);
    admin.patch(&path, json!({ "roles": [{ "role": "viewer" }] })).await.ok();
    assert_eq!(read_secret(&bot, &project, "prod").await, 200);
    admin.patch(&one, json!({ "permissions": [forbid] })).await.ok();
    assert_eq!(
        (read_secret(&bot, &project, "prod").await, read_secret(&bot, &project, "dev").await),
        (200, 403)
    );
    admin.delete(&one).await.ok();
    assert_eq!(read_secret(&bot, &project, "dev").await, 200);
    admin.get(&one).await.refused(404);
    let stranger = server.stranger().await;
    let other =
        admin.post(V2, json!({ "identityId": bot.id, "projectId": project, "permissions": [] })).await.ok();
    let other = format!("{V2}/{}", text(&other["privilege"]["id"]));
    stranger.get(&other).await.refused(404);
    stranger.delete(&other).await.refused(404);
    // With the membership they go.
    admin.delete(&path).await.ok();
    admin.get(&other).await.refused(404);
}

async fn the_older_form_still_works(server: TestServer) {
    let (admin, (project, slug)) = (&server.admin, world(&server).await);
    let bot = server.project_member(&project, "no-access").await;
    let with = |more: Value| {
        let mut all = json!({ "identityId": bot.id, "projectSlug": slug });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let short = json!({ "actions": ["read"], "subject": "secrets", "conditions": { "environment": "dev", "secretPath": { "$glob": "/**" } } });
    let made = admin
        .post(&format!("{V1}/permanent"), with(json!({ "slug": "short", "privilegePermission": short })))
        .await
        .ok();
    let shown = made["privilege"]["permissions"].as_array().unwrap();
    assert_eq!((shown.len(), &shown[0]["action"]), (1, &json!(["read"])));
    assert_eq!(read_secret(&bot, &project, "dev").await, 200);
    let read = admin.get(&format!("{V1}/short?identityId={}&projectSlug={slug}", bot.id)).await.ok();
    assert_eq!(read["privilege"], made["privilege"]);
    let list = admin.get(&format!("{V1}?identityId={}&projectSlug={slug}", bot.id)).await.ok();
    assert_eq!(list["privileges"], json!([made["privilege"]]));
    let details = json!({ "permissions": [secrets(&["read"], "prod")], "isTemporary": false, "temporaryAccessStartTime": "0001-01-01T00:00:00Z" });
    admin.patch(V1, with(json!({ "privilegeSlug": "short", "privilegeDetails": details }))).await.ok();
    assert_eq!(
        (read_secret(&bot, &project, "dev").await, read_secret(&bot, &project, "prod").await),
        (403, 200)
    );
    let time = json!({ "permissions": [secrets(&["read"], "dev")], "temporaryMode": "relative",
        "temporaryRange": "1h", "temporaryAccessStartTime": server.app.now().to_string() });
    let made = admin.post(&format!("{V1}/temporary"), with(time)).await.ok();
    assert_eq!(made["privilege"]["isTemporary"], true);
    assert_eq!(read_secret(&bot, &project, "dev").await, 200);
    admin.delete_with(V1, with(json!({ "privilegeSlug": "short" }))).await.ok();
    assert_eq!(read_secret(&bot, &project, "prod").await, 403);
    let message = admin.post(&format!("{V1}/permanent"), with(json!({}))).await.refused(401);
    assert_eq!(message, "Permission or privilegePermission must be provided");
}

async fn users_have_privileges_too(server: TestServer) {
    let (admin, (project, _)) = (&server.admin, world(&server).await);
    let ann = person(&server, "ann@example.com", "no-access").await;
    let added = admin
        .post(
            &format!("/api/v1/projects/{project}/memberships"),
            json!({ "emails": ["ann@example.com"], "roleSlugs": ["no-access"] }),
        )
        .await
        .ok();
    let membership = text(&added["memberships"][0]["id"]);
    let base = "/api/v1/user-project-additional-privilege";
    let made = admin
        .post(base, json!({ "projectMembershipId": membership, "permissions": [reading("dev")], "type": { "isTemporary": false } }))
        .await
        .ok()["privilege"]
        .clone();
    assert_eq!((&made["userId"], &made["projectMembershipId"]), (&json!(ann.id), &json!(membership)));
    assert_eq!(read_secret(&ann, &project, "dev").await, 200);
    let one = format!("{base}/{}", text(&made["id"]));
    assert_eq!(admin.get(&one).await.ok()["privilege"], made);
    let list = admin.get(&format!("{base}?projectMembershipId={membership}")).await.ok();
    assert_eq!(list["privileges"].as_array().unwrap().len(), 1);
    admin.get(&format!("{V2}/{}", text(&made["id"]))).await.refused(404);
    admin.patch(&one, json!({ "permissions": [reading("prod")] })).await.ok();
    assert_eq!(read_secret(&ann, &project, "dev").await, 403);
    admin.delete(&one).await.ok();
    assert_eq!(read_secret(&ann, &project, "prod").await, 403);
}

async fn a_temporary_privilege_holds_for_its_time(server: TestServer) {
    let (admin, (project, _)) = (&server.admin, world(&server).await);
    let bot = server.project_member(&project, "no-access").await;
    let start = server.app.now().plus_seconds(60).to_string();
    let time = json!({ "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "1h", "temporaryAccessStartTime": start });
    let body =
        json!({ "identityId": bot.id, "projectId": project, "permissions": [reading("dev")], "type": time });
    let made = admin.post(V2, body).await.ok()["privilege"].clone();
    assert_eq!((&made["isTemporary"], &made["temporaryRange"]), (&json!(true), &json!("1h")));
    assert_eq!(read_secret(&bot, &project, "dev").await, 403);
    server.clock.advance_seconds(61);
    assert_eq!(read_secret(&bot, &project, "dev").await, 200);
    server.clock.advance_seconds(3600);
    assert_eq!(read_secret(&bot, &project, "dev").await, 403);
    admin.get(&format!("{V2}/{}", text(&made["id"]))).await.ok();
}

async fn nobody_gives_more_than_they_hold(server: TestServer) {
    let (admin, (project, _)) = (&server.admin, world(&server).await);
    let rules = vec![
        rule(
            "identity",
            &[
                "read",
                "edit",
                "create",
                "delete",
                "assign-additional-privileges",
                "assign-role",
                "create-token",
                "edit-auth",
            ],
        ),
        reading("dev"),
    ];
    role(admin, &project, "lead", rules).await;
    let lead = server.project_member(&project, "lead").await;
    let bot = server.project_member(&project, "no-access").await;
    let body = |rules: Value| json!({ "identityId": bot.id, "projectId": project, "permissions": rules });
    let refused = lead.post(V2, body(json!([reading("prod")]))).await;
    assert_eq!(refused.body["error"], "PermissionBoundaryError");
    assert_eq!(refused.refused(403), "Failed to update more privileged identity");
    lead.post(V2, json!({ "identityId": lead.id, "projectId": project, "permissions": [reading("prod")] }))
        .await
        .refused(403);
    let mine = lead.post(V2, body(json!([reading("dev")]))).await.ok();
    let mine = format!("{V2}/{}", text(&mine["privilege"]["id"]));
    lead.patch(&mine, json!({ "permissions": [reading("prod")] })).await.refused(403);

    // Whoever holds more, also later and through a privilege, is out of reach.
    let path = format!("/api/v2/workspace/{project}/identity-memberships/{}", bot.id);
    lead.patch(&path, json!({ "roles": [{ "role": "no-access" }] })).await.ok();
    let start = server.app.now().plus_seconds(86_400).to_string();
    let time = json!({ "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "1h", "temporaryAccessStartTime": start });
    let mut later = body(json!([reading("prod")]));
    later["type"] = time;
    let later = admin.post(V2, later).await.ok();
    let later = format!("{V2}/{}", text(&later["privilege"]["id"]));
    for answer in [
        lead.patch(&path, json!({ "roles": [{ "role": "no-access" }] })).await,
        lead.delete(&path).await,
        lead.delete(&later).await,
        lead.delete(&mine).await,
        lead.patch(&mine, json!({ "slug": "other" })).await,
    ] {
        assert_eq!(answer.body["error"], "PermissionBoundaryError", "{}", answer.body);
        answer.refused(403);
    }
    admin.delete(&later).await.ok();
    lead.delete(&mine).await.ok();
    // Nor does anybody but who holds it set free what a privilege forbids.
    let forbid = json!({ "subject": "secrets", "action": ["edit"], "inverted": true, "conditions": { "environment": "prod" } });
    let forbidding = admin.post(V2, body(json!([forbid]))).await.ok();
    let forbidding = format!("{V2}/{}", text(&forbidding["privilege"]["id"]));
    for answer in [
        lead.delete(&forbidding).await,
        lead.patch(&forbidding, json!({ "permissions": [] })).await,
        lead.patch(&forbidding, json!({ "type": { "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "1s", "temporaryAccessStartTime": server.app.now().to_string() } })).await,
        lead.delete(&path).await,
    ] {
        answer.refused(403);
    }
    lead.patch(&forbidding, json!({ "slug": "still-forbidding" })).await.ok();

    // The permission to give privileges may be limited to subjects and actions.
    let limited = json!({ "subject": "identity", "action": ["assign-additional-privileges"],
        "conditions": { "assignableSubject": "secrets", "assignableAction": { "$in": ["describeSecret"] } } });
    role(admin, &project, "limited", vec![rule("identity", &["read", "edit"]), limited, reading("dev")])
        .await;
    let limited = server.project_member(&project, "limited").await;
    let refused = limited.post(V2, body(json!([reading("dev")]))).await;
    assert_eq!(refused.body["error"], "PermissionDenied");
    admin.delete(&forbidding).await.ok();
    limited.post(V2, body(json!([secrets(&["describeSecret"], "dev")]))).await.ok();

    // What templates would become by new metadata is measured too.
    let own = secrets(&["readValue"], "{{identity.metadata.env}}");
    role(admin, &project, "own-env", vec![own]).await;
    let made = admin
        .post(
            &format!("/api/v1/projects/{project}/identities"),
            json!({ "name": "m", "roles": [{ "role": "own-env" }] }),
        )
        .await
        .ok();
    let managed = format!("/api/v1/projects/{project}/identities/{}", text(&made["identity"]["id"]));
    let metadata = |value: &str| json!({ "metadata": [{ "key": "env", "value": value }] });
    lead.patch(&managed, metadata("dev")).await.ok();
    lead.patch(&managed, metadata("prod")).await.refused(403);
    admin.patch(&managed, metadata("prod")).await.ok();
    lead.patch(&managed, metadata("dev")).await.refused(403);
}

async fn bad_privileges_are_refused(server: TestServer) {
    let (admin, (project, slug)) = (&server.admin, world(&server).await);
    let bot = server.project_member(&project, "viewer").await;
    let outside = server.identity("outside", "no-access").await;
    let body = |permissions: Value| json!({ "identityId": bot.id, "projectId": project, "permissions": permissions });
    let refused = admin.post(V2, body(json!([rule("secrets", &["fly"])]))).await;
    assert_eq!(refused.body["message"][0]["path"], json!(["permissions", 0, "action", 0]));
    let mut temporary = body(json!([]));
    for (time, status) in [
        (json!({ "isTemporary": true }), 400),
        (
            json!({ "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "0s", "temporaryAccessStartTime": "2026-01-01T00:00:00Z" }),
            422,
        ),
    ] {
        temporary["type"] = time;
        admin.post(V2, temporary.clone()).await.refused(status);
    }
    admin
        .post(V2, json!({ "identityId": outside.id, "projectId": project, "permissions": [] }))
        .await
        .refused(404);
    admin.get(&format!("{V1}/none?identityId={}&projectSlug={slug}", bot.id)).await.refused(404);
    admin.get(&format!("{V2}/{}", bot.id)).await.refused(404);
    let mut long = body(json!([]));
    long["slug"] = json!("x".repeat(61));
    admin.post(V2, long).await.refused(422);
}

async fn an_identity_with_rights_in_one_project_manages_it(server: TestServer) {
    let (admin, (project, _)) = (&server.admin, world(&server).await);
    let other = text(&server.project("other").await["id"]).to_owned();
    let rules = vec![
        rule(
            "identity",
            &[
                "read",
                "create",
                "edit",
                "delete",
                "assign-role",
                "edit-auth",
                "revoke-auth",
                "create-token",
                "get-token",
                "delete-token",
            ],
        ),
        rule("role", &["read", "create", "edit", "delete"]),
        rule("groups", &["read", "create", "edit", "delete", "assign-role"]),
        reading("dev"),
    ];
    role(admin, &project, "automation", rules).await;
    let robot = server.project_member(&project, "automation").await;
    let reader = role(&robot, &project, "reader", vec![reading("dev")]).await;
    let made = robot
        .post(
            &format!("/api/v1/projects/{project}/identities"),
            json!({ "name": "app", "roles": [{ "role": "reader" }] }),
        )
        .await
        .ok();
    let app = text(&made["identity"]["id"]).to_owned();
    let auth = format!("/api/v1/auth/token-auth/identities/{app}");
    robot.post(&auth, json!({})).await.ok();
    let token = robot.post(&format!("{auth}/tokens"), json!({})).await.ok();
    let worker = robot.with_token(text(&token["accessToken"]));
    assert_eq!(
        (read_secret(&worker, &project, "dev").await, read_secret(&worker, &project, "prod").await),
        (200, 403)
    );
    let membership = format!("/api/v1/projects/{project}/memberships/identities/{app}");
    robot.patch(&membership, json!({ "roles": [{ "role": "viewer" }] })).await.refused(403);
    robot
        .patch(&format!("/api/v1/projects/{project}/roles/{reader}"), json!({ "permissions": [] }))
        .await
        .ok();
    assert_eq!(read_secret(&worker, &project, "dev").await, 403);
    let group = admin.post("/api/v1/groups", json!({ "name": "workers" })).await.ok();
    robot
        .post(
            &format!("/api/v1/projects/{project}/groups/{}", text(&group["id"])),
            json!({ "role": "reader" }),
        )
        .await
        .ok();
    // Nothing outside of the project.
    robot.post("/api/v1/groups", json!({ "name": "mine" })).await.refused(403);
    robot.get(&format!("/api/v1/identities/{}", server.admin.id)).await.refused(403);
    robot.post(&format!("/api/v1/projects/{other}/identities"), json!({ "name": "x" })).await.refused(403);
    robot.get(&format!("/api/v1/projects/{other}/roles")).await.refused(403);
    robot.delete(&format!("/api/v1/projects/{project}/identities/{app}")).await.ok();
}
