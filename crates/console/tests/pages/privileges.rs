//! Additional privileges of identities and people in a project.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::browser::{Browser, Page};
use crate::forms::{form, value};
use crate::projects::{join, with_member, with_rules};
use crate::roles::press;

both!(
    an_identity_is_given_a_privilege_that_is_changed_and_taken_away,
    a_person_is_given_a_privilege_that_is_changed_and_taken_away,
    a_privilege_begins_and_ends,
    a_time_that_cannot_be_read_is_told_at_its_field,
    a_time_that_is_not_changed_stays_exact,
    a_privilege_without_a_slug_gets_one,
    a_change_is_not_saved_over_a_change_that_was_not_seen,
    a_review_says_what_the_holder_gains_and_loses,
    a_slug_that_is_taken_is_told_at_its_field,
    nobody_gives_more_than_they_hold_and_sees_an_example,
    who_may_only_read_sees_no_controls,
    controls_depend_on_what_one_may_give,
    a_privilege_has_one_address,
    names_stay_text,
    many_privileges_are_paged,
);

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

/// The part of a page that is not its frame.
fn content(page: &str) -> &str {
    page.split_once("<main").unwrap().1
}

/// Reads the value of secrets in an environment.
fn reads(environment: &str) -> Value {
    json!({ "subject": "secrets", "action": ["readValue"], "inverted": false,
        "conditions": { "environment": { "$eq": environment } } })
}

/// Somebody whose privileges are looked at.
struct Holder {
    /// Address of the list.
    url: String,
    /// The API's routes, and what it takes to make one.
    route: &'static str,
    named: Value,
}

impl Holder {
    fn identity(project: &str, id: &str) -> Self {
        Self {
            url: format!("/projects/{project}/members/identities/privileges/{id}"),
            route: "/api/v2/identity-project-additional-privilege",
            named: json!({ "identityId": id, "projectId": project }),
        }
    }

    async fn person(server: &TestServer, project: &str, email: &str) -> Self {
        let found = server.admin.get(&format!("/api/v1/projects/{project}/memberships")).await.ok();
        let all = found["memberships"].as_array().unwrap();
        let member = all.iter().find(|one| one["user"]["email"] == email).unwrap();
        let id = member["id"].as_str().unwrap();
        Self {
            url: format!("/projects/{project}/members/people/privileges/{id}"),
            route: "/api/v1/user-project-additional-privilege",
            named: json!({ "projectMembershipId": id }),
        }
    }

    /// Makes a privilege as the administrator; answers its id.
    async fn given(&self, server: &TestServer, slug: &str, permissions: Value, time: Value) -> String {
        let mut body = self.named.clone();
        body["slug"] = json!(slug);
        body["permissions"] = permissions;
        body["type"] = time;
        let made = server.admin.post(self.route, body).await.ok();
        made["privilege"]["id"].as_str().unwrap().to_owned()
    }

    /// A privilege as the API knows it.
    async fn one(&self, server: &TestServer, id: &str) -> Value {
        server.admin.get(&format!("{}/{id}", self.route)).await.ok()["privilege"].clone()
    }

    /// The ids of all privileges.
    async fn all(&self, server: &TestServer) -> Vec<String> {
        let query = self.named.as_object().unwrap().iter();
        let query: Vec<String> =
            query.map(|(name, value)| format!("{name}={}", value.as_str().unwrap())).collect();
        let found = server.admin.get(&format!("{}?{}", self.route, query.join("&"))).await.ok();
        let all = found["privileges"].as_array().unwrap();
        all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    }

    fn at(&self, part: &str) -> String {
        format!("{}/{part}", self.url)
    }

    /// Sends the form of a new privilege, with its rules as JSON.
    async fn give(&self, browser: &mut Browser, rules: &Value, fields: &[(&str, &str)]) -> Page {
        let rules = rules.to_string();
        let usual = [("mode", "json"), ("permissions", rules.as_str()), ("do", "save")];
        browser.post(&self.at("new"), &[&usual, fields].concat()).await
    }
}

/// A project in which Ann administers, and an identity that is a viewer there.
async fn world(server: &TestServer) -> (Browser, String, Holder) {
    let browser = Browser::of(server, ANN, "member").await;
    let project = with_member(server, ANN, "admin").await;
    let id = server.project_member(&project, "viewer").await.id;
    let holder = Holder::identity(&project, &id);
    (browser, project, holder)
}

