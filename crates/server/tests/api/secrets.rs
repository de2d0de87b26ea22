//! Secrets: making, reading, changing and deleting them.

use serde_json::{Value, json};
use vouchsafe_testkit::{Person, TestServer, both};

both!(a_secret_lives_from_create_to_delete);

/// A project and requests about its secrets.
pub(crate) struct Vault {
    pub(crate) person: Person,
    pub(crate) project: String,
}

impl Vault {
    pub(crate) async fn new(server: &TestServer) -> Self {
        let project = server.project("vault").await["id"].as_str().unwrap().to_owned();
        Self { person: server.admin.clone(), project }
    }

    pub(crate) fn body(&self, environment: &str, path: &str, more: &Value) -> Value {
        let mut body = json!({ "workspaceId": self.project, "environment": environment, "secretPath": path });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    }

    /// Makes a secret.
    pub(crate) async fn put(&self, environment: &str, path: &str, key: &str, value: &str) -> Value {
        let body = self.body(environment, path, &json!({ "secretValue": value }));
        self.person.post(&format!("/api/v3/secrets/raw/{key}"), body).await.ok()["secret"].clone()
    }

    /// Makes a folder with those above it.
    pub(crate) async fn folder(&self, environment: &str, path: &str) -> Value {
        let (parent, name) = path.rsplit_once('/').unwrap();
        let body = json!({
            "workspaceId": self.project, "environment": environment, "path": parent, "name": name,
        });
        self.person.post("/api/v1/folders", body).await.ok()["folder"].clone()
    }

    /// The query that names a folder.
    pub(crate) fn at(&self, environment: &str, path: &str) -> String {
        format!("workspaceId={}&workspaceSlug=&environment={environment}&secretPath={path}", self.project)
    }

    /// The list of a folder.
    pub(crate) async fn list(&self, environment: &str, path: &str, more: &str) -> Value {
        self.person.get(&format!("/api/v3/secrets/raw?{}&{more}", self.at(environment, path))).await.ok()
    }

    /// One secret.
    pub(crate) async fn read(&self, environment: &str, path: &str, key: &str, more: &str) -> Value {
        let path = format!("/api/v3/secrets/raw/{key}?{}&{more}", self.at(environment, path));
        self.person.get(&path).await.ok()["secret"].clone()
    }
}

/// `KEY=value` of each secret in a list.
pub(crate) fn pairs(secrets: &Value) -> Vec<String> {
    let pair = |secret: &Value| {
        format!("{}={}", secret["secretKey"].as_str().unwrap(), secret["secretValue"].as_str().unwrap())
    };
    secrets.as_array().unwrap().iter().map(pair).collect()
}

async fn a_secret_lives_from_create_to_delete(server: TestServer) {
    let vault = Vault::new(&server).await;
    let path = "/api/v3/secrets/raw/DB_URL";
    let more = json!({
        "secretValue": " pg://x\n\n", "secretComment": " the db ", "skipMultilineEncoding": true, "tagIds": [],
        "secretMetadata": [{ "key": "owner", "value": "ann", "isEncrypted": true }],
        "secretReminderNote": "", "secretReminderRepeatDays": 0, "type": "shared", "projectSlug": "",
    });
    let made = vault.person.post(path, vault.body("dev", "/", &more)).await.ok();
    let secret = &made["secret"];
    for (field, expected) in [
        ("workspace", json!(vault.project)),
        ("environment", json!("dev")),
        ("version", json!(1)),
        ("type", json!("shared")),
        ("secretKey", json!("DB_URL")),
        ("secretValue", json!("pg://x\n")),
        ("secretValueHidden", json!(false)),
        ("secretComment", json!("the db")),
        ("secretPath", json!("/")),
        ("skipMultilineEncoding", json!(true)),
        ("secretReminderNote", Value::Null),
        ("secretReminderRepeatDays", Value::Null),
        ("secretMetadata", json!([{ "key": "owner", "value": "ann", "isEncrypted": true }])),
        ("tags", json!([])),
        ("createdAt", json!("2026-11-24T00:00:00.000Z")),
    ] {
        assert_eq!(secret[field], expected, "{field}");
    }
    assert_eq!(secret["id"], secret["_id"]);
    assert_eq!(vault.read("dev", "/", "DB_URL", "").await, *secret);
    let list = vault.list("dev", "/", "").await;
    assert_eq!(list, json!({ "secrets": [secret], "imports": [] }));
    let by_id = format!("/api/v3/secrets/raw/id/{}", secret["id"].as_str().unwrap());
    assert_eq!(vault.person.get(&by_id).await.ok()["secret"], *secret);

    let again = vault.person.post(path, vault.body("dev", "/", &more)).await;
    assert_eq!(again.refused(400), "Secret already exists");
    let nowhere = vault.person.post(path, vault.body("dev", "/nowhere", &more)).await;
    assert_eq!(nowhere.refused(404), "Folder with path '/nowhere' in environment with slug 'dev' not found");

    let change = json!({ "newSecretName": "URL", "secretComment": "", "secretReminderRepeatDays": 7 });
    let changed = vault.person.patch(path, vault.body("dev", "/", &change)).await.ok();
    let changed = &changed["secret"];
    assert_eq!(changed["id"], secret["id"]);
    assert_eq!(changed["version"], 2);
    assert_eq!(changed["secretKey"], "URL");
    assert_eq!(changed["secretValue"], "pg://x\n");
    assert_eq!(changed["secretComment"], "");
    assert_eq!(changed["secretReminderRepeatDays"], 7);
    assert_eq!(changed["secretMetadata"], secret["secretMetadata"]);
    assert_eq!(vault.read("dev", "/", "URL", "").await, *changed);
    let gone = vault.person.get(&format!("{path}?{}", vault.at("dev", "/"))).await;
    assert_eq!(gone.refused(404), "Secret with name 'DB_URL' not found");

    let change = json!({ "secretValue": "" });
    let url = "/api/v3/secrets/raw/URL";
    let emptied = vault.person.patch(url, vault.body("dev", "/", &change)).await.ok();
    assert_eq!(emptied["secret"]["secretValue"], "");
    for (version, value) in [(1, "pg://x\n"), (2, "pg://x\n"), (3, "")] {
        let then = vault.read("dev", "/", "URL", &format!("version={version}")).await;
        assert_eq!((&then["version"], &then["secretValue"]), (&json!(version), &json!(value)));
        assert_eq!(then["id"], secret["id"]);
    }

    let deleted = vault.person.delete_with(url, vault.body("dev", "/", &json!({}))).await.ok();
    assert_eq!(deleted["secret"]["version"], 3);
    let again = vault.person.delete_with(url, vault.body("dev", "/", &json!({}))).await;
    assert_eq!(again.refused(404), "Secret with name 'URL' not found");
    let again = vault.person.patch(url, vault.body("dev", "/", &change)).await;
    assert_eq!(again.refused(404), "Secret with name URL not found");
    assert_eq!(vault.list("dev", "/", "").await["secrets"], json!([]));
}
