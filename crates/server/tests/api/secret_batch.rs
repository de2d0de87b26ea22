//! Several secrets at once, moving them, and how many versions are kept.

use std::fmt::Write as _;

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::secrets::{Vault, pairs};

both!(
    batches_are_all_or_nothing,
    thousands_of_secrets_go_in_one_request,
    secrets_are_moved,
    only_so_many_versions_are_kept,
    a_change_is_seen_by_other_replicas,
    writers_do_not_lose_each_other,
    a_folder_that_holds_too_much_is_read_one_by_one,
);

async fn batches_are_all_or_nothing(server: TestServer) {
    let vault = Vault::new(&server).await;
    let (person, v3, v4) = (&vault.person, "/api/v3/secrets/batch/raw", "/api/v4/secrets/batch");
    let body = |secrets: Value| vault.body("dev", "/", &json!({ "secrets": secrets }));
    let made = person
        .post(
            v3,
            body(json!([
                { "secretKey": "A", "secretValue": "1", "secretComment": "c", "skipMultilineEncoding": true },
                { "secretKey": "B", "secretValue": "2", "secretMetadata": [{ "key": "k", "value": "v" }] },
            ])),
        )
        .await
        .ok();
    assert_eq!(pairs(&made["secrets"]), ["A=1", "B=2"]);
    let taken = json!([{ "secretKey": "A" }, { "secretKey": "C" }, { "secretKey": "B" }]);
    assert_eq!(person.post(v4, body(taken)).await.refused(400), "Secret already exists: A,B");
    person.post(v3, body(json!([{ "secretKey": "C" }, { "secretKey": " C " }]))).await.refused(400);
    person.post(v3, body(json!([]))).await.refused(422);
    let half = json!([{ "secretKey": "A", "secretValue": "9" }, { "secretKey": "N", "secretValue": "9" }]);
    assert_eq!(person.patch(v3, body(half.clone())).await.refused(404), "Secret with name N not found");
    assert_eq!(pairs(&vault.list("dev", "/", "").await["secrets"]), ["A=1", "B=2"]);

    let mut ignore = body(half.clone());
    ignore["mode"] = json!("ignore");
    assert_eq!(pairs(&person.patch(v4, ignore).await.ok()["secrets"]), ["A=9"]);
    let mut upsert = body(half);
    upsert["mode"] = json!("upsert");
    assert_eq!(pairs(&person.patch(v4, upsert).await.ok()["secrets"]), ["A=9", "N=9"]);
    vault.folder("dev", "/sub").await;
    vault.put("dev", "/sub", "S", "1").await;
    let across = body(json!([
        { "secretKey": "S", "secretPath": "/sub", "secretValue": "2" },
        { "secretKey": "A", "newSecretName": "A2" },
    ]));
    assert_eq!(pairs(&person.patch(v4, across).await.ok()["secrets"]), ["S=2", "A2=9"]);
    let swap = body(json!([{ "secretKey": "A2", "newSecretName": "B" }]));
    assert_eq!(person.patch(v3, swap).await.refused(400), "Secret with the new name already exists");
    let empty = body(json!([{ "secretKey": "A2", "newSecretName": " " }]));
    assert_eq!(person.patch(v3, empty).await.refused(400), "New secret name cannot be empty");

    let gone = body(json!([{ "secretKey": "B", "type": "shared" }, { "secretKey": "NONE" }]));
    person.delete_with(v3, gone).await.refused(404);
    let gone = body(json!([{ "secretKey": "B", "type": "shared" }, { "secretKey": "N" }]));
    assert_eq!(pairs(&person.delete_with(v3, gone).await.ok()["secrets"]), ["B=2", "N=9"]);
    assert_eq!(pairs(&vault.list("dev", "/", "").await["secrets"]), ["A2=9"]);
    assert_eq!(vault.read("dev", "/", "A2", "version=1").await["secretKey"], "A");
}

