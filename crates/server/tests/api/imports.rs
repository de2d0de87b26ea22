//! Imports and references between secrets.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::secrets::{Vault, pairs};

both!(
    imports_live_from_create_to_delete,
    imports_are_followed_and_the_last_one_wins,
    references_are_replaced,
    versions_differ_in_their_defaults,
);

impl Vault {
    async fn import(&self, into: (&str, &str), from: (&str, &str)) -> Value {
        let body = json!({
            "workspaceId": self.project, "environment": into.0, "path": into.1,
            "import": { "environment": from.0, "path": from.1 },
        });
        self.person.post("/api/v1/secret-imports", body).await.ok()["secretImport"].clone()
    }
}

fn places(imports: &Value) -> Vec<String> {
    let place = |import: &Value| {
        format!("{}:{}", import["environment"].as_str().unwrap(), import["secretPath"].as_str().unwrap())
    };
    imports.as_array().unwrap().iter().map(place).collect()
}

async fn imports_live_from_create_to_delete(server: TestServer) {
    let vault = Vault::new(&server).await;
    let (person, project) = (&vault.person, &vault.project);
    let first = vault.import(("dev", "/"), ("prod", "/later")).await;
    assert_eq!(first["importPath"], "/later");
    assert_eq!(first["importEnv"]["slug"], "prod");
    assert_eq!(first["importEnv"]["name"], "Production");
    assert_eq!(first["position"], 1);
    assert_eq!(first["isReplication"], false);
    let second = vault.import(("dev", "/"), ("staging", "/")).await;
    let third = vault.import(("dev", "/"), ("staging", "/x")).await;
    let list = || async {
        let query = format!("workspaceId={project}&environment=dev&path=/");
        let list = person.get(&format!("/api/v1/secret-imports?{query}")).await.ok();
        let one = |import: &Value| (import["id"].clone(), import["position"].as_i64().unwrap());
        list["secretImports"].as_array().unwrap().iter().map(one).collect::<Vec<_>>()
    };
    let id = |import: &Value| import["id"].clone();
    let path = |import: &Value| format!("/api/v2/secret-imports/{}", import["id"].as_str().unwrap());
    assert_eq!(list().await, [(id(&first), 1), (id(&second), 2), (id(&third), 3)]);
    let change =
        |import: Value| json!({ "projectId": project, "environment": "dev", "path": "/", "import": import });
    let moved = person.patch(&path(&third), change(json!({ "position": 1 }))).await.ok();
    assert_eq!(moved["secretImport"]["position"], 1);
    assert_eq!(list().await, [(id(&third), 1), (id(&first), 2), (id(&second), 3)]);
    person.patch(&path(&third), change(json!({ "position": 3 }))).await.ok();
    assert_eq!(list().await, [(id(&first), 1), (id(&second), 2), (id(&third), 3)]);
    person.patch(&path(&third), change(json!({ "position": 4 }))).await.refused(400);
    let turned =
        person.patch(&path(&third), change(json!({ "environment": "prod", "path": "/y" }))).await.ok();
    assert_eq!(turned["secretImport"]["importPath"], "/y");
    assert_eq!(turned["secretImport"]["version"], 2);
    let read = person.get(&path(&first)).await.ok();
    assert_eq!(read["secretImport"]["environment"]["slug"], "dev");
    assert_eq!(read["secretImport"]["projectId"], *project);
    assert_eq!(read["secretImport"]["secretPath"], "/");

    let make = |environment: &str, path: &str, from: (&str, &str)| {
        let body = json!({
            "projectId": project, "environment": environment, "path": path,
            "import": { "environment": from.0, "path": from.1 },
        });
        person.post("/api/v2/secret-imports", body)
    };
    assert_eq!(make("dev", "/", ("dev", "/")).await.refused(400), "Cyclic import not allowed");
    assert_eq!(make("staging", "/", ("dev", "/")).await.refused(400), "Cyclic import not allowed");
    make("dev", "/", ("staging", "/")).await.refused(400);
    make("dev", "/none", ("staging", "/")).await.refused(404);
    make("dev", "/", ("none", "/")).await.refused(404);
    make("dev", "/", ("prod", "a b")).await.refused(422);
    let viewer = server.project_member(project, "viewer").await;
    viewer.get(&path(&first)).await.ok();
    viewer.delete_with(&path(&first), change(json!({}))).await.refused(403);
    server.stranger().await.get(&path(&first)).await.refused(404);
    let resync = format!("{}/replication-resync", path(&first));
    person.post(&resync, change(json!({}))).await.refused(400);

    person.delete_with(&path(&first), change(json!({}))).await.ok();
    assert_eq!(list().await, [(id(&second), 1), (id(&third), 2)]);
    person.delete_with(&path(&first), change(json!({}))).await.refused(404);
}

