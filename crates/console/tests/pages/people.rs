//! People of the organization, and the way of somebody who is invited.

use serde_json::{Value, json};
use vouchsafe_testkit::{PASSWORD, TestServer, both};

use crate::browser::{Browser, Page};

both!(
    people_are_listed_searched_and_paged,
    an_invited_person_goes_the_whole_way,
    invitations_are_replaced_and_withdrawn,
    who_has_an_account_accepts_with_it,
    people_are_changed_and_removed,
    who_may_only_read_sees_no_controls,
    nobody_gives_more_than_they_hold,
);

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";
const CARL: &str = "carl@example.com";

fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&").replace("&#x2F;", "/")
}

/// The paths with queries of all invitation links on a page.
fn links(page: &str) -> Vec<String> {
    let found = page.split("/signupinvite?").skip(1);
    found.map(|rest| format!("/signupinvite?{}", unescaped(rest.split('<').next().unwrap()))).collect()
}

/// What the forms behind the link carry.
fn carried(link: &str) -> Vec<(String, String)> {
    let (_, query) = link.split_once('?').unwrap();
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn pairs(carried: &[(String, String)]) -> Vec<(&str, &str)> {
    carried.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

async fn invite(browser: &mut Browser, email: &str, role: &str) -> Vec<String> {
    let fields = [("inviteeEmails", email), ("organizationRoleSlug", role)];
    let page = browser.post("/people/invite", &fields).await;
    assert_eq!(page.status, 200, "{}", page.text);
    links(&page.text)
}

/// Where the page of somebody is.
async fn page_of(browser: &mut Browser, email: &str) -> String {
    let page = browser.page(&format!("/people?search={email}")).await;
    let (_, rest) = page.split_once("<a href=\"/people/").filter(|_| page.contains(email)).expect(email);
    let rest =
        if rest.starts_with("invite") { rest.split_once("<a href=\"/people/").unwrap().1 } else { rest };
    format!("/people/{}", rest.split('"').next().unwrap())
}

async fn people_are_listed_searched_and_paged(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let named = [("firstName", "<img src=x>"), ("lastName", "\u{202e}Lee")];
    browser.submit("/profile/name", &named).await;
    let emails: Vec<String> = (0..50).map(|number| format!("worker-{number:02}@example.com")).collect();
    assert_eq!(invite(&mut browser, &emails.join("\n"), "no-access").await.len(), 50);
    assert!(invite(&mut browser, BOB, "member").await.len() == 1);
    let page = browser.page("/people?status=invited").await;
    assert!(page.contains("1–50 of 51") && page.contains("/people?status=invited&#38;page=2"), "{page}");
    let page = browser.page("/people?status=invited&page=2").await;
    assert!(page.contains(BOB) && page.contains("51–51 of 51"));
    let page = browser.page("/people?search=%3CIMG").await;
    assert!(page.contains("&#60;img src=x&#62; \u{202e}Lee</bdi>") && !page.contains("<img src=x"), "{page}");
    assert!(!page.contains("worker-00"));
    assert!(browser.page("/people?search=nobody-at-all").await.contains("Nobody found"));
}

async fn an_invited_person_goes_the_whole_way(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let links = invite(&mut browser, "Bob+1@example.com, bob+1@example.com", "member").await;
    assert_eq!(links.len(), 1);
    // The link is shown once.
    assert!(!browser.page("/people").await.contains("signupinvite"));

    let mut guest = Browser::new(&server);
    let page = guest.page(&links[0]).await;
    assert!(page.contains("You are invited") && page.contains("bob+1@example.com"), "{page}");
    let carried = carried(&links[0]);
    let page = guest.post("/signupinvite", &pairs(&carried)).await;
    assert!(page.status == 200 && page.text.contains("Make your account"), "{}", page.text);
    let typed = |first| {
        let mut fields = pairs(&carried);
        fields.extend([("firstName", first), ("lastName", "<script>"), ("password", PASSWORD)]);
        fields
    };
    let page = guest.post("/signupinvite/account", &typed("")).await;
    assert_eq!((page.status, page.text.contains("firstName-problem\">")), (422, true), "{}", page.text);
    assert!(page.text.contains("&#60;script&#62;") && !page.text.contains(PASSWORD));
    let page = guest.submit("/signupinvite/account", &typed("Bob")).await;
    assert!(page.contains("bob+1@example.com") && page.contains("Machine identities"), "{page}");
    // The link is used up.
    let mut thief = Browser::new(&server);
    let page = thief.post("/signupinvite", &pairs(&carried)).await;
    assert!(page.status == 400 && page.text.contains("not valid"), "{}", page.text);
    assert!(!page.text.contains("Accept the invitation"));
    let page = thief.post("/signupinvite/account", &typed("Eve")).await;
    assert!(page.status == 400 && thief.cookies.is_empty(), "{}", page.text);
    let page = browser.page("/people?search=bob").await;
    assert!(page.contains(">member</span>") && page.contains("Bob &#60;script&#62;"), "{page}");
}

async fn invitations_are_replaced_and_withdrawn(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let first = invite(&mut browser, BOB, "member").await;
    let place = page_of(&mut browser, BOB).await;
    let page = browser.page(&place).await;
    let again = "/people/invite?email=bob%40example.com&amp;role=member";
    assert!(page.contains(again) && page.contains("Withdraw the invitation"), "{page}");
    let page = browser.page(&again.replace("&amp;", "&")).await;
    assert!(
        page.contains("bob@example.com</textarea>") && page.contains(r#"value="member" selected"#),
        "{page}"
    );
    let second = invite(&mut browser, BOB, "member").await;
    let mut guest = Browser::new(&server);
    assert_eq!(guest.post("/signupinvite", &pairs(&carried(&first[0]))).await.status, 400);
    assert_eq!(guest.post("/signupinvite", &pairs(&carried(&second[0]))).await.status, 200);
    let removal = format!("{place}/remove");
    assert!(browser.page(&removal).await.contains("The link that was handed over does not work any more."));
    assert_eq!(browser.post(&removal, &[("confirm", "bob")]).await.status, 422);
    let page = browser.submit(&removal, &[("confirm", BOB)]).await;
    assert!(page.contains("bob@example.com is removed.") && page.matches(BOB).count() == 1, "{page}");
    assert_eq!(guest.post("/signupinvite", &pairs(&carried(&second[0]))).await.status, 400);
    assert!(guest.page("/signupinvite?to=x").await.contains("not complete"));
    // Another site cannot accept in somebody's place.
    let request =
        guest.request(reqwest::Method::POST, "/signupinvite").header("origin", "https://evil.example");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body("token=x");
    assert_eq!(guest.send(request).await.status, 403);
}

async fn who_has_an_account_accepts_with_it(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    // Two organizations invite the same person, who then has an account when the second invitation is accepted.
    let link = invite(&mut browser, BOB, "member").await;
    let stranger = server.stranger().await;
    let organizations = stranger.get("/api/v1/identities/details").await.ok();
    let org = organizations["identityDetails"]["organization"]["id"].as_str().unwrap();
    let body = json!({ "inviteeEmails": [BOB], "organizationId": org });
    let other: Value = stranger.post("/api/v1/invite-org/signup", body).await.ok();
    let other = other["completeInviteLinks"][0]["link"].as_str().unwrap().to_owned();
    let mut guest = Browser::new(&server);
    let carried_here = carried(&link[0]);
    let mut fields = pairs(&carried_here);
    fields.extend([("firstName", "Bob"), ("password", PASSWORD)]);
    assert_eq!(guest.post("/signupinvite/account", &fields).await.status, 303);
    let carried = carried(&other);
    let page = Browser::new(&server).post("/signupinvite", &pairs(&carried)).await;
    assert!(page.status == 200 && page.text.contains("You are a member now"), "{}", page.text);
    // A link is no sign-in.
    assert!(page.headers.get("set-cookie").is_none());
    let page = guest.page("/organizations").await;
    assert_eq!(page.matches("name=\"organization\"").count(), 2, "{page}");
    // Who is in both chooses where to act, and comes to the page that was asked for.
    let mut bob = Browser::new(&server);
    let to = |page: &Page| page.headers["location"].to_str().unwrap().to_owned();
    let signed_in =
        bob.post("/login?next=/projects%3Fa%3Db", &[("email", BOB), ("password", PASSWORD)]).await;
    let asked = bob.get(&to(&signed_in)).await;
    assert_eq!(to(&asked), "/organizations?next=%2Fprojects%3Fa%3Db");
    let page = bob.page(&to(&asked)).await;
    assert!(page.contains(r#"name="next" value="/projects?a=b""#), "{page}");
    let chosen = bob.post("/organizations", &[("organization", org), ("next", "/projects?a=b")]).await;
    assert_eq!(to(&chosen), "/projects?a=b");
    let page = bob.page("/projects").await;
    assert!(page.contains("<bdi>other</bdi>") && page.contains("/organizations\">Switch"), "{page}");
}

async fn people_are_changed_and_removed(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    let mut bob = Browser::of(&server, BOB, "member").await;
    bob.page("/people").await;
    let place = page_of(&mut browser, BOB).await;
    let page = browser.submit(&place, &[("role", "admin"), ("isActive", "true")]).await;
    assert!(page.contains("bob@example.com is changed.") || page.contains("is changed."), "{page}");
    assert!(page.contains(r#"value="admin" selected"#), "{page}");
    let page = browser.post(&place, &[("role", "no-such-role"), ("isActive", "true")]).await;
    assert!(page.status == 400 || page.status == 404 || page.status == 422, "{}", page.status);
    assert!(page.text.contains("role=\"alert\""), "{}", page.text);
    // Switched off: the session is there and opens nothing.
    let page = browser.submit(&place, &[("role", "member")]).await;
    assert!(page.contains("switched off"), "{page}");
    assert_ne!(bob.get("/people").await.status, 200);
    browser.submit(&place, &[("role", "member"), ("isActive", "true")]).await;
    let page = browser.submit(&format!("{place}/remove"), &[("confirm", BOB)]).await;
    assert!(page.contains("bob@example.com is removed."));
    assert_eq!(browser.get(&place).await.status, 404);
    assert_eq!(browser.get("/people/no-such-id").await.status, 422);
}

async fn who_may_only_read_sees_no_controls(server: TestServer) {
    let mut browser = Browser::of(&server, ANN, "admin").await;
    invite(&mut browser, CARL, "member").await;
    let mut viewer = Browser::of(&server, BOB, "member").await;
    let page = viewer.page("/people").await;
    assert!(page.contains(ANN) && !page.contains("/people/invite"), "{page}");
    for email in [ANN, CARL] {
        let place = page_of(&mut viewer, email).await;
        let page = viewer.page(&place).await;
        for control in ["/remove", "name=\"role\"", "/people/invite", "<textarea"] {
            assert!(!page.contains(control), "{control}: {page}");
        }
        // And there is nothing behind the addresses either.
        assert_eq!(viewer.post(&place, &[("role", "no-access")]).await.status, 403);
        assert_eq!(viewer.post(&format!("{place}/remove"), &[("confirm", email)]).await.status, 403);
    }
    assert_eq!(viewer.post("/people/invite", &[("inviteeEmails", CARL)]).await.status, 403);
    let mut nobody = Browser::of(&server, "dan@example.com", "no-access").await;
    assert_eq!(nobody.get("/people").await.status, 403);
    assert!(!nobody.page("/profile").await.contains("href=\"/people"));
}

async fn nobody_gives_more_than_they_hold(server: TestServer) {
    let rules = json!([{ "subject": "member", "action": ["read", "create", "edit", "delete"] }]);
    let role = json!({ "name": "Receptionist", "slug": "receptionist", "permissions": rules });
    server.admin.post("/api/v1/organization/roles", role).await.ok();
    let mut browser = Browser::of(&server, ANN, "receptionist").await;
    let page = browser.page("/people/invite").await;
    // Who may not list roles can choose the built-in ones.
    assert!(page.contains(r#"<option value="no-access">"#), "{page}");
    let fields = [("inviteeEmails", BOB), ("organizationRoleSlug", "admin")];
    let page = browser.post("/people/invite", &fields).await;
    assert_eq!(page.status, 403, "{}", page.text);
    assert!(page.text.contains("role=\"alert\"") && page.text.contains("bob@example.com</textarea>"));
    assert_eq!(invite(&mut browser, BOB, "no-access").await.len(), 1);
    let page = browser.post("/people/invite", &[("inviteeEmails", "not an address")]).await;
    assert_eq!((page.status, page.text.contains("inviteeEmails-problem\">")), (422, true), "{}", page.text);
}
