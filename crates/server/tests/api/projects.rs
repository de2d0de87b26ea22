//! Projects in the three generations of their routes, their environments and the roles they offer.

use serde_json::{Value, json};
use vouchsafe_testkit::{Person, TestServer, both};

both!(
    a_project_answers_in_the_envelope_of_each_route,
    a_project_is_changed_and_deleted_by_those_who_may,
    only_own_projects_are_listed,
    bad_projects_are_refused,
    environments_keep_their_order,
    environments_are_found_and_refused,
    projects_offer_the_built_in_roles,
);

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn slugs(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| text(&one["slug"])).collect()
}

async fn a_project_answers_in_the_envelope_of_each_route(server: TestServer) {
    let admin = &server.admin;
    let body = json!({
        "projectName": " Payments ", "slug": "payments-api", "projectDescription": "pays", "template": "default",
        "organizationSlug": "", "kmsKeyId": "", "type": "secret-manager", "hasDeleteProtection": true,
    });
    let made = admin.post("/api/v2/workspace", body).await.ok()["project"].clone();
    let id = text(&made["id"]);
    assert_eq!(made["_id"], made["id"]);
    assert_eq!((text(&made["name"]), text(&made["slug"])), ("Payments".into(), "payments-api".into()));
    assert_eq!(made["hasDeleteProtection"], true);
    assert_eq!(made["version"], 3);
    assert_eq!(made["orgId"], json!(server.org));
    assert_eq!(slugs(&made["environments"]), ["dev", "staging", "prod"]);
    assert_eq!(made["environments"][0]["name"], "Development");
    for (path, envelope) in [
        (format!("/api/v1/projects/{id}"), Some("project")),
        (format!("/api/v1/workspace/{id}"), Some("workspace")),
        ("/api/v1/projects/slug/payments-api".to_owned(), None),
        ("/api/v1/workspace/slug/payments-api".to_owned(), None),
        ("/api/v2/workspace/payments-api".to_owned(), None),
    ] {
        let read = admin.get(&path).await.ok();
        let project = envelope.map_or(&read, |envelope| &read[envelope]);
        assert_eq!(project, &made, "{path}");
    }
    assert_eq!(admin.get("/api/v1/projects").await.ok()["projects"], json!([made]));
    assert_eq!(admin.get("/api/v1/workspace").await.ok()["workspaces"], json!([made]));
}

