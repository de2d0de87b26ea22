//! Roles of the organization and of projects: shown, put together, compared, saved, refused.

use serde_json::{Value, json};
use vouchsafe_testkit::{Person, TestServer, both};

use crate::browser::{Browser, Page};

both!(
    roles_are_listed_with_what_they_allow,
    a_role_is_the_same_whether_made_by_the_form_or_as_json,
    buttons_change_the_form_and_lose_nothing,
    problems_are_told_beside_the_rule_that_they_are_about,
    before_a_change_is_saved_one_sees_who_gains_and_loses_what,
    a_change_is_not_saved_over_a_change_that_was_not_seen,
    nobody_gives_more_than_they_hold_and_sees_an_example,
    roles_of_projects_have_the_same_pages,
    who_may_only_read_sees_no_controls,
    a_role_is_deleted_when_its_name_is_typed,
    names_of_roles_stay_text,
    rules_that_the_form_cannot_show_are_edited_as_json,
);

const ANN: &str = "ann@example.com";
const ROLES: &str = "/api/v1/organization/roles";

async fn role(admin: &Person, path: &str, slug: &str, permissions: Value) -> String {
    let body = json!({ "slug": slug, "name": format!("The {slug}"), "permissions": permissions });
    admin.post(path, body).await.ok()["role"]["id"].as_str().unwrap().to_owned()
}

async fn rules(admin: &Person, path: &str, slug: &str) -> Value {
    admin.get(&format!("{path}/slug/{slug}")).await.ok()["role"]["permissions"].clone()
}

/// The fields that a browser sends of the form in a page: inputs, text areas and selects, without buttons.
fn fields(page: &str) -> Vec<(String, String)> {
    let main = page.split_once("<main").unwrap().1;
    let form = main.split_once("<form method=\"post\"").unwrap().1.split_once("</form>").unwrap().0;
    let mut fields = Vec::new();
    for tag in form.split('<').skip(1) {
        let (head, text) = tag.split_once('>').unwrap();
        let of = |name: &str| {
            let value = head.split_once(&format!(" {name}=\""))?.1.split_once('"').unwrap().0;
            Some(unescaped(value))
        };
        if head.starts_with("input ") {
            let is_sent = of("type").as_deref() != Some("checkbox") || head.ends_with(" checked");
            if is_sent {
                fields.push((of("name").unwrap(), of("value").unwrap_or_default()));
            }
        } else if head.starts_with("textarea ") {
            fields.push((of("name").unwrap(), unescaped(text.strip_prefix('\n').unwrap_or(text))));
        } else if head.starts_with("select ") {
            fields.push((of("name").unwrap(), String::new()));
        } else if head.starts_with("option") {
            let value = of("value").unwrap_or_else(|| unescaped(text));
            let last = fields.last_mut().unwrap();
            if last.1.is_empty() || head.ends_with(" selected") {
                last.1 = value;
            }
        }
    }
    fields.retain(|(name, _)| name != "form_token");
    fields
}

fn unescaped(text: &str) -> String {
    let text = text.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"").replace("&#39;", "'");
    text.replace("&#38;", "&")
}

/// Fills the form of a page in and presses a button: `set` replaces or adds fields, `tick` adds values.
pub(crate) async fn press(
    browser: &mut Browser,
    path: &str,
    page: &str,
    button: &str,
    set: &[(&str, &str)],
    tick: &[(&str, &str)],
) -> Page {
    let mut fields = fields(page);
    for (name, value) in set {
        match fields.iter_mut().find(|(found, _)| found == name) {
            Some((_, old)) => (*value).clone_into(old),
            None => fields.push(((*name).to_owned(), (*value).to_owned())),
        }
    }
    let typed = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let typed: Vec<_> = typed.chain(tick.iter().copied()).chain([("do", button)]).collect();
    browser.post(path, &typed).await
}

