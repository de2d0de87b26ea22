//! Members of a project with their roles, and the identities that it manages.

use serde_json::{Value, json};
use vouchsafe_testkit::{TestServer, both};

use crate::browser::Browser;
use crate::projects::{join, with_member, with_rules};

both!(
    an_identity_is_added_changed_and_removed,
    a_person_is_added_changed_and_removed,
    a_group_is_added_changed_and_removed,
    a_time_that_is_not_changed_goes_on,
    a_viewer_sees_no_control_that_would_be_refused,
    controls_depend_on_the_member,
    who_may_not_give_a_role_is_told_what_was_done,
    a_project_has_identities_of_its_own,
    many_members_are_paged,
);

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";
const HOSTILE: &str = "<script>alert(1)</script> \u{202e}desrever 🚀";

/// The part of a page that is not its frame.
fn content(page: &str) -> &str {
    page.split_once("<main").unwrap().1
}

/// Fields that give roles, each with its length of time; empty for good.
fn roles<'f>(given: &[(&'f str, &'f str)]) -> Vec<(&'static str, &'f str)> {
    const AT: [&str; 4] = ["0", "1", "2", "3"];
    let one = |(at, (slug, range)): (usize, &(&'f str, &'f str))| {
        [("given", AT[at]), ("roleSlug", *slug), ("roleRange", *range), ("roleWas", ""), ("roleStart", "")]
    };
    given.iter().enumerate().flat_map(one).collect()
}

/// The roles of a member, as the API says them: slug and length of time.
fn held(roles: &Value) -> Vec<(&str, Option<&str>)> {
    let roles = roles.as_array().unwrap().iter();
    roles.map(|role| (role["role"].as_str().unwrap(), role["temporaryRange"].as_str())).collect()
}

async fn member(server: &TestServer, project: &str, part: &str) -> Value {
    server.admin.get(&format!("/api/v1/projects/{project}/memberships/{part}")).await.ok()
}

async fn an_identity_is_added_changed_and_removed(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let id = server.identity(HOSTILE, "no-access").await.id;
    server.identity("other", "no-access").await;
    let base = format!("/projects/{project}/members");
    let page = browser.page(&format!("{base}?kind=identities")).await;
    assert!(!page.contains("desrever") && page.contains("/members/identities/new\">Add an identity"));
    assert!(browser.page(&format!("{base}?kind=groups")).await.contains("None yet"));
    let page = browser.page(&format!("{base}/identities/new?search=script")).await;
    assert!(
        page.contains(&format!("<option value=\"{id}\"")) && page.contains(">&#60;script&#62;"),
        "{page}"
    );
    assert!(!content(&page).contains(">other<"));
    // Nothing chosen: nothing is done, and what was chosen stays.
    let page = browser.post(&format!("{base}/identities/new"), &[("identityId", &id)]).await;
    assert!(page.status == 422 && page.text.contains("Choose at least one role"));
    let fields = [vec![("identityId", id.as_str())], roles(&[("viewer", ""), ("member", "soon")])].concat();
    let page = browser.post(&format!("{base}/identities/new"), &fields).await;
    assert!(page.status == 422 && page.text.contains("value=\"soon\""), "{}", page.text);
    let fields = [vec![("identityId", id.as_str())], roles(&[("viewer", ""), ("member", "2h")])].concat();
    let page = browser.submit(&format!("{base}/identities/new"), &fields).await;
    assert!(page.contains("<bdi>&#60;script&#62;") && !page.contains("<script>alert"), "{page}");
    assert!(page.contains("<bdi>viewer</bdi>") && page.contains(">ends <time"), "{page}");
    let found = member(&server, &project, &format!("identities/{id}")).await;
    assert_eq!(held(&found["identityMembership"]["roles"]), [("viewer", None), ("member", Some("2h"))]);
    // Without a unit, the API would take it for milliseconds.
    let edit = format!("{base}/identities/edit/{id}");
    let page = browser.post(&edit, &roles(&[("no-access", ""), ("member", "30")])).await;
    assert!(page.status == 422 && page.text.contains("such as 2h or 7d, not 30"), "{}", page.text);
    browser.submit(&edit, &roles(&[("no-access", "")])).await;
    let found = member(&server, &project, &format!("identities/{id}")).await;
    assert_eq!(held(&found["identityMembership"]["roles"]), [("no-access", None)]);
    let page = browser.post(&format!("{base}/identities/remove/{id}"), &[("confirm", "other")]).await;
    assert!(page.status == 422 && page.text.contains("This is not the name"));
    let page = browser.submit(&format!("{base}/identities/remove/{id}"), &[("confirm", HOSTILE)]).await;
    assert!(page.contains("is no member any more") && !content(&page).contains("<bdi>&#60;script"), "{page}");
    assert_eq!(browser.get(&format!("{base}/identities/edit/{id}")).await.status, 404);
}

