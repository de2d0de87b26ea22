//! What holds for every page that can be reached by links.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Value, json};
use vouchsafe_testkit::{Engine, TestServer};

use crate::window::Window;

/// Most pages that are looked at.
const MOST: usize = 200;

/// Names that somebody may have thought up to do harm, or just to be funny.
fn hostile() -> [String; 4] {
    [
        "<script>document.title='owned'</script>".to_owned(),
        "\u{202e}txt.exe \u{2066}right to left".to_owned(),
        "🦀👩‍👩‍👧‍👦".repeat(20),
        "long".repeat(60),
    ]
}

/// Something of everything, with hostile names.
async fn populated(server: &TestServer) {
    let admin = &server.admin;
    let mut attached = Vec::new();
    for name in hostile() {
        let body = json!({ "name": name, "organizationId": server.org, "role": "member" });
        let identity = admin.post("/api/v1/identities", body).await.ok();
        let id = identity["identity"]["id"].as_str().unwrap();
        let (client_id, _) = server.universal_auth(id, json!({})).await;
        attached.push((id.to_owned(), client_id));
        let cloud = json!({ "allowedAccountIds": "123456789012" });
        admin.post(&format!("/api/v1/auth/aws-auth/identities/{id}"), cloud).await.ok();
        let project = admin.post("/api/v1/projects", json!({ "projectName": short(&name) })).await.ok();
        let project = project["project"]["id"].as_str().unwrap().to_owned();
        let member = format!("/api/v2/workspace/{project}/identity-memberships/{id}");
        admin.post(&member, json!({ "role": "viewer" })).await.ok();
        let rules = json!([{ "subject": "secrets", "action": ["readValue"], "conditions": { "environment": short(&name) } }]);
        for (slug, start) in [("to-come", "2999-01-01T00:00:00Z"), ("over", "2020-01-01T00:00:00Z")] {
            let time = json!({ "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "1h",
                "temporaryAccessStartTime": start });
            let privilege = json!({ "identityId": id, "projectId": project, "slug": slug, "permissions": rules, "type": time });
            admin.post("/api/v2/identity-project-additional-privilege", privilege).await.ok();
        }
        let group = json!({ "name": name.chars().take(50).collect::<String>(), "role": "no-access" });
        let group = admin.post("/api/v1/groups", group).await.ok()["id"].as_str().unwrap().to_owned();
        admin.post(&format!("/api/v1/groups/{group}/machine-identities/{id}"), json!({})).await.ok();
        let secret = json!({
            "projectId": project, "environment": "dev", "secretPath": "/", "secretValue": name, "secretComment": name,
        });
        admin.post("/api/v4/secrets/KEY", secret).await.ok();
    }
    // One is locked, of another one a credential ends.
    for _ in 0..3 {
        let wrong = json!({ "clientId": attached[0].1, "clientSecret": "0".repeat(64) });
        server.anonymous().post("/api/v1/auth/universal-auth/login", wrong).await.refused(401);
    }
    let secrets = format!("/api/v1/auth/universal-auth/identities/{}/client-secrets", attached[1].0);
    admin.post(&secrets, json!({ "ttl": 2 * 86_400 + 60 })).await.ok();
    let rules = json!([{ "subject": "identity", "action": ["read"] }]);
    let role = json!({ "slug": "reader", "name": short(&hostile()[0]), "permissions": rules });
    admin.post("/api/v1/organization/roles", role).await.ok();
    // One that nobody is in.
    admin.post("/api/v1/groups", json!({ "name": short(&hostile()[1]), "role": "no-access" })).await.ok();
}

/// Makes a person a member of all projects, with this role.
async fn join(server: &TestServer, email: &str, role: &str) {
    let projects = server.admin.get("/api/v1/projects").await.ok();
    for project in projects["projects"].as_array().unwrap() {
        let path = format!("/api/v1/projects/{}/memberships", project["id"].as_str().unwrap());
        server.admin.post(&path, json!({ "emails": [email], "roleSlugs": [role] })).await.ok();
    }
}

/// Gives the first people of a project a privilege there.
async fn favour(server: &TestServer) {
    let projects = server.admin.get("/api/v1/projects").await.ok();
    for project in projects["projects"].as_array().unwrap() {
        let path = format!("/api/v1/projects/{}/memberships", project["id"].as_str().unwrap());
        let members = server.admin.get(&path).await.ok();
        for member in members["memberships"].as_array().unwrap() {
            let rules = json!([{ "subject": "tags", "action": ["read"] }]);
            let privilege =
                json!({ "projectMembershipId": member["id"], "slug": "tags", "permissions": rules });
            server.admin.post("/api/v1/user-project-additional-privilege", privilege).await.ok();
        }
    }
}

/// As much of a name as a project takes.
fn short(name: &str) -> String {
    name.chars().take(60).collect()
}

/// The links of a page within the console, without what only differs in its parameters: one of each kind is enough.
async fn links(window: &Window) -> Vec<String> {
    let script = "return [...document.querySelectorAll('a[href]')].map((one) => one.href)";
    let found = window.run(script).await;
    let found = found.as_array().unwrap().iter().filter_map(Value::as_str);
    let here = found.filter_map(|link| link.strip_prefix(&window.url));
    here.filter(|path| !path.starts_with("/api/"))
        .map(|path| path.split('#').next().unwrap().to_owned())
        .collect()
}