async fn roles_are_listed_with_what_they_allow(server: TestServer) {
    let id =
        role(&server.admin, ROLES, "auditor", json!([{ "subject": "audit-logs", "action": "read" }])).await;
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let page = browser.page("/roles").await;
    for part in ["No Access", "built in", "<bdi>The auditor</bdi>", "<code>audit-logs</code>", "/roles/new"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = browser.page(&format!("/roles/{id}")).await;
    assert!(page.contains("<code>read</code> on <code>audit-logs</code>"), "{page}");
    assert!(page.contains(&format!("/roles/{id}/edit")) && page.contains(&format!("/roles/{id}/delete")));
    // The same by its slug; a built-in one can be copied only.
    assert!(browser.page("/roles/auditor").await.contains("The auditor"));
    let page = browser.page("/roles/member").await;
    assert!(
        page.contains("/roles/new?from=member") && !page.contains("/edit\"") && !page.contains("/delete\"")
    );
    for path in ["/roles/nothing", "/roles/member/edit", "/roles/member/delete", "/projects/x/roles"] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    let copy = browser.page("/roles/new?from=auditor").await;
    assert!(copy.contains("Rule 1: <code>audit-logs</code>"));
}

/// Rules with every operator there is.
fn every_operator() -> Value {
    json!([
        { "subject": "secrets", "action": ["readValue", "create"], "inverted": false, "conditions": {
            "environment": { "$eq": "dev", "$ne": "prod" }, "secretName": { "$in": ["A", "B & <C>"] },
            "secretPath": { "$glob": "/app/**" }, "secretTags": { "$in": ["x"] } } },
        { "subject": "dynamic-secrets", "action": ["lease"], "inverted": true, "conditions": {
            "metadata": { "$elemMatch": { "key": { "$eq": "team" }, "value": { "$in": ["y", "z"] } } } } },
        { "subject": "app-connections", "action": ["connect-app-connections"], "inverted": false, "conditions": {
            "connectionId": { "$ne": "7" } } },
        { "subject": "tags", "action": ["read"], "inverted": false },
    ])
}

async fn a_role_is_the_same_whether_made_by_the_form_or_as_json(server: TestServer) {
    let project = server.project("Shop").await["id"].as_str().unwrap().to_owned();
    let (url, api) = (format!("/projects/{project}/roles"), format!("/api/v1/projects/{project}/roles"));
    let new = format!("{url}/new");
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let join = json!({ "usernames": [ANN], "roleSlugs": ["admin"] });
    server.admin.post(&format!("/api/v1/projects/{project}/memberships"), join).await.ok();

    let mut page = browser.page(&new).await;
    for (at, rule) in every_operator().as_array().unwrap().iter().enumerate() {
        let subject = [("new_subject", rule["subject"].as_str().unwrap())];
        page = press(&mut browser, &new, &page, "rules.add", &subject, &[]).await.text;
        let actions = format!("permissions.{at}.action");
        let mut ticks: Vec<_> = rule["action"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (actions.clone(), one.as_str().unwrap()))
            .collect();
        let forbids = format!("permissions.{at}.inverted");
        if rule["inverted"] == true {
            ticks.push((forbids, "true"));
        }
        let ticks: Vec<(&str, &str)> = ticks.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        page = press(&mut browser, &new, &page, "show", &[], &ticks).await.text;
        let mut row = 0;
        for (field, tests) in rule["conditions"].as_object().into_iter().flatten() {
            let pair = tests.get("$elemMatch").and_then(Value::as_object);
            let places: Vec<(String, &Value)> = match pair {
                Some(pair) => pair.iter().map(|(part, tests)| (format!("{field}.{part}"), tests)).collect(),
                None => vec![(field.clone(), tests)],
            };
            for (place, tests) in places {
                for (operator, value) in tests.as_object().unwrap() {
                    let add = format!("rules.condition.{at}");
                    let chosen = format!("new_condition.{at}");
                    page = press(&mut browser, &new, &page, &add, &[(&chosen, &place)], &[]).await.text;
                    let value = match value {
                        Value::Array(values) => values
                            .iter()
                            .map(|value| value.as_str().unwrap())
                            .collect::<Vec<_>>()
                            .join("\r\n"),
                        one => one.as_str().unwrap().to_owned(),
                    };
                    let path = format!("permissions.{at}.conditions.{row}");
                    let (by, with) = (format!("{path}.operator"), format!("{path}.value"));
                    let set = [(by.as_str(), operator.as_str()), (with.as_str(), value.as_str())];
                    page = press(&mut browser, &new, &page, "show", &set, &[]).await.text;
                    row += 1;
                }
            }
        }
    }
    let names = [("name", "Formed"), ("slug", "formed")];
    let made = press(&mut browser, &new, &page, "save", &names, &[]).await;
    assert_eq!(made.status, 303, "{}", made.text);

    let page = browser.page(&new).await;
    let page = press(&mut browser, &new, &page, "rules.json", &[], &[]).await.text;
    let text = every_operator().to_string();
    let names = [("name", "Written"), ("slug", "written"), ("permissions", text.as_str())];
    let made = press(&mut browser, &new, &page, "save", &names, &[]).await;
    assert_eq!(made.status, 303, "{}", made.text);

    let formed = rules(&server.admin, &api, "formed").await;
    assert_eq!(formed, rules(&server.admin, &api, "written").await);
    assert_eq!(formed, every_operator());
    let shown = browser.page(&format!("{url}/formed")).await;
    for part in [
        "secretName is one of &#39;A&#39;, &#39;B &#38; &#60;C&#62;&#39;",
        "secretTags has one of &#39;x&#39;",
        "metadata has a pair whose key is &#39;team&#39; and value is one of &#39;y&#39;, &#39;z&#39;",
        "may not</span> <code>lease</code>",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

async fn buttons_change_the_form_and_lose_nothing(server: TestServer) {
    let rules = json!([
        { "subject": "role", "action": ["read"], "inverted": false },
        { "subject": "app-connections", "action": ["connect"], "inverted": false,
            "conditions": { "connectionId": { "$in": ["1", "2"] } } },
    ]);
    let id = role(&server.admin, ROLES, "mixed", rules.clone()).await;
    let edit = format!("/roles/{id}/edit");
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let page = browser.page(&edit).await;
    let json = async |browser: &mut Browser, page: &str| -> Value {
        let page = press(browser, &edit, page, "rules.json", &[], &[]).await.text;
        let fields = fields(&page);
        let (_, text) = fields.iter().find(|(name, _)| name == "permissions").unwrap();
        serde_json::from_str(text).unwrap()
    };
    assert_eq!(json(&mut browser, &page).await, rules);
    let down = press(&mut browser, &edit, &page, "rules.down.0", &[("name", "Typed <b>")], &[]).await.text;
    assert_eq!(json(&mut browser, &down).await, json!([rules[1], rules[0]]));
    assert!(down.contains("value=\"Typed &#60;b&#62;\""), "what was typed is lost");
    let up = press(&mut browser, &edit, &down, "rules.up.1", &[], &[]).await.text;
    assert_eq!(json(&mut browser, &up).await, rules);
    let less = press(&mut browser, &edit, &up, "rules.remove.0", &[], &[]).await.text;
    assert_eq!(json(&mut browser, &less).await, json!([rules[1]]));
    let less = press(&mut browser, &edit, &less, "rules.remove.0.0", &[], &[]).await.text;
    assert!(json(&mut browser, &less).await[0].get("conditions").is_none());
    // What names nothing does nothing.
    for button in
        ["rules.up.0", "rules.down.9", "rules.remove.9", "rules.remove.0.9", "rules.", "", "nonsense"]
    {
        let same = press(&mut browser, &edit, &page, button, &[], &[]).await;
        assert_eq!(same.status, 200, "{button}");
        assert_eq!(json(&mut browser, &same.text).await, rules, "{button}");
    }
    // As JSON and back.
    let text = press(&mut browser, &edit, &page, "rules.json", &[], &[]).await.text;
    let back = press(&mut browser, &edit, &text, "rules.form", &[], &[]).await.text;
    assert!(back.contains("Rule 2: <code>app-connections</code>"));
    let wrong = press(&mut browser, &edit, &text, "rules.form", &[("permissions", "[{]")], &[]).await;
    assert!(wrong.status == 422 && wrong.text.contains("This is no JSON") && wrong.text.contains("[{]"));
}

async fn problems_are_told_beside_the_rule_that_they_are_about(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let page = browser.page("/roles/new").await;
    let page =
        press(&mut browser, "/roles/new", &page, "rules.add", &[("new_subject", "role")], &[]).await.text;
    let add = [("new_subject", "app-connections")];
    let page = press(&mut browser, "/roles/new", &page, "rules.add", &add, &[]).await.text;
    let page = press(&mut browser, "/roles/new", &page, "rules.condition.1", &[], &[]).await.text;
    let tick = [("permissions.1.action", "connect")];
    let page = press(&mut browser, "/roles/new", &page, "save", &[("name", "x"), ("slug", "x")], &tick).await;
    assert_eq!(page.status, 422);
    let rule = |at: usize| {
        let after = page.text.split_once(&format!("id=\"rule-{at}\"")).unwrap().1;
        after.split_once("</fieldset>").unwrap().0.to_owned()
    };
    assert!(rule(0).contains("A rule needs at least one action"), "{}", rule(0));
    assert!(rule(1).contains("The condition on &#39;connectionId&#39; is empty"), "{}", rule(1));
    assert!(rule(1).contains("aria-invalid") && rule(1).contains("value=\"connect\" checked"));
    // Above the form they have the number that the list shows.
    for part in ["<code>rule 1, action</code>", "<code>rule 2, conditions.connectionId"] {
        assert!(
            page.text.contains(part) && !page.text.contains("<code>permissions."),
            "{part}: {}",
            page.text
        );
    }
    // What only the API knows.
    let set = [("name", ""), ("slug", "admin"), ("mode", "json"), ("permissions", "[]")];
    let page = press(&mut browser, "/roles/new", &page.text, "save", &set, &[]).await;
    assert!(page.status == 422 && page.text.contains("reserved"), "{}", page.text);
}

async fn before_a_change_is_saved_one_sees_who_gains_and_loses_what(server: TestServer) {
    let before = json!([{ "subject": "role", "action": ["read"], "inverted": false }]);
    let id = role(&server.admin, ROLES, "watcher", before.clone()).await;
    server.identity("robot <i>", "watcher").await;
    let edit = format!("/roles/{id}/edit");
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let page = browser.page(&edit).await;
    let page = press(&mut browser, &edit, &page, "rules.remove.0", &[], &[]).await.text;
    let add = [("new_subject", "audit-logs")];
    let page = press(&mut browser, &edit, &page, "rules.add", &add, &[]).await.text;
    let tick = [("permissions.0.action", "read")];
    let empty = press(&mut browser, &edit, &page, "review", &[("name", " "), ("slug", "")], &tick).await;
    assert!(empty.status == 422 && empty.text.contains("id=\"name-problem\""), "{}", empty.text);
    assert!(empty.text.contains("id=\"slug-problem\""), "{}", empty.text);
    let review = press(&mut browser, &edit, &page, "review", &[("name", "Renamed")], &tick).await;
    assert_eq!(review.status, 200, "{}", review.text);
    for part in [
        "<bdi>The watcher</bdi> → <bdi>Renamed</bdi>",
        "<del>-     &#34;subject&#34;: &#34;role&#34;",
        "<ins>+     &#34;subject&#34;: &#34;audit-logs&#34;",
        "<bdi>robot &#60;i&#62; then may read on audit-logs; robot &#60;i&#62; now may not</bdi>",
        "<bdi>robot &#60;i&#62; now may read on role; robot &#60;i&#62; then may not</bdi>",
    ] {
        assert!(review.text.contains(part), "{part}: {}", review.text);
    }
    assert_eq!(rules(&server.admin, ROLES, "watcher").await, before, "saved before it was confirmed");
    let back = press(&mut browser, &edit, &review.text, "rules.form", &[], &[]).await.text;
    assert!(back.contains("Rule 1: <code>audit-logs</code>") && back.contains("value=\"Renamed\""));
    let saved = press(&mut browser, &edit, &review.text, "save", &[], &[]).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let after = json!([{ "subject": "audit-logs", "action": ["read"], "inverted": false }]);
    assert_eq!(rules(&server.admin, ROLES, "watcher").await, after);
    assert!(browser.page(&format!("/roles/{id}")).await.contains("The role Renamed is changed"));
}

async fn a_change_is_not_saved_over_a_change_that_was_not_seen(server: TestServer) {
    let rule = |action: &str| json!([{ "subject": "role", "action": [action], "inverted": false }]);
    let id = role(&server.admin, ROLES, "shared", rule("read")).await;
    let edit = format!("/roles/{id}/edit");
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let page = browser.page(&edit).await;
    let tick = [("permissions.0.action", "edit")];
    let review = press(&mut browser, &edit, &page, "review", &[], &tick).await.text;
    server.clock.advance_seconds(5);
    server.admin.patch(&format!("{ROLES}/{id}"), json!({ "permissions": rule("delete") })).await.ok();
    let page = press(&mut browser, &edit, &review, "save", &[], &[]).await;
    assert!(page.status == 409 && page.text.contains("changed meanwhile"), "{}", page.text);
    assert!(page.text.contains("<del>-       &#34;delete&#34;"), "{}", page.text);
    assert_eq!(rules(&server.admin, ROLES, "shared").await, rule("delete"));
    let saved = press(&mut browser, &edit, &page.text, "save", &[], &[]).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    assert_eq!(rules(&server.admin, ROLES, "shared").await[0]["action"], json!(["read", "edit"]));
}

async fn nobody_gives_more_than_they_hold_and_sees_an_example(server: TestServer) {
    let mine = |more: Value| {
        let mut rules = json!([
            { "subject": "role", "action": ["read", "create", "edit"] },
            { "subject": "app-connections", "action": ["connect"], "conditions": { "connectionId": { "$eq": "1" } } },
        ]);
        rules.as_array_mut().unwrap().push(more);
        rules
    };
    role(&server.admin, ROLES, "asker", mine(json!({ "subject": "access", "action": "explain" }))).await;
    role(&server.admin, ROLES, "maker", mine(json!({ "subject": "member", "action": "read" }))).await;
    let own = json!([{ "subject": "app-connections", "action": ["connect"], "conditions": { "connectionId": { "$eq": "1" } } }]);
    let id = role(&server.admin, ROLES, "given", own).await;
    let wider = json!([{ "subject": "app-connections", "action": ["connect"], "conditions": { "connectionId": { "$in": ["1", "9"] } } }]);
    let edit = format!("/roles/{id}/edit");
    for (email, role, example) in [(ANN, "asker", true), ("bob@example.com", "maker", false)] {
        let mut browser = Browser::of(&server, email, role).await;
        let text = wider.to_string();
        let json = [("mode", "json"), ("permissions", text.as_str())];
        let page = browser.page(&edit).await;
        let review = press(&mut browser, &edit, &page, "review", &json, &[]).await;
        assert_eq!(review.status, 200, "{}", review.text);
        assert_eq!(review.text.contains("Nobody has the role"), example, "{}", review.text);
        let refused = press(&mut browser, &edit, &review.text, "save", &[], &[]).await;
        assert_eq!(refused.status, 403);
        let text = &refused.text;
        assert!(text.contains("Failed to update role with more privileges"), "{text}");
        let missing = "<code>connect</code> on <code>app-connections</code> where <bdi>connectionId is one of &#39;1&#39;, &#39;9&#39;</bdi>";
        assert!(text.contains(missing), "{text}");
        let said = "A holder may connect on app-connections where connectionId is &#39;9&#39;; you may not";
        assert_eq!(text.contains(said), example, "{text}");
        // The same where a role is made.
        let page = browser.page("/roles/new").await;
        let wide = wider.to_string();
        let set = [("mode", "json"), ("permissions", wide.as_str()), ("name", "Wide"), ("slug", "wide")];
        let refused = press(&mut browser, "/roles/new", &page, "save", &set, &[]).await;
        assert!(refused.status == 403 && refused.text.contains(missing), "{}", refused.text);
    }
}

async fn roles_of_projects_have_the_same_pages(server: TestServer) {
    let project = server.project("Shop <x>").await["id"].as_str().unwrap().to_owned();
    let (url, api) = (format!("/projects/{project}/roles"), format!("/api/v1/projects/{project}/roles"));
    let before = json!([{ "subject": "secrets", "action": ["readValue"], "inverted": false, "conditions": { "environment": "dev" } }]);
    let id = role(&server.admin, &api, "reader", before.clone()).await;
    let member = server.project_member(&project, "reader").await;
    let mut browser = Browser::of(&server, ANN, "no-access").await;
    let join = json!({ "usernames": [ANN], "roleSlugs": ["admin"] });
    server.admin.post(&format!("/api/v1/projects/{project}/memberships"), join).await.ok();
    let page = browser.page(&url).await;
    for part in ["Developer", "The reader", "Shop &#60;x&#62;", &format!("{url}/new")] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let edit = format!("{url}/{id}/edit");
    let page = browser.page(&edit).await;
    let set =
        [("permissions.0.conditions.0.operator", "$in"), ("permissions.0.conditions.0.value", "dev\r\nprod")];
    let review = press(&mut browser, &edit, &page, "review", &set, &[]).await.text;
    assert!(review.contains(&member.id) && review.contains("environment is &#39;prod&#39;"), "{review}");
    let saved = press(&mut browser, &edit, &review, "save", &[], &[]).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let after = rules(&server.admin, &api, "reader").await;
    assert_eq!(after[0]["conditions"], json!({ "environment": { "$in": ["dev", "prod"] } }));
    // Roles of the organization are not for this person, and the project's not for others.
    assert_eq!(browser.get("/roles").await.status, 403);
    let mut other = Browser::of(&server, "bob@example.com", "member").await;
    assert_eq!(other.get(&url).await.status, 403);
}

async fn who_may_only_read_sees_no_controls(server: TestServer) {
    let id = role(&server.admin, ROLES, "some", json!([])).await;
    role(&server.admin, ROLES, "reader", json!([{ "subject": "role", "action": "read" }])).await;
    let project = server.project("Shop").await["id"].as_str().unwrap().to_owned();
    let of_project =
        role(&server.admin, &format!("/api/v1/projects/{project}/roles"), "some", json!([])).await;
    let mut browser = Browser::of(&server, ANN, "reader").await;
    let join = json!({ "usernames": [ANN], "roleSlugs": ["viewer"] });
    server.admin.post(&format!("/api/v1/projects/{project}/memberships"), join).await.ok();
    let urls = ["/roles".to_owned(), format!("/roles/{id}"), "/roles/admin".to_owned()];
    let in_project = format!("/projects/{project}/roles");
    let urls = urls.into_iter().chain([in_project.clone(), format!("{in_project}/{of_project}")]);
    for url in urls {
        let page = browser.page(&url).await;
        for control in ["/new", "/edit\"", "/delete\""] {
            assert!(!page.contains(control), "{url}: {control}");
        }
    }
}

async fn a_role_is_deleted_when_its_name_is_typed(server: TestServer) {
    let id = role(&server.admin, ROLES, "old", json!([])).await;
    let delete = format!("/roles/{id}/delete");
    let mut browser = Browser::of(&server, ANN, "admin").await;
    assert!(browser.page(&delete).await.contains("<bdi>The old</bdi>"));
    assert_eq!(browser.post(&delete, &[("confirm", "the old")]).await.status, 422);
    let holder = server.identity("holder", "old").await;
    let page = browser.post(&delete, &[("confirm", "The old")]).await;
    assert!(page.status == 400 && page.text.contains("assigned to one or more identities"), "{}", page.text);
    server.admin.delete(&format!("/api/v1/identities/{}", holder.id)).await.ok();
    let page = browser.submit(&delete, &[("confirm", "The old")]).await;
    assert!(page.contains("The role The old is deleted") && !page.contains("<bdi>The old</bdi>"), "{page}");
}

async fn names_of_roles_stay_text(server: TestServer) {
    let name = format!("<script>alert(1)</script>\u{202e}🦀{}", "x".repeat(200));
    let body =
        json!({ "slug": "odd", "name": name, "description": "<img src=x onerror=a>", "permissions": [] });
    let id = server.admin.post(ROLES, body).await.ok()["role"]["id"].as_str().unwrap().to_owned();
    let mut browser = Browser::of(&server, ANN, "admin").await;
    for path in
        ["/roles", &format!("/roles/{id}"), &format!("/roles/{id}/edit"), &format!("/roles/{id}/delete")]
    {
        let page = browser.page(path).await;
        assert!(page.contains("&#60;script&#62;alert(1)") && page.contains('🦀'), "{path}: {page}");
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{path}");
    }
    let edit = format!("/roles/{id}/edit");
    let page = browser.page(&edit).await;
    let review = press(&mut browser, &edit, &page, "review", &[("description", "")], &[]).await.text;
    assert!(
        review.contains("&#60;img src=x") && !review.contains("<img src=x") && !review.contains("<script>a")
    );
}

async fn rules_that_the_form_cannot_show_are_edited_as_json(server: TestServer) {
    let rules = json!([{ "subject": "app-connections", "action": ["connect"],
        "conditions": { "connectionId": { "$eq": "two\nlines" } } }]);
    let id = role(&server.admin, ROLES, "lines", rules).await;
    let edit = format!("/roles/{id}/edit");
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let page = browser.page(&edit).await;
    assert!(page.contains("Rules as JSON") && page.contains(r"two\nlines"), "{page}");
    let stays = press(&mut browser, &edit, &page, "rules.form", &[], &[]).await;
    assert!(stays.status == 422 && stays.text.contains("edit them as JSON"), "{}", stays.text);
    let review = press(&mut browser, &edit, &page, "review", &[], &[]).await.text;
    assert!(review.contains("The rules stay as they are"), "{review}");
}
