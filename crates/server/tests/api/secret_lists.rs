//! Listing secrets: recursion, filters, personal secrets, what may be seen, and what both versions differ in.

use reqwest::Method;
use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::people::person;
use crate::secrets::{Vault, pairs};

both!(
    lists_go_down_into_folders,
    lists_are_filtered_by_tags_and_metadata,
    personal_secrets_stand_beside_or_instead,
    roles_decide_who_reads_and_writes,
    what_is_asked_wrongly_is_refused,
    a_list_that_did_not_change_is_not_sent_again,
);

async fn lists_go_down_into_folders(server: TestServer) {
    let vault = Vault::new(&server).await;
    for path in ["/a/b", "/a-b", "/c"] {
        vault.folder("dev", path).await;
    }
    for (path, key) in [("/", "ROOT"), ("/a", "Z"), ("/a", "A"), ("/a/b", "DEEP"), ("/a-b", "BESIDE")] {
        vault.put("dev", path, key, path).await;
    }
    vault.put("prod", "/", "ROOT", "other").await;
    let list = vault.list("dev", "/", "recursive=true").await;
    assert_eq!(pairs(&list["secrets"]), ["ROOT=/", "A=/a", "Z=/a", "BESIDE=/a-b", "DEEP=/a/b"]);
    assert_eq!(list["secrets"][4]["secretPath"], "/a/b");
    assert_eq!(
        pairs(&vault.list("dev", "/a", "recursive=true").await["secrets"]),
        ["A=/a", "Z=/a", "DEEP=/a/b"]
    );
    assert_eq!(pairs(&vault.list("dev", "a/", "recursive=false").await["secrets"]), ["A=/a", "Z=/a"]);
    vault.put("dev", "/a/b", "NEW", "1").await;
    assert_eq!(
        pairs(&vault.list("dev", "/a", "recursive=true").await["secrets"]),
        ["A=/a", "Z=/a", "DEEP=/a/b", "NEW=1"],
        "a change is seen at once"
    );
    let masked = vault.list("dev", "/a", "viewSecretValue=false").await;
    assert_eq!(pairs(&masked["secrets"]), ["A=<hidden-by-infisical>", "Z=<hidden-by-infisical>"]);
    assert_eq!(masked["secrets"][0]["secretValueHidden"], true);

    for (environment, path) in [("dev", "/none"), ("none", "/")] {
        let answer = vault.person.get(&format!("/api/v3/secrets/raw?{}", vault.at(environment, path))).await;
        assert!(
            answer.refused(404).contains("Please ensure the environment slug and secret path is correct")
        );
    }
}

async fn lists_are_filtered_by_tags_and_metadata(server: TestServer) {
    let vault = Vault::new(&server).await;
    let mut tags = Vec::new();
    for slug in ["red", "blue"] {
        let path = format!("/api/v1/projects/{}/tags", vault.project);
        let tag = vault.person.post(&path, json!({ "slug": slug, "color": "#f00" })).await.ok();
        tags.push(tag["tag"]["id"].clone());
    }
    for (key, tag_ids, owner) in
        [("R", json!([tags[0]]), "ann"), ("RB", json!(tags), "bob"), ("NONE", json!([]), "ann")]
    {
        let more = json!({
            "secretValue": key, "tagIds": tag_ids,
            "secretMetadata": [{ "key": "owner", "value": owner }, { "key": "kind", "value": "x" }],
        });
        let body = vault.body("dev", "/", &more);
        vault.person.post(&format!("/api/v3/secrets/raw/{key}"), body).await.ok();
    }
    for (query, expected) in [
        ("tagSlugs=red", &["R=R", "RB=RB"][..]),
        ("tagSlugs=blue,green", &["RB=RB"]),
        ("tagSlugs=", &["NONE=NONE", "R=R", "RB=RB"]),
        ("metadataFilter=key%3Downer,value%3Dann", &["NONE=NONE", "R=R"]),
        ("metadataFilter=key%3Downer,value%3Dann%7Ckey%3Dkind,value%3Dx&tagSlugs=red", &["R=R"]),
    ] {
        assert_eq!(pairs(&vault.list("dev", "/", query).await["secrets"]), expected, "{query}");
    }
    let secret = vault.read("dev", "/", "RB", "").await;
    let slugs: Vec<&Value> = secret["tags"].as_array().unwrap().iter().map(|tag| &tag["slug"]).collect();
    assert_eq!(slugs, ["blue", "red"]);
    assert_eq!(secret["tags"][0]["name"], "blue");
    assert_eq!(secret["tags"][0]["color"], "#f00");

    let path = "/api/v3/secrets/tags/RB";
    let taken = vault.body("dev", "/", &json!({ "tagSlugs": ["red"], "type": "shared" }));
    let taken = vault.person.delete_with(path, taken).await.ok();
    assert_eq!(taken["secret"]["tags"].as_array().unwrap().len(), 1);
    let unknown = vault.body("dev", "/", &json!({ "tagSlugs": ["red", "green"] }));
    assert_eq!(vault.person.post(path, unknown).await.refused(404), "One or more tags not found");
    let given = vault.body("dev", "/", &json!({ "tagSlugs": ["red", "blue"] }));
    assert_eq!(vault.person.post(path, given).await.ok()["secret"]["tags"].as_array().unwrap().len(), 2);
    let emptied = vault.body("dev", "/", &json!({ "tagIds": [] }));
    let emptied = vault.person.patch("/api/v3/secrets/raw/RB", emptied).await.ok();
    assert_eq!(emptied["secret"]["tags"], json!([]));
    let more = json!({ "secretValue": "", "tagIds": ["0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e"] });
    let unknown = vault.person.post("/api/v3/secrets/raw/X", vault.body("dev", "/", &more)).await;
    unknown.refused(404);
    let path = format!("/api/v1/projects/{}/tags/{}", vault.project, tags[0].as_str().unwrap());
    vault.person.delete(&path).await.ok();
    assert_eq!(vault.read("dev", "/", "R", "").await["tags"], json!([]));
}

