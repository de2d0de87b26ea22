//! The form of rules, what is shown before a change is saved, and explanations.

use serde_json::json;
use vouchsafe_testkit::{Engine, TestServer};

use crate::window::Window;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_is_put_together_reviewed_and_explained() {
    let server = TestServer::start(Engine::Sqlite).await;
    let window = Window::of(&server, "ann@example.com", "admin").await;
    let mut wrong = Vec::new();
    let mut look = async |window: &Window, name: &str| {
        wrong.extend(window.complaints().await);
        window.picture(name).await;
    };

    let project = server.project("Shop").await["id"].as_str().unwrap().to_owned();
    let join = json!({ "usernames": ["ann@example.com"], "roleSlugs": ["admin"] });
    server.admin.post(&format!("/api/v1/projects/{project}/memberships"), join).await.ok();
    window.go(&format!("/projects/{project}/roles/new")).await;
    window.fill("name", "Deployer").await;
    window.fill("slug", "deployer").await;
    window.choose("new_subject", "secrets").await;
    window.press("Add rule").await;
    window.tick("permissions.0.action", "readValue").await;
    window.press("Add condition").await;
    window.fill("permissions.0.conditions.0.value", "dev").await;
    window.choose("new_condition.0", "secretPath").await;
    window.press("Add condition").await;
    window.choose("permissions.0.conditions.1.operator", "$glob").await;
    window.press("Make the role").await;
    window.sees_soon("The condition on 'secretPath' is empty").await;
    let said = window.messages().await;
    assert!(said.iter().all(|message| message.contains("status of 422")), "{said:?}");
    look(&window, "roles-builder-problem").await;
    window.fill("permissions.0.conditions.1.value", "/app/**").await;
    window.press("Make the role").await;
    window.sees_soon("The role Deployer is made").await;
    window
        .sees_soon("may readValue on secrets where environment is 'dev' and secretPath matches '/app/**'")
        .await;
    look(&window, "roles-show-custom").await;

    let member = server.project_member(&project, "deployer").await;
    window.press("Edit").await;
    window.choose("new_subject", "secret-folders").await;
    window.press("Add rule").await;
    window.tick("permissions.1.action", "read").await;
    window.tick("permissions.1.action", "create").await;
    window.fill("permissions.0.conditions.0.value", "prod").await;
    look(&window, "roles-builder").await;
    window.press("Show as JSON").await;
    look(&window, "roles-json").await;
    window.press("Review the changes").await;
    window.sees_soon("Who gains and loses what").await;
    window.sees_soon("deployer of a project then may readValue on secrets where environment is 'prod'").await;
    look(&window, "roles-review").await;
    window.press("Save the changes").await;
    window.sees_soon("The role Deployer is changed").await;

    let asked =
        format!("/explain?project={project}&who=identity:{}&subject=secrets&action=readValue", member.id);
    for (place, answer) in [("prod", "Yes"), ("dev", "No")] {
        window.go(&format!("{asked}&on.environment={place}&on.secretPath=/app/x")).await;
        window.sees_soon(answer).await;
        look(&window, &format!("explain-{answer}")).await;
    }
    window.go(&format!("/explain/who-can?project={project}&subject=secrets&action=readValue")).await;
    look(&window, "explain-who-can-answer").await;
    let group = server.admin.post("/api/v1/groups", json!({ "name": "Platform" })).await.ok();
    let group = group["id"].as_str().unwrap();
    window.go(&format!("/groups/{group}/add")).await;
    look(&window, "groups-add").await;
    window.press("Add").await;
    window.sees_soon("is in the group now").await;
    window.press("Back to the group").await;
    look(&window, "groups-show").await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    window.close().await;
}
