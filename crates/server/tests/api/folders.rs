//! Folders, both versions.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::secrets::Vault;

both!(folders_are_made_listed_renamed_and_deleted, folders_are_found_where_they_are);

fn names(folders: &Value, field: &str) -> Vec<String> {
    let one = |folder: &Value| folder[field].as_str().unwrap().to_owned();
    folders["folders"].as_array().unwrap().iter().map(one).collect()
}

async fn folders_are_made_listed_renamed_and_deleted(server: TestServer) {
    let vault = Vault::new(&server).await;
    let (person, project) = (&vault.person, &vault.project);
    let deep = vault.folder("dev", "/app/db/replica").await;
    assert_eq!(deep["path"], "/app/db/replica");
    assert_eq!(deep["name"], "replica");
    assert_eq!(vault.folder("dev", "/app/db/replica").await, deep, "making it again answers it");
    vault.folder("dev", "/App").await;
    vault.folder("dev", "/app-2").await;
    vault.put("dev", "/app/db", "K", "v").await;

    let list = |more: String| async move {
        person.get(&format!("/api/v1/folders?workspaceId={project}&environment=dev&{more}")).await.ok()
    };
    assert_eq!(names(&list(String::new()).await, "name"), ["App", "app", "app-2"]);
    assert_eq!(names(&list("directory=app".into()).await, "name"), ["db"]);
    assert_eq!(names(&list("path=/nowhere".into()).await, "name"), [] as [&str; 0]);
    let below = list("path=/app&recursive=True".into()).await;
    assert_eq!(names(&below, "path"), ["/app/db", "/app/db/replica"]);
    assert_eq!(names(&below, "relativePath"), ["/db", "/db/replica"]);
    let everything = list("recursive=true".into()).await;
    assert_eq!(names(&everything, "relativePath"), ["/App", "/app", "/app-2", "/app/db", "/app/db/replica"]);
    let modified = list("recursive=true&lastSecretModified=2026-11-24T00:00:00.000Z".into()).await;
    assert_eq!(names(&modified, "path"), ["/app/db"]);

    let app = list(String::new()).await["folders"][1]["id"].as_str().unwrap().to_owned();
    let body = json!({ "projectId": project, "environment": "dev", "path": "/", "name": "service" });
    let renamed = person.patch(&format!("/api/v2/folders/{app}"), body).await.ok();
    assert_eq!(renamed["folder"]["path"], "/service");
    assert_eq!(renamed["folder"]["version"], 2);
    assert_eq!(
        names(&list("recursive=true".into()).await, "path"),
        ["/App", "/app-2", "/service", "/service/db", "/service/db/replica"]
    );
    assert_eq!(vault.read("dev", "/service/db", "K", "").await["secretPath"], "/service/db");
    let taken = json!({ "workspaceId": project, "environment": "dev", "name": "app-2" });
    let taken = person.patch(&format!("/api/v1/folders/{app}"), taken).await;
    assert_eq!(taken.refused(400), "Folder with specified name already exists");

    let body = json!({ "projectId": project, "environment": "dev", "path": "/" });
    person.delete_with(&format!("/api/v2/folders/{app}"), body).await.refused(400);
    let body =
        json!({ "workspaceId": project, "environment": "dev", "directory": "/", "folderName": "service" });
    person.delete_with("/api/v1/folders/service", body.clone()).await.ok();
    let again = person.delete_with("/api/v1/folders/service", body).await;
    assert_eq!(again.refused(404), "Failed to delete folder with ID 'service', not found");
    assert_eq!(names(&list("recursive=true".into()).await, "path"), ["/App", "/app-2"]);
}

async fn folders_are_found_where_they_are(server: TestServer) {
    let vault = Vault::new(&server).await;
    let (person, project) = (&vault.person, &vault.project);
    let folder = vault.folder("prod", "/a/b").await;
    let id = folder["id"].as_str().unwrap();
    let read = person.get(&format!("/api/v2/folders/{id}")).await.ok();
    assert_eq!(read["folder"]["projectId"], *project);
    assert_eq!(read["folder"]["environment"]["envSlug"], "prod");
    let by_path = person.get(&format!("/api/v1/folders/{project}/prod/%2Fa%2Fb")).await.ok();
    assert_eq!(by_path["folder"]["id"], id);
    person.get(&format!("/api/v1/folders/{project}/prod/%2Fa%2Fc")).await.refused(404);

    let root = person.get(&format!("/api/v1/folders/{project}/prod/%2F")).await.ok();
    let root = root["folder"]["id"].as_str().unwrap();
    let body = json!({ "workspaceId": project, "environment": "prod", "name": "x", "path": "/" });
    person.patch(&format!("/api/v1/folders/{root}"), body.clone()).await.refused(400);
    person.delete_with(&format!("/api/v1/folders/{root}"), body.clone()).await.refused(400);
    let elsewhere = json!({ "workspaceId": project, "environment": "dev", "name": "x" });
    person.patch(&format!("/api/v1/folders/{id}"), elsewhere).await.refused(404);

    let body = json!({ "workspaceId": project, "environment": "none", "name": "x" });
    let message = person.post("/api/v1/folders", body).await.refused(404);
    assert_eq!(message, format!("Environment with slug 'none' in project with ID '{project}' not found"));
    let message =
        person.get(&format!("/api/v1/folders?workspaceId={project}&environment=none")).await.refused(404);
    assert_eq!(message, "Environment with slug 'none' not found");
    let body = json!({ "workspaceId": project, "environment": "dev", "name": "a.b" });
    let message = person.post("/api/v1/folders", body).await.refused(422);
    assert!(message.contains("Only alphanumeric characters, dashes, and underscores"), "{message}");

    let other = server.stranger().await;
    other.get(&format!("/api/v1/folders/{id}")).await.refused(404);
    other.get(&format!("/api/v1/folders?workspaceId={project}&environment=prod")).await.refused(404);
    let many = json!({ "projectId": project, "folders": [
        { "id": "a", "environment": "prod", "name": "z", "path": "/", "description": "first" },
    ] });
    let changed = person.patch("/api/v2/folders/batch", many).await.ok();
    assert_eq!(changed["folders"][0]["path"], "/z");
    assert_eq!(changed["folders"][0]["description"], "first");
}