async fn personal_secrets_stand_beside_or_instead(server: TestServer) {
    let vault = Vault::new(&server).await;
    let ann = person(&server, "ann@acme.example", "member").await;
    let bob = person(&server, "bob@acme.example", "member").await;
    let path = format!("/api/v2/workspace/{}/memberships", vault.project);
    let both = json!({ "emails": ["ann@acme.example", "bob@acme.example"], "roleSlugs": ["member"] });
    vault.person.post(&path, both).await.ok();
    vault.put("dev", "/", "A", "shared").await;
    vault.put("dev", "/", "B", "is ${A}").await;
    let own = |key: &str, value: &str| {
        let body = vault.body("dev", "/", &json!({ "secretValue": value, "type": "personal" }));
        (format!("/api/v3/secrets/raw/{key}"), body)
    };
    let (at, body) = own("A", "ann's");
    assert_eq!(
        vault.person.post(&at, body.clone()).await.refused(400),
        "Must be user to create personal secret"
    );
    ann.post(&at, body.clone()).await.ok();
    assert_eq!(ann.post(&at, body).await.refused(400), "Secret already exists");
    let (none, body) = own("NONE", "x");
    assert_eq!(
        ann.post(&none, body).await.refused(400),
        "Failed to create personal secret override for no corresponding shared secret"
    );

    let v3 = format!("/api/v3/secrets/raw?{}&expandSecretReferences=true", vault.at("dev", "/"));
    let v4 = format!("/api/v4/secrets?projectId={}&environment=dev&secretPath=/", vault.project);
    let v4_own = format!("{v4}&includePersonalOverrides=true");
    for (who, path, expected) in [
        (&ann, &v3, &["A=shared", "A=ann's", "B=is shared"][..]),
        (&bob, &v3, &["A=shared", "B=is shared"]),
        (&ann, &v4, &["A=shared", "B=is shared"]),
        (&ann, &v4_own, &["A=ann's", "B=is shared"]),
        (&bob, &v4_own, &["A=shared", "B=is shared"]),
    ] {
        assert_eq!(pairs(&who.get(path).await.ok()["secrets"]), expected, "{path}");
    }
    let one = format!("{at}?{}&type=personal", vault.at("dev", "/"));
    let mine = ann.get(&one).await.ok()["secret"].clone();
    assert_eq!(mine["secretValue"], "ann's");
    assert_eq!(bob.get(&one).await.refused(404), "Secret with name 'A' not found");
    let by_id = format!("/api/v4/secrets/id/{}", mine["id"].as_str().unwrap());
    assert_eq!(ann.get(&by_id).await.ok()["secret"], mine);
    bob.get(&by_id).await.refused(403);

    let rename = vault.body("dev", "/", &json!({ "newSecretName": "A2", "type": "personal" }));
    assert_eq!(ann.patch(&at, rename).await.refused(400), "Personal secret cannot change the key name");
    let rename = vault.body("dev", "/", &json!({ "newSecretName": "A2" }));
    bob.patch(&at, rename).await.ok();
    assert_eq!(
        pairs(&ann.get(&v4_own).await.ok()["secrets"]),
        ["A2=ann's", "B=is "],
        "a personal secret follows the shared one to its new name"
    );
    let gone = vault.body("dev", "/", &json!({}));
    bob.delete_with("/api/v3/secrets/raw/A2", gone).await.ok();
    assert_eq!(pairs(&ann.get(&v3).await.ok()["secrets"]), ["B=is "]);
}

