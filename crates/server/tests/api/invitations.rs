//! Inviting people.

use serde_json::json;
use vouchsafe_testkit::{Person, TestServer, both};

use crate::people::{PASSWORD, code, cookie, invite, login, person, text};

both!(
    an_invited_person_makes_an_account,
    a_sign_up_token_does_one_thing_once,
    who_has_an_account_is_added_at_once,
    a_code_opens_one_organization_only,
    nobody_gives_more_than_they_hold,
    invitations_expire_and_are_replaced,
    bad_invitations_are_refused,
);

const COMPLETE: &str = "/api/v3/signup/complete-account/invite";
const VERIFY: &str = "/api/v1/invite-org/verify";
const ANN: &str = "ann@example.com";

async fn an_invited_person_makes_an_account(server: TestServer) {
    let org = server.org.to_string();
    let body = json!({ "inviteeEmails": ["Ann+1@Example.com", "ann+1@example.com", "bob@example.com"],
        "organizationId": org, "organizationRoleSlug": "admin" });
    let reply = server.admin.post("/api/v1/invite-org/signup", body).await.ok();
    let links = reply["completeInviteLinks"].as_array().unwrap();
    assert_eq!(links.len(), 2);
    let link = text(&links[0]["link"]);
    assert!(link.starts_with(&format!("{}/signupinvite?token=", server.url)), "{link}");
    assert!(link.contains("&to=ann%2B1%40example.com&organization_id="), "{link}");

    let complete = json!({ "email": "ann+1@example.com", "firstName": "Ann", "lastName": "Lee", "password": PASSWORD,
        "code": code(link) });
    let mut wrong = complete.clone();
    wrong["email"] = json!("bob@example.com");
    server.anonymous().post(COMPLETE, wrong).await.refused(400);
    let answer = server.anonymous().post(COMPLETE, complete.clone()).await;
    assert!(!cookie(&answer).is_empty());
    let made = answer.ok();
    assert_eq!(made["user"]["lastName"], "Lee");
    assert_eq!(made["organizationId"], json!(org));
    let ann = server.anonymous().with_token(text(&made["token"]));
    let users = ann.get(&format!("/api/v1/organization/{org}/users")).await.ok();
    let status = |email: &str| {
        let user =
            users["users"].as_array().unwrap().iter().find(|user| user["user"]["email"] == email).cloned();
        user.map(|user| (user["status"].clone(), user["role"].clone(), user["inviteEmail"].clone())).unwrap()
    };
    assert_eq!(status("ann+1@example.com"), (json!("accepted"), json!("admin"), json!(null)));
    assert_eq!(status("bob@example.com"), (json!("invited"), json!("admin"), json!("bob@example.com")));
    // The code is used up.
    server.anonymous().post(COMPLETE, complete).await.refused(400);
    login(&server, "ann+1@example.com", PASSWORD).await.ok();
}

async fn verified(server: &TestServer, email: &str, link: &str) -> serde_json::Value {
    let body = json!({ "email": email, "code": code(link), "organizationId": server.org });
    server.anonymous().post(VERIFY, body).await.ok()
}

fn completion(email: &str) -> serde_json::Value {
    json!({ "email": email, "firstName": "Ann", "password": PASSWORD })
}

async fn a_sign_up_token_does_one_thing_once(server: TestServer) {
    let org = server.org.to_string();
    let link = invite(&server.admin, &org, ANN, "member").await.unwrap();
    let reply = verified(&server, ANN, &link).await;
    assert_eq!(reply["user"]["email"], ANN);
    let holder = server.anonymous().with_token(text(&reply["token"]));
    holder.get("/api/v1/user").await.refused(403);
    holder.get("/api/v1/organization").await.refused(403);
    holder.post(COMPLETE, completion("bob@example.com")).await.refused(400);
    server.anonymous().post(COMPLETE, completion(ANN)).await.refused(401);
    server.admin.post(COMPLETE, completion(ANN)).await.refused(403);

    // It is good for 15 minutes, and void with the next invitation.
    server.clock.advance_seconds(15 * 60);
    holder.post(COMPLETE, completion(ANN)).await.refused(403);
    let early = server.anonymous().with_token(text(&verified(&server, ANN, &link).await["token"]));
    server.clock.advance_seconds(1);
    let link = invite(&server.admin, &org, ANN, "member").await.unwrap();
    early.post(COMPLETE, completion(ANN)).await.refused(400);
    let holder = server.anonymous().with_token(text(&verified(&server, ANN, &link).await["token"]));
    holder.post(COMPLETE, completion(ANN)).await.ok();
    holder.post(COMPLETE, completion(ANN)).await.refused(400);
}

async fn foreign_organization(stranger: &Person) -> String {
    let details = stranger.get("/api/v1/identities/details").await.ok();
    text(&details["identityDetails"]["organization"]["id"]).to_owned()
}

