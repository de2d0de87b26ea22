//! Tags of a project's secrets.

use serde_json::json;
use vouchsafe_testkit::{TestServer, both};

both!(tags_live_from_create_to_delete);

async fn tags_live_from_create_to_delete(server: TestServer) {
    let admin = &server.admin;
    let id = server.project("p").await["id"].as_str().unwrap().to_owned();
    let (newer, older) = (format!("/api/v1/projects/{id}/tags"), format!("/api/v1/workspace/{id}/tags"));
    let tag =
        admin.post(&newer, json!({ "slug": "Db", "name": "ignored", "color": "" })).await.ok()["tag"].clone();
    assert_eq!(
        (tag["slug"].clone(), tag["name"].clone(), tag["color"].clone()),
        (json!("db"), json!("db"), json!(""))
    );
    assert_eq!(
        (tag["createdBy"].clone(), tag["createdByActorType"].clone()),
        (json!(admin.id), json!("identity"))
    );
    let other =
        admin.post(&older, json!({ "slug": "api", "color": "#fff" })).await.ok()["workspaceTag"].clone();
    assert_eq!(
        admin.post(&newer, json!({ "slug": "db", "color": "" })).await.refused(400),
        "Tag already exist"
    );
    admin.post(&newer, json!({ "slug": "", "color": "" })).await.refused(422);
    assert_eq!(admin.get(&newer).await.ok(), json!({ "tags": [other, tag] }));
    assert_eq!(admin.get(&older).await.ok(), json!({ "workspaceTags": [other, tag] }));

    let tag_id = tag["id"].as_str().unwrap();
    for path in [format!("{newer}/{tag_id}"), format!("{newer}/slug/db")] {
        assert_eq!(admin.get(&path).await.ok(), json!({ "tag": tag }), "{path}");
    }
    for path in [format!("{older}/{tag_id}"), format!("{older}/slug/db")] {
        assert_eq!(admin.get(&path).await.ok(), json!({ "workspaceTag": tag }), "{path}");
    }
    assert_eq!(admin.get(&format!("{newer}/slug/none")).await.refused(404), "Tag with slug 'none' not found");
    let changed =
        admin.patch(&format!("{older}/{tag_id}"), json!({ "slug": "data", "color": "red" })).await.ok();
    assert_eq!(changed["workspaceTag"]["name"], "data");
    assert_eq!(
        admin.patch(&format!("{newer}/{tag_id}"), json!({ "slug": "api" })).await.refused(400),
        "Tag already exist"
    );
    let changed = admin.patch(&format!("{newer}/{tag_id}"), json!({ "color": "blue" })).await.ok();
    assert_eq!(
        (changed["tag"]["slug"].clone(), changed["tag"]["color"].clone()),
        (json!("data"), json!("blue"))
    );

    let viewer = server.project_member(&id, "viewer").await;
    viewer.get(&newer).await.ok();
    viewer.post(&newer, json!({ "slug": "x", "color": "" })).await.refused(403);
    viewer.delete(&format!("{newer}/{tag_id}")).await.refused(403);
    server.stranger().await.get(&format!("{newer}/{tag_id}")).await.refused(404);
    let elsewhere = server.project("q").await["id"].as_str().unwrap().to_owned();
    admin.delete(&format!("/api/v1/projects/{elsewhere}/tags/{tag_id}")).await.refused(404);
    assert_eq!(admin.delete(&format!("{newer}/{tag_id}")).await.ok()["tag"]["slug"], "data");
    let gone = other["id"].as_str().unwrap();
    assert_eq!(admin.delete(&format!("{older}/{gone}")).await.ok()["workspaceTag"]["slug"], "api");
    assert_eq!(
        admin.get(&format!("{newer}/{tag_id}")).await.refused(404),
        format!("Tag with ID '{tag_id}' not found")
    );
}