async fn imports_are_followed_and_the_last_one_wins(server: TestServer) {
    let vault = Vault::new(&server).await;
    for path in ["/a", "/b", "/chain"] {
        vault.folder("prod", path).await;
    }
    for (path, key, value) in [
        ("/a", "X", "a"),
        ("/b", "X", "b"),
        ("/chain", "X", "chain"),
        ("/a", "ONLY_A", "a"),
        ("/chain", "DEEP", "chain"),
    ] {
        vault.put("prod", path, key, value).await;
    }
    vault.put("dev", "/", "OWN", "dev").await;
    vault.import(("dev", "/"), ("prod", "/a")).await;
    vault.import(("dev", "/"), ("prod", "/b")).await;
    vault.import(("dev", "/"), ("prod", "/missing")).await;
    vault.import(("prod", "/b"), ("prod", "/chain")).await;
    vault.import(("prod", "/chain"), ("dev", "/")).await;

    let off = vault.list("dev", "/", "include_imports=false").await;
    assert_eq!(off["imports"], json!([]));
    let list = vault.list("dev", "/", "include_imports=true").await;
    assert_eq!(pairs(&list["secrets"]), ["OWN=dev"]);
    assert_eq!(places(&list["imports"]), ["prod:/a", "prod:/chain", "prod:/b"]);
    assert_eq!(pairs(&list["imports"][0]["secrets"]), ["ONLY_A=a", "X=a"]);
    let imported = &list["imports"][0]["secrets"][0];
    for field in ["_id", "workspace", "environment", "version", "type", "secretComment", "createdAt", "tags"]
    {
        assert!(!imported[field].is_null(), "{field}");
    }
    assert!(list["imports"][0]["folderId"].is_string());

    let read = |key: &'static str| vault.read("dev", "/", key, "includeImports=true");
    assert_eq!(read("X").await["secretValue"], "b");
    assert_eq!(read("DEEP").await["secretPath"], "/chain");
    assert_eq!(read("DEEP").await["environment"], "prod");
    let without = vault.person.get(&format!("/api/v3/secrets/raw/X?{}", vault.at("dev", "/"))).await;
    assert_eq!(without.refused(404), "Secret with name 'X' not found");

    let query = format!("workspaceId={}&environment=dev&path=/", vault.project);
    for path in ["/api/v1/secret-imports/secrets/raw", "/api/v2/secret-imports/secrets"] {
        let shown = vault.person.get(&format!("{path}?{query}")).await.ok();
        assert_eq!(places(&shown["secrets"]), ["prod:/a", "prod:/chain", "prod:/b"]);
        assert_eq!(shown["secrets"][0]["environmentInfo"]["name"], "Production");
    }
    vault.folder("prod", "/missing").await;
    vault.put("prod", "/missing", "X", "now there").await;
    assert_eq!(read("X").await["secretValue"], "now there");
}

async fn references_are_replaced(server: TestServer) {
    let vault = Vault::new(&server).await;
    vault.folder("prod", "/app/db").await;
    for (environment, path, key, value) in [
        ("prod", "/app/db", "HOST", "${NAME}.db"),
        ("prod", "/app/db", "NAME", "there"),
        ("prod", "/", "PASS", "p"),
        ("dev", "/", "NAME", "here"),
        ("dev", "/", "URL", "pg://${NAME}:${prod.PASS}@${prod.app.db.HOST}${NONE}${none.X}/x"),
        ("dev", "/", "LOOP", "x-${LOOP}-y"),
        ("dev", "/", "PLAIN", "$ {x} ${"),
        ("dev", "/", "IMPORTED", "${HOST}"),
    ] {
        vault.put(environment, path, key, value).await;
    }
    vault.import(("dev", "/"), ("prod", "/app/db")).await;
    let body = vault.body("dev", "/", &json!({ "secretValue": "a\n${NAME}", "skipMultilineEncoding": true }));
    vault.person.post("/api/v3/secrets/raw/LINES", body).await.ok();
    let expected = [
        "IMPORTED=there.db",
        "LINES=\"a\\nhere\"",
        "LOOP=x-x--y-y",
        "NAME=here",
        "PLAIN=$ {x} ${",
        "URL=pg://here:p@there.db/x",
    ];
    for _ in 0..2 {
        let list = vault.list("dev", "/", "expandSecretReferences=true&include_imports=true").await;
        assert_eq!(pairs(&list["secrets"]), expected);
        assert_eq!(pairs(&list["imports"][0]["secrets"]), ["HOST=there.db", "NAME=there"]);
    }
    let one = vault.read("dev", "/", "URL", "expandSecretReferences=true").await;
    assert_eq!(one["secretValue"], "pg://here:p@there.db/x");
    let raw = vault.read("dev", "/", "URL", "").await;
    assert_eq!(raw["secretValue"], "pg://${NAME}:${prod.PASS}@${prod.app.db.HOST}${NONE}${none.X}/x");
    let masked = vault.read("dev", "/", "URL", "expandSecretReferences=true&viewSecretValue=false").await;
    assert_eq!(masked["secretValue"], "<hidden-by-infisical>");
    for n in 0..10 {
        vault.put("dev", "/", &format!("BOMB{n}"), &format!("${{BOMB{}}}", n + 1).repeat(10)).await;
    }
    let path = format!("/api/v3/secrets/raw/BOMB0?{}&expandSecretReferences=true", vault.at("dev", "/"));
    vault.person.get(&path).await.refused(403);
}

async fn versions_differ_in_their_defaults(server: TestServer) {
    let vault = Vault::new(&server).await;
    vault.put("prod", "/", "A", "a").await;
    vault.put("dev", "/", "B", "${prod.A}").await;
    vault.import(("dev", "/"), ("prod", "/")).await;
    let v3 = vault.list("dev", "/", "").await;
    assert_eq!((pairs(&v3["secrets"]), v3["imports"].clone()), (vec!["B=${prod.A}".to_owned()], json!([])));
    let at = format!("projectId={}&environment=dev", vault.project);
    let v4 = vault.person.get(&format!("/api/v4/secrets?{at}")).await.ok();
    assert_eq!(pairs(&v4["secrets"]), ["B=a"]);
    assert_eq!(pairs(&v4["imports"][0]["secrets"]), ["A=a"]);
    let one = vault.person.get(&format!("/api/v4/secrets/A?{at}")).await.ok();
    assert_eq!(one["secret"]["environment"], "prod");
    let off = format!("/api/v4/secrets?{at}&includeImports=false&expandSecretReferences=false");
    let off = vault.person.get(&off).await.ok();
    assert_eq!((pairs(&off["secrets"]), off["imports"].clone()), (vec!["B=${prod.A}".to_owned()], json!([])));
}