async fn an_identity_is_given_a_privilege_that_is_changed_and_taken_away(server: TestServer) {
    let (mut browser, project, holder) = world(&server).await;
    let members = browser.page(&format!("/projects/{project}/members?kind=identities")).await;
    assert!(members.contains(&format!("\"{}\"", holder.url)), "{members}");
    life(&server, &mut browser, &holder).await;
}

async fn a_person_is_given_a_privilege_that_is_changed_and_taken_away(server: TestServer) {
    let (mut browser, project, _) = world(&server).await;
    server.user(BOB, "member").await;
    join(&server, &project, BOB, "viewer").await;
    let holder = Holder::person(&server, &project, BOB).await;
    let members = browser.page(&format!("/projects/{project}/members?kind=people")).await;
    assert!(members.contains(&format!("\"{}\"", holder.url)), "{members}");
    life(&server, &mut browser, &holder).await;
}

async fn life(server: &TestServer, browser: &mut Browser, holder: &Holder) {
    let page = browser.page(&holder.url).await;
    let new = holder.at("new");
    assert!(page.contains("None yet") && page.contains(&format!("\"{new}\"")), "{page}");
    assert!(page.contains("<bdi>viewer</bdi>") && page.contains("Change roles"), "{page}");

    // Put together in the form, seen as JSON, and given.
    let page = browser.page(&new).await;
    let page = press(browser, &new, &page, "rules.add", &[("new_subject", "secrets")], &[]).await.text;
    let page = press(browser, &new, &page, "rules.condition.0", &[], &[]).await.text;
    let set =
        [("permissions.0.conditions.0.value", "prod"), ("slug", "night-shift"), ("temporaryRange", "2h")];
    let tick = [("permissions.0.action", "readValue")];
    let page = press(browser, &new, &page, "rules.json", &set, &tick).await.text;
    assert!(page.contains("&#34;readValue&#34;") && page.contains("value=\"night-shift\""), "{page}");
    let made = press(browser, &new, &page, "save", &[], &[]).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let page = browser.page(&holder.url).await;
    assert!(page.contains("The privilege night-shift is given") && page.contains(">ends <time"), "{page}");
    assert!(page.contains("<code>secrets</code>") && !page.contains("None yet"), "{page}");
    let ids = holder.all(server).await;
    let [id] = ids.as_slice() else { panic!("{ids:?}") };
    let made = holder.one(server, id).await;
    assert_eq!((&made["slug"], &made["temporaryRange"]), (&json!("night-shift"), &json!("2h")));
    assert_eq!(made["permissions"], json!([reads("prod")]));
    assert_eq!(made["temporaryAccessStartTime"], json!(server.app.now().to_string()));

    let shown = browser.page(&holder.at(id)).await;
    for part in [
        "may</span> <code>readValue</code> on <code>secrets</code>",
        "environment is &#39;prod&#39;",
        "for 2h from ",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let edit = holder.at(&format!("{id}/edit"));
    let page = browser.page(&edit).await;
    let stands = form(&page, "Review the changes");
    assert_eq!((value(&stands, "slug"), value(&stands, "temporaryRange")), ("night-shift", "2h"));
    assert_eq!(value(&stands, "permissions.0.conditions.0.value"), "prod");
    let set = [
        ("permissions.0.conditions.0.value", "dev"),
        ("slug", "day-shift"),
        ("temporaryRange", ""),
        ("temporaryAccessStartTime", ""),
    ];
    let review = press(browser, &edit, &page, "review", &set, &[]).await;
    assert_eq!(review.status, 200, "{}", review.text);
    for part in [
        "<bdi>day-shift</bdi>",
        "<bdi>for good</bdi>",
        "<del>- ",
        "&#34;prod&#34;",
        "<ins>+ ",
        "&#34;dev&#34;",
    ] {
        assert!(review.text.contains(part), "{part}: {}", review.text);
    }
    assert_eq!(holder.one(server, id).await, made, "reviewing changes nothing");
    // What the privilege gives and takes, and what is new for its holder: a viewer reads in both environments anyway.
    let effect = review.text.split_once("What the privilege gains and loses").unwrap().1;
    let (rules, members) = effect.split_once("Who gains and loses what").unwrap();
    for part in ["A holder then may readValue on secrets where environment is &#39;dev&#39;", "<strong>Loses"]
    {
        assert!(rules.contains(part), "{part}: {rules}");
    }
    assert!(members.contains("For the one who has the privilege nothing changes"), "{members}");
    // Back to the form and forth again.
    let page = press(browser, &edit, &review.text, "rules.form", &[], &[]).await.text;
    assert!(page.contains("Rule 1: <code>secrets</code>") && page.contains("value=\"day-shift\""), "{page}");
    let review = press(browser, &edit, &page, "review", &[], &[]).await.text;
    let saved = press(browser, &edit, &review, "save", &[], &[]).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let now = holder.one(server, id).await;
    assert_eq!((&now["slug"], &now["isTemporary"]), (&json!("day-shift"), &json!(false)));
    assert_eq!(now["permissions"], json!([reads("dev")]));
    let page = browser.page(&holder.at(id)).await;
    assert!(page.contains("The privilege day-shift is changed") && page.contains("for good"), "{page}");

    let delete = holder.at(&format!("{id}/delete"));
    assert!(
        page.contains(&format!("\"{delete}\""))
            && browser.page(&delete).await.contains("<bdi>day-shift</bdi>")
    );
    assert_eq!(browser.post(&delete, &[("confirm", "night-shift")]).await.status, 422);
    assert_eq!(holder.all(server).await.len(), 1);
    let page = browser.submit(&delete, &[("confirm", "day-shift")]).await;
    assert!(page.contains("The privilege day-shift is taken away") && page.contains("None yet"), "{page}");
    assert!(holder.all(server).await.is_empty());
    assert_eq!(browser.get(&holder.at(id)).await.status, 404);
}

async fn a_privilege_begins_and_ends(server: TestServer) {
    let (mut browser, _, holder) = world(&server).await;
    let start = server.app.now().plus_seconds(3600).to_string();
    // As browsers send it: without parts of a second and without a zone.
    let fields = [("slug", "soon"), ("temporaryRange", "1h"), ("temporaryAccessStartTime", &start[..19])];
    let given = holder.give(&mut browser, &json!([reads("dev")]), &fields).await;
    assert_eq!(given.status, 303, "{}", given.text);
    let id = holder.all(&server).await.remove(0);
    let stored = holder.one(&server, &id).await;
    assert_eq!(stored["temporaryAccessStartTime"], json!(format!("{}.000Z", &start[..19])));
    for (after, word) in [(0, "begins"), (3600, "ends"), (3600, "ended")] {
        server.clock.advance_seconds(after);
        for page in [holder.url.clone(), holder.at(&id)] {
            let page = browser.page(&page).await;
            assert!(page.contains(&format!(">{word} <time")), "{word}: {page}");
        }
    }
}

async fn a_time_that_cannot_be_read_is_told_at_its_field(server: TestServer) {
    let (mut browser, _, holder) = world(&server).await;
    let wrong = [
        ("30", "", "temporaryRange"),
        ("soon <b>", "", "temporaryRange"),
        ("", "2026-01-31T10:20", "temporaryRange"),
        ("1h", "tomorrow <b>", "temporaryAccessStartTime"),
        ("200y", "", "temporaryRange"),
    ];
    for (range, start, field) in wrong {
        let fields = [("temporaryRange", range), ("temporaryAccessStartTime", start), ("slug", "kept")];
        let page = holder.give(&mut browser, &json!([reads("dev")]), &fields).await;
        assert!(
            page.status == 422 && page.text.contains(&format!("id=\"{field}-problem\"")),
            "{}",
            page.text
        );
        let stands = form(&page.text, "Give the privilege");
        let stand = ["temporaryRange", "temporaryAccessStartTime", "slug"].map(|name| value(&stands, name));
        assert_eq!(stand, [range, start, "kept"]);
        assert!(!page.text.contains("<b>"), "{}", page.text);
    }
    // What only the API knows is told there too.
    let page = holder.give(&mut browser, &json!([reads("dev")]), &[("slug", "No Slug")]).await;
    assert!(page.status == 422 && page.text.contains("id=\"slug-problem\""), "{}", page.text);
    let page = holder.give(&mut browser, &json!([{ "subject": "secrets", "action": ["fly"] }]), &[]).await;
    assert!(page.status == 422 && page.text.contains("rule 1, action.0"), "{}", page.text);
    assert!(holder.all(&server).await.is_empty());
}

async fn a_time_that_is_not_changed_stays_exact(server: TestServer) {
    let (mut browser, _, holder) = world(&server).await;
    let exact = "2026-01-31T10:20:30.987Z";
    let time = json!({ "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "100y",
        "temporaryAccessStartTime": exact });
    let id = holder.given(&server, "long", json!([reads("dev")]), time).await;
    let edit = holder.at(&format!("{id}/edit"));
    let page = browser.page(&edit).await;
    let review = press(&mut browser, &edit, &page, "review", &[("slug", "longer")], &[]).await.text;
    assert!(!review.contains("It holds") && review.contains("The rules stay as they are"), "{review}");
    let saved = press(&mut browser, &edit, &review, "save", &[], &[]).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let now = holder.one(&server, &id).await;
    assert_eq!((&now["slug"], &now["temporaryAccessStartTime"]), (&json!("longer"), &json!(exact)));
    // Begun anew, it counts from now on.
    let page = browser.page(&edit).await;
    let set = [("temporaryRange", "3h"), ("temporaryAccessStartTime", "")];
    let review = press(&mut browser, &edit, &page, "review", &set, &[]).await.text;
    assert!(
        review.contains("<bdi>for 3h from now on</bdi>")
            && review.contains("for 100y from 2026-01-31 10:20:30 UTC"),
        "{review}"
    );
    press(&mut browser, &edit, &review, "save", &[], &[]).await;
    let now = holder.one(&server, &id).await;
    assert_eq!(now["temporaryAccessStartTime"], json!(server.app.now().to_string()));
    assert_eq!(now["temporaryRange"], "3h");
    // Without a slug nothing is changed.
    let page = browser.page(&edit).await;
    let refused = press(&mut browser, &edit, &page, "review", &[("slug", " ")], &[]).await;
    assert!(refused.status == 422 && refused.text.contains("id=\"slug-problem\""), "{}", refused.text);
}

async fn a_privilege_without_a_slug_gets_one(server: TestServer) {
    let (mut browser, _, holder) = world(&server).await;
    let given = holder.give(&mut browser, &json!([reads("dev")]), &[("slug", " ")]).await;
    assert_eq!(given.status, 303, "{}", given.text);
    let made = holder.one(&server, &holder.all(&server).await[0]).await;
    let slug = made["slug"].as_str().unwrap();
    assert!(slug.len() > 5 && made["isTemporary"] == false, "{made}");
    // One that is taken is told, and nothing is lost.
    let page = holder.give(&mut browser, &json!([reads("prod")]), &[("slug", slug)]).await;
    let told = "id=\"slug-problem\">Additional privilege with provided slug already exists";
    assert!(page.status == 400 && page.text.contains(told), "{}", page.text);
    assert!(page.text.contains("&#34;prod&#34;") && page.text.contains(&format!("value=\"{slug}\"")));
}

async fn a_review_says_what_the_holder_gains_and_loses(server: TestServer) {
    let (mut browser, project, _) = world(&server).await;
    let id = server.project_member(&project, "no-access").await.id;
    let holder = Holder::identity(&project, &id);
    let privilege = holder.given(&server, "extra", json!([reads("dev")]), json!(null)).await;
    let edit = holder.at(&format!("{privilege}/edit"));
    let page = browser.page(&edit).await;
    let set = [("permissions.0.conditions.0.value", "prod")];
    let review = press(&mut browser, &edit, &page, "review", &set, &[]).await.text;
    let members = review.split_once("Who gains and loses what").unwrap().1;
    for part in [
        "<bdi>no-access of a project then may readValue on secrets where environment is &#39;prod&#39;",
        "<bdi>no-access of a project now may readValue on secrets where environment is &#39;dev&#39;",
        "<strong>Gains",
        "<strong>Loses",
    ] {
        assert!(members.contains(part), "{part}: {members}");
    }
    // An hour that begins tomorrow is a loss now.
    let set = [("temporaryRange", "1h"), ("temporaryAccessStartTime", "2999-01-01T00:00:00")];
    let review = press(&mut browser, &edit, &page, "review", &set, &[]).await.text;
    let members = review.split_once("Who gains and loses what").unwrap().1;
    assert!(members.contains("<strong>Loses") && !members.contains("<strong>Gains"), "{members}");

    // Who may not ask sees the review without it.
    let rules = json!([{ "subject": "identity", "action": ["read", "edit", "assign-additional-privileges",
        "grant-privileges"] }, { "subject": "member", "action": "read" }, reads("dev"), reads("prod")]);
    let mut manager = Browser::of(&server, BOB, "member").await;
    with_rules(&server, &project, BOB, rules).await;
    let page = manager.page(&edit).await;
    let review = press(&mut manager, &edit, &page, "review", &[], &[]).await;
    assert_eq!(review.status, 200, "{}", review.text);
    assert!(review.text.contains("is shown to those who may <code>explain</code>"), "{}", review.text);
}

async fn a_slug_that_is_taken_is_told_at_its_field(server: TestServer) {
    let (mut browser, _, holder) = world(&server).await;
    holder.given(&server, "first", json!([reads("dev")]), json!(null)).await;
    let second = holder.given(&server, "second", json!([reads("dev")]), json!(null)).await;
    let edit = holder.at(&format!("{second}/edit"));
    let page = browser.page(&edit).await;
    let review = press(&mut browser, &edit, &page, "review", &[("slug", "first")], &[]).await.text;
    let page = press(&mut browser, &edit, &review, "save", &[], &[]).await;
    let told = "id=\"slug-problem\">Additional privilege with provided slug already exists";
    assert!(page.status == 400 && page.text.contains(told), "{}", page.text);
    let again = form(&page.text, "Review the changes");
    assert_eq!(value(&again, "slug"), "first");
    assert_eq!(holder.one(&server, &second).await["slug"], "second");
}

async fn a_change_is_not_saved_over_a_change_that_was_not_seen(server: TestServer) {
    let (mut browser, _, holder) = world(&server).await;
    let id = holder.given(&server, "shared", json!([reads("dev")]), json!(null)).await;
    let edit = holder.at(&format!("{id}/edit"));
    let page = browser.page(&edit).await;
    let set = [("permissions.0.conditions.0.value", "staging")];
    let review = press(&mut browser, &edit, &page, "review", &set, &[]).await.text;
    server.clock.advance_seconds(1);
    let other = json!({ "permissions": [reads("prod")] });
    server.admin.patch(&format!("{}/{id}", holder.route), other).await.ok();
    let again = press(&mut browser, &edit, &review, "save", &[], &[]).await;
    assert!(again.status == 409 && again.text.contains("was changed meanwhile"), "{}", again.text);
    assert!(
        again.text.contains("&#34;prod&#34;") && again.text.contains("&#34;staging&#34;"),
        "{}",
        again.text
    );
    assert_eq!(holder.one(&server, &id).await["permissions"], json!([reads("prod")]));
    let saved = press(&mut browser, &edit, &again.text, "save", &[], &[]).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    assert_eq!(holder.one(&server, &id).await["permissions"], json!([reads("staging")]));
}

async fn nobody_gives_more_than_they_hold_and_sees_an_example(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "no-access").await;
    let project = server.project("Rockets").await["id"].as_str().unwrap().to_owned();
    let rules = json!([
        { "subject": "identity", "action": ["read", "edit", "grant-privileges"] },
        { "subject": "access", "action": ["explain"] },
        reads("dev"),
    ]);
    with_rules(&server, &project, ANN, rules).await;
    let id = server.project_member(&project, "no-access").await.id;
    let holder = Holder::identity(&project, &id);
    let told = ["You do not hold", "<code>readValue</code> on <code>secrets</code>", "A holder may", "prod"];
    let told_in = |page: &Page| {
        assert_eq!(page.status, 403, "{}", page.text);
        for part in ["Failed to update more privileged identity"].iter().chain(&told) {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
    };
    // A new one: what was typed stays.
    let page = holder.give(&mut browser, &json!([reads("prod")]), &[("slug", "wide")]).await;
    told_in(&page);
    assert!(
        page.text.contains("value=\"wide\"") && page.text.contains("Give the privilege"),
        "{}",
        page.text
    );
    // One that is changed.
    let given = holder.give(&mut browser, &json!([reads("dev")]), &[("slug", "fits")]).await;
    assert_eq!(given.status, 303, "{}", given.text);
    let id = holder.all(&server).await.remove(0);
    let edit = holder.at(&format!("{id}/edit"));
    let page = browser.page(&edit).await;
    let set = [("permissions.0.conditions.0.value", "prod")];
    let review = press(&mut browser, &edit, &page, "review", &set, &[]).await.text;
    let refused = press(&mut browser, &edit, &review, "save", &[], &[]).await;
    told_in(&refused);
    assert!(refused.text.contains("Save the changes"), "{}", refused.text);
    assert_eq!(holder.one(&server, &id).await["permissions"], json!([reads("dev")]));
    // One that is not theirs to take.
    let high = holder.given(&server, "high", json!([reads("prod")]), json!(null)).await;
    let page = browser.post(&holder.at(&format!("{high}/delete")), &[("confirm", "high")]).await;
    assert!(page.status == 403 && page.text.contains("type the name"), "{}", page.text);
    assert!(page.text.contains("Failed to update more privileged identity"), "{}", page.text);
    assert_eq!(holder.all(&server).await.len(), 2);
}

async fn who_may_only_read_sees_no_controls(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "viewer").await;
    server.user(BOB, "member").await;
    join(&server, &project, BOB, "viewer").await;
    let identity = Holder::identity(&project, &server.project_member(&project, "viewer").await.id);
    for holder in [identity, Holder::person(&server, &project, BOB).await] {
        let id = holder.given(&server, "some", json!([reads("dev")]), json!(null)).await;
        for path in [holder.url.clone(), holder.at(&id)] {
            let page = browser.page(&path).await;
            let shown = content(&page);
            assert!(shown.contains("some"), "{page}");
            let controls = ["method=\"post\"", "class=\"button", "/new\"", "/edit", "/delete\""];
            for control in controls {
                assert!(!shown.contains(control), "{path}: {control}: {page}");
            }
        }
        let page = holder.give(&mut browser, &json!([reads("dev")]), &[]).await;
        assert!(page.status == 403 && page.text.contains("not allowed to edit"), "{}", page.text);
        let page = browser.post(&holder.at(&format!("{id}/delete")), &[("confirm", "some")]).await;
        assert!(page.status == 403 && page.text.contains("not allowed to edit"), "{}", page.text);
        assert_eq!(holder.all(&server).await, [id]);
    }
    let mut nobody = Browser::of(&server, "eve@example.com", "member").await;
    assert_eq!(nobody.get(&format!("/projects/{project}/members/identities/privileges/x")).await.status, 403);
}

