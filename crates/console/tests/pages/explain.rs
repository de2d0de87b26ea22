//! Who may do what, and why.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::browser::Browser;

both!(
    a_question_is_answered_with_the_rule_that_decides,
    questions_in_projects_name_the_object,
    those_who_may_are_listed_page_by_page,
    refused_requests_are_listed_and_explained,
    who_may_ask_in_a_project_asks_there_only,
    who_may_not_ask_sees_nothing,
    names_in_explanations_stay_text,
);

const ANN: &str = "ann@example.com";

async fn a_question_is_answered_with_the_rule_that_decides(server: TestServer) {
    let rules = json!([
        { "subject": "app-connections", "action": ["connect", "read"] },
        { "subject": "app-connections", "action": "connect", "inverted": true, "conditions": { "connectionId": { "$eq": "9" } } },
    ]);
    let body = json!({ "slug": "linker", "name": "Linker", "permissions": rules });
    server.admin.post("/api/v1/organization/roles", body).await.ok();
    let robot = server.identity("robot", "linker").await;
    let mut browser = Browser::of(&server, ANN, "admin").await;
    // Step by step, as one does without a script.
    let page = browser.page("/explain").await;
    assert!(page.contains("The organization") && !page.contains("name=\"action\""), "{page}");
    let page = browser.page("/explain?subject=app-connections&q=ROBO").await;
    assert!(page.contains("name=\"action\"") && page.contains("name=\"on.connectionId\""), "{page}");
    let who = format!("value=\"identity:{}\"", robot.id);
    assert!(page.contains(&who) && page.contains("<bdi>robot</bdi>"), "{page}");
    let people = browser.page("/explain?q=ann@").await;
    assert!(people.contains("value=\"user:") && people.contains(">user</span>"), "{people}");
    assert!(browser.page("/explain?q=nobody-at-all").await.contains("Nobody here has a name"));

    let asked = format!("/explain?subject=app-connections&action=connect&who=identity:{}", robot.id);
    let page = browser.page(&format!("{asked}&on.connectionId=9")).await;
    for part in [
        ">No</span>",
        "robot may not connect on app-connections where connectionId is &#39;9&#39;",
        ": role linker, rule 2 forbids it</bdi>",
        "<strong>This rule decides</strong>",
        "Applies, but a later rule decides",
        "connectionId is &#39;9&#39;</bdi>",
        "<a href=\"/roles/linker\"><bdi>linker</bdi></a>, rule 2",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = browser.page(&format!("{asked}&on.connectionId=1")).await;
    let decides = page.split_once("class=\"decides\"").unwrap().1.split_once("</li>").unwrap().0;
    assert!(page.contains(">Yes</span>") && decides.contains("rule 1"), "{page}");
    assert!(page.contains(": role linker, rule 1 allows it</bdi>"), "{page}");
    assert!(page.contains("its condition on connectionId does not hold"), "{page}");
    // Who was chosen stays, and nobody is nobody.
    assert!(page.contains(&format!("{who} checked")), "{page}");
    let gone = "/explain?subject=role&action=read&who=identity:0190f4e2-0000-7000-8000-000000000000";
    let page = browser.get(gone).await;
    assert!(page.status == 404 && page.text.contains("Nobody with this ID"), "{}", page.text);
}

async fn questions_in_projects_name_the_object(server: TestServer) {
    let project = server.project("Shop").await["id"].as_str().unwrap().to_owned();
    let body = json!({ "slug": "reader", "name": "Reader", "permissions": [
        { "subject": "secrets", "action": "readValue", "conditions": {
            "environment": "dev", "secretTags": { "$in": ["db"] } } },
        { "subject": "dynamic-secrets", "action": "lease", "conditions": {
            "metadata": { "$elemMatch": { "key": "team", "value": "{{identity.auth.kubernetes.namespace}}" } } } },
    ] });
    server.admin.post(&format!("/api/v1/projects/{project}/roles"), body).await.ok();
    let member = server.project_member(&project, "reader").await;
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let ask = |rest: &str| format!("/explain?project={project}&who=identity:{}&{rest}", member.id);
    let secret = "subject=secrets&action=readValue&on.environment=dev&on.secretPath=/app";
    let page = browser.page(&ask(&format!("{secret}&on.secretTags=web,+db"))).await;
    assert!(page.contains(">Yes</span>"), "{page}");
    assert!(page.contains(&format!("/projects/{project}/roles/reader")), "{page}");
    assert!(browser.page(&ask(&format!("{secret}&on.secretTags=web"))).await.contains(">No</span>"));
    let lease =
        "subject=dynamic-secrets&action=lease&on.environment=dev&on.secretPath=/&on.metadata=team%3Dcore";
    let page = browser.page(&ask(lease)).await;
    assert!(page.contains(">No</span>") && page.contains("a value for its template is missing"), "{page}");
    let page = browser.page(&ask(&format!("{lease}&login=kubernetes.namespace%3Dcore"))).await;
    assert!(page.contains(">Yes</span>"), "{page}");
    // What is missing is told beside its field.
    let page = browser.get(&ask("subject=secrets&action=readValue&on.environment=dev")).await;
    let field = page.text.split_once("id=\"on.secretPath-help\"").unwrap().1.split_once("</p>").unwrap().0;
    assert!(page.status == 422 && field.contains("Every request on secrets names it"), "{field}");
}

async fn those_who_may_are_listed_page_by_page(server: TestServer) {
    for number in 0..55 {
        server.admin.post("/api/v1/identities", json!({ "name": format!("member-{number:02}"), "organizationId": server.org, "role": "member" })).await.ok();
    }
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let first = browser.page("/explain/who-can?subject=project&action=create").await;
    assert!(first.contains("Look at the next ones") && first.contains("/roles/member"), "{first}");
    let next = first.split_once("<a href=\"/explain/who-can?subject").unwrap().1.split_once('"').unwrap().0;
    let next = browser.page(&format!("/explain/who-can?subject{}", next.replace("&#38;", "&"))).await;
    let count = |page: &str| page.matches("<th scope=\"row\">").count();
    // All of these, the administrator of the server, and the person herself.
    assert_eq!(count(&first) + count(&next), 57, "{next}");
    let nobody =
        browser.page("/explain/who-can?subject=app-connections&action=read&on.connectionId=none").await;
    assert!(nobody.contains("admin"), "{nobody}");
}

/// A refused request: its id.
async fn refused(server: &TestServer, name: &str) -> (String, String) {
    let robot = server.identity(name, "no-access").await;
    let answer = robot.get("/api/v1/organization/roles").await;
    let id = answer.body["reqId"].as_str().unwrap().to_owned();
    answer.refused(403);
    (robot.id, id)
}

async fn refused_requests_are_listed_and_explained(server: TestServer) {
    let (robot, request) = refused(&server, "robot").await;
    let (other, _) = refused(&server, "other").await;
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let page = browser.page("/explain/refusals").await;
    for part in ["<bdi>robot</bdi>", "<bdi>other</bdi>", "/api/v1/organization/roles", &request] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = browser.page(&format!("/explain/refusals?actor={other}")).await;
    assert!(page.contains("<bdi>other</bdi>") && !page.contains("<bdi>robot</bdi>"), "{page}");
    let to = browser.get(&format!("/explain/refusals?request=+{request}+")).await;
    let to = to.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(to, format!("/explain/refusals/{request}"));
    let page = browser.page(&to).await;
    let again = format!("/explain?subject=role&#38;action=read&#38;who=identity%3A{robot}");
    for part in ["<bdi>robot</bdi>", &format!("/identities/{robot}"), &again, "PermissionDenied"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(browser.page(&again.replace("&#38;", "&")).await.contains(">No</span>"));
    assert_eq!(browser.get("/explain/refusals/req-unknown").await.status, 404);
    // A rule that forbids is named with the number that lists show.
    let project = server.project("Shop").await["id"].as_str().unwrap().to_owned();
    let rules = json!([
        { "subject": "secrets", "action": ["describeSecret", "readValue"] },
        { "subject": "secrets", "action": ["describeSecret", "readValue"], "inverted": true,
          "conditions": { "environment": "prod" } },
    ]);
    let role = json!({ "slug": "shut", "name": "Shut", "permissions": rules });
    server.admin.post(&format!("/api/v1/projects/{project}/roles"), role).await.ok();
    let member = server.project_member(&project, "shut").await;
    let secret = json!({ "projectId": project, "environment": "prod", "secretValue": "x" });
    server.admin.post("/api/v4/secrets/KEY", secret).await.ok();
    let answer = member.get(&format!("/api/v4/secrets/KEY?projectId={project}&environment=prod")).await;
    let request = answer.body["reqId"].as_str().unwrap().to_owned();
    answer.refused(403);
    for page in ["/explain/refusals".to_owned(), format!("/explain/refusals/{request}")] {
        let page = browser.page(&page).await;
        assert!(page.contains("<bdi>role shut, rule 2 forbids "), "{page}");
    }
}

async fn who_may_ask_in_a_project_asks_there_only(server: TestServer) {
    let project = server.project("Shop").await["id"].as_str().unwrap().to_owned();
    let other = server.project("Other").await["id"].as_str().unwrap().to_owned();
    let mut browser = Browser::of(&server, ANN, "no-access").await;
    for (project, role) in [(&project, "admin"), (&other, "viewer")] {
        let join = json!({ "usernames": [ANN], "roleSlugs": [role] });
        server.admin.post(&format!("/api/v1/projects/{project}/memberships"), join).await.ok();
    }
    let member = server.project_member(&project, "viewer").await;
    let page = browser.page("/explain").await;
    assert!(
        page.contains(&project) && !page.contains(&other) && !page.contains("The organization"),
        "{page}"
    );
    let asked =
        format!("/explain?project={project}&subject=role&action=read&q=viewer&who=identity:{}", member.id);
    assert!(browser.page(&asked).await.contains(">Yes</span>"));
    assert_eq!(browser.get(&format!("/explain?project={other}")).await.status, 403);
    browser.page(&format!("/explain/refusals?project={project}")).await;
    let page = browser.page(&format!("/explain/who-can?project={project}&subject=role&action=read")).await;
    assert!(page.contains("viewer of a project"), "{page}");
}

async fn who_may_not_ask_sees_nothing(server: TestServer) {
    let (_, request) = refused(&server, "robot").await;
    let mut browser = Browser::of(&server, ANN, "member").await;
    for path in ["/explain", "/explain/who-can", "/explain/refusals", &format!("/explain/refusals/{request}")]
    {
        assert_eq!(browser.get(path).await.status, 403, "{path}");
    }
    assert!(!browser.page("/identities").await.contains("/explain"));
}

async fn names_in_explanations_stay_text(server: TestServer) {
    let name = "<script>alert(1)</script>\u{202e}🦀";
    let (robot, request) = refused(&server, name).await;
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let who = format!("/explain?subject=role&action=read&q=%3Cscript&who=identity:{robot}");
    for path in [who.as_str(), "/explain/refusals", &format!("/explain/refusals/{request}")] {
        let page = browser.page(path).await;
        assert!(
            page.contains("&#60;script&#62;alert(1)") && !page.contains("<script>alert"),
            "{path}: {page}"
        );
    }
    let odd = "/explain?subject=%3Cb%3E&action=%3Cb%3E&on.x=%3Cb%3E&who=%3Cb%3E&q=%3Cb%3E&login=%3Cb%3E";
    let page: Value = json!(browser.page(odd).await);
    assert!(!page.as_str().unwrap().contains("<b>"));
}
