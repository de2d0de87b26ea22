//! Custom roles at both levels.

use serde_json::{Value, json};
use vouchsafe_testkit::{Person, TestServer, both};

use crate::people::text;

both!(
    a_project_role_lives_from_create_to_delete,
    an_organization_role_lives_from_create_to_delete,
    older_clients_write_and_read_the_older_form,
    nobody_writes_more_into_a_role_than_they_hold,
    a_change_of_a_role_bites_at_once,
    bad_rules_are_refused_with_their_place,
    rules_are_filled_in_with_what_is_known_of_the_actor,
);

/// A rule that allows this on secrets in one environment.
pub(crate) fn secrets(actions: &[&str], environment: &str) -> Value {
    json!({ "subject": "secrets", "action": actions, "conditions": { "environment": environment } })
}

pub(crate) fn rule(subject: &str, actions: &[&str]) -> Value {
    json!({ "subject": subject, "action": actions })
}

pub(crate) async fn project(server: &TestServer) -> String {
    text(&server.project("p").await["id"]).to_owned()
}

/// Makes a role of a project; answers its id.
pub(crate) async fn role(by: &Person, project: &str, slug: &str, rules: Vec<Value>) -> String {
    let body = json!({ "slug": slug, "name": slug, "permissions": rules });
    let made = by.post(&format!("/api/v1/projects/{project}/roles"), body).await.ok();
    text(&made["role"]["id"]).to_owned()
}

/// Makes a role of the organization; answers its id.
pub(crate) async fn org_role(by: &Person, slug: &str, rules: Vec<Value>) -> String {
    let body = json!({ "slug": slug, "name": slug, "permissions": rules });
    text(&by.post("/api/v1/organization/roles", body).await.ok()["role"]["id"]).to_owned()
}

pub(crate) async fn read_secret(person: &Person, project: &str, environment: &str) -> u16 {
    let query = format!("workspaceId={project}&environment={environment}&secretPath=/");
    person.get(&format!("/api/v3/secrets/raw/KEY?{query}")).await.status
}

pub(crate) async fn put_secrets(server: &TestServer, project: &str) {
    for environment in ["dev", "prod"] {
        let body = json!({ "workspaceId": project, "environment": environment, "secretValue": "v" });
        server.admin.post("/api/v3/secrets/raw/KEY", body).await.ok();
    }
}

async fn a_project_role_lives_from_create_to_delete(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    put_secrets(&server, &project).await;
    for (number, base) in
        ["/api/v1/projects/{p}/roles", "/api/v2/workspace/{p}/roles"].into_iter().enumerate()
    {
        let (base, slug) = (base.replace("{p}", &project), format!("reader-{number}"));
        let sent = json!({
            "slug": slug, "name": "Reader", "description": null, "projectId": "x",
            "permissions": [
                { "subject": "secrets", "action": "readValue", "conditions": { "environment": { "$eq": "dev" } } },
                { "subject": "secrets", "action": ["describeSecret"] },
                { "subject": ["secrets"], "action": ["readValue"], "inverted": true,
                  "conditions": { "secretPath": { "$glob": "/x/**" } } },
                { "subject": "member", "action": ["read"] },
            ],
        });
        let made = admin.post(&base, sent.clone()).await.ok()["role"].clone();
        assert_eq!(
            made["permissions"],
            json!([
                { "subject": "secrets", "action": ["readValue"], "conditions": { "environment": { "$eq": "dev" } },
                  "inverted": false },
                { "subject": "secrets", "action": ["describeSecret"], "inverted": false },
                { "subject": "secrets", "action": ["readValue"], "conditions": { "secretPath": { "$glob": "/x/**" } },
                  "inverted": true },
                { "subject": "member", "action": ["read"], "inverted": false },
            ])
        );
        assert_eq!((&made["slug"], &made["projectId"]), (&json!(slug), &json!(project)));
        assert_eq!(made["description"], Value::Null);
        admin.post(&base, sent).await.refused(400);
        let id = text(&made["id"]);
        for path in [format!("{base}/slug/{slug}"), format!("/api/v1/projects/roles/{id}")] {
            assert_eq!(admin.get(&path).await.ok()["role"], made);
        }
        let list = admin.get(&base).await.ok();
        let listed = list["roles"].as_array().unwrap().iter().find(|role| role["id"] == id).unwrap();
        assert!(listed.get("permissions").is_none());
        assert_eq!(list["roles"][0]["slug"], "admin");

        let person = server.project_member(&project, &slug).await;
        assert_eq!(read_secret(&person, &project, "dev").await, 200);
        assert_eq!(read_secret(&person, &project, "prod").await, 403);
        let path = format!("/api/v2/workspace/{project}/identity-memberships/{}", person.id);
        let held = admin.get(&path).await.ok()["identityMembership"]["roles"][0].clone();
        assert_eq!((&held["role"], &held["customRoleId"]), (&json!("custom"), &json!(id)));
        assert_eq!((&held["customRoleName"], &held["customRoleSlug"]), (&json!("Reader"), &json!(slug)));

        // Renamed, the members keep it.
        let renamed = format!("renamed-{number}");
        let one = format!("{base}/{id}");
        let changed = admin.patch(&one, json!({ "slug": renamed, "description": "d" })).await.ok();
        assert_eq!(changed["role"]["permissions"], made["permissions"]);
        assert_eq!(changed["role"]["description"], "d");
        assert_eq!(read_secret(&person, &project, "dev").await, 200);
        let message = admin.delete(&one).await.refused(400);
        assert!(message.starts_with("The role is assigned to one or more identities"), "{message}");
        admin.delete(&path).await.ok();
        assert_eq!(admin.delete(&one).await.ok()["role"]["slug"], renamed);
        admin.delete(&one).await.refused(404);
    }
    let roles = format!("/api/v1/projects/{project}/roles");
    for slug in ["admin", "custom", "viewer", "no-access", "cryptographic-operator"] {
        let body = json!({ "slug": slug, "name": "x", "permissions": [] });
        let message = admin.post(&roles, body).await.refused(422);
        assert!(message.contains("the slug you have entered is reserved"), "{message}");
    }
    assert_eq!(
        admin.get(&format!("{roles}/slug/none")).await.refused(404),
        "Project role with slug 'none' not found"
    );
    // A project with custom roles in use can be deleted.
    role(admin, &project, "last", vec![]).await;
    server.project_member(&project, "last").await;
    admin.delete(&format!("/api/v1/projects/{project}")).await.ok();
}

