//! Secrets of a project: hidden until asked for, changed, deleted; folders, imports and versions.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::browser::Browser;
use crate::projects::{folder, secret, with_member, with_rules};

both!(
    a_value_is_in_no_page_until_it_is_revealed,
    hostile_texts_come_back_as_they_were_typed,
    a_secret_is_changed_and_its_versions_are_kept,
    a_secret_has_tags_comment_and_metadata,
    a_secret_is_deleted_by_its_name,
    folders_are_made_renamed_and_deleted,
    imports_say_what_they_bring,
    a_viewer_sees_no_control_that_would_be_refused,
    controls_depend_on_the_folder_and_the_environment,
    a_thousand_secrets_of_a_folder_are_paged,
    references_lead_to_what_they_name,
    several_secrets_are_pasted_at_once,
);

const ANN: &str = "ann@example.com";
const CANARY: &str = "canary-7f3a";

/// What a text looks like in a page.
fn escaped(text: &str) -> String {
    [("&", "&#38;"), ("<", "&#60;"), (">", "&#62;"), ("\"", "&#34;"), ("'", "&#39;")]
        .iter()
        .fold(text.to_owned(), |text, (plain, safe)| text.replace(plain, safe))
}

/// The value of a secret, as the API says it.
async fn stored(server: &TestServer, project: &str, name: &str) -> Value {
    let query = format!("projectId={project}&environment=dev&secretPath=/&expandSecretReferences=false");
    let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let path = format!("/api/v4/secrets/{}?{query}", name.replace('+', "%20"));
    server.admin.get(&path).await.ok()["secret"].clone()
}

async fn a_value_is_in_no_page_until_it_is_revealed(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    secret(&server, &project, ["dev", "/"], "KEY", CANARY).await;
    let base = format!("/projects/{project}/secrets/dev");
    for page in ["", "/secret?name=KEY", "/edit?name=KEY", "/versions?name=KEY", "/delete?name=KEY", "/new"] {
        let page = browser.page(&format!("{base}{page}")).await;
        assert!(!page.contains(CANARY), "{page}");
    }
    assert!(!browser.page(&format!("/projects/{project}")).await.contains(CANARY));
    let page = browser.page(&format!("{base}/value?name=KEY")).await;
    assert!(page.contains(CANARY) && page.contains("11 characters, 1 line"), "{page}");
    // A refusal does not send a secret back.
    let page = browser.post(&format!("{base}/new"), &[("secretName", "a:b"), ("secretValue", CANARY)]).await;
    assert_eq!(page.status, 422);
    assert!(page.text.contains("a:b") && !page.text.contains(CANARY), "{}", page.text);
}

async fn hostile_texts_come_back_as_they_were_typed(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let base = format!("/projects/{project}/secrets/dev");
    let long = "ab<&\"' ".repeat(600).trim().to_owned();
    let values = [
        "</pre></textarea><script>alert(1)</script>",
        "\u{202e}right to left \u{202c}🚀👩‍👩‍👧",
        "one\ntwo\n\n\tthree",
        "ends with a line\n",
        "a+b&c=d%20 é",
        long.as_str(),
        "",
    ];
    for (at, value) in values.into_iter().enumerate() {
        let name = format!("<script>{at}\u{202e}'\"&?#%2F 🚀");
        let typed = value.replace('\n', "\r\n");
        let fields = [("secretName", name.as_str()), ("secretValue", &typed), ("secretComment", "<b>c")];
        let page = browser.submit(&format!("{base}/new"), &fields).await;
        assert!(page.contains(&escaped(&name)) && !page.contains("<script>0"), "{page}");
        assert_eq!(stored(&server, &project, &name).await["secretValue"], value);
        // The links of the page lead to it.
        let link = |page: &str, part: &str| {
            let mut links = page.split("href=\"").map(|rest| rest.split('"').next().unwrap_or_default());
            let found = links.find(|link| link.contains(&format!("/{part}?name=%3Cscript%3E{at}")));
            found.expect(part).replace("&#38;", "&")
        };
        let page = browser.page(&link(&page, "secret")).await;
        let shown = browser.page(&link(&page, "value")).await;
        assert!(shown.contains(&format!(">{}</pre>", escaped(value))) || value.is_empty(), "{shown}");
        // Saved again as it stands in the form, nothing changes.
        let change = link(&page, "change");
        let form = browser.page(&change).await;
        let (_, rest) = form.split_once("name=\"secretValue\"").unwrap();
        let (_, rest) = rest.split_once(">\n").unwrap();
        let (area, _) = rest.split_once("</textarea>").unwrap();
        assert_eq!(area, escaped(value));
        browser.submit(&change, &[("secretValue", &typed)]).await;
        assert_eq!(stored(&server, &project, &name).await["secretValue"], value);
    }
    // Line ends that a form cannot show are kept if that is wanted.
    secret(&server, &project, ["dev", "/"], "WINDOWS", "a\r\nb").await;
    let form = browser.page(&format!("{base}/change?name=WINDOWS")).await;
    assert!(form.contains("<option value=\"crlf\" selected>"), "{form}");
    let fields = [("secretValue", "a\r\nb\r\nc"), ("lineEnds", "crlf")];
    browser.submit(&format!("{base}/change?name=WINDOWS"), &fields).await;
    assert_eq!(stored(&server, &project, "WINDOWS").await["secretValue"], "a\r\nb\r\nc");
}

