//! Asking what others may do, and why.

use serde_json::{Value, json};
use vouchsafe_testkit::{Person, TestServer, both};

use crate::people::{person, text};
use crate::roles::{org_role, project, put_secrets, read_secret, role, rule, secrets};

both!(
    a_decision_is_explained_with_every_rule,
    an_explanation_says_what_the_route_does,
    who_may_is_listed_page_by_page,
    an_edit_of_a_role_is_shown_before_it_is_made,
    an_edit_of_a_privilege_is_shown_before_it_is_made,
    an_edit_of_a_privilege_is_looked_at_when_it_holds,
    a_privilege_of_another_place_is_not_told_of,
    two_members_are_told_apart,
    who_may_not_ask_is_refused,
    questions_that_make_no_sense_are_refused,
);

const EXPLAIN: &str = "/api/v1/access/explain";
const WHO_CAN: &str = "/api/v1/access/who-can";
const DIFF: &str = "/api/v1/access/diff";

fn forbidden(environment: &str) -> Value {
    json!({ "subject": "secrets", "action": ["readValue"], "inverted": true, "conditions": { "environment": environment } })
}

fn reading(project: &str, identity: &str, environment: &str) -> Value {
    json!({ "projectId": project, "identityId": identity, "subject": "secrets", "action": "readValue",
        "resource": { "environment": environment, "secretPath": "/", "secretName": "KEY", "secretTags": [] } })
}

async fn give_privilege(server: &TestServer, project: &str, identity: &str, rules: Value) {
    let body = json!({ "identityId": identity, "projectId": project, "slug": "extra", "permissions": rules });
    server.admin.post("/api/v2/identity-project-additional-privilege", body).await.ok();
}

/// A group with a role in a project; answers its id.
async fn group(server: &TestServer, project: &str, name: &str, role: &str) -> String {
    let id = text(&server.admin.post("/api/v1/groups", json!({ "name": name })).await.ok()["id"]).to_owned();
    let path = format!("/api/v1/projects/{project}/memberships/groups/{id}");
    server.admin.post(&path, json!({ "role": role })).await.ok();
    id
}

async fn put_into(server: &TestServer, group: &str, identity: &str) {
    let path = format!("/api/v1/groups/{group}/machine-identities/{identity}");
    server.admin.post(&path, json!({})).await.ok();
}

async fn a_decision_is_explained_with_every_rule(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    let rules =
        vec![rule("role", &["read"]), secrets(&["readValue"], "dev"), secrets(&["readValue"], "prod")];
    role(admin, &project, "reader", rules).await;
    let bot = server.project_member(&project, "reader").await;
    give_privilege(&server, &project, &bot.id, json!([forbidden("prod")])).await;

    let yes = admin.post(EXPLAIN, reading(&project, &bot.id, "dev")).await.ok();
    assert_eq!((&yes["allowed"], &yes["member"]["type"]), (&json!(true), &json!("identity")));
    assert_eq!(yes["decidedBy"]["source"], json!({ "type": "role", "slug": "reader" }));
    assert_eq!(yes["decidedBy"]["index"], 1);
    assert_eq!(yes["decidedBy"]["rule"]["conditions"], json!({ "environment": "dev" }));
    let outcomes = |reply: &Value| {
        let all = reply["considered"].as_array().unwrap().iter();
        all.map(|one| (text(&one["outcome"]).to_owned(), one["field"].clone())).collect::<Vec<_>>()
    };
    let not = |field: &str| ("does-not-apply".to_owned(), json!(field));
    let came = |outcome: &str| (outcome.to_owned(), Value::Null);
    assert_eq!(outcomes(&yes), [came("decides"), not("environment"), not("environment")]);

    let no = admin.post(EXPLAIN, reading(&project, &bot.id, "prod")).await.ok();
    assert_eq!(no["allowed"], false);
    assert_eq!(no["decidedBy"]["source"], json!({ "type": "privilege", "slug": "extra" }));
    assert_eq!(outcomes(&no), [not("environment"), came("overruled"), came("decides")]);
    assert!(text(&no["reason"]).contains("privilege extra, rule 0 forbids it"), "{no}");

    let nothing = admin.post(EXPLAIN, reading(&project, &bot.id, "staging")).await.ok();
    assert_eq!((&nothing["allowed"], &nothing["decidedBy"]), (&json!(false), &Value::Null));
    // Without an object: somewhere at all?
    let mut anywhere = reading(&project, &bot.id, "dev");
    anywhere.as_object_mut().unwrap().remove("resource");
    let anywhere = admin.post(EXPLAIN, anywhere).await.ok();
    assert_eq!((&anywhere["allowed"], outcomes(&anywhere)[2].0.as_str()), (&json!(true), "not-asked"));

    // Through a group, and what the group gives by itself.
    let readers = group(&server, &project, "Readers", "viewer").await;
    let other = server.identity("other", "no-access").await;
    let outside = admin.post(EXPLAIN, reading(&project, &other.id, "dev")).await.ok();
    assert!(text(&outside["reason"]).contains("not a member of the project"), "{outside}");
    put_into(&server, &readers, &other.id).await;
    let through = admin.post(EXPLAIN, reading(&project, &other.id, "dev")).await.ok();
    let source = &through["decidedBy"]["source"];
    assert_eq!(
        (&through["allowed"], &source["type"], &source["slug"]),
        (&json!(true), &json!("group"), &json!("viewer"))
    );
    assert!(text(&source["group"]).starts_with("readers"), "{through}");
    let mut by_itself = reading(&project, &other.id, "dev");
    by_itself["groupId"] = json!(readers);
    by_itself.as_object_mut().unwrap().remove("identityId");
    assert_eq!(admin.post(EXPLAIN, by_itself).await.ok()["member"]["name"], "Readers");

    // In the organization, and for a user.
    let ann = person(&server, "ann@example.com", "member").await;
    let question = json!({ "userId": ann.id, "subject": "identity", "action": "create" });
    let member = admin.post(EXPLAIN, question.clone()).await.ok();
    let route = ann.post("/api/v1/identities", json!({ "name": "x", "organizationId": server.org })).await;
    assert_eq!(member["allowed"], json!(route.status == 200), "{member} {}", route.body);
    let question = json!({ "userId": ann.id, "subject": "role", "action": "delete" });
    assert_eq!(admin.post(EXPLAIN, question).await.ok()["allowed"], false);
}