async fn a_project_is_changed_and_deleted_by_those_who_may(server: TestServer) {
    let admin = &server.admin;
    let project = server.project("one").await;
    let (id, slug) = (text(&project["id"]), text(&project["slug"]));
    assert!(slug.starts_with("one-") && slug.len() == 10, "{slug}");
    let by_id = format!("/api/v1/projects/{id}");
    let change = json!({
        "name": "renamed", "slug": "renamed-too", "description": "", "autoCapitalization": true,
        "hasDeleteProtection": true, "pitVersionLimit": 7, "secretDetectionIgnoreValues": ["x"],
    });
    let changed = admin.patch(&by_id, change).await.ok()["project"].clone();
    assert_eq!(changed["name"], "renamed");
    assert_eq!(
        (changed["pitVersionLimit"].clone(), changed["autoCapitalization"].clone()),
        (json!(7), json!(true))
    );
    assert_eq!(changed["secretDetectionIgnoreValues"], json!(["x"]));
    // What was read before is not shown any more.
    assert_eq!(admin.get(&by_id).await.ok()["project"], changed);
    let path = format!("/api/v1/workspace/{id}");
    let changed = admin.patch(&path, json!({ "name": "again" })).await.ok();
    assert_eq!(
        (changed["workspace"]["name"].clone(), changed["workspace"]["slug"].clone()),
        (json!("again"), json!("renamed-too"))
    );
    let changed = admin
        .patch("/api/v2/workspace/renamed-too", json!({ "name": "bare", "slug": "not-this" }))
        .await
        .ok();
    assert_eq!((changed["name"].clone(), changed["slug"].clone()), (json!("bare"), json!("renamed-too")));

    let kept = admin
        .put("/api/v1/workspace/renamed-too/audit-logs-retention", json!({ "auditLogsRetentionDays": 30 }))
        .await
        .ok();
    assert_eq!(kept["workspace"]["auditLogsRetentionDays"], 30);
    let kept = admin
        .put(&format!("{by_id}/audit-logs-retention"), json!({ "auditLogsRetentionDays": 0 }))
        .await
        .ok();
    assert_eq!(kept["project"]["auditLogsRetentionDays"], 0);
    admin
        .put(&format!("{by_id}/audit-logs-retention"), json!({ "auditLogsRetentionDays": -1 }))
        .await
        .refused(422);

    let developer = server.project_member(&id, "member").await;
    developer.patch(&by_id, json!({ "name": "by a developer" })).await.ok();
    for change in [json!({ "slug": "mine-now" }), json!({ "hasDeleteProtection": false })] {
        assert_eq!(
            developer.patch(&by_id, change).await.refused(403),
            "You are not allowed to edit on workspace"
        );
    }
    developer
        .put(&format!("{by_id}/audit-logs-retention"), json!({ "auditLogsRetentionDays": 1 }))
        .await
        .refused(403);
    developer.delete(&by_id).await.refused(403);
    admin.delete("/api/v2/workspace/renamed-too").await.refused(400);
    admin.patch(&by_id, json!({ "hasDeleteProtection": false })).await.ok();
    assert_eq!(admin.delete("/api/v2/workspace/renamed-too").await.ok()["id"], json!(id));
    admin.get(&by_id).await.refused(404);
    developer.get(&by_id).await.refused(404);
    for (name, path, envelope) in [
        ("two", "/api/v1/projects/{id}", "project"),
        ("three", "/api/v1/workspace/{id}", "workspace"),
        ("four", "/api/v1/projects/slug/{slug}", "project"),
    ] {
        let project = server.project(name).await;
        let path = path.replace("{id}", &text(&project["id"])).replace("{slug}", &text(&project["slug"]));
        assert_eq!(admin.delete(&path).await.ok()[envelope]["name"], json!(name), "{path}");
    }
    assert_eq!(admin.get("/api/v1/projects").await.ok()["projects"], json!([]));
}

async fn only_own_projects_are_listed(server: TestServer) {
    let (first, _) = (server.project("first").await, server.project("second").await);
    let member = server.project_member(&text(&first["id"]), "no-access").await;
    let mine = async |person: &Person, query: &str| {
        slugs(&person.get(&format!("/api/v1/workspace{query}")).await.ok()["workspaces"])
    };
    assert_eq!(mine(&member, "").await, slugs(&json!([first])));
    assert_eq!(mine(&server.admin, "?type=secret-manager").await.len(), 2);
    assert_eq!(mine(&server.admin, "?type=all").await.len(), 2);
    assert_eq!(mine(&server.admin, "?type=kms").await.len(), 0);
    server.admin.get("/api/v1/workspace?type=none").await.refused(422);
    let with_roles = member.get("/api/v1/projects?includeRoles=true").await.ok();
    assert_eq!(slugs(&with_roles["projects"][0]["roles"]), ["admin", "member", "viewer", "no-access"]);

    let outsider = server.identity("outsider", "admin").await;
    assert!(mine(&outsider, "").await.is_empty());
    let message = outsider.get(&format!("/api/v1/projects/{}", text(&first["id"]))).await.refused(403);
    assert!(message.contains("not a member"), "{message}");
    outsider.get(&format!("/api/v1/projects/slug/{}", text(&first["slug"]))).await.refused(403);
    let stranger = server.stranger().await;
    for path in [
        "/api/v1/projects/{id}",
        "/api/v1/workspace/{id}",
        "/api/v1/projects/slug/{slug}",
        "/api/v2/workspace/{slug}",
    ] {
        let path = path.replace("{id}", &text(&first["id"])).replace("{slug}", &text(&first["slug"]));
        stranger.get(&path).await.refused(404);
        stranger.delete(&path).await.refused(404);
    }
}