async fn a_person_is_added_changed_and_removed(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    server.user(BOB, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let base = format!("/projects/{project}/members");
    let fields = [vec![("emails", BOB)], roles(&[("member", "1h")])].concat();
    let page = browser.post(&format!("{base}/people/new"), &fields).await;
    assert!(page.status == 422 && page.text.contains("one role for good") && page.text.contains(BOB));
    // Nothing is done by halves.
    let fields = [vec![("emails", BOB)], roles(&[("viewer", ""), ("member", "soon")])].concat();
    let page = browser.post(&format!("{base}/people/new"), &fields).await;
    assert!(page.status == 422 && page.text.contains("such as 2h or 7d, not soon"));
    assert!(!content(&browser.page(&format!("{base}?kind=people")).await).contains(BOB));
    let fields = [vec![("emails", "nobody@example.com")], roles(&[("member", "")])].concat();
    let page = browser.post(&format!("{base}/people/new"), &fields).await;
    assert!(page.status == 404 && page.text.contains("not part of your organization"), "{}", page.text);
    let fields = [vec![("emails", BOB)], roles(&[("viewer", ""), ("member", "1h")])].concat();
    let page = browser.submit(&format!("{base}/people/new"), &fields).await;
    assert!(page.contains(BOB) && page.contains("ends <time"), "{page}");
    let found = server.admin.get(&format!("/api/v1/projects/{project}/memberships")).await.ok();
    let all = found["memberships"].as_array().unwrap();
    let bob = all.iter().find(|one| one["user"]["email"] == BOB).unwrap();
    assert_eq!(held(&bob["roles"]), [("viewer", None), ("member", Some("1h"))]);
    let id = bob["id"].as_str().unwrap();
    // Nobody changes or removes their own membership here.
    let ann = all.iter().find(|one| one["user"]["email"] == ANN).unwrap()["id"].as_str().unwrap();
    assert!(page.contains(&format!("/people/edit/{id}")) && !page.contains(&format!("/people/edit/{ann}")));
    assert!(
        page.contains(&format!("/people/remove/{id}")) && !page.contains(&format!("/people/remove/{ann}"))
    );
    browser.submit(&format!("{base}/people/edit/{id}"), &roles(&[("member", "")])).await;
    let found = member(&server, &project, id).await;
    assert_eq!(held(&found["membership"]["roles"]), [("member", None)]);
    let page = browser.post(&format!("{base}/people/edit/{id}"), &roles(&[("member", "5h")])).await;
    assert!(page.status == 422 && page.text.contains("value=\"5h\""), "{}", page.text);
    let page = browser.submit(&format!("{base}/people/remove/{id}"), &[("confirm", BOB)]).await;
    assert!(!content(&page).contains(&format!("<bdi>{BOB}")), "{page}");
}

async fn a_group_is_added_changed_and_removed(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let project = with_member(&server, ANN, "admin").await;
    let body = json!({ "name": HOSTILE, "slug": "team-one", "role": "no-access" });
    let id = server.admin.post("/api/v1/groups", body).await.ok()["id"].as_str().unwrap().to_owned();
    let base = format!("/projects/{project}/members");
    let page = browser.page(&format!("{base}/groups/new")).await;
    assert!(page.contains(&format!("<option value=\"{id}\"")) && !page.contains("<script>alert"), "{page}");
    let fields = [vec![("groupId", id.as_str())], roles(&[("viewer", "3 days")])].concat();
    let page = browser.submit(&format!("{base}/groups/new"), &fields).await;
    assert!(page.contains("<bdi>&#60;script&#62;") && page.contains("ends <time"), "{page}");
    browser.submit(&format!("{base}/groups/edit/{id}"), &roles(&[("member", "")])).await;
    let found = member(&server, &project, &format!("groups/{id}")).await;
    assert_eq!(held(&found["groupMembership"]["roles"]), [("member", None)]);
    let page = browser.submit(&format!("{base}/groups/remove/{id}"), &[("confirm", HOSTILE)]).await;
    assert!(page.contains("None yet"));
}

async fn a_time_that_is_not_changed_goes_on(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let id = server.identity("job", "no-access").await.id;
    let start = "2020-01-01T00:00:00.000Z";
    let role = json!({
        "role": "viewer", "isTemporary": true, "temporaryMode": "relative", "temporaryRange": "1h",
        "temporaryAccessStartTime": start,
    });
    let body = json!({ "roles": [{ "role": "no-access" }, role] });
    server.admin.post(&format!("/api/v1/projects/{project}/memberships/identities/{id}"), body).await.ok();
    let base = format!("/projects/{project}/members");
    assert!(browser.page(&base).await.contains("ended <time"));
    let edit = format!("{base}/identities/edit/{id}");
    let page = browser.page(&edit).await;
    assert!(page.contains("name=\"roleWas\" value=\"1h\"") && page.contains(start), "{page}");
    let form = |range: &'static str| {
        vec![
            ("given", "0"),
            ("given", "1"),
            ("roleSlug", "no-access"),
            ("roleRange", ""),
            ("roleWas", ""),
            ("roleStart", ""),
            ("roleSlug", "viewer"),
            ("roleRange", range),
            ("roleWas", "1h"),
            ("roleStart", start),
        ]
    };
    let began = async |server: &TestServer| {
        let found = member(server, &project, &format!("identities/{id}")).await;
        found["identityMembership"]["roles"][1]["temporaryAccessStartTime"].as_str().unwrap().to_owned()
    };
    browser.submit(&edit, &form("1h")).await;
    assert_eq!(began(&server).await, start);
    assert!(page.contains("Begin anew: its time is over"));
    let page = browser.submit(&edit, &[form("1h"), vec![("renew", "1")]].concat()).await;
    assert!(!page.contains("ended <time"), "{page}");
    let renewed = began(&server).await;
    assert_ne!(renewed, start);
    let page = browser.submit(&edit, &form("2h")).await;
    assert!(page.contains(">ends <time") && !page.contains("ended <time"), "{page}");
    assert_ne!(began(&server).await, start);
}