async fn an_explanation_says_what_the_route_does(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    put_secrets(&server, &project).await;
    let templated = json!({ "subject": "secrets", "action": ["readValue", "describeSecret"],
        "conditions": { "environment": "{{identity.metadata.env}}" } });
    role(admin, &project, "own", vec![templated]).await;
    role(admin, &project, "dev", vec![secrets(&["readValue", "describeSecret"], "dev"), forbidden("prod")])
        .await;
    for slug in ["own", "dev", "viewer", "no-access", "admin"] {
        let bot = server.project_member(&project, slug).await;
        for metadata in [json!([]), json!([{ "key": "env", "value": "prod" }])] {
            admin
                .patch(&format!("/api/v1/identities/{}", bot.id), json!({ "metadata": metadata }))
                .await
                .ok();
            for environment in ["dev", "prod"] {
                let explained = admin.post(EXPLAIN, reading(&project, &bot.id, environment)).await.ok();
                let status = read_secret(&bot, &project, environment).await;
                assert_eq!(explained["allowed"], json!(status == 200), "{slug} {environment} {explained}");
            }
        }
    }
    // What a login would prove is filled in when it is said.
    let claims = json!({ "subject": "secrets", "action": ["readValue"],
        "conditions": { "environment": "{{identity.auth.oidc.claims.env}}" } });
    role(admin, &project, "claims", vec![claims]).await;
    let bot = server.project_member(&project, "claims").await;
    let mut question = reading(&project, &bot.id, "dev");
    let without = admin.post(EXPLAIN, question.clone()).await.ok();
    assert_eq!(without["considered"][0]["outcome"], "not-filled");
    question["login"] = json!({ "oidc.claims.env": "dev" });
    assert_eq!(admin.post(EXPLAIN, question).await.ok()["allowed"], true);
}

/// All who may, over all pages.
async fn all_who_can(by: &Person, mut question: Value, limit: usize) -> Vec<(String, String)> {
    let mut found = Vec::new();
    question["limit"] = json!(limit);
    loop {
        let reply = by.post(WHO_CAN, question.clone()).await.ok();
        let members = reply["members"].as_array().unwrap();
        assert!(members.len() <= limit, "{reply}");
        found.extend(members.iter().map(|one| {
            (text(&one["member"]["id"]).to_owned(), text(&one["decidedBy"]["source"]["slug"]).to_owned())
        }));
        if reply["nextCursor"].is_null() {
            return found;
        }
        question["cursor"] = reply["nextCursor"].clone();
    }
}