async fn bad_projects_are_refused(server: TestServer) {
    let make = async |body: Value| server.admin.post("/api/v1/projects", body).await;
    make(json!({ "projectName": "a", "slug": "taken" })).await.ok();
    make(json!({ "projectName": "b", "slug": "taken" })).await.refused(400);
    // The slug is free in another organization.
    let stranger = server.stranger().await;
    stranger.post("/api/v1/projects", json!({ "projectName": "b", "slug": "taken" })).await.ok();
    for (body, field) in [
        (json!({}), "projectName"),
        (json!({ "projectName": "  " }), "projectName"),
        (json!({ "projectName": "x".repeat(65) }), "projectName"),
        (json!({ "projectName": 7 }), "projectName"),
        (json!({ "projectName": "c", "slug": "four" }), "slug"),
        (json!({ "projectName": "c", "slug": "no spaces" }), "slug"),
        (json!({ "projectName": "c", "type": "other" }), "type"),
        (json!({ "projectName": "c", "shouldCreateDefaultEnvs": "perhaps" }), "shouldCreateDefaultEnvs"),
    ] {
        let message = make(body).await.refused(422);
        assert!(message.contains(field), "{message}");
    }
    let bare = make(json!({ "projectName": "Ünï", "shouldCreateDefaultEnvs": false })).await.ok();
    assert_eq!(bare["project"]["environments"], json!([]));
    let nobody = server.identity("nobody", "no-access").await;
    nobody.post("/api/v1/projects", json!({ "projectName": "c" })).await.refused(403);
    let member = server.identity("member", "member").await;
    let own = member.post("/api/v1/projects", json!({ "projectName": "c" })).await.ok();
    member.delete(&format!("/api/v1/projects/{}", text(&own["project"]["id"]))).await.ok();
    server.admin.get("/api/v1/projects/not-an-id").await.refused(422);
}

async fn environments_keep_their_order(server: TestServer) {
    let admin = &server.admin;
    let id = text(&server.project("p").await["id"]);
    let order = async || {
        slugs(&admin.get(&format!("/api/v1/workspace/{id}")).await.ok()["workspace"]["environments"])
    };
    let path = format!("/api/v1/workspace/{id}/environments");
    let made =
        admin.post(&path, json!({ "name": "QA", "slug": "qa", "position": 2, "workspaceId": id })).await.ok();
    assert_eq!((made["workspace"].clone(), made["environment"]["position"].clone()), (json!(id), json!(2)));
    assert!(made["message"].is_string() && made["projectId"].is_null(), "{made}");
    assert_eq!(order().await, ["dev", "qa", "staging", "prod"]);
    let newer = format!("/api/v1/projects/{id}/environments");
    let last = admin.post(&newer, json!({ "name": "Last", "slug": "last" })).await.ok();
    assert_eq!((last["projectId"].clone(), last["environment"]["position"].clone()), (json!(id), json!(5)));

    let qa = text(&made["environment"]["id"]);
    let moved = admin.patch(&format!("{path}/{qa}"), json!({ "position": 4, "name": "Quality" })).await.ok();
    assert_eq!(
        (moved["workspace"].clone(), moved["environment"]["name"].clone()),
        (json!(id), json!("Quality"))
    );
    assert_eq!(order().await, ["dev", "staging", "prod", "qa", "last"]);
    let moved = admin.patch(&format!("{newer}/{qa}"), json!({ "position": 1, "slug": "quality" })).await.ok();
    assert_eq!(moved["projectId"], json!(id));
    assert_eq!(order().await, ["quality", "dev", "staging", "prod", "last"]);
    let gone = admin.delete(&format!("{newer}/{qa}")).await.ok();
    assert_eq!(gone["environment"]["slug"], "quality");
    assert_eq!(order().await, ["dev", "staging", "prod", "last"]);
    let position = admin.get(&format!("{newer}/slug/last")).await.ok()["position"].clone();
    assert_eq!(position, json!(4));
}