/// A path with ids left out: pages of one kind.
fn kind(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let is_id = |part: &str| part.len() == 36 && part.matches('-').count() == 4;
    let parts: Vec<&str> = path.split('/').map(|part| if is_id(part) { "{id}" } else { part }).collect();
    let names: Vec<&str> = query.split('&').map(|pair| pair.split('=').next().unwrap_or("")).collect();
    format!("{}?{}", parts.join("/"), names.join("&"))
}

/// All pages that somebody reaches by links, a few of each kind.
async fn pages(window: &Window, mut look: impl AsyncFnMut(&Window, &str)) -> usize {
    let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
    let mut open = VecDeque::from(["/".to_owned()]);
    let mut seen = Vec::new();
    while let Some(path) = open.pop_front() {
        let count = kinds.entry(kind(&path)).or_default();
        if *count >= 2 || seen.contains(&path) || seen.len() >= MOST {
            continue;
        }
        *count += 1;
        window.go(&path).await;
        look(window, &path).await;
        open.extend(links(window).await);
        seen.push(path);
    }
    seen.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_sound_and_accessible() {
    let server = TestServer::start(Engine::Sqlite).await;
    populated(&server).await;
    let window = Window::of(&server, "ann@example.com", "admin").await;
    join(&server, "ann@example.com", "admin").await;
    favour(&server).await;
    let (mut wrong, mut pictured) = (Vec::new(), BTreeSet::new());
    let count = pages(&window, async |window, path| {
        let title = window.run("return document.title").await;
        assert_ne!(title, "owned", "{path}");
        wrong.extend(window.complaints().await);
        let name: String = kind(path).chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
        if pictured.insert(name.clone()) {
            window.picture(name.trim_matches('-')).await;
        }
    })
    .await;
    assert!(wrong.is_empty(), "{} of {count} pages:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 10, "only {count} pages were found");
    window.close().await;
}

/// Pages to which no link leads, as they answer a form.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_about_auth_methods_are_sound_and_accessible() {
    let server = TestServer::start(Engine::Sqlite).await;
    let mut tested = String::new();
    for (name, user) in hostile().into_iter().zip(["app", "web", "app", "other"]) {
        let body = json!({ "name": name, "organizationId": server.org });
        let identity = server.admin.post("/api/v1/identities", body).await.ok();
        let id = identity["identity"]["id"].as_str().unwrap();
        let config = json!({
            "allowedPrincipalArns": format!("arn:aws:iam::123456789012:user/{user}"), "allowedAccountIds": "123456789012",
        });
        let path = format!("/api/v1/auth/aws-auth/identities/{id}");
        server.admin.post(&path, config).await.ok();
        server.admin.post(&format!("{path}/sources"), json!({ "source": "nobody" })).await.ok();
        tested = format!("/identities/{id}/auth/aws-auth");
    }
    let window = Window::of(&server, "ann@example.com", "admin").await;
    window.go(&tested).await;
    window.press("Test the configuration").await;
    window.sees_soon("What to do").await;
    let mut wrong = window.complaints().await;
    window.picture("answer-test").await;
    window.press("Back to AWS Auth").await;
    window.press("What would this proof become?").await;
    window.sees_soon("Paste what a workload would present").await;
    window.fill("sample", "arn:aws:iam::123456789012:user/app").await;
    window.press("What would it become?").await;
    window.sees_soon("one of 2 identities").await;
    wrong.extend(window.complaints().await);
    window.picture("answer-what-if").await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // What is of another kind is told beside the field.
    window.choose("kind", "username").await;
    window.press("What would it become?").await;
    window.sees_soon("This looks like an ARN, not like a user name").await;
    window.picture("answer-what-if-refused").await;
    window.close().await;
}

/// Sends each form as it is and tells which were refused for want of permission.
const FORMS: &str = r"
    const forms = [...document.querySelectorAll('form')].filter((form) => form.method === 'post' && !form.action.endsWith('/logout'));
    Promise.all(forms.map(async (form) => {
        const buttons = [...form.querySelectorAll('button')];
        const answers = await Promise.all((buttons.length ? buttons : [null]).map((button) => fetch(form.action, {
            method: 'POST', redirect: 'manual', body: new URLSearchParams(new FormData(form, button)),
        })));
        return answers.filter((answer) => answer.status === 403).map(() => 'form ' + form.action);
    })).then((all) => done(all.flat()), (error) => done(['' + error]));
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_finds_nothing_that_would_be_refused() {
    let server = TestServer::start(Engine::Sqlite).await;
    populated(&server).await;
    let subjects = ["identity", "role", "member", "groups", "settings", "audit-logs"];
    let rules: Vec<Value> =
        subjects.map(|subject| json!({ "subject": subject, "action": ["read"] })).into_iter().collect();
    let role = json!({ "slug": "viewer", "name": "Viewer", "permissions": rules });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    let window = Window::of(&server, "vic@example.com", "viewer").await;
    join(&server, "vic@example.com", "viewer").await;
    favour(&server).await;
    let mut wrong = Vec::new();
    let count = pages(&window, async |window, path| {
        let refused = window.run_until_done(FORMS).await;
        wrong.extend(refused.as_array().unwrap().iter().map(|one| format!("{path}: {one}")));
        let status = window.run("return performance.getEntriesByType('navigation')[0].responseStatus").await;
        if status != 200 {
            wrong.push(format!("{path} answers {status}"));
        }
    })
    .await;
    assert!(wrong.is_empty(), "of {count} pages:\n{}", wrong.join("\n"));
    window.close().await;
}