async fn controls_depend_on_what_one_may_give(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = server.project("Rockets").await["id"].as_str().unwrap().to_owned();
    let ids = [(); 3].map(|()| server.project_member(&project, "no-access"));
    let [one, two, three] = ids;
    let (taken, given, other) = (one.await.id, two.await.id, three.await.id);
    let rules = json!([
        { "subject": "identity", "action": ["read"] },
        { "subject": "identity", "action": ["edit"], "conditions": { "identityId": { "$in": [taken, given] } } },
        { "subject": "identity", "action": ["assign-additional-privileges"], "conditions": {
            "identityId": { "$eq": given }, "assignableSubject": { "$eq": "secrets" },
            "assignableAction": { "$eq": "readValue" } } },
        reads("dev"),
    ]);
    with_rules(&server, &project, ANN, rules).await;
    let mut seen = Vec::new();
    for id in [&taken, &given, &other] {
        let holder = Holder::identity(&project, id);
        let privilege = holder.given(&server, "some", json!([reads("dev")]), json!(null)).await;
        let (list, one) = (browser.page(&holder.url).await, browser.page(&holder.at(&privilege)).await);
        seen.push([list.contains("/new\""), one.contains("/edit\""), one.contains("/delete\"")]);
    }
    assert_eq!(seen, [[false, false, true], [true, true, true], [false; 3]]);
    let holder = Holder::identity(&project, &given);
    assert_eq!(holder.give(&mut browser, &json!([reads("dev")]), &[]).await.status, 303);
    let tags = json!([{ "subject": "tags", "action": ["read"] }]);
    let refused = holder.give(&mut browser, &tags, &[]).await;
    assert!(refused.status == 403 && refused.text.contains("problems"), "{}", refused.text);
}