async fn a_secret_is_changed_and_its_versions_are_kept(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let base = format!("/projects/{project}/secrets/dev");
    secret(&server, &project, ["dev", "/"], "KEY", "value-one").await;
    let page = browser.submit(&format!("{base}/change?name=KEY"), &[("secretValue", "value-two")]).await;
    assert!(page.contains("The value was changed.") && page.contains("<dd>2</dd>"), "{page}");
    let page = browser.page(&format!("{base}/versions?name=KEY")).await;
    assert!(!page.contains("value-one") && !page.contains("value-two") && page.contains("newest"));
    assert!(page.contains("<bdi>you</bdi>") && page.matches("<th scope=\"row\">").count() == 2, "{page}");
    let page = browser.page(&format!("{base}/value?name=KEY&version=1")).await;
    assert!(page.contains("value-one") && page.contains("Restore this value"));
    let page = browser.submit(&format!("{base}/restore?name=KEY&version=1"), &[]).await;
    assert!(page.contains("The value of version 1 is the newest one now."));
    assert_eq!(stored(&server, &project, "KEY").await["secretValue"], "value-one");
    assert_eq!(stored(&server, &project, "KEY").await["version"], 3);
    assert_eq!(browser.get(&format!("{base}/value?name=KEY&version=9")).await.status, 404);
    assert_eq!(browser.get(&format!("{base}/secret?name=NOT_THERE")).await.status, 404);
}