async fn thousands_of_secrets_go_in_one_request(server: TestServer) {
    let vault = Vault::new(&server).await;
    let secret = |n: usize| json!({ "secretKey": format!("KEY_{n:05}"), "secretValue": format!("v{n}") });
    let secrets: Vec<Value> = (0..10_000).map(secret).collect();
    let body = vault.body("dev", "/", &json!({ "secrets": secrets }));
    let made = vault.person.post("/api/v3/secrets/batch/raw", body).await.ok();
    assert_eq!(made["secrets"].as_array().unwrap().len(), 10_000);
    let list = vault.list("dev", "/", "").await;
    assert_eq!(list["secrets"].as_array().unwrap().len(), 10_000);
    assert_eq!(vault.read("dev", "/", "KEY_09999", "").await["secretValue"], "v9999");
    let change = |n: usize| json!({ "secretKey": format!("KEY_{n:05}"), "secretValue": format!("w{n}") });
    let changes: Vec<Value> = (0..10_000).map(change).collect();
    let body = vault.body("dev", "/", &json!({ "secrets": changes }));
    vault.person.patch("/api/v4/secrets/batch", body).await.ok();
    let read = vault.read("dev", "/", "KEY_00000", "").await;
    assert_eq!((read["version"].clone(), read["secretValue"].clone()), (json!(2), json!("w0")));
    let names: Vec<Value> = (0..10_000).map(|n| json!({ "secretKey": format!("KEY_{n:05}") })).collect();
    let body = vault.body("dev", "/", &json!({ "secrets": names }));
    vault.person.delete_with("/api/v4/secrets/batch", body).await.ok();
    assert_eq!(vault.list("dev", "/", "").await["secrets"], json!([]));
    let mut huge = String::new();
    while huge.len() < 1_100_000 {
        write!(huge, "{}", huge.len()).unwrap();
    }
    let body = vault.body("dev", "/", &json!({ "secretValue": huge }));
    vault.person.post("/api/v3/secrets/raw/HUGE", body).await.refused(413);
}

async fn secrets_are_moved(server: TestServer) {
    let vault = Vault::new(&server).await;
    vault.folder("dev", "/to").await;
    let mut ids = Vec::new();
    for (key, value) in [("A", "1"), ("B", "2")] {
        ids.push(vault.put("dev", "/", key, value).await["id"].clone());
    }
    vault.put("dev", "/to", "B", "old").await;
    let body = |overwrite: bool, ids: &[Value]| {
        json!({
            "projectId": vault.project, "sourceEnvironment": "dev", "sourceSecretPath": "/",
            "destinationEnvironment": "dev", "destinationSecretPath": "/to", "secretIds": ids,
            "shouldOverwrite": overwrite,
        })
    };
    let path = "/api/v4/secrets/move";
    assert_eq!(vault.person.post(path, body(false, &ids)).await.refused(400), "Secret already exists: B");
    assert_eq!(pairs(&vault.list("dev", "/", "").await["secrets"]), ["A=1", "B=2"]);
    let viewer = server.project_member(&vault.project, "viewer").await;
    viewer.post(path, body(true, &ids)).await.refused(403);
    let moved = vault.person.post(path, body(true, &ids)).await.ok();
    assert_eq!(moved, json!({ "isSourceUpdated": true, "isDestinationUpdated": true }));
    assert_eq!(vault.list("dev", "/", "").await["secrets"], json!([]));
    assert_eq!(pairs(&vault.list("dev", "/to", "").await["secrets"]), ["A=1", "B=2"]);
    let read = vault.read("dev", "/to", "A", "").await;
    assert_eq!((&read["id"], &read["version"]), (&ids[0], &json!(1)));
    assert_eq!(vault.read("dev", "/to", "B", "version=1").await["secretValue"], "old");
    vault.person.post(path, body(true, &ids)).await.refused(404);
}