async fn who_may_is_listed_page_by_page(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    role(admin, &project, "dev", vec![secrets(&["readValue"], "dev")]).await;
    let mut expected = vec![(admin.id.clone(), "admin".to_owned())];
    for _ in 0..4 {
        expected.push((server.project_member(&project, "dev").await.id, "dev".to_owned()));
        server.project_member(&project, "no-access").await;
    }
    let readers = group(&server, &project, "Readers", "viewer").await;
    let through = server.identity("through", "no-access").await;
    put_into(&server, &readers, &through.id).await;
    expected.push((through.id.clone(), "viewer".to_owned()));
    server.identity("outside", "no-access").await;
    let mut question = reading(&project, "", "dev");
    question.as_object_mut().unwrap().remove("identityId");
    expected.sort();
    for limit in [1, 2, 100] {
        let mut found = all_who_can(admin, question.clone(), limit).await;
        found.sort();
        assert_eq!(found, expected, "limit {limit}");
    }
    question["resource"]["environment"] = json!("prod");
    let mut prod = all_who_can(admin, question, 100).await;
    prod.sort();
    assert!(prod.iter().all(|(_, slug)| slug != "dev") && prod.len() == 2, "{prod:?}");
    // In the organization.
    let question = json!({ "subject": "identity", "action": "delete" });
    assert_eq!(all_who_can(admin, question, 10).await, [(admin.id.clone(), "admin".to_owned())]);
}

async fn an_edit_of_a_role_is_shown_before_it_is_made(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    let before = vec![secrets(&["readValue", "describeSecret"], "dev")];
    let id = role(admin, &project, "reader", before).await;
    let (bot, held_anyway) =
        (server.project_member(&project, "reader").await, server.project_member(&project, "viewer").await);
    let readers = group(&server, &project, "Readers", "reader").await;
    let through = server.identity("through", "no-access").await;
    put_into(&server, &readers, &through.id).await;
    put_into(&server, &readers, &held_anyway.id).await;

    let after = json!([secrets(&["readValue", "describeSecret"], "prod")]);
    let edit = json!({ "projectId": project, "role": "reader", "permissions": after });
    let shown = admin.post(DIFF, edit.clone()).await.ok();
    let one = |change: &Value, side: &str| {
        let gaps = change[side].as_array().unwrap().iter();
        gaps.filter(|gap| gap["action"] == "readValue")
            .map(|gap| gap["example"]["environment"].clone())
            .collect::<Vec<_>>()
    };
    for change in [&shown["difference"], &shown["members"][0], &shown["members"][1]] {
        assert_eq!(
            (one(change, "gained"), one(change, "lost")),
            (vec![json!("prod")], vec![json!("dev")]),
            "{shown}"
        );
    }
    // The viewer sees all of it anyway: nothing changes.
    let changed: Vec<&Value> =
        shown["members"].as_array().unwrap().iter().map(|one| &one["member"]["id"]).collect();
    let mut changed: Vec<String> = changed.into_iter().map(|id| text(id).to_owned()).collect();
    let mut expected = vec![bot.id.clone(), through.id.clone()];
    changed.sort();
    expected.sort();
    assert_eq!((changed, &shown["examined"]), (expected, &json!(3)));
    // Page by page it is the same.
    let (mut pages, mut members, mut page) = (0, 0, edit.clone());
    page["limit"] = json!(1);
    loop {
        let reply = admin.post(DIFF, page.clone()).await.ok();
        (pages, members) = (pages + 1, members + reply["members"].as_array().unwrap().len());
        if reply["nextCursor"].is_null() {
            break;
        }
        page["cursor"] = reply["nextCursor"].clone();
    }
    assert!(pages >= 3 && members == 2, "{pages} pages, {members} members");

    // Made, it is as it was shown.
    put_secrets(&server, &project).await;
    assert_eq!(
        (read_secret(&bot, &project, "dev").await, read_secret(&bot, &project, "prod").await),
        (200, 403)
    );
    let path = format!("/api/v1/projects/{project}/roles/{id}");
    admin.patch(&path, json!({ "permissions": after })).await.ok();
    assert_eq!(
        (read_secret(&bot, &project, "dev").await, read_secret(&bot, &project, "prod").await),
        (403, 200)
    );
    assert_eq!(admin.post(DIFF, edit).await.ok()["members"], json!([]));

    let built_in = json!({ "projectId": project, "role": "viewer", "permissions": [] });
    admin.post(DIFF, built_in).await.refused(400);
    let missing = json!({ "projectId": project, "role": "missing", "permissions": [] });
    admin.post(DIFF, missing).await.refused(404);
    let broken =
        json!({ "projectId": project, "role": "reader", "permissions": [{ "subject": "x", "action": "y" }] });
    assert!(admin.post(DIFF, broken).await.refused(422).contains("permissions"));
}