async fn an_organization_role_lives_from_create_to_delete(server: TestServer) {
    let admin = &server.admin;
    let base = "/api/v1/organization/roles";
    let sent = json!({ "slug": "auditor", "name": "Auditor", "permissions": [rule("identity", &["read"])] });
    let made = admin.post(base, sent.clone()).await.ok()["role"].clone();
    admin.post(base, sent).await.refused(400);
    assert_eq!(
        made["permissions"],
        json!([{ "subject": "identity", "action": ["read"], "inverted": false }])
    );
    assert_eq!(made["orgId"], json!(server.org.to_string()));
    let id = text(&made["id"]);
    let older = format!("/api/v1/organization/{}/roles", server.org);
    for path in [format!("{base}/{id}"), format!("{base}/slug/auditor"), format!("{older}/{id}")] {
        assert_eq!(admin.get(&path).await.ok()["role"], made);
    }
    let list = admin.get(&older).await.ok();
    assert_eq!(list["data"]["roles"].as_array().unwrap().len(), 4);
    assert_eq!(list["data"]["roles"], admin.get(base).await.ok()["roles"]);

    let person = server.identity("auditor", "auditor").await;
    let identities = format!("/api/v1/identities?orgId={}", server.org);
    person.get(&identities).await.ok();
    person.get("/api/v1/organization/roles").await.refused(403);
    let read = admin.get(&format!("/api/v1/identities/{}", person.id)).await.ok()["identity"].clone();
    assert_eq!((&read["role"], &read["roleId"]), (&json!("custom"), &json!(id)));
    assert_eq!((&read["customRole"]["slug"], &read["customRole"]["id"]), (&json!("auditor"), &json!(id)));
    assert_eq!(read["customRole"]["permissions"], made["permissions"]);
    let own = person.get("/api/v1/organization/permissions").await.ok();
    assert_eq!(own["permissions"], made["permissions"]);

    admin.patch(&format!("{base}/{id}"), json!({ "slug": "inspector", "name": "I" })).await.ok();
    person.get(&identities).await.ok();
    let message = admin.delete(&format!("{base}/{id}")).await.refused(400);
    assert!(message.contains("assigned to one or more identities"), "{message}");
    admin.patch(&format!("/api/v1/identities/{}", person.id), json!({ "role": "no-access" })).await.ok();
    person.get(&identities).await.refused(403);
    admin.delete(&format!("{base}/{id}")).await.ok();
    admin.get(&format!("{base}/{id}")).await.refused(404);
    let stranger = server.stranger().await;
    let other = org_role(admin, "ours", vec![]).await;
    stranger.get(&format!("{base}/{other}")).await.refused(404);
    stranger.delete(&format!("{base}/{other}")).await.refused(404);
    stranger.get(&format!("{older}/{other}")).await.refused(404);
    stranger.get(&format!("{base}/slug/ours")).await.refused(404);
}

