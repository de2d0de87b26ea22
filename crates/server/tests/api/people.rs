//! People to act as.

use reqwest::Method;
use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::{Value, json};
use vouchsafe_testkit::{Answer, Person, TestServer};

pub(crate) use vouchsafe_testkit::PASSWORD;

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("expected a text: {value}"))
}

/// The value of the cookie `jid` that an answer sets.
pub(crate) fn cookie(answer: &Answer) -> String {
    let header = answer.headers.get(SET_COOKIE).expect("a cookie").to_str().unwrap();
    let value = header.strip_prefix("jid=").expect("the cookie jid");
    value.split(';').next().unwrap().to_owned()
}

/// Sends a POST without a bearer token but with the refresh cookie.
pub(crate) async fn post_with_cookie(server: &TestServer, path: &str, cookie: &str) -> Answer {
    let nobody = server.anonymous();
    nobody.send(nobody.request(Method::POST, path).header(COOKIE, format!("a=b; jid={cookie}"))).await
}

pub(crate) async fn login(server: &TestServer, email: &str, password: &str) -> Answer {
    server.anonymous().post("/api/v3/auth/login", json!({ "email": email, "password": password })).await
}

/// Invites somebody; answers the link that is handed back.
pub(crate) async fn invite(inviter: &Person, org: &str, email: &str, role: &str) -> Option<String> {
    let body = json!({ "inviteeEmails": [email], "organizationId": org, "organizationRoleSlug": role });
    let reply = inviter.post("/api/v1/invite-org/signup", body).await.ok();
    let link = reply["completeInviteLinks"].get(0)?;
    assert_eq!(link["email"], email);
    Some(text(&link["link"]).to_owned())
}

/// The code in an invitation's link.
pub(crate) fn code(link: &str) -> String {
    let (_, rest) = link.split_once("token=").expect("a code");
    rest.split('&').next().unwrap().to_owned()
}

/// A person who was invited, accepted, and acts in the organization of the server.
pub(crate) async fn person(server: &TestServer, email: &str, role: &str) -> Person {
    server.user(email, role).await
}