async fn only_so_many_versions_are_kept(server: TestServer) {
    let vault = Vault::new(&server).await;
    vault.put("dev", "/", "A", "1").await;
    for n in 2..=13 {
        let body = vault.body("dev", "/", &json!({ "secretValue": n.to_string() }));
        vault.person.patch("/api/v3/secrets/raw/A", body).await.ok();
    }
    for (version, status) in [(13, 200), (4, 200), (3, 404), (1, 404), (14, 404), (0, 404)] {
        let path = format!("/api/v3/secrets/raw/A?{}&version={version}", vault.at("dev", "/"));
        let answer = vault.person.get(&path).await;
        assert_eq!(answer.status, status, "{version}");
        if status == 200 {
            assert_eq!(answer.body["secret"]["secretValue"], version.to_string());
        }
    }
}

async fn a_change_is_seen_by_other_replicas(server: TestServer) {
    if server.app.store.engine() == "sqlite" {
        return;
    }
    let vault = Vault::new(&server).await;
    let other = server.replica().await;
    let elsewhere = Vault { person: vault.person.at(&other.url), project: vault.project.clone() };
    vault.put("dev", "/", "A", "0").await;
    for n in 1..=20 {
        let (writer, reader) = if n % 2 == 0 { (&vault, &elsewhere) } else { (&elsewhere, &vault) };
        let body = vault.body("dev", "/", &json!({ "secretValue": n.to_string() }));
        writer.person.patch("/api/v3/secrets/raw/A", body).await.ok();
        assert_eq!(reader.read("dev", "/", "A", "").await["secretValue"], n.to_string());
    }
}

async fn writers_do_not_lose_each_other(server: TestServer) {
    let vault = Vault::new(&server).await;
    let body = vault.body("dev", "/", &json!({ "secretValue": "1" }));
    let create = || vault.person.post("/api/v3/secrets/raw/A", body.clone());
    let answers = futures_util::future::join_all((0..20).map(|_| create())).await;
    let made = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(made, 1);
    assert!(answers.iter().all(|answer| [200, 400].contains(&answer.status)));
    let update = |n: usize| {
        let body = vault.body("dev", "/", &json!({ "secretValue": n.to_string() }));
        vault.person.patch("/api/v3/secrets/raw/A", body)
    };
    let answers = futures_util::future::join_all((0..20).map(update)).await;
    let mut versions: Vec<i64> =
        answers.into_iter().map(|answer| answer.ok()["secret"]["version"].as_i64().unwrap()).collect();
    versions.sort_unstable();
    assert_eq!(versions, (2..=21).collect::<Vec<i64>>());
    assert_eq!(vault.read("dev", "/", "A", "").await["version"], 21);
}

async fn a_folder_that_holds_too_much_is_read_one_by_one(server: TestServer) {
    let vault = Vault::new(&server).await;
    vault.folder("dev", "/sub").await;
    let large = "x".repeat(1_040_000);
    for n in 0..65 {
        vault.put("dev", "/sub", &format!("K{n}"), &large).await;
    }
    let sub = format!("/api/v3/secrets/raw?{}", vault.at("dev", "/sub"));
    let all = format!("/api/v3/secrets/raw?{}&recursive=true", vault.at("dev", "/"));
    for path in [&sub, &all] {
        let message = vault.person.get(path).await.refused(400);
        assert!(message.contains("more than 64 MiB"), "{message}");
    }
    let one = vault.read("dev", "/sub", "K7", "").await;
    assert_eq!(one["secretValue"].as_str().unwrap().len(), large.len());
    let by_id = format!("/api/v3/secrets/raw/id/{}", one["id"].as_str().unwrap());
    vault.person.get(&by_id).await.ok();
    vault.person.get(&format!("/api/v3/secrets/raw/NONE?{}", vault.at("dev", "/sub"))).await.refused(404);
    let gone = vault.body("dev", "/sub", &json!({}));
    vault.person.delete_with("/api/v3/secrets/raw/K7", gone).await.ok();
    let gone = vault.body("dev", "/sub", &json!({}));
    vault.person.delete_with("/api/v3/secrets/raw/K8", gone).await.ok();
    vault.person.get(&sub).await.ok();
}