async fn roles_decide_who_reads_and_writes(server: TestServer) {
    let vault = Vault::new(&server).await;
    vault.put("dev", "/", "A", "1").await;
    let id = vault.read("dev", "/", "A", "").await["id"].as_str().unwrap().to_owned();
    let body = vault.body("dev", "/", &json!({ "secretValue": "2" }));
    let list = format!("/api/v3/secrets/raw?{}", vault.at("dev", "/"));
    let (one, by_id) = ("/api/v3/secrets/raw/A", format!("/api/v3/secrets/raw/id/{id}"));
    let read = format!("{one}?{}", vault.at("dev", "/"));
    let absent = format!("/api/v3/secrets/raw/NONE?{}", vault.at("dev", "/"));

    let viewer = server.project_member(&vault.project, "viewer").await;
    for path in [&list, &read, &by_id] {
        viewer.get(path).await.ok();
    }
    viewer.get(&absent).await.refused(404);
    let refused = viewer.post("/api/v3/secrets/raw/B", body.clone()).await.refused(403);
    assert_eq!(refused, "You are not allowed to create on secrets");
    assert_eq!(viewer.patch(one, body.clone()).await.refused(403), "You are not allowed to edit on secrets");
    viewer.delete_with(one, body.clone()).await.refused(403);

    let nobody = server.project_member(&vault.project, "no-access").await;
    let outsider = server.identity("outsider", "member").await;
    for who in [&nobody, &outsider] {
        for path in [&list, &read, &absent, &by_id] {
            who.get(path).await.refused(403);
        }
        who.post("/api/v3/secrets/raw/B", body.clone()).await.refused(403);
        who.patch(one, body.clone()).await.refused(403);
        who.delete_with(one, body.clone()).await.refused(403);
    }
    let stranger = server.stranger().await;
    for path in [&list, &read, &absent, &by_id] {
        stranger.get(path).await.refused(404);
    }
    stranger.delete_with(one, body).await.refused(404);
    assert_eq!(vault.read("dev", "/", "A", "").await["version"], 1);
}

async fn what_is_asked_wrongly_is_refused(server: TestServer) {
    let vault = Vault::new(&server).await;
    let person = &vault.person;
    let nothing = person.get("/api/v3/secrets/raw?environment=dev&workspaceId=&workspaceSlug=").await;
    assert_eq!(nothing.refused(400), "You must provide workspaceSlug or workspaceId");
    let at = vault.at("dev", "/");
    for query in ["recursive=True", "viewSecretValue=1", "include_imports=yes", "expandSecretReferences=TRUE"]
    {
        let message = person.get(&format!("/api/v3/secrets/raw?{at}&{query}")).await.refused(422);
        assert!(message.contains(query.split('=').next().unwrap()), "{message}");
    }
    for (query, field) in [
        (format!("workspaceId={}", vault.project), "environment"),
        (vault.at("dev", "/a%20b"), "secretPath"),
        (format!("{at}&type=mine"), "type"),
        (format!("{at}&version=one"), "version"),
        ("workspaceId=x&environment=dev".to_owned(), "workspaceId"),
    ] {
        let message = person.get(&format!("/api/v3/secrets/raw/A?{query}")).await.refused(422);
        assert!(message.contains(field), "{message}");
    }
    for key in ["A%3AB", "A%2FB", "%20", &"k".repeat(300)] {
        let body = vault.body("dev", "/", &json!({ "secretValue": "v" }));
        person.post(&format!("/api/v3/secrets/raw/{key}"), body).await.refused(422);
    }
    for (more, field) in [
        (json!({ "secretValue": 7 }), "secretValue"),
        (json!({ "secretReminderRepeatDays": -1 }), "secretReminderRepeatDays"),
        (json!({ "secretReminderNote": "n".repeat(1025) }), "secretReminderNote"),
        (json!({ "tagIds": ["x"] }), "tagIds"),
        (json!({ "secretMetadata": [{ "key": " ", "value": "hunter2" }] }), "secretMetadata"),
    ] {
        let answer = person.post("/api/v3/secrets/raw/A", vault.body("dev", "/", &more)).await.refused(422);
        assert!(answer.contains(field) && !answer.contains("hunter2"), "{answer}");
    }
    let by_slug = person.get("/api/v1/projects").await.ok();
    let slug = by_slug["projects"][0]["slug"].as_str().unwrap().to_owned();
    let body = json!({ "projectSlug": slug, "environment": "dev", "secretValue": "v", "workspaceId": "" });
    person.post("/api/v3/secrets/raw/A", body).await.ok();
    let query = format!("workspaceSlug={slug}&workspaceId=&environment=dev");
    for _ in 0..2 {
        assert_eq!(
            pairs(&person.get(&format!("/api/v3/secrets/raw?{query}")).await.ok()["secrets"]),
            ["A=v"]
        );
    }
    person.get("/api/v3/secrets/raw?workspaceSlug=none&environment=dev").await.refused(404);
}

async fn a_list_that_did_not_change_is_not_sent_again(server: TestServer) {
    let vault = Vault::new(&server).await;
    vault.put("dev", "/", "A", "1").await;
    let path = format!("/api/v4/secrets?projectId={}&environment=dev", vault.project);
    let first = vault.person.get(&path).await;
    let tag = first.headers["etag"].clone();
    let again = |tag: reqwest::header::HeaderValue| {
        let request = vault.person.request(Method::GET, &path).header("if-none-match", tag);
        vault.person.send(request)
    };
    assert_eq!(again(tag.clone()).await.status, 304);
    vault.put("dev", "/", "B", "2").await;
    let second = again(tag.clone()).await;
    assert_eq!(second.status, 200);
    assert_ne!(second.headers["etag"], tag);
}