async fn a_secret_has_tags_comment_and_metadata(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let base = format!("/projects/{project}/secrets/dev");
    let tag =
        server.admin.post(&format!("/api/v1/projects/{project}/tags"), json!({ "slug": "billing" })).await;
    let tag = tag.ok()["tag"]["id"].as_str().unwrap().to_owned();
    secret(&server, &project, ["dev", "/"], "KEY", "v").await;
    assert!(browser.page(&format!("{base}/edit?name=KEY")).await.contains("billing"));
    let fields = [
        ("newSecretName", "RENAMED"),
        ("secretComment", "first\r\n<i>second"),
        ("withTags", "true"),
        ("tagIds", tag.as_str()),
        ("metadataKey", "owner"),
        ("metadataValue", "team <a>"),
        ("metadataEncrypted", "false"),
        ("metadataKey", ""),
        ("metadataValue", ""),
        ("metadataEncrypted", "false"),
    ];
    let page = browser.submit(&format!("{base}/edit?name=KEY"), &fields).await;
    for part in ["RENAMED", "first\n&#60;i&#62;second", "billing", "owner", "team &#60;a&#62;"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let found = stored(&server, &project, "RENAMED").await;
    assert_eq!(
        found["secretMetadata"],
        json!([{ "key": "owner", "value": "team <a>", "isEncrypted": false }])
    );
    assert_eq!((&found["secretValue"], &found["tags"][0]["slug"]), (&json!("v"), &json!("billing")));
    // All ticks gone: no tags. No boxes at all: the tags stay.
    let fields = [("newSecretName", "RENAMED"), ("secretComment", "")];
    browser.submit(&format!("{base}/edit?name=RENAMED"), &fields).await;
    assert_eq!(stored(&server, &project, "RENAMED").await["tags"][0]["slug"], "billing");
    let fields = [("newSecretName", "RENAMED"), ("secretComment", ""), ("withTags", "true")];
    browser.submit(&format!("{base}/edit?name=RENAMED"), &fields).await;
    assert_eq!(stored(&server, &project, "RENAMED").await["tags"], json!([]));
    // What is not accepted stays in the form.
    secret(&server, &project, ["dev", "/"], "OTHER", "v").await;
    let fields = [("newSecretName", "a/b"), ("secretComment", "kept")];
    let page = browser.post(&format!("{base}/edit?name=OTHER"), &fields).await;
    assert!(page.status == 422 && page.text.contains("kept") && page.text.contains("a/b"), "{}", page.text);
}

async fn a_secret_is_deleted_by_its_name(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let base = format!("/projects/{project}/secrets/dev");
    secret(&server, &project, ["dev", "/"], "KEY", CANARY).await;
    let page = browser.post(&format!("{base}/delete?name=KEY"), &[("confirm", "KEYS")]).await;
    assert!(page.status == 422 && page.text.contains("This is not the name"));
    let page = browser.submit(&format!("{base}/delete?name=KEY"), &[("confirm", "KEY")]).await;
    assert!(page.contains("The secret was deleted.") && page.contains("No secrets here"));
}

async fn folders_are_made_renamed_and_deleted(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let base = format!("/projects/{project}/secrets/dev");
    let page = browser.post(&format!("{base}/folders"), &[("name", "<b>"), ("description", "kept")]).await;
    assert!(page.status == 422 && page.text.contains("&#60;b&#62;") && page.text.contains("kept"));
    let page = browser.submit(&format!("{base}/folders"), &[("name", "app"), ("description", "<i>")]).await;
    assert!(page.contains("The folder /app is there."), "{page}");
    assert!(browser.page(&base).await.contains("&#60;i&#62;"));
    let page = browser.submit(&format!("{base}/folders/rename?path=/app"), &[("name", "web")]).await;
    assert!(page.contains("web/") && !page.contains("app/"));
    secret(&server, &project, ["dev", "/web"], "KEY", CANARY).await;
    assert!(browser.page(&format!("{base}?path=/web")).await.contains("KEY"));
    let page = browser.submit(&format!("{base}/folders/delete?path=/web"), &[("confirm", "web")]).await;
    assert!(page.contains("The folder was deleted.") && !page.contains("web/"));
    let page = browser.page(&format!("{base}?path=/web")).await;
    assert!(page.contains("No such folder here") && page.contains("Make the folder"), "{page}");
    let page = browser.submit(&format!("{base}/folders?path=/a/b"), &[("name", "c")]).await;
    assert!(page.contains("/a/b/c") && page.contains("No secrets here"));
    assert_eq!(browser.get(&format!("{base}/folders/delete")).await.status, 404);
    assert_eq!(browser.get(&format!("/projects/{project}/secrets/nowhere")).await.status, 404);
}

async fn imports_say_what_they_bring(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let base = format!("/projects/{project}/secrets/prod");
    for (environment, names) in [("dev", ["A", "SHARED"]), ("staging", ["B", "SHARED"])] {
        for name in names {
            secret(&server, &project, [environment, "/"], name, CANARY).await;
        }
    }
    secret(&server, &project, ["prod", "/"], "B", CANARY).await;
    for environment in ["dev", "staging"] {
        let fields = [("import.environment", environment), ("import.path", "/")];
        browser.submit(&format!("{base}/imports"), &fields).await;
    }
    let replaced = |page: &str, import: usize, name: &str| {
        let (_, table) = page.split_once("Imports in order").unwrap();
        let row = table.split("<tr>").nth(import + 1).unwrap();
        let (_, rest) = row.split_once(&format!("<code><bdi>{name}</bdi></code>")).expect(name);
        rest.split("</li>").next().unwrap().contains("replaced")
    };
    let page = browser.page(&base).await;
    assert!(!page.contains(CANARY));
    let seen = [(1, "A"), (1, "SHARED"), (2, "B"), (2, "SHARED")].map(|(at, name)| replaced(&page, at, name));
    assert_eq!(seen, [false, true, true, false], "{page}");
    // The one that is moved to the end wins.
    let id = page.split("name=\"importId\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let page = browser.submit(&format!("{base}/imports/move"), &[("importId", &id), ("position", "2")]).await;
    let seen = [(1, "B"), (1, "SHARED"), (2, "A"), (2, "SHARED")].map(|(at, name)| replaced(&page, at, name));
    assert_eq!(seen, [true, true, false, false], "{page}");
    let page = browser.submit(&format!("{base}/imports/remove"), &[("importId", &id)]).await;
    assert!(page.contains("The import was removed.") && page.matches("name=\"importId\"").count() == 1);
    let page = browser
        .post(&format!("{base}/imports"), &[("import.environment", "dev"), ("import.path", "a b")])
        .await;
    assert!(
        page.status == 422 && page.text.contains("a b") && page.text.contains("import.path"),
        "{}",
        page.text
    );
    let page = browser.post(&format!("{base}/imports"), &[("import.environment", "prod")]).await;
    assert!(page.status == 400 && page.text.contains("Cyclic"), "{}", page.text);
}

async fn a_viewer_sees_no_control_that_would_be_refused(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "viewer").await;
    let base = format!("/projects/{project}/secrets/dev");
    secret(&server, &project, ["dev", "/"], "KEY", CANARY).await;
    folder(&server, &project, ["dev", "/"], "app").await;
    for page in ["", "/secret?name=KEY", "/versions?name=KEY", "/value?name=KEY", "?path=/nowhere"] {
        let page = browser.page(&format!("{base}{page}")).await;
        let (_, content) = page.split_once("<main").unwrap();
        assert!(
            !content.contains("method=\"post\"") && !content.contains("class=\"button primary\" href=\"/new")
        );
        for word in ["/new", "/edit", "/paste", "/change", "/delete", "/rename", "/restore"] {
            assert!(!content.contains(word), "{word}: {content}");
        }
    }
    let page = browser.post(&format!("{base}/new"), &[("secretName", "A"), ("secretValue", "x")]).await;
    assert_eq!(page.status, 403);
    assert_eq!(browser.post(&format!("{base}/delete?name=KEY"), &[("confirm", "KEY")]).await.status, 403);
    assert_eq!(stored(&server, &project, "KEY").await["secretValue"], CANARY);
}

async fn controls_depend_on_the_folder_and_the_environment(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = server.project("Rockets").await["id"].as_str().unwrap().to_owned();
    let rules = json!([
        { "subject": "secrets", "action": ["describeSecret"] },
        { "subject": "secrets", "action": ["readValue", "edit", "create"],
          "conditions": { "environment": { "$eq": "dev" }, "secretPath": { "$glob": "/app/**" } } },
        { "subject": "secrets", "action": ["create"], "inverted": true, "conditions": { "secretName": { "$eq": "ROOT" } } },
    ]);
    with_rules(&server, &project, ANN, rules).await;
    folder(&server, &project, ["dev", "/app"], "web").await;
    for place in [["dev", "/"], ["dev", "/app/web"], ["prod", "/"]] {
        secret(&server, &project, place, "KEY", CANARY).await;
    }
    let sees = async |browser: &mut Browser, place: &str| {
        let list = browser.page(&format!("/projects/{project}/secrets/{place}")).await;
        let (_, list) = list.split_once("<main").unwrap();
        ["/new", "/value?"].map(|part| list.contains(part))
    };
    assert_eq!(sees(&mut browser, "dev?path=/app/web").await, [true, true]);
    assert_eq!(sees(&mut browser, "dev").await, [false, false]);
    assert_eq!(sees(&mut browser, "prod").await, [false, false]);
    let page = browser.page(&format!("/projects/{project}/secrets/prod/secret?name=KEY")).await;
    assert!(page.contains("You may not read it.") && !page.contains("/change"));
    let page = browser.get(&format!("/projects/{project}/secrets/prod/value?name=KEY")).await;
    assert!(page.status == 403 && !page.text.contains(CANARY));
    let new = format!("/projects/{project}/secrets/dev/new?path=/app/web");
    let page = browser.post(&new, &[("secretName", "ROOT"), ("secretValue", "x")]).await;
    assert_eq!(page.status, 403);
    browser.submit(&new, &[("secretName", "FINE"), ("secretValue", "x")]).await;
}

async fn a_thousand_secrets_of_a_folder_are_paged(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let comment = "long ".repeat(800);
    let secrets: Vec<Value> = (0..1000)
        .map(|at| json!({ "secretKey": format!("KEY_{at:04}"), "secretValue": CANARY, "secretComment": comment[..at % 50 * 80] }))
        .collect();
    let (first, second) = secrets.split_at(500);
    for secrets in [first, second] {
        let body = json!({ "projectId": project, "environment": "dev", "secrets": secrets });
        server.admin.post("/api/v4/secrets/batch", body).await.ok();
    }
    let base = format!("/projects/{project}/secrets/dev");
    let page = browser.page(&format!("{base}?page=3")).await;
    assert!(page.contains("101–150 of 1000") && page.contains("KEY_0149") && !page.contains("KEY_0150"));
    assert!(page.len() < 150_000 && !page.contains(CANARY), "{}", page.len());
    let page = browser.page(&format!("{base}?search=key_099")).await;
    assert!(page.contains("KEY_0999") && page.matches("/value?").count() == 10, "{page}");
}

async fn references_lead_to_what_they_name(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "viewer").await;
    secret(&server, &project, ["dev", "/"], "HOST", "db.internal").await;
    folder(&server, &project, ["prod", "/"], "app").await;
    secret(&server, &project, ["prod", "/app"], "PORT", "5432").await;
    secret(&server, &project, ["dev", "/"], "URL", "${HOST}:${prod.app.PORT}/${gone.X}").await;
    let page = browser.page(&format!("/projects/{project}/secrets/dev/value?name=URL")).await;
    assert!(page.contains("db.internal:5432/"), "{page}");
    assert!(page.contains(&format!("/projects/{project}/secrets/dev/secret?name=HOST")));
    assert!(page.contains(&format!("/projects/{project}/secrets/prod/secret?path=%2Fapp&#38;name=PORT")));
    assert!(page.contains("no such environment"));
}