/// Environments in which `readValue` is gained and lost.
fn gained_and_lost(change: &Value) -> (Vec<Value>, Vec<Value>) {
    let side = |side: &str| {
        let gaps = change[side].as_array().unwrap().iter().filter(|gap| gap["action"] == "readValue");
        gaps.map(|gap| gap["example"]["environment"].clone()).collect()
    };
    (side("gained"), side("lost"))
}

async fn an_edit_of_a_privilege_is_shown_before_it_is_made(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    put_secrets(&server, &project).await;
    let reads = |environment: &str| secrets(&["readValue", "describeSecret"], environment);
    let bot = server.project_member(&project, "no-access").await;
    let ann = server.user("ann@example.com", "member").await;
    let body = json!({ "emails": ["ann@example.com"], "roleSlugs": ["no-access"] });
    let added = admin.post(&format!("/api/v1/projects/{project}/memberships"), body).await.ok();
    let to_bot = json!({ "identityId": bot.id, "projectId": project });
    let to_ann = json!({ "projectMembershipId": added["memberships"][0]["id"] });
    for (holder, kind, route, named) in [
        (&bot, "identity", "/api/v2/identity-project-additional-privilege", to_bot),
        (&ann, "user", "/api/v1/user-project-additional-privilege", to_ann),
    ] {
        let mut given = named.clone();
        (given["slug"], given["permissions"]) = (json!("extra"), json!([reads("dev")]));
        let made = admin.post(route, given).await.ok()["privilege"].clone();
        let mut other = named;
        (other["slug"], other["permissions"]) = (json!("other"), json!([reads("staging")]));
        admin.post(route, other).await.ok();
        let edit = json!({ "projectId": project, "privilegeId": made["id"], "permissions": [reads("prod")] });
        let shown = admin.post(DIFF, edit.clone()).await.ok();
        let expected = (vec![json!("prod")], vec![json!("dev")]);
        assert_eq!(gained_and_lost(&shown["difference"]), expected, "{shown}");
        assert_eq!(gained_and_lost(&shown["members"][0]), expected, "{shown}");
        let member = &shown["members"][0]["member"];
        assert_eq!((&member["type"], &member["id"]), (&json!(kind), &json!(holder.id)), "{shown}");
        assert_eq!((&shown["examined"], &shown["nextCursor"]), (&json!(1), &Value::Null));
        // What the holder has from elsewhere is neither gained nor lost.
        let mut held = edit.clone();
        held["permissions"] = json!([reads("dev"), reads("staging")]);
        let shown = admin.post(DIFF, held).await.ok();
        assert_eq!(gained_and_lost(&shown["difference"]), (vec![json!("staging")], Vec::new()));
        assert_eq!(shown["members"], json!([]));

        // Made, it is as it was shown.
        let one = format!("{route}/{}", text(&made["id"]));
        assert_eq!(read_secret(holder, &project, "dev").await, 200);
        admin.patch(&one, json!({ "permissions": [reads("prod")] })).await.ok();
        let now = (read_secret(holder, &project, "dev").await, read_secret(holder, &project, "prod").await);
        assert_eq!(now, (403, 200));
        assert_eq!(admin.post(DIFF, edit.clone()).await.ok()["members"], json!([]));
        let mut broken = edit;
        broken["permissions"] = json!([{ "subject": "x", "action": "y" }]);
        assert!(admin.post(DIFF, broken).await.refused(422).contains("permissions"));
    }
}