async fn older_clients_write_and_read_the_older_form(server: TestServer) {
    let admin = &server.admin;
    let project = server.project("old").await;
    let (id, slug) = (text(&project["id"]), text(&project["slug"]));
    let base = format!("/api/v1/workspace/{slug}/roles");
    let secret = json!({ "subject": "secrets", "action": "read",
        "conditions": { "environment": "dev", "secretPath": { "$glob": "/app/**" } } });
    let made = admin
        .post(
            &base,
            json!({ "slug": "old", "name": "Old", "permissions": [secret, rule("tags", &["read"])] }),
        )
        .await
        .ok()["role"]
        .clone();
    let shown: Vec<&str> =
        made["permissions"].as_array().unwrap().iter().map(|r| text(&r["subject"])).collect();
    assert_eq!(shown, ["secrets", "tags", "secret-folders"]);
    assert_eq!(made["permissions"][0]["action"], json!(["read"]));
    assert_eq!(admin.get(&format!("{base}/slug/old")).await.ok()["role"], made);
    let whole = admin.get(&format!("/api/v2/workspace/{id}/roles/slug/old")).await.ok();
    let subjects: Vec<&str> =
        whole["role"]["permissions"].as_array().unwrap().iter().map(|r| text(&r["subject"])).collect();
    assert_eq!(subjects, ["secrets", "tags", "secret-folders", "secret-imports", "dynamic-secrets"]);
    let one = format!("{base}/{}", text(&made["id"]));
    let changed = admin.patch(&one, json!({ "permissions": [rule("tags", &["read"])] })).await.ok();
    assert_eq!(changed["role"]["permissions"].as_array().unwrap().len(), 1);
    assert!(admin.get(&base).await.ok()["roles"].as_array().unwrap().len() > 4);
    admin.delete(&one).await.ok();
}

async fn nobody_writes_more_into_a_role_than_they_hold(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    let roles = format!("/api/v1/projects/{project}/roles");
    let all = ["describeSecret", "readValue", "create", "edit", "delete"];
    let lead = vec![
        rule("role", &["read", "create", "edit", "delete"]),
        rule("secrets", &all),
        json!({ "subject": "secrets", "action": all, "conditions": { "environment": "prod" }, "inverted": true }),
    ];
    role(admin, &project, "lead", lead.clone()).await;
    let lead_person = server.project_member(&project, "lead").await;
    let strong = role(admin, &project, "strong", vec![secrets(&["readValue"], "prod")]).await;
    let denying = vec![
        rule("tags", &["read"]),
        json!({ "subject": "secrets", "action": ["edit"], "conditions": { "environment": "prod" }, "inverted": true }),
    ];
    let denying = role(admin, &project, "denying", denying).await;

    let body = |rules: Vec<Value>| json!({ "slug": "mine", "name": "m", "permissions": rules });
    for rules in [
        vec![secrets(&["readValue"], "prod")],
        vec![rule("secrets", &["readValue"])],
        vec![rule("secrets", &["read"])],
        vec![rule("environments", &["read"])],
        vec![
            json!({ "subject": "secrets", "action": ["edit"], "conditions": { "environment": { "$ne": "dev" } } }),
        ],
        // What a template becomes nobody knows.
        vec![json!({ "subject": "secrets", "action": ["edit"],
            "conditions": { "environment": "{{identity.metadata.env}}" } })],
    ] {
        let refused = lead_person.post(&roles, body(rules)).await;
        assert_eq!(refused.body["error"], "PermissionBoundaryError", "{}", refused.body);
        assert!(!refused.body["details"]["missingPermissions"].as_array().unwrap().is_empty());
        refused.refused(403);
    }
    let mine = lead_person.post(&roles, body(vec![secrets(&["readValue"], "dev")])).await.ok();
    let mine = format!("{roles}/{}", text(&mine["role"]["id"]));
    lead_person.patch(&mine, json!({ "permissions": [rule("environments", &["read"])] })).await.refused(403);
    lead_person.patch(&mine, json!({ "permissions": [secrets(&["edit"], "dev")] })).await.ok();
    // A role that holds more is neither changed nor deleted, but read.
    let strong = format!("{roles}/{strong}");
    lead_person.patch(&strong, json!({ "permissions": [] })).await.refused(403);
    lead_person.patch(&strong, json!({ "name": "weak" })).await.refused(403);
    lead_person.delete(&strong).await.refused(403);
    lead_person.get(&format!("{roles}/slug/strong")).await.ok();
    // Nor is a rule taken away that forbids others what the lead may not do.
    let denying = format!("{roles}/{denying}");
    lead_person.patch(&denying, json!({ "permissions": [] })).await.refused(403);
    lead_person.delete(&mine).await.ok();

    // The same in the organization.
    org_role(
        admin,
        "roles",
        vec![rule("role", &["create", "edit", "delete", "read"]), rule("member", &["read"])],
    )
    .await;
    let person = server.identity("roles", "roles").await;
    let base = "/api/v1/organization/roles";
    person.post(base, body(vec![rule("identity", &["read"])])).await.refused(403);
    let made = person.post(base, body(vec![rule("member", &["read"])])).await.ok();
    let one = format!("{base}/{}", text(&made["role"]["id"]));
    person.patch(&one, json!({ "permissions": [rule("settings", &["edit"])] })).await.refused(403);
    person.delete(&one).await.ok();
}

