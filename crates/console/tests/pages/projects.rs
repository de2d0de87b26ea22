//! Projects: the list, the overview, a new project.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::browser::Browser;

both!(
    a_project_is_made_and_found,
    the_overview_says_which_secret_is_where,
    who_sees_nothing_is_told_so,
    a_thousand_secrets_are_paged,
);

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

/// A new project of the administrator in which this person has a role; answers its id.
pub(crate) async fn with_member(server: &TestServer, email: &str, role: &str) -> String {
    let project = server.project("Rockets").await["id"].as_str().unwrap().to_owned();
    join(server, &project, email, role).await;
    project
}

/// Makes a person a member of a project.
pub(crate) async fn join(server: &TestServer, project: &str, email: &str, role: &str) {
    let body = json!({ "emails": [email], "usernames": [], "roleSlugs": [role] });
    server.admin.post(&format!("/api/v1/projects/{project}/memberships"), body).await.ok();
}

/// Makes a secret as the administrator.
pub(crate) async fn secret(server: &TestServer, project: &str, place: [&str; 2], name: &str, value: &str) {
    let [environment, path] = place;
    let body = json!({
        "projectId": project, "environment": environment, "secretPath": path,
        "secrets": [{ "secretKey": name, "secretValue": value }],
    });
    server.admin.post("/api/v4/secrets/batch", body).await.ok();
}

/// Makes a folder as the administrator.
pub(crate) async fn folder(server: &TestServer, project: &str, place: [&str; 2], name: &str) {
    let [environment, path] = place;
    let body = json!({ "projectId": project, "environment": environment, "path": path, "name": name });
    server.admin.post("/api/v2/folders", body).await.ok();
}

/// Makes a role of a project and gives it to a new member.
pub(crate) async fn with_rules(server: &TestServer, project: &str, email: &str, rules: Value) {
    let body = json!({ "slug": "special", "name": "Special", "permissions": rules });
    server.admin.post(&format!("/api/v1/projects/{project}/roles"), body).await.ok();
    join(server, project, email, "special").await;
}

async fn a_project_is_made_and_found(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    assert!(browser.page("/projects").await.contains("No projects yet"));
    let page = browser.post("/projects/new", &[("projectName", " "), ("projectDescription", "kept")]).await;
    assert!(page.status == 422 && page.text.contains("projectName") && page.text.contains("kept"));
    let name = "<script>alert(1)</script> \u{202e}desrever 🚀";
    let page = browser
        .submit(
            "/projects/new",
            &[("projectName", name), ("slug", "rockets"), ("shouldCreateDefaultEnvs", "true")],
        )
        .await;
    assert!(page.contains("&#60;script&#62;alert(1)") && !page.contains("<script>alert"), "{page}");
    assert!(page.contains("Development") && page.contains("Nothing here yet"));
    let page = browser.page("/projects?search=ROCKET").await;
    assert!(page.contains("<bdi>&#60;script&#62;") && page.contains("<code>rockets</code>"));
    assert!(browser.page("/projects?search=nothing").await.contains("Nothing found"));
    let mut bob = Browser::of(&server, BOB, "no-access").await;
    let page = bob.page("/projects").await;
    assert!(page.contains("You are in no project") && !page.contains("/projects/new"));
}

