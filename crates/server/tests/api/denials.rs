//! Refused requests, looked up by who may ask why.

use serde_json::{Value, json};
use vouchsafe_testkit::{Engine, Person, TestServer, both};

use crate::people::text;
use crate::roles::{org_role, project, put_secrets, role, rule, secrets};

both!(
    a_refusal_is_looked_up_by_its_id,
    a_refusal_by_the_boundary_shows_what_is_missing,
    who_may_not_ask_learns_nothing,
    refusals_are_listed_and_what_is_allowed_is_not,
    tokens_that_are_not_accepted_any_more_are_explained,
);

const ALL: &str = "/api/v1/access/denials";

fn one(id: &str) -> String {
    format!("{ALL}/{id}")
}

async fn refused(person: &Person, path: &str) -> String {
    let answer = person.get(path).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    let id = text(&answer.body["reqId"]).to_owned();
    assert_eq!(answer.headers["x-request-id"], id.as_str());
    id
}

fn reading(project: &str, environment: &str) -> String {
    format!("/api/v3/secrets/raw/KEY?workspaceId={project}&environment={environment}&secretPath=/")
}

async fn a_refusal_is_looked_up_by_its_id(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    put_secrets(&server, &project).await;
    let forbid = json!({ "subject": "secrets", "action": ["readValue", "describeSecret"], "inverted": true, "conditions": { "environment": "prod" } });
    role(admin, &project, "dev", vec![secrets(&["readValue", "describeSecret"], "dev"), forbid]).await;
    let bot = server.project_member(&project, "dev").await;
    let id = refused(&bot, &format!("{}&x=hidden", reading(&project, "prod"))).await;
    let denial = admin.get(&one(&id)).await.ok()["denial"].clone();
    assert_eq!((&denial["requestId"], &denial["projectId"]), (&json!(id), &json!(project)));
    assert_eq!(denial["actor"], json!({ "type": "identity", "id": bot.id }));
    assert_eq!((&denial["method"], &denial["path"]), (&json!("GET"), &json!("/api/v3/secrets/raw/KEY")));
    assert!(text(&denial["reason"]).contains("role dev, rule 1 forbids"), "{denial}");
    assert_eq!(denial["detail"]["decidedBy"]["index"], 1);
    assert!(!denial.to_string().contains("hidden"), "{denial}");

    // In the organization, and a membership that is missing.
    let id = refused(&bot, &format!("/api/v1/identities?orgId={}", server.org)).await;
    let denial = admin.get(&one(&id)).await.ok()["denial"].clone();
    assert_eq!(denial["projectId"], Value::Null);
    assert!(text(&denial["reason"]).contains("no rule of the actor is about identity"), "{denial}");
    let other = text(&server.project("other").await["id"]).to_owned();
    let id = refused(&bot, &reading(&other, "dev")).await;
    let denial = admin.get(&one(&id)).await.ok()["denial"].clone();
    assert!(text(&denial["reason"]).contains("not a member of this project"), "{denial}");
    assert!(admin.get(&one("req-00000000000000")).await.refused(404).contains("30 days"));
    assert!(admin.get(&one("req%20%27")).await.refused(422).contains("requestId"));
}

async fn a_refusal_by_the_boundary_shows_what_is_missing(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    let rules = vec![rule("role", &["read", "create"]), secrets(&["readValue"], "dev")];
    role(admin, &project, "writer", rules).await;
    let bot = server.project_member(&project, "writer").await;
    let wider = json!({ "slug": "wider", "name": "wider", "permissions": [secrets(&["readValue"], "prod")] });
    let answer = bot.post(&format!("/api/v1/projects/{project}/roles"), wider).await;
    assert_eq!((answer.status, &answer.body["error"]), (403, &json!("PermissionBoundaryError")));
    // The caller gets the contract's message and data, the example is for administrators.
    assert!(answer.body.get("example").is_none() && answer.body["details"].get("example").is_none());
    let denial = admin.get(&one(text(&answer.body["reqId"]))).await.ok()["denial"].clone();
    assert_eq!(denial["detail"]["example"]["environment"], "prod");
    assert_eq!(denial["detail"]["missingPermissions"], answer.body["details"]["missingPermissions"]);
    assert!(text(&denial["reason"]).contains("environment is 'prod'"), "{denial}");
    assert_eq!(denial["message"], answer.body["message"]);
}