async fn an_edit_of_a_privilege_is_looked_at_when_it_holds(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    let bot = server.project_member(&project, "no-access").await;
    let during = |from: i64| {
        let start = server.app.now().plus_seconds(from);
        json!({ "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "1h",
            "temporaryAccessStartTime": start.to_string() })
    };
    let dev = secrets(&["readValue"], "dev");
    let give = async |slug: &str, time: Value| {
        let body = json!({ "identityId": bot.id, "projectId": project, "slug": slug, "permissions": [dev],
            "type": time });
        let made = admin.post("/api/v2/identity-project-additional-privilege", body).await.ok();
        let mut edit = json!({ "projectId": project, "privilegeId": made["privilege"]["id"] });
        edit["permissions"] = json!([dev]);
        edit
    };
    let with = |edit: &Value, field: &str, value: Value| {
        let mut edit = edit.clone();
        edit[field] = value;
        edit
    };
    let change = async |edit: Value| gained_and_lost(&with_sides(&admin.post(DIFF, edit).await.ok()));
    let (none, in_dev) = (Vec::<Value>::new(), vec![json!("dev")]);
    let prod = json!([secrets(&["readValue"], "prod")]);

    // It begins tomorrow: what it gives then.
    let coming = give("coming", during(86_400)).await;
    let edited = with(&coming, "permissions", prod);
    assert_eq!(change(edited.clone()).await, (vec![json!("prod")], in_dev.clone()));
    // The same rules from now on, or for good, are a gain now.
    assert_eq!(change(with(&coming, "type", during(0))).await, (in_dev.clone(), none.clone()));
    let for_good = json!({ "isTemporary": false });
    assert_eq!(change(with(&coming, "type", for_good.clone())).await, (in_dev.clone(), none.clone()));
    assert_eq!(change(coming).await, (none.clone(), none.clone()));

    // It holds: beginning tomorrow is a loss now, and an hour that is over too.
    let held = give("held", for_good).await;
    for from in [86_400, -3_600] {
        assert_eq!(change(with(&held, "type", during(from))).await, (none.clone(), in_dev.clone()), "{from}");
    }
    let refused = with(&held, "type", json!({ "isTemporary": true, "temporaryMode": "absolute" }));
    admin.post(DIFF, refused).await.refused(400);
}

/// What changes for the one holder; nothing if they are not told of.
fn with_sides(reply: &Value) -> Value {
    match &reply["members"][0] {
        Value::Null => json!({ "gained": [], "lost": [] }),
        change => change.clone(),
    }
}

async fn a_privilege_of_another_place_is_not_told_of(server: TestServer) {
    let (admin, here) = (&server.admin, project(&server).await);
    let there = text(&server.project("there").await["id"]).to_owned();
    role(admin, &there, "auditor", vec![rule("access", &["explain"])]).await;
    let auditor = server.project_member(&there, "auditor").await;
    let bot = server.project_member(&here, "viewer").await;
    let body = json!({ "identityId": bot.id, "projectId": here, "slug": "extra", "permissions": [] });
    let made = admin.post("/api/v2/identity-project-additional-privilege", body).await.ok();
    let edit = |project: Option<&String>| json!({ "projectId": project, "privilegeId": made["privilege"]["id"], "permissions": [] });
    admin.post(DIFF, edit(Some(&here))).await.ok();
    admin.post(DIFF, edit(Some(&there))).await.refused(404);
    admin.post(DIFF, edit(None)).await.refused(404);
    auditor.post(DIFF, edit(Some(&there))).await.refused(404);
    auditor.post(DIFF, edit(Some(&here))).await.refused(403);
    server.stranger().await.post(DIFF, edit(Some(&here))).await.refused(404);
    // One question at a time.
    let mut both = edit(Some(&here));
    both["role"] = json!("viewer");
    admin.post(DIFF, both).await.refused(422);
}