async fn the_overview_says_which_secret_is_where(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "viewer").await;
    secret(&server, &project, ["dev", "/"], "DB_URL", "postgres://top-secret").await;
    secret(&server, &project, ["prod", "/"], "DB_URL", "postgres://top-secret").await;
    secret(&server, &project, ["dev", "/"], "ONLY_DEV", "nobody-sees-this").await;
    folder(&server, &project, ["staging", "/"], "app").await;
    secret(&server, &project, ["staging", "/app"], "IN_APP", "hidden-too").await;
    let import = json!({
        "projectId": project, "environment": "prod", "path": "/",
        "import": { "environment": "staging", "path": "/app" },
    });
    server.admin.post("/api/v2/secret-imports", import).await.ok();
    let page = browser.page(&format!("/projects/{project}")).await;
    for value in ["top-secret", "nobody-sees-this", "hidden-too"] {
        assert!(!page.contains(value), "{page}");
    }
    assert_eq!(cells(&page, "DB_URL"), ["there", "missing", "there"]);
    assert_eq!(cells(&page, "ONLY_DEV"), ["there", "missing", "missing"]);
    assert_eq!(cells(&page, "IN_APP"), ["missing", "missing", "imported"]);
    assert_eq!(cells(&page, "app/"), ["missing", "there", "missing"]);
    assert!(!page.contains("/new?"), "a viewer is not offered to add what is missing");
    let mut bob = Browser::of(&server, BOB, "member").await;
    join(&server, &project, BOB, "admin").await;
    let offered = bob.page(&format!("/projects/{project}")).await;
    let add = format!("/projects/{project}/secrets/prod/new?name=ONLY_DEV");
    assert!(offered.contains(&add) && !offered.contains("/dev/new?name=ONLY_DEV"), "{offered}");
    assert!(bob.page(&add).await.contains("value=\"ONLY_DEV\""));
    let page = browser.page(&format!("/projects/{project}?path=/app")).await;
    assert!(page.contains(&format!("href=\"/projects/{project}\">All secrets</a>")), "{page}");
    assert_eq!(cells(&page, "IN_APP"), ["missing", "there", "missing"]);
    assert!(page.contains("has no folder /app"));
    let page = browser.page(&format!("/projects/{project}?search=only")).await;
    assert!(page.contains("ONLY_DEV") && !page.contains("DB_URL"));
    assert_eq!(browser.get(&format!("/projects/{project}?path=/a%20b")).await.status, 422);
    assert_eq!(browser.get("/projects/nonsense").await.status, 404);
}

/// What the row of this name says about each environment.
fn cells(page: &str, name: &str) -> Vec<&'static str> {
    let (_, row) = page.split_once(&format!("<bdi>{name}</bdi>")).expect(name);
    let row = row.split("</tr>").next().unwrap();
    let said = |cell: &str| {
        let known = ["there", "imported", "missing", "not visible to you"];
        known.into_iter().find(|word| cell.contains(&format!(">{word}<"))).expect("a known state")
    };
    row.split("<td>").skip(1).map(said).collect()
}

async fn who_sees_nothing_is_told_so(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = server.project("Rockets").await["id"].as_str().unwrap().to_owned();
    let in_dev = json!([{
        "subject": "secrets", "action": ["describeSecret"], "conditions": { "environment": { "$eq": "dev" } },
    }]);
    assert_ne!(browser.get(&format!("/projects/{project}")).await.status, 200);
    with_rules(&server, &project, ANN, in_dev).await;
    secret(&server, &project, ["dev", "/"], "DB_URL", "x").await;
    secret(&server, &project, ["prod", "/"], "DB_URL", "x").await;
    secret(&server, &project, ["prod", "/"], "PROD_ONLY", "x").await;
    let page = browser.page(&format!("/projects/{project}")).await;
    assert_eq!(cells(&page, "DB_URL"), ["there", "not visible to you", "not visible to you"]);
    assert!(!page.contains("PROD_ONLY"));
    assert!(!page.contains(&format!("/projects/{project}/tags")), "{page}");
}

async fn a_thousand_secrets_are_paged(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "viewer").await;
    let secrets: Vec<Value> =
        (0..1000).map(|at| json!({ "secretKey": format!("KEY_{at:04}"), "secretValue": "v" })).collect();
    for environment in ["dev", "prod"] {
        let body = json!({ "projectId": project, "environment": environment, "secrets": secrets });
        server.admin.post("/api/v4/secrets/batch", body).await.ok();
    }
    let page = browser.page(&format!("/projects/{project}?page=20")).await;
    assert!(page.contains("951–1000 of 1000") && page.contains("KEY_0999") && !page.contains("KEY_0949"));
    assert!(page.len() < 150_000, "{}", page.len());
}