async fn a_privilege_has_one_address(server: TestServer) {
    let (mut browser, project, holder) = world(&server).await;
    let other = Holder::identity(&project, &server.project_member(&project, "viewer").await.id);
    let id = holder.given(&server, "mine", json!([]), json!(null)).await;
    assert!(browser.page(&holder.at(&id)).await.contains("The privilege has no rules"));
    for part in ["", "/edit", "/delete"] {
        assert_eq!(browser.get(&other.at(&format!("{id}{part}"))).await.status, 404, "{part}");
        assert_eq!(browser.get(&holder.at(&format!("nonsense{part}"))).await.status, 404, "{part}");
    }
    assert_eq!(browser.post(&other.at(&format!("{id}/delete")), &[("confirm", "mine")]).await.status, 404);
    assert_eq!(holder.all(&server).await.len(), 1);
    for path in ["groups/privileges/x", "nonsense/privileges/x"] {
        assert_eq!(browser.get(&format!("/projects/{project}/members/{path}")).await.status, 404, "{path}");
    }
    let missing = "identities/privileges/0190f4e2-6b1c-7c3a-9d52-3f1b2a4c5d6e";
    assert_eq!(browser.get(&format!("/projects/{project}/members/{missing}")).await.status, 404);
}

async fn names_stay_text(server: TestServer) {
    let (mut browser, project, _) = world(&server).await;
    let name = format!("<script>alert(1)</script>\u{202e}🦀{}", "x".repeat(200));
    let id = server.identity(&name, "no-access").await.id;
    let join = json!({ "role": "viewer" });
    server.admin.post(&format!("/api/v2/workspace/{project}/identity-memberships/{id}"), join).await.ok();
    let holder = Holder::identity(&project, &id);
    let rules = json!([{ "subject": "secrets", "action": ["readValue"], "inverted": false,
        "conditions": { "environment": { "$eq": "<img src=x onerror=a>" } } }]);
    let privilege = holder.given(&server, "odd", rules, json!(null)).await;
    let one = holder.at(&privilege);
    for path in
        [holder.url.clone(), holder.at("new"), one.clone(), format!("{one}/edit"), format!("{one}/delete")]
    {
        let page = browser.page(&path).await;
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{path}: {page}");
        assert!(path.ends_with("/delete") || page.contains("&#60;script&#62;alert(1)"), "{path}: {page}");
    }
    let page = browser.page(&format!("{one}/edit")).await;
    let review =
        press(&mut browser, &format!("{one}/edit"), &page, "review", &[("slug", "<u>")], &[]).await.text;
    assert!(
        review.contains("&#60;u&#62;") && !review.contains("<u>") && !review.contains("<script>a"),
        "{review}"
    );
    let tab = browser.get(&format!("/identities/{id}/projects")).await;
    assert!(tab.status == 403 || tab.text.contains(&holder.url), "{}", tab.text);
    let mut admin = Browser::of(&server, "root@example.com", "admin").await;
    crate::projects::join(&server, &project, "root@example.com", "admin").await;
    let tab = admin.page(&format!("/identities/{id}/projects")).await;
    assert!(tab.contains(&holder.url) && !tab.contains("<script>a"), "{tab}");
}

async fn many_privileges_are_paged(server: TestServer) {
    let (mut browser, _, holder) = world(&server).await;
    for at in 0..30 {
        holder.given(&server, &format!("number-{at:02}"), json!([reads("dev")]), json!(null)).await;
    }
    let page = browser.page(&holder.url).await;
    assert!(
        page.contains("1–25 of 30") && page.contains("number-24") && !page.contains("number-25"),
        "{page}"
    );
    let page = browser.page(&format!("{}?page=2", holder.url)).await;
    assert!(
        page.contains("26–30 of 30") && page.contains("number-29") && !page.contains("number-24"),
        "{page}"
    );
}