async fn environments_are_found_and_refused(server: TestServer) {
    let admin = &server.admin;
    let project = server.project("p").await;
    let (id, dev) = (text(&project["id"]), text(&project["environments"][0]["id"]));
    let path = format!("/api/v1/projects/{id}/environments");
    for one in [
        format!("{path}/{dev}"),
        format!("/api/v1/workspace/{id}/environments/{dev}"),
        format!("/api/v1/workspace/environments/{dev}"),
    ] {
        let read = admin.get(&one).await.ok();
        assert_eq!(
            (read["environment"]["slug"].clone(), read["environment"]["projectId"].clone()),
            (json!("dev"), json!(id)),
            "{one}"
        );
    }
    assert_eq!(admin.get(&format!("{path}/slug/dev")).await.ok()["id"], json!(dev));
    admin.get(&format!("{path}/slug/none")).await.refused(404);
    let duplicate = "Environment with slug already exist";
    assert_eq!(admin.post(&path, json!({ "name": "Dev", "slug": "dev" })).await.refused(400), duplicate);
    assert_eq!(
        admin.patch(&format!("{path}/{dev}"), json!({ "slug": "prod" })).await.refused(400),
        duplicate
    );
    admin.post(&path, json!({ "name": "Dev", "slug": "a b" })).await.refused(422);
    admin.post(&path, json!({ "name": "Dev", "slug": "ab", "position": 0 })).await.refused(422);

    let viewer = server.project_member(&id, "viewer").await;
    viewer.get(&format!("{path}/{dev}")).await.ok();
    viewer.post(&path, json!({ "name": "x", "slug": "x" })).await.refused(403);
    viewer.patch(&format!("{path}/{dev}"), json!({ "name": "x" })).await.refused(403);
    viewer.delete(&format!("{path}/{dev}")).await.refused(403);
    let outsider = server.identity("outsider", "admin").await;
    outsider.get(&format!("/api/v1/workspace/environments/{dev}")).await.refused(403);
    let stranger = server.stranger().await;
    stranger.get(&format!("/api/v1/workspace/environments/{dev}")).await.refused(404);
    stranger.delete(&format!("{path}/{dev}")).await.refused(404);
    // An environment is not reached through another project.
    let other = text(&server.project("other").await["id"]);
    admin.delete(&format!("/api/v1/projects/{other}/environments/{dev}")).await.refused(404);
    admin
        .patch(&format!("/api/v1/workspace/{other}/environments/{dev}"), json!({ "name": "x" }))
        .await
        .refused(404);
}

async fn projects_offer_the_built_in_roles(server: TestServer) {
    let project = server.project("p").await;
    let (id, slug) = (text(&project["id"]), text(&project["slug"]));
    for path in [
        format!("/api/v1/projects/{id}/roles"),
        format!("/api/v2/workspace/{id}/roles"),
        format!("/api/v1/workspace/{slug}/roles"),
    ] {
        let roles = server.admin.get(&path).await.ok()["roles"].clone();
        assert_eq!(slugs(&roles), ["admin", "member", "viewer", "no-access"], "{path}");
        assert_eq!(roles[0]["id"], "b11b49a9-09a9-4443-916a-4246f9ff2c69");
        assert_eq!(
            (roles[1]["name"].clone(), roles[1]["projectId"].clone()),
            (json!("Developer"), json!(id))
        );
    }
    let viewer = server.project_member(&id, "viewer").await;
    let path = format!("/api/v2/workspace/{id}/roles/slug/viewer");
    let role = viewer.get(&path).await.ok()["role"].clone();
    let secrets =
        json!({ "subject": "secrets", "action": ["describeSecret", "readValue"], "inverted": false });
    assert!(role["permissions"].as_array().unwrap().contains(&secrets), "{role}");
    let message = server.admin.get(&format!("/api/v1/projects/{id}/roles/slug/none")).await.refused(404);
    assert_eq!(message, "Project role with slug 'none' not found");
    let own = viewer.get(&format!("/api/v1/projects/{id}/permissions")).await.ok()["data"].clone();
    assert_eq!(own["permissions"], role["permissions"]);
    assert_eq!(own["memberships"][0]["roles"][0]["role"], "viewer");
}