async fn a_viewer_sees_no_control_that_would_be_refused(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    server.user(BOB, "member").await;
    let project = with_member(&server, ANN, "viewer").await;
    join(&server, &project, BOB, "member").await;
    let id = server.project_member(&project, "viewer").await.id;
    let base = format!("/projects/{project}/members");
    for kind in ["identities", "people", "groups"] {
        let page = browser.page(&format!("{base}?kind={kind}")).await;
        let page = content(&page);
        assert!(!page.contains("method=\"post\"") && !page.contains("class=\"button"), "{page}");
    }
    assert!(!content(&browser.page(&format!("/projects/{project}/identities")).await).contains("/new"));
    let edit = format!("{base}/identities/edit/{id}");
    assert_eq!(browser.post(&edit, &roles(&[("admin", "")])).await.status, 403);
    let remove = format!("{base}/identities/remove/{id}");
    assert_eq!(browser.post(&remove, &[("confirm", "viewer of a project")]).await.status, 403);
    let found = member(&server, &project, &format!("identities/{id}")).await;
    assert_eq!(held(&found["identityMembership"]["roles"]), [("viewer", None)]);
    assert_eq!(browser.get(&format!("{base}?kind=nonsense")).await.status, 404);
}

async fn controls_depend_on_the_member(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = server.project("Rockets").await["id"].as_str().unwrap().to_owned();
    let mine = server.project_member(&project, "no-access").await.id;
    let other = server.project_member(&project, "viewer").await.id;
    let rules = json!([
        { "subject": "identity", "action": ["read"] },
        { "subject": "identity", "action": ["edit", "delete", "assign-role"],
          "conditions": { "identityId": { "$eq": mine } } },
    ]);
    with_rules(&server, &project, ANN, rules).await;
    let page = browser.page(&format!("/projects/{project}/members")).await;
    for part in ["edit", "remove"] {
        assert!(page.contains(&format!("/identities/{part}/{mine}")), "{page}");
        assert!(!page.contains(&format!("/identities/{part}/{other}")), "{page}");
    }
    // The tabs of what one may not see are not there.
    assert!(!page.contains("kind=people") && !page.contains("kind=groups"));
    assert_eq!(browser.get(&format!("/projects/{project}/members?kind=people")).await.status, 403);
}

