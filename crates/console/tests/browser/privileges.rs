//! Additional privileges, and the groups of an identity.

use serde_json::json;
use vouchsafe_testkit::{Engine, TestServer};

use crate::window::Window;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identity_gets_a_privilege_for_a_time_and_joins_a_group() {
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
    let robot = server.identity("night-shift", "no-access").await;
    let member = format!("/api/v1/projects/{project}/memberships/identities/{}", robot.id);
    server.admin.post(&member, json!({ "role": "viewer" })).await.ok();
    for (name, slug) in [("Platform", "platform"), ("Batch jobs", "batch-jobs"), ("Administrators", "admins")]
    {
        let role = if slug == "admins" { "admin" } else { "no-access" };
        server.admin.post("/api/v1/groups", json!({ "name": name, "slug": slug, "role": role })).await.ok();
    }

    // From the identity to its privileges in the project.
    window.go(&format!("/identities/{}/projects", robot.id)).await;
    look(&window, "identity-projects").await;
    window.press("Privileges in Shop").await;
    window.sees_soon("Additional privileges of night-shift").await;
    window.sees("None yet").await;
    look(&window, "privileges-empty").await;
    window.press("New privilege").await;
    window.fill("slug", "hot-fix").await;
    window.fill("temporaryRange", "soon").await;
    window.choose("new_subject", "secrets").await;
    window.press("Add rule").await;
    window.tick("permissions.0.action", "edit").await;
    window.press("Add condition").await;
    window.fill("permissions.0.conditions.0.value", "prod").await;
    window.press("Give the privilege").await;
    window.sees_soon("Expected a length of time such as 2h or 7d, not soon").await;
    let said = window.messages().await;
    assert!(said.iter().all(|message| message.contains("status of 422")), "{said:?}");
    look(&window, "privileges-problem").await;
    window.fill("temporaryRange", "2h").await;
    // What a field for dates and times holds is sent without a zone; it is UTC.
    let soon = server.app.now().plus_seconds(86_400).to_string();
    let set = format!("document.getElementById('temporaryAccessStartTime').value = '{}'", &soon[..19]);
    window.run(&set).await;
    window.press("Give the privilege").await;
    window.sees_soon("The privilege hot-fix is given").await;
    window.sees("begins in").await;
    let again = json!({ "identityId": robot.id, "projectId": project, "slug": "second",
        "permissions": [{ "subject": "secrets", "action": ["delete"], "inverted": true,
            "conditions": { "secretPath": { "$glob": "/kept/**" } } }] });
    server.admin.post("/api/v2/identity-project-additional-privilege", again).await.ok();
    window.go(&window.path().await).await;
    look(&window, "privileges-list").await;
    window.press("hot-fix").await;
    window.sees_soon("may edit on secrets where environment is 'prod'").await;
    look(&window, "privileges-show").await;
    window.press("Change").await;
    window.sees_soon("Change hot-fix").await;
    window.tick("permissions.0.action", "create").await;
    window.fill("temporaryRange", "4h").await;
    window.press("Review the changes").await;
    window.sees_soon("for 4h from").await;
    look(&window, "privileges-review").await;
    window.press("Save the changes").await;
    window.sees_soon("The privilege hot-fix is changed").await;
    window.press("Take away").await;
    window.sees_soon("To go on, type the name").await;
    window.fill("confirm", "hot-fix").await;
    window.press("Take the privilege away").await;
    window.sees_soon("The privilege hot-fix is taken away").await;

    // Into a group and out of it.
    window.go(&format!("/identities/{}/groups", robot.id)).await;
    window.sees_soon("In no group").await;
    look(&window, "identity-groups-empty").await;
    window.press("Add").await;
    window.sees_soon("It is in the group Administrators").await;
    look(&window, "identity-groups").await;
    window.press("Remove").await;
    window.sees_soon("It is no longer in the group Administrators").await;
    refusals(&server, &project, &robot.id, &mut look).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    window.close().await;
}

/// What somebody sees who would give more than they hold.
async fn refusals(
    server: &TestServer,
    project: &str,
    robot: &str,
    look: &mut impl AsyncFnMut(&Window, &str),
) {
    let rules = json!([
        { "subject": "groups", "action": ["read", "add-identities"] },
        { "subject": "identity", "action": ["read"] }, { "subject": "access", "action": ["explain"] },
    ]);
    let role = json!({ "slug": "grouper", "name": "Grouper", "permissions": rules });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    let rules = json!([
        { "subject": "identity", "action": ["read", "edit", "grant-privileges"] },
        { "subject": "access", "action": ["explain"] },
        { "subject": "secrets", "action": ["readValue", "describeSecret"] },
    ]);
    let role = json!({ "slug": "giver", "name": "Giver", "permissions": rules });
    server.admin.post(&format!("/api/v1/projects/{project}/roles"), role).await.ok();
    let window = Window::of(server, "bob@example.com", "grouper").await;
    let join = json!({ "usernames": ["bob@example.com"], "roleSlugs": ["giver"] });
    server.admin.post(&format!("/api/v1/projects/{project}/memberships"), join).await.ok();
    let other = server.project_member(project, "no-access").await.id;
    window.go(&format!("/projects/{project}/members/identities/privileges/{other}/new")).await;
    window.choose("new_subject", "secrets").await;
    window.press("Add rule").await;
    window.tick("permissions.0.action", "delete").await;
    window.press("Give the privilege").await;
    window.sees_soon("You do not hold").await;
    let mut said = window.messages().await;
    look(&window, "privileges-refused").await;
    window.go(&format!("/identities/{robot}/groups?search=adm")).await;
    window.press("Add").await;
    window.sees_soon("more privileged group").await;
    said.extend(window.messages().await);
    look(&window, "identity-groups-refused").await;
    assert!(said.iter().all(|message| message.contains("status of 403")), "{said:?}");
    window.close().await;
}