async fn two_members_are_told_apart(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    role(admin, &project, "dev", vec![secrets(&["readValue"], "dev")]).await;
    role(admin, &project, "prod", vec![secrets(&["readValue"], "prod")]).await;
    let (one, other) =
        (server.project_member(&project, "dev").await, server.project_member(&project, "prod").await);
    let question =
        json!({ "projectId": project, "from": { "identityId": one.id }, "to": { "identityId": other.id } });
    let shown = admin.post(DIFF, question).await.ok();
    let examples = |side: &str| {
        let gaps = shown["difference"][side].as_array().unwrap().iter();
        gaps.map(|gap| (gap["action"].clone(), gap["example"]["environment"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(examples("gained"), [(json!("readValue"), json!("prod"))]);
    assert_eq!(examples("lost"), [(json!("readValue"), json!("dev"))]);
    // The examples are requests: explained, they are as they are said to be.
    for (who, environment, expected) in
        [(&one, "dev", true), (&one, "prod", false), (&other, "dev", false), (&other, "prod", true)]
    {
        let explained = admin.post(EXPLAIN, reading(&project, &who.id, environment)).await.ok();
        assert_eq!(explained["allowed"], expected);
    }
    let same =
        json!({ "projectId": project, "from": { "identityId": one.id }, "to": { "identityId": one.id } });
    assert_eq!(admin.post(DIFF, same).await.ok()["difference"], json!({ "gained": [], "lost": [] }));
    let in_org = json!({ "from": { "identityId": one.id }, "to": { "identityId": admin.id } });
    let shown = admin.post(DIFF, in_org).await.ok();
    assert!(shown["difference"]["gained"].as_array().unwrap().len() > 50);
    assert_eq!(shown["difference"]["lost"], json!([]));
}

async fn who_may_not_ask_is_refused(server: TestServer) {
    let (admin, here) = (&server.admin, project(&server).await);
    let there = text(&server.project("there").await["id"]).to_owned();
    let viewer = server.project_member(&here, "viewer").await;
    role(admin, &here, "auditor", vec![rule("access", &["explain"])]).await;
    org_role(admin, "auditor", vec![rule("access", &["explain"])]).await;
    let of_project = server.project_member(&here, "auditor").await;
    let of_org = server.identity("org auditor", "auditor").await;
    let stranger = server.stranger().await;
    // Who may only ask in a project learns nothing about those who are not in it.
    let outside = server.identity("outside", "no-access").await;
    of_project.post(EXPLAIN, reading(&here, &outside.id, "dev")).await.refused(404);
    let compared =
        json!({ "projectId": here, "from": { "identityId": outside.id }, "to": { "identityId": viewer.id } });
    of_project.post(DIFF, compared.clone()).await.refused(404);
    of_org.post(DIFF, compared).await.ok();
    let in_org = json!({ "identityId": viewer.id, "subject": "identity", "action": "read" });
    let who = |question: &Value| {
        let mut question = question.clone();
        question.as_object_mut().unwrap().remove("identityId");
        question
    };
    for (question, by, status) in [
        (reading(&here, &viewer.id, "dev"), &viewer, 403),
        (reading(&here, &viewer.id, "dev"), &of_project, 200),
        (reading(&here, &viewer.id, "dev"), &of_org, 200),
        (reading(&here, &viewer.id, "dev"), &stranger, 404),
        (reading(&there, &viewer.id, "dev"), &of_project, 403),
        (reading(&there, &viewer.id, "dev"), &of_org, 200),
        (in_org.clone(), &of_project, 403),
        (in_org.clone(), &of_org, 200),
        (in_org.clone(), &stranger, 404),
    ] {
        assert_eq!(by.post(EXPLAIN, question.clone()).await.status, status, "{question}");
        let found = by.post(WHO_CAN, who(&question)).await;
        // A stranger asks about an organization of their own, and finds nobody of ours.
        let expected = if by.id == stranger.id && question.get("projectId").is_none() { 200 } else { status };
        assert_eq!(found.status, expected, "{}", found.body);
        assert!(!found.body.to_string().contains(&admin.id) || by.id != stranger.id);
        let diff = json!({ "projectId": question["projectId"], "from": { "identityId": viewer.id }, "to": { "identityId": viewer.id } });
        assert_eq!(by.post(DIFF, diff).await.status, status);
    }
}

async fn questions_that_make_no_sense_are_refused(server: TestServer) {
    let (admin, project) = (&server.admin, project(&server).await);
    let good = reading(&project, &admin.id, "dev");
    let with = |field: &str, value: Value| {
        let mut question = good.clone();
        question[field] = value;
        question
    };
    for (question, place) in [
        (with("subject", json!("secret")), "subject"),
        (with("action", json!("look")), "action"),
        (with("resource", json!({ "environment": "dev" })), "secretPath"),
        (with("resource", json!({ "environment": "dev", "secretPath": "/", "colour": "red" })), "resource"),
        (
            with("resource", json!({ "environment": "dev", "secretPath": "/", "secretTags": "a" })),
            "secretTags",
        ),
        (with("groupId", json!(project)), "identityId"),
        (with("identityId", Value::Null), "identityId"),
        (with("login", json!({ "x": "y".repeat(2000) })), "login"),
    ] {
        let said = admin.post(EXPLAIN, question.clone()).await.refused(422);
        assert!(said.contains(place), "{question}: {said}");
    }
    admin.post(EXPLAIN, with("identityId", json!(project))).await.refused(404);
    for limit in [0, 101] {
        let mut question = good.clone();
        question["limit"] = json!(limit);
        assert!(admin.post(WHO_CAN, question).await.refused(422).contains("limit"));
    }
    admin.post(DIFF, json!({ "projectId": project, "role": "x" })).await.refused(422);
}