async fn who_has_an_account_is_added_at_once(server: TestServer) {
    let ann = person(&server, ANN, "member").await;
    let stranger = server.stranger().await;
    let other = foreign_organization(&stranger).await;
    ann.post("/api/v3/auth/select-organization", json!({ "organizationId": other })).await.refused(403);
    assert_eq!(invite(&stranger, &other, ANN, "no-access").await, None);
    let chosen = ann.post("/api/v3/auth/select-organization", json!({ "organizationId": other })).await.ok();
    ann.with_token(text(&chosen["token"])).get(&format!("/api/v1/organization/{other}")).await.ok();
    // Inviting a member again changes nothing.
    assert_eq!(invite(&stranger, &other, ANN, "admin").await, None);
    let mine = ann.get("/api/v1/organization").await.ok();
    let roles: Vec<_> =
        mine["organizations"].as_array().unwrap().iter().map(|one| &one["userRole"]).collect();
    assert_eq!(roles, [&json!("member"), &json!("no-access")]);
}

/// Whoever invites holds the link. A stranger who invites the same address must not come by the
/// membership that was meant for its owner.
async fn a_code_opens_one_organization_only(server: TestServer) {
    let org = server.org.to_string();
    let ours = invite(&server.admin, &org, ANN, "admin").await.unwrap();
    let stranger = server.stranger().await;
    let other = foreign_organization(&stranger).await;
    let theirs = invite(&stranger, &other, ANN, "member").await.unwrap();
    let mut body = completion(ANN);
    body["code"] = json!(code(&theirs));
    let made = server.anonymous().post(COMPLETE, body).await.ok();
    assert_eq!(made["organizationId"], json!(other));
    let thief = server.anonymous().with_token(text(&made["token"]));
    thief.post("/api/v3/auth/select-organization", json!({ "organizationId": org })).await.refused(403);
    assert_eq!(thief.get("/api/v1/organization").await.ok()["organizations"].as_array().unwrap().len(), 1);
    // Our code still opens our membership, but never the account.
    let mut body = completion(ANN);
    body["code"] = json!(code(&ours));
    server.anonymous().post(COMPLETE, body).await.refused(400);
    let wrong = json!({ "email": ANN, "code": code(&ours), "organizationId": other });
    server.anonymous().post(VERIFY, wrong).await.refused(400);
    let reply = verified(&server, ANN, &ours).await;
    assert!(reply.get("token").is_none());
    thief.post("/api/v3/auth/select-organization", json!({ "organizationId": org })).await.ok();
}

async fn nobody_gives_more_than_they_hold(server: TestServer) {
    let member = person(&server, ANN, "member").await;
    let body = |role: &str, org: &str| json!({ "inviteeEmails": ["bob@example.com"], "organizationId": org, "organizationRoleSlug": role });
    let org = server.org.to_string();
    let refused = member.post("/api/v1/invite-org/signup", body("no-access", &org)).await;
    assert_eq!(refused.body["error"], "PermissionDenied");
    refused.refused(403);
    server.admin.post("/api/v1/invite-org/signup", body("owner", &org)).await.refused(404);
    let other = foreign_organization(&server.stranger().await).await;
    server.admin.post("/api/v1/invite-org/signup", body("member", &other)).await.refused(404);
    server.anonymous().post("/api/v1/invite-org/signup", body("member", &org)).await.refused(401);
}

async fn invitations_expire_and_are_replaced(server: TestServer) {
    let org = server.org.to_string();
    let week = 7 * 24 * 60 * 60;
    let first = invite(&server.admin, &org, ANN, "member").await.unwrap();
    server.clock.advance_seconds(week);
    let verify = |link: &str| {
        let body = json!({ "email": ANN, "code": code(link), "organizationId": server.org });
        let nobody = server.anonymous();
        async move { nobody.post(VERIFY, body).await }
    };
    verify(&first).await.refused(400);
    let second = invite(&server.admin, &org, ANN, "no-access").await.unwrap();
    let third = invite(&server.admin, &org, ANN, "admin").await.unwrap();
    verify(&second).await.refused(400);
    server.clock.advance_seconds(week - 1);
    verify(&third).await.ok();
    // Removed from the organization, the invitation is gone.
    let members = server.admin.get(&format!("/api/v2/organizations/{org}/memberships")).await.ok();
    assert_eq!(members["memberships"][0]["role"], "admin");
    let id = text(&members["memberships"][0]["id"]);
    server.admin.delete(&format!("/api/v2/organizations/{org}/memberships/{id}")).await.ok();
    verify(&third).await.refused(400);
}

async fn bad_invitations_are_refused(server: TestServer) {
    let invite = async |emails: serde_json::Value| {
        let body = json!({ "inviteeEmails": emails, "organizationId": server.org });
        server.admin.post("/api/v1/invite-org/signup", body).await.refused(422)
    };
    let many: Vec<String> = (0..51).map(|n| format!("p{n}@example.com")).collect();
    for emails in [json!([]), json!(many), json!(["hunter2"]), json!("ann@example.com"), json!([7])] {
        let issue = invite(emails).await;
        assert!(issue.contains("inviteeEmails") && !issue.contains("hunter2"), "{issue}");
    }
    for (code, status) in [("", 400), ("x", 400), ("a\u{0}b", 422)] {
        let body = json!({ "email": ANN, "code": code, "organizationId": server.org });
        server.anonymous().post(VERIFY, body).await.refused(status);
    }
    server.anonymous().with_token("junk").post(COMPLETE, completion(ANN)).await.refused(403);
}