async fn several_secrets_are_pasted_at_once(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let paste = format!("/projects/{project}/secrets/dev/paste");
    assert!(browser.page(&paste).await.contains("name=\"text\""));
    let text = format!("# a note\r\nA=1\r\nexport B='two\r\nlines'\r\nC={CANARY}");
    let page = browser.submit(&paste, &[("text", &text)]).await;
    assert!(page.contains("3 secrets were written.") && !page.contains(CANARY), "{page}");
    assert_eq!(stored(&server, &project, "B").await["secretValue"], "two\nlines");
    // A name that is taken stops all, unless it is to be replaced.
    let page = browser.post(&paste, &[("text", "D=4\r\nA=canary-other")]).await;
    assert!(page.status == 400 && !page.text.contains("canary-other"), "{}", page.text);
    assert!(!browser.page(&format!("/projects/{project}/secrets/dev")).await.contains("name=D"));
    browser.submit(&paste, &[("text", "D=4\r\nA=other"), ("overwrite", "true")]).await;
    assert_eq!(stored(&server, &project, "A").await["secretValue"], "other");
    assert_eq!(stored(&server, &project, "D").await["secretValue"], "4");
    for (text, told) in
        [("E=5\r\ncanary line", "line 2: expected NAME=value"), ("# none", "at least one line")]
    {
        let page = browser.post(&paste, &[("text", text)]).await;
        assert!(
            page.status == 422 && page.text.contains(told) && !page.text.contains("canary"),
            "{}",
            page.text
        );
    }
}