async fn who_may_not_give_a_role_is_told_what_was_done(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    server.user(BOB, "member").await;
    let project = server.project("Rockets").await["id"].as_str().unwrap().to_owned();
    let rules = json!([{ "subject": "member", "action": ["read", "create", "edit", "assign-role"] }]);
    with_rules(&server, &project, ANN, rules).await;
    let new = format!("/projects/{project}/members/people/new");
    // Without the roles of the project, the usual ones are offered.
    let page = browser.page(&new).await;
    assert!(page.contains("<code>no-access</code>") && page.contains("name=\"otherRole\""), "{page}");
    let fields = [vec![("emails", BOB)], roles(&[("no-access", ""), ("admin", "1h")])].concat();
    let page = browser.post(&new, &fields).await;
    assert!(page.status == 403 && page.text.contains("was added with the roles for good"), "{}", page.text);
    let page = browser.page(&format!("/projects/{project}/members?kind=people")).await;
    assert!(content(&page).contains(BOB) && !content(&page).contains("ends <time"), "{page}");
}

async fn a_project_has_identities_of_its_own(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    let base = format!("/projects/{project}/identities");
    assert!(browser.page(&base).await.contains("The project manages no identities"));
    let page = browser.post(&format!("{base}/new"), &[("name", HOSTILE)]).await;
    assert!(page.status == 422 && page.text.contains("Choose at least one role"));
    assert!(page.text.contains("value=\"&#60;script&#62;") && !page.text.contains("<script>alert"));
    let fields =
        [vec![("name", HOSTILE), ("hasDeleteProtection", "true")], roles(&[("viewer", "")])].concat();
    let page = browser.post(&format!("{base}/new"), &fields).await;
    assert_eq!(page.status, 303, "{}", page.text);
    let page = browser.page(&base).await;
    assert!(page.contains("<bdi>&#60;script&#62;") && !page.contains("<script>alert"), "{page}");
    let list = server.admin.get(&format!("/api/v1/projects/{project}/identities")).await.ok();
    let one = &list["identities"][0];
    assert_eq!((&one["name"], &one["hasDeleteProtection"]), (&json!(HOSTILE), &json!(true)));
    // It is a member too, which cannot be taken out.
    let id = one["id"].as_str().unwrap();
    let page = browser.page(&format!("/projects/{project}/members?kind=identities")).await;
    assert!(page.contains("managed here") && page.contains(&format!("/identities/edit/{id}")));
    assert!(!page.contains(&format!("/identities/remove/{id}")));
    assert!(browser.page(&format!("{base}?search=nothing")).await.contains("Nothing found"));
}

async fn many_members_are_paged(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "member").await;
    let project = with_member(&server, ANN, "admin").await;
    for at in 0..60 {
        let body =
            json!({ "name": format!("{}{at:02}", "long-name-".repeat(20)), "roles": [{ "role": "viewer" }] });
        server.admin.post(&format!("/api/v1/projects/{project}/identities"), body).await.ok();
    }
    // The one who made the project is a member too.
    for (list, total) in [("members", 61), ("identities", 60)] {
        let list = format!("/projects/{project}/{list}");
        let page = browser.page(&format!("{list}?page=2")).await;
        assert!(page.contains(&format!("51–{total} of {total}")) && page.len() < 150_000, "{page}");
        assert!(browser.page(&list).await.len() < 150_000);
        let page = browser.page(&format!("{list}?search=name-07")).await;
        assert_eq!(page.matches("<th scope=\"row\">").count(), 1, "{page}");
    }
}