async fn a_change_of_a_role_bites_at_once(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    put_secrets(&server, &project).await;
    let id = role(admin, &project, "reader", vec![secrets(&["readValue", "describeSecret"], "dev")]).await;
    let person = server.project_member(&project, "reader").await;
    for environment in ["prod", "dev", "prod"] {
        let rules = [secrets(&["readValue", "describeSecret"], environment)];
        admin
            .patch(&format!("/api/v1/projects/{project}/roles/{id}"), json!({ "permissions": rules }))
            .await
            .ok();
        let other = if environment == "dev" { "prod" } else { "dev" };
        assert_eq!(read_secret(&person, &project, environment).await, 200);
        assert_eq!(read_secret(&person, &project, other).await, 403);
    }
    let id = org_role(admin, "reader", vec![rule("identity", &["read"])]).await;
    let person = server.identity("reader", "reader").await;
    let list = format!("/api/v1/identities?orgId={}", server.org);
    person.get(&list).await.ok();
    let path = format!("/api/v1/organization/roles/{id}");
    admin.patch(&path, json!({ "permissions": [] })).await.ok();
    person.get(&list).await.refused(403);
    admin.patch(&path, json!({ "permissions": [rule("identity", &["read"])] })).await.ok();
    person.get(&list).await.ok();
}

async fn bad_rules_are_refused_with_their_place(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    let roles = format!("/api/v1/projects/{project}/roles");
    let good = secrets(&["readValue"], "dev");
    for (bad, place) in [
        (json!({ "subject": "nothing", "action": ["read"] }), json!(["permissions", 1, "subject"])),
        (json!({ "subject": "secrets", "action": ["fly"] }), json!(["permissions", 1, "action", 0])),
        (json!({ "subject": "secrets" }), json!(["permissions", 1, "action"])),
        (
            json!({ "subject": "secrets", "action": "edit", "conditions": { "secretPath": { "$like": "x" } } }),
            json!(["permissions", 1, "conditions", "secretPath", "$like"]),
        ),
        (
            json!({ "subject": "secrets", "action": "edit", "conditions": { "secretPath": { "$glob": "!/x" } } }),
            json!(["permissions", 1, "conditions", "secretPath", "$glob"]),
        ),
    ] {
        let body = json!({ "slug": "bad", "name": "b", "permissions": [good, bad] });
        let refused = admin.post(&roles, body).await;
        assert_eq!(refused.body["message"][0]["path"], place, "{}", refused.body);
        refused.refused(422);
    }
    let legacy = json!({ "subject": "secrets", "action": ["read", "readValue"] });
    let body = json!({ "slug": "bad", "name": "b", "permissions": [legacy] });
    admin.post(&roles, body).await.refused(400);
    let many = vec![good; 2000];
    admin.post(&roles, json!({ "slug": "bad", "name": "b", "permissions": many })).await.refused(422);
    for body in
        [json!({ "slug": "bad", "name": "b" }), json!({ "slug": "bad", "name": "b", "permissions": "x" })]
    {
        admin.post(&roles, body).await.refused(422);
    }
    assert_eq!(admin.get(&roles).await.ok()["roles"].as_array().unwrap().len(), 4);
}

async fn rules_are_filled_in_with_what_is_known_of_the_actor(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    put_secrets(&server, &project).await;
    let rule = secrets(&["readValue", "describeSecret"], "{{identity.metadata.env}}");
    role(admin, &project, "own-env", vec![rule]).await;
    let person = server.project_member(&project, "own-env").await;
    assert_eq!(read_secret(&person, &project, "dev").await, 403);
    let path = format!("/api/v1/identities/{}", person.id);
    for (value, dev, prod) in [("dev", 200, 403), ("prod", 403, 200), ("*", 403, 403)] {
        admin.patch(&path, json!({ "metadata": [{ "key": "env", "value": value }] })).await.ok();
        assert_eq!(read_secret(&person, &project, "dev").await, dev);
        assert_eq!(read_secret(&person, &project, "prod").await, prod);
    }
}