async fn who_may_not_ask_learns_nothing(server: TestServer) {
    let (admin, here) = (&server.admin, project(&server).await);
    let there = text(&server.project("there").await["id"]).to_owned();
    role(admin, &here, "auditor", vec![rule("access", &["explain"])]).await;
    org_role(admin, "auditor", vec![rule("access", &["explain"])]).await;
    let of_project = server.project_member(&here, "auditor").await;
    let of_org = server.identity("org auditor", "auditor").await;
    let (bot, other) =
        (server.project_member(&here, "no-access").await, server.project_member(&there, "no-access").await);
    let stranger = server.stranger().await;
    let in_here = refused(&bot, &reading(&here, "dev")).await;
    let elsewhere = refused(&other, &reading(&there, "dev")).await;
    let in_org = refused(&bot, &format!("/api/v1/identities?orgId={}", server.org)).await;
    let unknown = "req-00000000000000".to_owned();
    for (id, by, status) in [
        (&in_here, &of_org, 200),
        (&elsewhere, &of_org, 200),
        (&in_org, &of_org, 200),
        (&unknown, &of_org, 404),
        (&in_here, &of_project, 200),
        (&elsewhere, &of_project, 403),
        (&in_org, &of_project, 403),
        (&unknown, &of_project, 403),
        (&in_here, &bot, 403),
        (&in_here, &stranger, 404),
    ] {
        let answer = by.get(&one(id)).await;
        assert_eq!(answer.status, status, "{id}: {}", answer.body);
    }
    let list = |by: &Person, query: &str| {
        let (by, path) = (by.clone(), format!("{ALL}{query}"));
        async move { by.get(&path).await }
    };
    list(&of_project, "").await.refused(403);
    list(&of_project, &format!("?projectId={there}")).await.refused(403);
    let seen = list(&of_project, &format!("?projectId={here}")).await.ok()["denials"].clone();
    let seen: Vec<&Value> = seen.as_array().unwrap().iter().map(|denial| &denial["projectId"]).collect();
    assert!(!seen.is_empty() && seen.iter().all(|project| **project == json!(here)), "{seen:?}");
    assert_eq!(list(&stranger, "").await.ok()["denials"], json!([]));
    list(&stranger, &format!("?projectId={here}")).await.refused(404);
}

async fn refusals_are_listed_and_what_is_allowed_is_not(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    let (one, other) =
        (server.project_member(&project, "no-access").await, server.project_member(&project, "viewer").await);
    put_secrets(&server, &project).await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.push(refused(&one, &reading(&project, "dev")).await);
        other.get(&reading(&project, "dev")).await.ok();
        one.get("/api/v1/not-a-route").await.refused(404);
    }
    let by_other = other.delete(&format!("/api/v1/projects/{project}")).await;
    expected.push(text(&by_other.body["reqId"]).to_owned());
    expected.reverse();
    let ids = |reply: Value| {
        let all = reply["denials"].as_array().unwrap().iter();
        all.map(|denial| text(&denial["requestId"]).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(admin.get(ALL).await.ok()), expected);
    assert_eq!(ids(admin.get(&format!("{ALL}?limit=2&offset=1")).await.ok()), expected[1..3]);
    assert_eq!(ids(admin.get(&format!("{ALL}?actorId={}", other.id)).await.ok()), expected[..1]);
    assert!(admin.get(&format!("{ALL}?limit=101")).await.refused(422).contains("limit"));
    assert!(admin.get(&format!("{ALL}?actorId=a%27b")).await.refused(422).contains("actorId"));
}

async fn tokens_that_are_not_accepted_any_more_are_explained(server: TestServer) {
    let bot = server.identity("bot", "no-access").await;
    bot.get("/api/v1/identities/details").await.ok();
    server.clock.advance_seconds(40 * 86_400);
    let id = refused(&bot, "/api/v1/identities/details").await;
    let found = server.admin.get(&one(&id)).await.ok()["denial"].clone();
    assert_eq!((&found["actor"]["id"], &found["error"]), (&json!(bot.id), &json!("TokenError")));
    assert!(text(&found["reason"]).contains("expired"), "{found}");
    // A forged one is nobody's.
    let forged = server.anonymous().with_token("eyJhbGciOiJub25lIn0.e30.");
    let answer = forged.get("/api/v1/identities/details").await;
    server.admin.get(&one(text(&answer.body["reqId"]))).await.refused(404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_replica_knows_of_a_refusal() {
    let here = TestServer::start(Engine::Postgres).await;
    let there = here.replica().await;
    let bot = here.identity("bot", "no-access").await;
    let id = refused(&bot, &format!("/api/v1/identities?orgId={}", here.org)).await;
    // It is written soon, by the replica that refused; nobody asks that one here.
    for _ in 0..200 {
        if there.admin.get(&one(&id)).await.status == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the other replica does not know of {id}");
}
